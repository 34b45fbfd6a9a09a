"""One run of a sweep, in a process of its own: it gives its memory back, and may start processes on other devices itself."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..datamodels.experiment import ExperimentConfig


def run_apart(experiment: ExperimentConfig, overrides: tuple[str, ...], folder: Path) -> int:
    """The run's exit code, once it has ended.

    Raises:
        KeyboardInterrupt: it was stopped, and so is the sweep.
    """
    from ..engine.run_folder import RunFolder, begin

    begin(RunFolder(folder), experiment, overrides)
    words = ["train", "--from-run", str(folder), "--run-folder", str(folder), f"recover={str(experiment.recover).lower()}"]
    process = subprocess.Popen([sys.executable, "-m", "stable_audio_config", *words])

    def pass_on(_number: int, _frame: FrameType | None) -> None:
        process.send_signal(signal.SIGTERM)

    if threading.current_thread() is not threading.main_thread():  # A launcher's thread gets no signals.
        code = process.wait()
    else:
        before = signal.signal(signal.SIGTERM, pass_on)
        try:
            code = _waited(process)
        finally:
            signal.signal(signal.SIGTERM, before)
    if code < 0 or code >= 128:
        raise KeyboardInterrupt
    return code


def _waited(process: subprocess.Popen[bytes]) -> int:
    """Ctrl-C reaches the run as well, which then writes its last checkpoint: that is waited for."""
    try:
        return process.wait()
    except KeyboardInterrupt:
        return _waited(process)
