"""`python -m oracle --count 2000 --seed 1`: the large run, in one process. With `--log` it goes on where an earlier one ended."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .bases import bases, write_material
from .mutations import Mutant, mutant
from .report import Row, category, is_right, table, wrong
from .verdict import as_json, ask_engine, ask_us, quick, stand_in_for_roberta


def main() -> int:
    """Prints the tables; the exit code is 1 where something was missed."""
    parser = argparse.ArgumentParser(prog="oracle", description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="mutants")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log", type=Path, help="a file with one line for each mutant; what it holds already is not run again")
    parser.add_argument("--again", action="store_true", help="ask only us again, about the mutants in the log: no engine")
    parser.add_argument("--bases", nargs="*", help="only these bases; all of them unless told otherwise")
    options = parser.parse_args()
    if options.again and not options.log:
        parser.error("--again needs the --log of an earlier run")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        log = options.log.absolute() if options.log else place / "log.jsonl"
        write_material(place)
        os.chdir(place)
        rows = _asked_again(log, place, options) if options.again else list(run(log, place, options))
    for by in ("operator", "stage", "base"):
        print(*table(rows, by), "", sep="\n")
    print(*wrong(rows), sep="\n")
    return int(not all(row["right"] for row in rows))


def _named(place: Path, options: argparse.Namespace) -> dict[str, Any]:
    return {name: tree for name, tree in bases(place).items() if not options.bases or name in options.bases}


def run(log: Path, place: Path, options: argparse.Namespace) -> Iterator[Row]:
    """The rows of the log, and those that it lacks, which are added to it."""
    done = {(row["seed"], row["number"]): row for row in _read(log)}
    quick()
    stand_in_for_roberta()
    trees = _named(place, options)
    whole = {}
    for name, tree in trees.items():
        whole[name] = done.get((0, name)) or _judged(Mutant(0, name, "none", (), "unchanged", tree), place)
        if (0, name) not in done:
            whole[name].update(number=name, seed=0)
            _add(log, whole[name])
        if whole[name]["engine"]["stage"]:
            print(f"base {name} fails: {whole[name]['engine']}", file=sys.stderr)
    for number in range(options.count):
        row = done.get((options.seed, number))
        if row is None:
            row = _judged(mutant(number, options.seed, trees), place)
            row["seed"] = options.seed
            _add(log, row)
        row["category"] = category(row, whole[row["base"]])
        row["right"] = is_right(row, whole[row["base"]])
        if number % 20 == 0:
            print(f"{number} of {options.count}", file=sys.stderr, flush=True)
        yield row


def _asked_again(log: Path, place: Path, options: argparse.Namespace) -> list[Row]:
    trees, rows = _named(place, options), _read(log)
    whole = {row["base"]: row for row in rows if row["seed"] == 0}
    found = []
    for name, row in whole.items():
        row["ours"] = _plain([as_json(one) for one in ask_us(trees[name])])
    for row in rows:
        if row["seed"] != options.seed:
            continue
        row["ours"] = _ours(mutant(row["number"], options.seed, trees))
        row["category"] = category(row, whole[row["base"]])
        row["right"] = is_right(row, whole[row["base"]])
        found.append(row)
    return found


def _judged(one: Mutant, place: Path) -> Row:
    about = {"number": one.number, "base": one.base, "operator": one.operator, "path": one.path, "what": one.what, "also": one.also}
    row: Row = _plain({**about, "engine": as_json(ask_engine(one.tree, place)), "ours": _ours(one)})
    return row


def _ours(one: Mutant) -> Any:
    try:
        return _plain([as_json(found) for found in ask_us(one.tree)])
    except Exception as error:  # A fault of ours, to be listed and not to end the run.
        message = f"{type(error).__name__}: {error}"
        return [{"rule": "crash", "severity": "crash", "path": [], "message": message, "others": []}]


def _plain(row: Any) -> Any:
    """As it comes back from the log: lists for tuples."""
    return json.loads(json.dumps(row, default=str))


def _read(log: Path) -> list[Row]:
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []


def _add(log: Path, row: Row) -> None:
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    sys.exit(main())
