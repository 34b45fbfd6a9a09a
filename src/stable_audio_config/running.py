"""What the commands that use the engine do, from Python. Everything is checked before torch is imported; nothing is printed but by
the engine itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from .datamodels.experiment import ExperimentConfig
    from .engine.generate import Generated
    from .engine.pre_encode import PreEncoded
    from .engine.unwrap import Unwrapped
    from .report.finding import Finding


@dataclass(frozen=True)
class Run:
    """A training run that has ended."""

    folder: Path
    """Checkpoints, demos, `metrics.csv`, `loss.png`, the resolved experiment."""
    state: Literal["finished", "stopped"]
    """Stopped: by a signal, or Ctrl-C."""
    step: int
    """Optimizer steps done in all."""
    seconds: float
    """Time spent training."""
    findings: tuple[Finding, ...]
    """Warnings and notes about files and this machine."""

    def checkpoints(self) -> list[Path]:
        """The complete training checkpoints, oldest first."""
        from .engine.run_folder import RunFolder

        return RunFolder(self.folder).complete_checkpoints()


def build_model(experiment: ExperimentConfig | dict[str, Any]) -> Any:
    """The engine's own model for an experiment, with the weights of its checkpoints; for a model config as plain data, with
    random weights.

    Raises:
        Refused: the engine is missing, the config has errors, or a checkpoint does not fit.
    """
    from .datamodels.experiment import ExperimentConfig
    from .validation.installed import require_engine

    require_engine()
    if not isinstance(experiment, ExperimentConfig):
        from .engine.build import build_model as built

        return built(experiment)
    from .engine.extension import plugin_parts
    from .engine.train import build_model as with_weights
    from .engine.train import engine_config

    with plugin_parts():
        return with_weights(experiment, engine_config(experiment))


def train(experiment: ExperimentConfig) -> Run:
    """The model is trained, in this process, and the run's folder holds what came of it. `recover` and `ckpt_path` count.

    Raises:
        Refused: the engine, files or the device are missing, or a checkpoint does not fit.
    """
    from .engine.launch import launch
    from .report.log import logged_to

    ready = launch(experiment, ())
    with logged_to(ready.place.path / "log.txt", active=True):
        from .engine.train import train as trained

        outcome = trained(experiment, ready.place, ready.resume)
    return Run(ready.place.path, outcome.state, outcome.step, outcome.seconds, ready.findings)


def pre_encode(*words: str, config_dir: str | None = None) -> PreEncoded:
    """A dataset is turned into a folder of latents, as `sat pre-encode WORDS...` does it.

    Raises:
        Refused: what is asked for has errors, or files are missing.
    """
    from .compose.composer import Request, compose
    from .datamodels.pre_encode import PreEncodeConfig
    from .report.finding import Refused
    from .synthetic.on_demand import ensure_for
    from .validation.files import dataset_files
    from .validation.installed import require_engine
    from .validation.structure import checked

    config = checked(compose(Request(words, "pre_encode", config_dir)).tree, PreEncodeConfig)
    require_engine()
    ensure_for(config.dataset)
    found = dataset_files(config.dataset, batch_size=1)
    if found:
        raise Refused(*found)
    from .engine.pre_encode import pre_encode as encoded

    return encoded(config)


def generate(*words: str, config_dir: str | None = None) -> Generated:
    """Sounds are made with a trained model, as `sat generate WORDS...` makes them.

    Raises:
        Refused: what is asked for has errors, or the checkpoint cannot do it.
    """
    from .compose.composer import Request, compose
    from .datamodels.inference import InferenceConfig
    from .validation.installed import require_engine
    from .validation.structure import checked

    config = checked(compose(Request(words, "inference", config_dir)).tree, InferenceConfig)
    require_engine()
    from .engine.generate import generate as generated

    return generated(config)


def unwrap(checkpoint: str | Path, output: str | Path, *, use_ema: bool = True) -> Unwrapped:
    """The model is taken out of a training checkpoint, with its config inside.

    Args:
        checkpoint: a training checkpoint of `sat train` or of the engine.
        output: the new file, `.ckpt` or `.safetensors`.
        use_ema: take the moving average of the weights where there is one.

    Raises:
        Refused: the file is there already, or the checkpoint holds no model.
    """
    from .report.finding import refuse
    from .validation.installed import require_engine

    if Path(output).exists():
        raise refuse("not-writable", f"`{output}` exists already", help="choose another name")
    require_engine()
    from .engine.unwrap import unwrap as unwrapped

    return unwrapped(Path(checkpoint), Path(output), use_ema=use_ema)
