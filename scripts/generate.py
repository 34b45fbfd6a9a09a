"""Writes what is made from the data models, or says what is out of date: `python scripts/generate.py --write` or `--check`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "stable_audio_config"


def tables() -> dict[Path, str]:
    """The shapes and the schema that rules and `sat validate` use in the data models' place."""
    from stable_audio_config.datamodels.export import schema_table, shapes

    folder = SOURCE / "datamodels" / "tables"
    return {
        folder / "shapes.json": json.dumps(shapes(), separators=(",", ":"), ensure_ascii=False) + "\n",
        folder / "schema.json": json.dumps(schema_table(), separators=(",", ":"), ensure_ascii=False) + "\n",
    }


MAKERS: tuple[Callable[[], dict[Path, str]], ...] = (tables,)
"""Each gives files with their content."""


def main() -> int:
    """Writes the files, or compares them; 1 if one of them is out of date."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--write", action="store_true", help="write the files")
    choice.add_argument("--check", action="store_true", help="say which files are out of date")
    options = parser.parse_args()
    stale = [(file, text) for make in MAKERS for file, text in make().items() if not _holds(file, text)]
    for file, text in stale:
        if options.write:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        print(f"{'written' if options.write else 'out of date'}: {file.relative_to(ROOT)}")
    if stale and options.check:
        print("refresh with: python scripts/generate.py --write", file=sys.stderr)
        return 1
    return 0


def _holds(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
