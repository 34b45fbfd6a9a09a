"""Claim: a folder of 500 configs migrates within five times the cost of parsing them (issue 5)."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

from measure import PROGRAMS, Row, in_turns, python, run, sat, wall_time
from published import PUBLISHED

REPEATS = 5
FILES = 500
PROGRAM = str(PROGRAMS / "parse_folder.py")


def rows(folder: Path, environment: dict[str, str], repeats: int) -> list[Row]:
    """Whole processes: `sat migrate FOLDER --write` against a program that reads the same files and does nothing with them."""
    old = folder / "configs"
    _write_configs(old)

    def migrate() -> float:
        for file in old.glob("*.yaml"):
            file.unlink()
        started = time.monotonic()
        run(sat("migrate", "configs", "--write"), folder, environment=environment)
        seconds = time.monotonic() - started
        assert len(list(old.glob("*.yaml"))) == FILES
        return seconds

    samples = {"migrate": migrate, "parse": wall_time(python(PROGRAM, "configs"), folder, environment=environment)}
    found = in_turns(samples, repeats)
    shutil.rmtree(old)
    what = f"`sat migrate FOLDER --write`: {FILES} files, compared and written to the disk"
    return [Row(what, found["migrate"], "reading and parsing them", found["parse"], at_most=5.0)]


def _write_configs(folder: Path) -> None:
    """Published models with figures of one's own: no two files are alike."""
    folder.mkdir()
    trees = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(Path(PUBLISHED).glob("*.json"))]
    for number in range(FILES):
        tree: dict[str, Any] = dict(trees[number % len(trees)])
        tree["sample_size"] = tree["sample_size"] // 2 + 2048 * number
        tree["training"] = {**tree["training"], "learning_rate": 1e-5 * (number + 1)}
        (folder / f"model_{number:03}.json").write_text(json.dumps(tree, indent=4), encoding="utf-8")
