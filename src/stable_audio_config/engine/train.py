"""One typed experiment becomes a trained model, through the engine's own factories and Lightning's loop."""

from __future__ import annotations

import gc
import json
import time
import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytorch_lightning as pl
import torch
import torchaudio
from pytorch_lightning.strategies import DeepSpeedStrategy
from stable_audio_tools.models.utils import copy_state_dict, load_ckpt_state_dict

from ..datamodels.base import plain
from ..datamodels.experiment import SCHEMA_VERSION, ExperimentConfig
from ..datamodels.kinds import DatasetConfig
from ..report.finding import refuse
from . import compat
from .build import build_demo_callback
from .callbacks import Checkpoints, LossRecord, StepBar, StopWhenAsked, ValidationRecord, WholeFiles
from .door.given import engine_config as engine_dictionary
from .door.models import create_model
from .door.training import TAKES_A_LOADER, create_training
from .extension import plugin_parts
from .logging import build_logger, end_logging
from .plot import draw_loss
from .run_folder import RunFolder, rank, step_of, summarize, versions, write
from .weight_norm import fold_weight_norm

NEVER_DEMOS = ("diffusion_uncond", "clap")
"""Model types whose demo callback never makes anything: the first one's asks the model for a `diffusion_objective` that it does not
have and prints the error (R-UN-1), the other's is empty."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    state: Literal["finished", "stopped"]
    step: int
    """Optimizer steps done in all."""
    seconds: float
    """Time spent training in this process."""
    signal: int | None
    """The signal that stopped it."""


def train(experiment: ExperimentConfig, folder: RunFolder, resume: Path | None = None) -> Outcome:
    """The model is trained and `folder` holds what came of it; `resume` is the training checkpoint to go on from.

    Raises:
        Refused: the machine lacks what the experiment asks for, or a checkpoint does not fit.
    """
    _quieter()
    _check_device(experiment)
    installed = _versions()
    if rank() == 0:
        write(folder.path / "versions.json", json.dumps(installed, indent=2) + "\n")
    pl.seed_everything(experiment.seed + rank(), workers=True, verbose=False)
    torch.multiprocessing.set_sharing_strategy("file_system")  # Many workers would run out of file descriptors otherwise.
    stop = StopWhenAsked()
    with compat.engine_restored(), plugin_parts():
        loader, demo_loader, validation_loader = _loaders(experiment)
        wrapper = _wrapper(experiment)
        record = [LossRecord(folder.metrics, step_of_resume(resume))] if rank() == 0 else []
        checkpoints = Checkpoints(folder, experiment.checkpoint_every, experiment.save_top_k, _inside(experiment, installed))
        note = partial(_note, folder)
        callbacks = [*_demo(experiment, demo_loader), stop, *record, ValidationRecord(note), StepBar(), checkpoints]
        trainer = _trainer(experiment, folder, callbacks)
        compat.DemoFolder(folder.demos, lambda: trainer.global_step, partial(note, trainer)).install()
        gc.freeze()  # What has been loaded stays to the end: no collection need look at it again.
        gc.enable()
        started = time.monotonic()
        try:
            trainer.fit(wrapper, loader, validation_loader, ckpt_path=str(resume) if resume else None)
        finally:
            end_logging(trainer.logger)
        seconds = time.monotonic() - started
    state: Literal["finished", "stopped"] = "finished" if stop.received is None else "stopped"
    if trainer.is_global_zero:
        draw_loss(folder.metrics, folder.path / "loss.png", f"{experiment.name}: loss over {trainer.global_step} steps")
        summarize(folder, state, trainer.global_step, seconds)
    return Outcome(state, trainer.global_step, seconds, stop.received)


def engine_config(experiment: ExperimentConfig) -> dict[str, Any]:
    """The engine's model JSON: the model section with its training section inside, exactly as written; new at every call, since
    the engine edits what it gets."""
    return engine_dictionary(experiment.model, experiment.training)


def _wrapper(experiment: ExperimentConfig) -> Any:
    """The model in its training wrapper, with every shim that it needs (engine: `create_training_wrapper_from_config`)."""
    config = engine_config(experiment)
    model = build_model(experiment, config)
    wrapper = create_training(config, model)
    compat.without_cuda()
    compat.give_parameters(getattr(model, "pretransform", None))
    compat.resumable_lora(wrapper)
    if experiment.model.model_type == "clap":
        compat.gathered_on_one_device(wrapper)
    wrapper.training_step = compat.no_silent_epoch_end(wrapper.training_step, "the training step")
    return wrapper


def build_model(experiment: ExperimentConfig, config: dict[str, Any]) -> Any:
    """The model with the weights that the experiment names (engine: `create_model_from_config`)."""
    model = create_model(config)
    if experiment.pretrained_ckpt_path:
        _load_what_fits(model, experiment.pretrained_ckpt_path)
    if experiment.remove_pretransform_weight_norm == "pre_load":
        _fold_pretransform(model)
    if experiment.pretransform_ckpt_path:
        state = load_ckpt_state_dict(experiment.pretransform_ckpt_path)
        try:
            model.pretransform.load_state_dict(state)
        except RuntimeError as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            message = f"`{experiment.pretransform_ckpt_path}` does not fit `model.pretransform`: {' '.join(lines[1:2])[:300]}"
            raise refuse("checkpoint", message, "pretransform_ckpt_path", help="use the config that it was trained with") from None
    if experiment.remove_pretransform_weight_norm == "post_load":
        _fold_pretransform(model)
    return model


def _fold_pretransform(model: Any) -> None:
    pretransform = getattr(model, "pretransform", None)
    folded = 0 if pretransform is None else fold_weight_norm(pretransform)
    if folded == 0:
        what = "the model has no pretransform" if pretransform is None else "no layer of the pretransform has weight normalisation"
        key = "remove_pretransform_weight_norm"
        raise refuse("weight-norm", f"`{key}` is set, but {what}", key, help="leave it out")


def _load_what_fits(model: Any, path: str) -> None:
    """R-TR-19: the engine skips what does not fit and prints each name; here they are counted, and none at all is an error."""
    state = load_ckpt_state_dict(path)
    own = model.state_dict()
    fits = {name: tensor for name, tensor in state.items() if name in own and own[name].shape == tensor.shape}
    if not fits:
        message = f"none of the {len(state)} weights in `{path}` fits the model's {len(own)}"
        raise refuse(
            "checkpoint",
            message,
            "pretrained_ckpt_path",
            help="use a checkpoint of this model, unwrapped with sat unwrap",
        )
    copy_state_dict(model, fits)
    print(
        f"{len(fits)} of the model's {len(own)} weights come from {path}; {len(state) - len(fits)} of its {len(state)} do not fit"
    )


def _loaders(experiment: ExperimentConfig) -> tuple[Any, Any, Any]:
    """Loaders for training, demos and validation. Demos have one of their own: drawing from a loader with persistent workers would
    start the epoch under way again."""
    model = experiment.model
    assert model.sample_size is not None, "validation asks for sample_size"

    def loader(dataset: DatasetConfig, workers: int, shuffle: bool = True) -> Any:
        return compat.build_dataloader(
            dataset,
            batch_size=experiment.batch_size,
            sample_size=model.sample_size or 0,
            sample_rate=model.sample_rate,
            audio_channels=model.audio_channels,
            num_workers=workers,
            shuffle=shuffle,
        )

    training = loader(experiment.dataset, experiment.num_workers)
    _check_readable(training)
    held_out = experiment.val_dataset
    needs_demo_data = model.model_type in TAKES_A_LOADER and getattr(experiment.training, "demo", None) is not None
    demo = loader(held_out or experiment.dataset, 0) if needs_demo_data else None
    validation = loader(held_out, experiment.num_workers, shuffle=False) if held_out and experiment.val_every > 0 else None
    return training, demo, validation


def _check_readable(loader: Any) -> None:
    """R-DS-4: the engine draws another file for one that it cannot read; where none can be read it does so for ever."""
    files = [name for name in getattr(loader.dataset, "filenames", ()) if isinstance(name, str)]
    first = files[:: max(1, len(files) // 8)][:8]
    problems = [problem for file in first if (problem := _unreadable(file)) is not None]
    if first and len(problems) == len(first):
        message = f"none of {len(first)} sound files that were tried can be read; `{first[0]}`: {problems[0]}"
        raise refuse("unreadable-file", message, "dataset", help="are they sound files, and whole?")


def _unreadable(file: str) -> str | None:
    try:
        torchaudio.load(file, num_frames=1)
    except Exception as error:  # Whatever the decoder raises means the same.
        return " ".join(str(error).split())[:200]
    return None


def _demo(experiment: ExperimentConfig, demo_loader: Any) -> list[Any]:
    """The engine's demo callback, or none where the experiment asks for no demos, or the engine has none that works."""
    if experiment.model.model_type in NEVER_DEMOS:
        return []
    callback = build_demo_callback(experiment.model, experiment.training, demo_loader)
    if callback is None:
        return []
    demo = compat.with_frozen_discriminator(callback.on_train_batch_end)
    callback.on_train_batch_end = compat.no_silent_epoch_end(demo, "the demo")
    return [callback]


