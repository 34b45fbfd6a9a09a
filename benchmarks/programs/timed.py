"""Runs a Python program and writes down when each of its training steps ended: `timed.py TIMES.json PROGRAM [ARGUMENT...]`.

Both sides of a comparison run under it, so what it costs they both pay. Lightning is patched when the program imports it: nothing
is imported earlier than the program would. PROGRAM is a file, or `-m` and a module.
"""

from __future__ import annotations

import json
import runpy
import sys
import time
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

TRAINER = "pytorch_lightning.trainer.trainer"


class WhenImported(MetaPathFinder):
    """Calls `then` with one module, right after the program has imported it."""

    def __init__(self, name: str, then: Callable[[ModuleType], None]) -> None:
        self.name, self.then = name, then

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """The usual spec with one more thing to do; None for every other module."""
        if fullname != self.name:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        assert spec is not None and spec.loader is not None
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            self.then(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def record_steps(place: Path) -> Callable[[ModuleType], None]:
    """A patch for Lightning's trainer: the first callback of every fit notes the time at which each batch ended.

    It stands before the others, so that the first step's time holds no demo and no checkpoint.
    """

    def patch(module: ModuleType) -> None:
        from pytorch_lightning.callbacks import Callback

        class Clock(Callback):
            """Monotonic time at the end of each training step."""

            def __init__(self) -> None:
                self.times: list[float] = []

            def on_train_batch_end(self, *_: Any) -> None:
                """One more step."""
                self.times.append(time.monotonic())

            def on_train_end(self, *_: Any) -> None:
                """All are known."""
                place.write_text(json.dumps(self.times), encoding="utf-8")

        fit = module.Trainer.fit

        def fit_with_clock(trainer: Any, *arguments: Any, **options: Any) -> Any:
            trainer.callbacks.insert(0, Clock())
            return fit(trainer, *arguments, **options)

        module.Trainer.fit = fit_with_clock  # type: ignore[attr-defined]

    return patch


def main() -> None:
    """Runs the program as if it had been started by itself."""
    place, *program = sys.argv[1:]
    sys.meta_path.insert(0, WhenImported(TRAINER, record_steps(Path(place))))
    if program[0] == "-m":
        sys.argv = program[1:]
        runpy.run_module(program[1], run_name="__main__", alter_sys=True)
        return
    sys.argv = program
    runpy.run_path(program[0], run_name="__main__")


if __name__ == "__main__":
    main()
