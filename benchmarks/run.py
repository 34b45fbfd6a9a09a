"""Measures what README claims: `python benchmarks/run.py [NAME...] [--repeats N]`. The table goes to the terminal and results.md.

Names are those of the files beside this one; without any, all are measured (about half an hour, most of it the engine's import).
Run it with the environment's Python on an otherwise idle machine. The table says which targets are
missed; the exit code is 0 then too.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from measure import Row, table

CLAIMS = ("startup", "completion", "models", "validation", "migration", "composition", "mistakes", "first_step")
RESULTS = Path(__file__).with_name("results.md")
COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
"""Python keeps its compiled files, as it does on a user's machine; containers often forbid it, and every import is slower then."""
HEAD = """# Benchmarks

Medians of whole processes, measured in turns by `python benchmarks/run.py`. The spread is that of the ratio from turn to turn (the
middle half of the turns; all of them where there are fewer than four).
"""


def main() -> None:
    """Measures, prints, and writes results.md when everything was measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(CLAIMS)} (default: all)")
    parser.add_argument("--repeats", type=int, help="turns of each measurement (default: each claim's own)")
    options = parser.parse_args()
    unknown = set(options.names) - set(CLAIMS)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(CLAIMS)}")
    rows: list[Row] = []
    for name in options.names or CLAIMS:
        print(f"measuring {name} ...", flush=True)
        rows += measured(name, options.repeats)
    missed = sum(row.missed() for row in rows)
    report = f"{table(rows)}\n\n{machine()}\n{missed} of {sum(has_target(row) for row in rows)} targets missed.\n"
    print(f"\n{report}")
    if not options.names:
        RESULTS.write_text(f"{HEAD}\n{report}", encoding="utf-8")
        print("written: benchmarks/results.md")


def measured(name: str, repeats: int | None) -> list[Row]:
    """The rows of one claim, from processes that run in a folder of their own and see no configuration of the user's."""
    claim = import_module(name)
    with tempfile.TemporaryDirectory() as folder:
        environment = {"SAT_CACHE": f"{folder}/cache", "WANDB_MODE": "disabled", **COMPILED}
        found: list[Row] = claim.rows(Path(folder), environment, repeats or claim.REPEATS)
    return found


def has_target(row: Row) -> bool:
    """True where the row's ratio can be missed."""
    return row.at_most is not None or row.at_least is not None


def machine() -> str:
    """What was measured on, in general words."""
    words = [f"{os.cpu_count()} cores", platform.machine(), platform.system(), f"Python {platform.python_version()}"]
    words += [f"{package} {version(package)}" for package in ("stable-audio-tools", "torch")]
    return f"Measured on: {', '.join(words)}."


if __name__ == "__main__":
    main()