def _inside(experiment: ExperimentConfig, installed: dict[str, Any]) -> dict[str, Any]:
    """What a checkpoint carries beside weights. `model_config` stands where the engine's own script puts it."""
    return {
        "model_config": engine_config(experiment),
        "stable_audio_config": {
            "schema_version": SCHEMA_VERSION,
            "experiment": plain(experiment),
            "versions": {name: installed[name] for name in ("stable-audio-config", "stable-audio-tools", "torch", "python")},
        },
    }


def _trainer(experiment: ExperimentConfig, folder: RunFolder, callbacks: list[Any]) -> pl.Trainer:
    validates = experiment.val_every > 0
    return pl.Trainer(
        accelerator=experiment.accelerator,
        devices=_devices(experiment),
        num_nodes=experiment.num_nodes,
        strategy=_strategy(experiment.strategy),
        precision=_precision(experiment),
        accumulate_grad_batches=experiment.accum_batches,
        gradient_clip_val=experiment.gradient_clip_val or None,  # Not 0: Lightning then forbids the wrapper to clip by itself.
        max_steps=experiment.max_steps,
        max_epochs=-1,
        callbacks=callbacks,
        plugins=[] if experiment.strategy.startswith("deepspeed") else [WholeFiles()],
        logger=build_logger(experiment, folder),
        log_every_n_steps=experiment.log_every,
        val_check_interval=experiment.val_every if validates else None,
        check_val_every_n_epoch=None if validates else 1,
        limit_val_batches=None if validates else 0,
        num_sanity_val_steps=0,
        enable_model_summary=False,
        default_root_dir=str(folder.path),
    )


