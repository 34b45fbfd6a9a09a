"""Whole processes, measured in turns: what a person waits for, as ratios within one run.

Nothing here knows what is measured; the claims do (`startup.py`, `first_step.py`, ...).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import TypeVar

T = TypeVar("T")
Sample = Callable[[], float]
"""Does the thing once and returns its number."""

PROGRAMS = Path(__file__).resolve().parent / "programs"


@dataclass(frozen=True)
class Row:
    """One claim: two lists of numbers, measured in turns, and the ratio that they must keep."""

    what: str
    """What is measured, for a reader of the table."""
    ours: list[float]
    """Our numbers."""
    against: str
    """What they are compared with."""
    theirs: list[float]
    """The numbers of that."""
    unit: str = "s"
    """Unit of both lists."""
    at_most: float | None = None
    """The target: ours / theirs is at most this."""
    at_least: float | None = None
    """The target: ours / theirs is at least this."""
    inverse: bool = False
    """The ratio is theirs / ours: so many times sooner."""

    def ratios(self) -> list[float]:
        """The ratio of each turn, whose conditions both sides shared."""
        turns = zip(self.ours, self.theirs, strict=True)
        return [theirs / ours if self.inverse else ours / theirs for ours, theirs in turns]

    def ratio(self) -> float:
        """The ratio of the medians."""
        ours, theirs = median(self.ours), median(self.theirs)
        return theirs / ours if self.inverse else ours / theirs

    def missed(self) -> bool:
        """True when the ratio of the medians is on the wrong side of the target."""
        too_high = self.at_most is not None and self.ratio() > self.at_most
        return too_high or (self.at_least is not None and self.ratio() < self.at_least)


class ProcessFailed(Exception):
    """A measured process ended otherwise than expected, so its time means nothing."""


def wall_time(command: list[str], folder: Path, *, fails: bool = False, environment: Mapping[str, str] | None = None) -> Sample:
    """Seconds from starting the command to its end. With `fails` the end has to be a failure, else a success."""

    def sample() -> float:
        started = time.monotonic()
        run(command, folder, fails=fails, environment=environment)
        return time.monotonic() - started

    return sample


def run(command: list[str], folder: Path, *, fails: bool = False, environment: Mapping[str, str] | None = None) -> str:
    """The command's output, both streams.

    Raises:
        ProcessFailed: it succeeded where `fails` was expected, or the other way round.
    """
    # A file, not a pipe: a pipe would be waited for until the last background process that inherited it is gone.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
        output.seek(0)
        said = output.read()
    if (done.returncode != 0) != fails:
        raise ProcessFailed(f"exit code {done.returncode} of {' '.join(command)}\n{said[-3000:]}")
    return said


def in_turns(samples: Mapping[str, Callable[[], T]], times: int, warm_up: int = 1) -> dict[str, list[T]]:
    """`times` results of each sample, taken in turns and in a new order each time; warm-up turns fill the disk cache."""
    order = list(samples)
    shuffle = random.Random(0).shuffle
    found: dict[str, list[T]] = {name: [] for name in order}
    for turn in range(-warm_up, times):
        shuffle(order)
        for name in order:
            result = samples[name]()
            if turn >= 0:
                found[name].append(result)
    return found


def python(*arguments: str) -> list[str]:
    """A command for the interpreter that runs the benchmarks."""
    return [sys.executable, *arguments]


def sat(*arguments: str) -> list[str]:
    """A command for the `sat` installed beside that interpreter."""
    return [str(Path(sys.executable).with_name("sat")), *arguments]


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | ours | against | theirs | ratio | spread of the ratio | target |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        spread = row.ratios()
        low, high = (min(spread), max(spread)) if len(spread) < 4 else (quantiles(spread, n=4)[0], quantiles(spread, n=4)[2])
        lines.append(
            f"| {row.what} | {_amount(median(row.ours), row.unit)} | {row.against} | {_amount(median(row.theirs), row.unit)} "
            f"| {_number(row.ratio())}x{' sooner' if row.inverse else ''} | {_number(low)} to {_number(high)} | {_target(row)} |"
        )
    return "\n".join(lines)


def _target(row: Row) -> str:
    if row.at_most is None and row.at_least is None:
        return "none"
    words = f"at most {row.at_most:g}x" if row.at_most is not None else f"at least {row.at_least:g}x"
    return f"{words}: **missed**" if row.missed() else f"{words}: kept"


def _amount(value: float, unit: str) -> str:
    if unit == "s" and value < 1:
        return f"{value * 1000:.0f} ms"
    return f"{value:.3g} {unit}"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 20 else f"{value:.2f}"
