"""Two verdicts about one experiment: the engine's, which builds, steps and demos it, and ours, which only looks at it."""

from __future__ import annotations

import contextlib
import copy
import io
import math
import random
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path as File
from typing import Any

from .sinks import swallowed
from .watched import Path, Reads, unread, watched

STAGES = ("data", "build", "wrapper", "optimizers", "step", "demo", "checkpoint")
Tree = dict[str, Any]


@dataclass
class Engine:
    """What the engine made of an experiment."""

    stage: str = ""
    """Where it failed; empty where it passed."""
    error: str = ""
    slow: bool = False
    """It was stopped at the time limit, which says nothing about the config."""
    unread: list[Path] = field(default_factory=list)
    """Keys that it never read."""
    finite: bool = True
    """Every loss was a finite number."""
    dead: int = 0
    """Trainable tensors that no step gave a gradient."""
    seconds: float = 0.0


class TimeUp(BaseException):
    """Not an `Exception`, so that no `except Exception` of the engine's takes it."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """`TimeUp` after so many seconds of processor time, and again each second, should something swallow it. (On a busy machine the
    clock on the wall would say more about the machine than about the config.)"""

    def stop(_number: int, _frame: Any) -> None:
        raise TimeUp

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def ask_engine(tree: Tree, place: File, limit: float = 20.0) -> Engine:
    """The engine's verdict. `place` is a folder that may be written in."""
    verdict, run = Engine(), _Run()
    reads: Reads = defaultdict(set)
    began = time.monotonic()
    try:
        with time_limit(limit), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            run.go(tree, reads, place)
    except TimeUp:
        verdict.stage, verdict.slow = run.stage, True
    except Exception as error:
        verdict.stage, verdict.error = run.stage, f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
    except SystemExit as error:
        verdict.stage, verdict.error = run.stage, f"SystemExit: {error}"
    verdict.seconds = round(time.monotonic() - began, 2)
    verdict.finite, verdict.dead = run.finite, len(run.without_gradient)
    if not verdict.stage:
        verdict.unread = _never_read(tree, reads)
    return verdict


def _never_read(tree: Tree, reads: Reads) -> list[Path]:
    parts = {name: tree[name] for name in ("model", "training", "dataset")}
    for name in parts:
        reads[()].add(name)
    reads[("model",)].add("training")
    return sorted({*unread(parts, reads), *swallowed(parts)}, key=str)


def _takes_turns(training: Tree) -> bool:
    """A discriminator has a step of its own."""
    return "arc" in training or "discriminator" in str(training.get("loss_configs"))


class _Run:
    """One attempt; `stage` says how far it came."""

    def __init__(self) -> None:
        self.stage, self.finite = "data", True
        self.without_gradient: set[str] = set()

    def go(self, tree: Tree, reads: Reads, place: File) -> None:
        import numpy
        import pytorch_lightning as pl
        import torch
        from stable_audio_tools.models.factory import create_model_from_config

        from stable_audio_config.engine import compat
        from stable_audio_config.engine.door.training import create_training

        torch.manual_seed(0), random.seed(0), numpy.random.seed(0)
        torch.set_grad_enabled(True)
        config = watched(tree["model"], reads, ("model",))
        section = watched(tree["training"], reads, ("training",))
        dict.__setitem__(config, "training", section)
        with compat.engine_restored():
            loader = self._loader(tree, config, watched(tree["dataset"], reads, ("dataset",)))
            self.stage = "build"
            model = create_model_from_config(copy.deepcopy(config))
            self.stage = "wrapper"
            wrapper = create_training(copy.deepcopy(config), model)
            compat.without_cuda()
            compat.give_parameters(getattr(model, "pretransform", None))
            compat.resumable_lora(wrapper)
            if tree["model"].get("model_type") == "clap":
                compat.gathered_on_one_device(wrapper)
            callbacks = self._callbacks(tree, config, loader)
            compat.DemoFolder(place / "demos", lambda: 0, lambda *_: None).install()
            self._watch(wrapper)
            steps = 3 if _takes_turns(tree["training"]) else 2
            trainer = pl.Trainer(
                accelerator="cpu",
                devices=1,
                max_steps=steps,
                max_epochs=-1,
                precision=tree.get("precision", "32-true"),
                gradient_clip_val=tree.get("gradient_clip_val") or None,
                accumulate_grad_batches=tree.get("accum_batches", 1),
                callbacks=callbacks,
                logger=False,
                enable_checkpointing=False,
                enable_progress_bar=False,
                enable_model_summary=False,
                num_sanity_val_steps=0,
                default_root_dir=str(place),
            )
            self.stage = "optimizers"
            trainer.fit(wrapper, loader)
            if trainer.global_step < steps:
                raise RuntimeError(f"training ended at step {trainer.global_step}")
            self.stage = "checkpoint"
            trainer.save_checkpoint(place / "last.ckpt")

    @staticmethod
    def _loader(tree: Tree, config: Tree, dataset: Tree) -> Any:
        from stable_audio_tools.data.dataset import create_dataloader_from_config

        from stable_audio_config.engine import compat

        with compat._loader_options_that_work():
            return create_dataloader_from_config(
                dataset,
                batch_size=tree.get("batch_size", 4),
                num_workers=0,
                sample_rate=config["sample_rate"],
                sample_size=config["sample_size"],
                audio_channels=config.get("audio_channels", 2),
            )

    def _callbacks(self, tree: Tree, config: Tree, loader: Any) -> list[Any]:
        import pytorch_lightning as pl
        from stable_audio_tools.training.factory import create_demo_callback_from_config

        from stable_audio_config.engine import compat
        from stable_audio_config.engine.door.training import TAKES_A_LOADER

        run = self

        class Look(pl.Callback):  # type: ignore[misc]
            def on_after_backward(self, _trainer: Any, module: Any) -> None:
                run.without_gradient -= {name for name, weight in module.named_parameters() if weight.grad is not None}

            def on_fit_start(self, _trainer: Any, module: Any) -> None:
                run.without_gradient = {name for name, weight in module.named_parameters() if weight.requires_grad}

            def on_train_batch_end(self, _trainer: Any, _module: Any, outputs: Any, *_: Any) -> None:
                loss = outputs.get("loss") if isinstance(outputs, dict) else outputs
                if loss is not None and not math.isfinite(float(loss)):
                    run.finite = False

        if tree["training"].get("demo") is None:
            return [Look()]
        options: Tree = {"demo_dl": loader} if tree["model"].get("model_type") in TAKES_A_LOADER else {}
        demo = create_demo_callback_from_config(copy.deepcopy(config), **options)
        original = compat.no_silent_epoch_end(compat.with_frozen_discriminator(demo.on_train_batch_end), "the demo")
        demo.on_train_batch_end = self._at("demo", original)
        return [Look(), demo]

    def _watch(self, wrapper: Any) -> None:
        from stable_audio_config.engine import compat

        wrapper.training_step = self._at("step", compat.no_silent_epoch_end(wrapper.training_step, "the training step"), "step")

    def _at(self, stage: str, function: Any, after: str | None = None) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            self.stage, before = stage, self.stage
            result = function(*args, **options)
            self.stage = after or before
            return result

        return call


