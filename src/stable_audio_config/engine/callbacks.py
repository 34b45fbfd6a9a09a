"""What our runs do beside training: keep checkpoints, keep the loss of every step, stop when asked, show progress."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO
from pytorch_lightning.callbacks import Checkpoint, ProgressBar
from tqdm import tqdm

from .run_folder import ENDING, RunFolder, step_of, write


class WholeFiles(TorchCheckpointIO):
    """Checkpoints appear under their name only when they are complete: written beside, flushed to disk, then renamed."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """The file at `path` holds all of `checkpoint`, or does not exist."""
        place = Path(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_name(f".{place.name}.{os.getpid()}.part")
        try:
            with beside.open("wb") as file:
                torch.save(checkpoint, file)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)


class Checkpoints(Checkpoint):
    """Writes a checkpoint every so many optimizer steps and at the end, with the experiment inside, and keeps the newest few."""

    def __init__(self, folder: RunFolder, every: int, keep: int, inside: dict[str, Any]) -> None:
        self.folder, self.every, self.keep, self.inside = folder, every, keep, inside
        self.last_step = -1

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """A run that goes on need not write again what it has just read, and leaves no half-written file of a killed run."""
        self.last_step = trainer.global_step if trainer.global_step > 0 else -1
        if trainer.is_global_zero:
            self._clear_remains(trainer.global_step)

    def _clear_remains(self, step: int) -> None:
        """A run goes on from its newest complete checkpoint, so what claims to be newer is broken, and would count as kept."""
        for part in self.folder.checkpoints.glob(".*.part"):
            part.unlink(missing_ok=True)
        for path in self.folder.checkpoints.glob(f"step=*{ENDING}"):
            if step_of(path) > step:
                _remove(path)

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Every `every` steps."""
        if trainer.global_step // self.every > max(self.last_step, 0) // self.every:
            self.save(trainer)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Also when training was stopped."""
        self.save(trainer)

    def on_save_checkpoint(self, trainer: pl.Trainer, pl_module: Any, checkpoint: dict[str, Any]) -> None:
        """The experiment travels with the weights."""
        checkpoint.update(self.inside)

    def save(self, trainer: pl.Trainer) -> None:
        """One checkpoint of this moment; all processes take part."""
        if trainer.global_step == self.last_step or self.keep == 0:
            return
        self.last_step = trainer.global_step
        place = trainer.strategy.broadcast(str(self.folder.checkpoint(trainer.global_step)))
        trainer.save_checkpoint(place)
        if trainer.is_global_zero and self.keep > 0:
            self._prune(Path(place).parent)

    def _prune(self, folder: Path) -> None:
        kept = sorted(folder.glob(f"step=*{ENDING}"), key=step_of)
        for old in kept[: -self.keep]:
            _remove(old)


def _remove(checkpoint: Path) -> None:
    """DeepSpeed's checkpoints are folders."""
    if checkpoint.is_dir():
        shutil.rmtree(checkpoint)
    else:
        checkpoint.unlink()


class LossRecord(pl.Callback):
    """`metrics.csv`: one row per batch. Losses stay on the device until a block of rows is written, so no step waits for them."""

    BLOCK = 50

    def __init__(self, path: Path, first_step: int) -> None:
        self.path = path
        self.rows: list[tuple[int, int, float, Any]] = []
        self.started = time.monotonic() - self._keep_rows_before(first_step)

    def _keep_rows_before(self, step: int) -> float:
        """A run that goes on forgets the steps after its checkpoint, and the row that a killed run may have cut; gives back
        the seconds that the kept rows tell of."""
        written = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        whole = written[: written.rfind("\n") + 1].splitlines()
        rows = [
            row for row in (line.split(",") for line in whole[1:]) if len(row) == 4 and row[0].isdigit() and int(row[0]) <= step
        ]
        write(self.path, "".join(f"{','.join(row)}\n" for row in [["step", "epoch", "seconds", "loss"], *rows]))
        return float(rows[-1][2]) if rows else 0.0

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Remembers this batch's loss."""
        loss = outputs.get("loss") if isinstance(outputs, dict) else outputs
        if loss is not None:
            seconds = time.monotonic() - self.started
            self.rows.append((trainer.global_step, trainer.current_epoch, seconds, loss.detach()))
        if len(self.rows) >= self.BLOCK:
            self.flush()

    def on_save_checkpoint(self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]) -> None:
        """A run that goes on from this checkpoint finds every row up to it."""
        self.flush()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """What was measured before the failure is worth having."""
        self.flush()

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """The last rows."""
        self.flush()

    def flush(self) -> None:
        """Every remembered row is in the file."""
        rows, self.rows = self.rows, []
        with self.path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            for step, epoch, seconds, loss in rows:
                writer.writerow((step, epoch, f"{seconds:.3f}", f"{float(loss):.6g}"))


class ValidationRecord(pl.Callback):
    """Writes down what a wrapper logs of its validation through Lightning, as CLAP's does; others call the engine's function."""

    def __init__(self, note: Callable[[pl.Trainer, str, float], None]) -> None:
        self.note = note

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Every `val/...` number of this validation."""
        for name, value in trainer.callback_metrics.items():
            if name.startswith("val/"):
                self.note(trainer, name, float(value))


class StopWhenAsked(pl.Callback):
    """Ctrl-C and SIGTERM end training after the step under way, with a last checkpoint; a second Ctrl-C ends it at once."""

    def __init__(self) -> None:
        self.received: int | None = None
        self._before: dict[int, Any] = {}

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """From here on a signal is a request."""

        def stop(number: int, _frame: FrameType | None) -> None:
            if self.received is not None and number == signal.SIGINT:
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                signal.raise_signal(signal.SIGINT)
            self.received = number

        if threading.current_thread() is not threading.main_thread():  # Python lets no other thread handle signals.
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, stop)

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """All processes stop at the same step, whichever was asked."""
        asked = self.received is not None
        if trainer.world_size > 1:
            asked = trainer.strategy.reduce_boolean_decision(asked, all=False)
        if asked:
            trainer.should_stop = True
            trainer.limit_val_batches = 0  # Lightning would validate once more before it stops.

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Signals mean what they meant before."""
        self._give_back()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Also when training failed."""
        self._give_back()

    def _give_back(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}


class StepBar(ProgressBar):
    """One bar over the whole run: steps, steps per second, loss."""

    def __init__(self) -> None:
        super().__init__()
        self.bar: Any = None
        self.shown = 0.0

    def disable(self) -> None:
        """Lightning calls this on every process but the first."""
        self.on_train_start = lambda *_: None  # type: ignore[method-assign]

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Draws the empty bar, or the part that an earlier run has done."""
        total = trainer.max_steps if trainer.max_steps > 0 else None
        self.bar = tqdm(total=total, initial=trainer.global_step, unit="step", desc="training", dynamic_ncols=True)

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Ten times a second at most, since reading the loss waits for the device."""
        now = time.monotonic()
        if self.bar is None or now - self.shown < 0.1:
            return
        self.shown = now
        loss = outputs.get("loss") if isinstance(outputs, dict) else outputs
        if loss is not None:
            self.bar.set_postfix_str(f"loss {float(loss):.4g}", refresh=False)
        self.bar.update(trainer.global_step - self.bar.n)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """The full bar."""
        if self.bar is not None:
            self.bar.update(trainer.global_step - self.bar.n)
            self.bar.close()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """What is printed next starts a line of its own."""
        if self.bar is not None:
            self.bar.close()