def _devices(experiment: ExperimentConfig) -> Any:
    """What Lightning takes; on a CPU it knows no -1."""
    if isinstance(experiment.devices, tuple):
        return list(experiment.devices)
    return "auto" if experiment.devices == -1 else experiment.devices


def _strategy(name: str) -> Any:
    """Lightning's own names, and `deepspeed` with the settings of the engine's script."""
    if name != "deepspeed":
        return name
    return DeepSpeedStrategy(
        stage=2,
        contiguous_gradients=True,
        overlap_comm=True,
        reduce_scatter=True,
        reduce_bucket_size=500_000_000,
        allgather_bucket_size=500_000_000,
        load_full_weights=True,
    )


def _on_cpu(experiment: ExperimentConfig) -> bool:
    gpu = torch.cuda.is_available() or torch.backends.mps.is_available()
    return experiment.accelerator == "cpu" or (experiment.accelerator == "auto" and not gpu)


def _precision(experiment: ExperimentConfig) -> Any:
    """On a CPU half precision has no transforms of spectra and no speed: 16 bit mixed runs in 32."""
    if _on_cpu(experiment) and experiment.precision in ("16-mixed", "16"):
        print("precision 16-mixed needs a GPU: this run computes in 32-true")
        return "32-true"
    return experiment.precision


def _check_device(experiment: ExperimentConfig) -> None:
    wanted = experiment.accelerator
    if wanted in ("gpu", "cuda") and not torch.cuda.is_available() and not (wanted == "gpu" and torch.backends.mps.is_available()):
        raise refuse(
            "device",
            f"`accelerator` is {wanted}, but there is no GPU here",
            "accelerator",
            help="accelerator=auto or cpu",
        )
    many = experiment.devices if isinstance(experiment.devices, int) else 0
    if wanted in ("auto", "gpu", "cuda") and torch.cuda.is_available() and many > torch.cuda.device_count():
        message = f"`devices` is {many}, but there are {torch.cuda.device_count()} GPUs here"
        raise refuse("device", message, "devices", help="devices=auto takes what is there")


def step_of_resume(resume: Path | None) -> int:
    """The step that a run goes on from, by its checkpoint's name; checkpoints named by others keep every recorded row."""
    if resume is None:
        return 0
    return step_of(resume) if resume.stem.startswith("step=") else 2**62


def _versions() -> dict[str, Any]:
    found = versions()
    found["torch"] = str(torch.__version__)  # Its own class would need code to be read from a checkpoint.
    found["stable-audio-tools"] = found["packages"].get("stable-audio-tools", "unknown")
    found["cuda"] = torch.version.cuda if torch.cuda.is_available() else None
    found["gpus"] = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    return found


def _note(folder: RunFolder, trainer: pl.Trainer, key: str, value: float) -> None:
    """Validation numbers, one row each."""
    if not trainer.is_global_zero:
        return
    path = folder.path / "validation.csv"
    with path.open("a", encoding="utf-8") as file:
        if file.tell() == 0:
            file.write("step,name,value\n")
        file.write(f"{trainer.global_step},{key},{value:.6g}\n")


def _quieter() -> None:
    """Warnings about the engine's and Lightning's insides, which no user can act on."""
    warnings.filterwarnings("ignore", category=FutureWarning)
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    warnings.filterwarnings("ignore", message=".*User provided device_type of 'cuda'.*")
    warnings.filterwarnings("ignore", message=".*[Cc]heckpoint directory.*exists and is not empty.*")
    warnings.filterwarnings("ignore", message=".*The number of training batches.*smaller than the logging interval.*")