@dataclass
class Found:
    """One finding of ours, with what scoring needs."""

    rule: str
    severity: str
    path: Path
    message: str
    others: list[Path]
    """Key paths that it names beside its own: the other side, and keys that its cure touches."""


def ask_us(tree: Tree) -> list[Found]:
    """Our verdict: what is said about the experiment and its files, and about the model file by itself."""
    from stable_audio_config.validation.document import judge_document
    from stable_audio_config.validation.files import missing_files
    from stable_audio_config.validation.judge import judge
    from stable_audio_config.validation.metadata import missing_metadata

    tree = copy.deepcopy(tree)
    experiment, findings = judge(tree)
    if experiment is not None:
        findings = [*findings, *missing_metadata(experiment), *missing_files(experiment)]
    found = [_found(finding, lambda path: path) for finding in findings]
    file = {**tree["model"], "training": tree["training"]}
    found += [_found(finding, _in_experiment) for finding in judge_document(file, "model")]
    return list({(one.rule, one.path, one.message): one for one in reversed(found)}.values())


def _in_experiment(path: Path) -> Path:
    """The key path of a model file in the whole experiment."""
    return path if path[:1] == ("training",) else ("model", *path)


def _found(finding: Any, place: Callable[[Path], Path]) -> Found:
    others = [place(one.path) for one in finding.related]
    edits = finding.fix.edits if finding.fix else ()
    others += [place(edit.path) for edit in edits] + [place((*edit.path[:-1], edit.value)) for edit in edits if edit.op == "rename"]
    return Found(finding.rule, finding.severity, place(finding.path), finding.message, others)


def as_json(verdict: Engine | Found) -> Tree:
    """Plain lists and dictionaries."""
    return asdict(verdict)


def quick() -> None:
    """What costs time and tells nothing about a config is left out: drawing pictures (what they show is still computed), compiling
    attention in windows, and collecting what the imports left. Lightning says nothing, and one thread is enough."""
    import gc
    import logging
    import warnings

    import stable_audio_tools.models.factory
    import stable_audio_tools.training.factory  # noqa: F401
    import torch
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from stable_audio_config.engine import compat  # noqa: F401

    def blank(canvas: Any) -> None:
        canvas.renderer = canvas.get_renderer()

    replaced: list[tuple[Any, str, Any]] = [(FigureCanvasAgg, "draw", blank), (Figure, "tight_layout", lambda *_, **__: None)]
    for owner, name, function in replaced:
        setattr(owner, name, function)
    gc.freeze()

    torch.set_num_threads(1)
    torch._dynamo.config.disable = True
    warnings.filterwarnings("ignore")
    for name in ("pytorch_lightning", "lightning", "lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)


def stand_in_for_roberta() -> Any:
    """CLAP's text branch downloads its weights; a table of four vectors stands for it. Gives back the engine's own."""
    import torch
    from stable_audio_tools.models import clap

    original = clap.RobertaCLAPTextBranch

    class FourTexts(clap.CLAPTextBranch):  # type: ignore[misc]
        def __init__(self, name: str, max_length: int) -> None:
            super().__init__(32, max_length)
            self.table = torch.nn.Embedding(4, 32)

        def forward(self, text: list[str]) -> Tree:
            return {"embedding": self.table(torch.tensor([len(one) % 4 for one in text]))}

    clap.RobertaCLAPTextBranch = FourTexts
    return original
