"""The schemas that new files name in their first lines: an editor marks a file whose schema is not there."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ..report.finding import Refused
from ..source.modeline import FILES, FOLDER, MARK


def bring(files: Iterable[Path]) -> list[Path]:
    """Every schema that a modeline of these files names is there after the call, if it can be written; those that were not before.

    Only files named as `sat schema install` names them are written. A folder that takes none keeps the new files as they are:
    they need no schema to be run.
    """
    missing = {place for place in map(_named, files) if place is not None and not place.exists()}
    brought = []
    for place in sorted(missing):
        with suppress(Refused):
            _write(place)
            brought.append(place)
    return brought


def _named(file: Path) -> Path | None:
    """The schema that the file names."""
    lines = file.read_text(encoding="utf-8").splitlines()[:5]
    path = next((line.removeprefix(MARK) for line in lines if line.startswith(MARK)), None)
    if path is None:
        return None
    place = Path((file.parent / path).absolute())
    ours = place.name in FILES.values() and place.parent.as_posix().endswith(f"/{FOLDER}")
    return _shorter(place) if ours else None


def _shorter(place: Path) -> Path:
    """The path as one would type it here, without `..`."""
    place = place.resolve()
    here = Path.cwd().resolve()
    return place.relative_to(here) if place.is_relative_to(here) else place


def _write(place: Path) -> None:
    from .install import installed, write_schema

    texts = installed(place.parent.parent.parent)
    write_schema(place, next(text for file, text in texts.items() if file.name == place.name))
