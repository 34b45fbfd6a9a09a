"""The generated schema files: their places, their text, and whether they are what the data models make of them today."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from ..plugins import load_installed
from ..report.finding import refuse
from ..source.edit import write_whole
from ..source.modeline import FILES
from .documents import TITLES, Flavour, all_definitions, document, flavours

FOLDER = Path(__file__).parent
"""Holds one folder for each flavour."""


def place(name: str, flavour: Flavour) -> Path:
    """Where the file of a schema stands in the package."""
    return FOLDER / flavour / FILES[name]


def everything(*, plugins: bool = False) -> dict[tuple[str, Flavour], str]:
    """The text of every schema.

    Args:
        plugins: whether the tags of installed plugins are in it.
    """
    return _everything(plugins and bool(load_installed()))


@cache
def _everything(plugins: bool) -> dict[tuple[str, Flavour], str]:
    definitions = all_definitions(plugins=plugins)
    return {(name, flavour): as_text(document(name, flavour, definitions)) for name in TITLES for flavour in flavours(name)}


def one(name: str, flavour: Flavour, *, plugins: bool = False) -> str:
    """The text of one schema."""
    return as_text(document(name, flavour, all_definitions(plugins=plugins)))


def as_text(schema: dict[str, Any]) -> str:
    """JSON with each definition on a line of its own: small, and a change of one data model is a change of few lines."""
    head = {key: value for key, value in schema.items() if key != "$defs"}
    lines = [f" {_compact(name)}:{_compact(definition)}" for name, definition in schema["$defs"].items()]
    return f'{_compact(head)[:-1]},"$defs":{{\n' + ",\n".join(lines) + "\n}}\n"


def _compact(tree: Any) -> str:
    return json.dumps(tree, separators=(",", ":"), ensure_ascii=False)


def generated() -> dict[Path, str]:
    """Every generated file with the text that it should have."""
    return {place(name, flavour): text for (name, flavour), text in everything().items()}


def stale(here: dict[Path, str]) -> dict[Path, str | None]:
    """The schema files that are missing or have another text, with the text that they should have; None where nothing makes one.

    Args:
        here: those of a user's folder. The package's own are looked at in any case.
    """
    wanted = {**generated(), **here}
    changed: dict[Path, str | None] = {file: text for file, text in wanted.items() if not _holds(file, text)}
    needless = set(FOLDER.glob("*/*.json")) - wanted.keys()
    return {**changed, **dict.fromkeys(sorted(needless))}


def _holds(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == text


def refresh(old: dict[Path, str | None]) -> None:
    """The files are as they should be after the call.

    Raises:
        Refused: one cannot be written.
    """
    for file, text in old.items():
        _bring_up(file, text)


def _bring_up(file: Path, text: str | None) -> None:
    try:
        if text is None:
            file.unlink()
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, text)
    except OSError as error:
        raise refuse("not-writable", f"`{file}` cannot be written: {error.strerror or error}", source=str(file)) from None
