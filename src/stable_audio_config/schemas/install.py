"""Schemas and editor settings in a user's folder. What stands there is kept: added to where that is safe, else left alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

from ..plugins import load_installed
from ..report.finding import Refused, refuse
from ..source.edit import Change, edited, write_whole
from ..source.modeline import FILES, FOLDER
from ..source.reading import read_text, tree_of
from .documents import flavours
from .editors import JETBRAINS_FILE, PATTERNS, SETTINGS, helix, jetbrains, jetbrains_name, neovim, vscode
from .files import everything, place


@dataclass(frozen=True)
class Step:
    """What became of one file."""

    file: Path
    done: Literal["written", "added to", "as it was", "left alone"]
    add: str = ""
    """What to add by hand to a file that was left alone."""


def installed(folder: Path) -> dict[Path, str]:
    """Each schema file that belongs into a user's folder, with its text: the flavour in which people write that kind of file.

    The tags of installed plugins are in it: the files are for what this environment can run.
    """
    named = {folder / FOLDER / FILES[name]: (name, flavours(name)[-1]) for name in FILES}
    if not load_installed():  # Then they are those of the package, and nothing need be made.
        return {file: read_text(place(*one)) for file, one in named.items()}
    made = everything(plugins=True)
    return {file: made[one] for file, one in named.items()}


def copy_schemas(folder: Path) -> list[Step]:
    """The schemas stand in the folder after the call.

    Raises:
        Refused: it cannot be written to.
    """
    return [_whole(file, text) for file, text in installed(folder).items()]


def set_up(editor: str, folder: Path) -> Step:
    """The editor finds the schemas of files without a modeline after the call, unless the step says what to add by hand.

    Raises:
        Refused: its settings cannot be read or written.
    """
    file = folder / SETTINGS[editor]
    return _EDITORS[editor](file)


def editors_in(folder: Path) -> list[str]:
    """Those that have left something in the folder."""
    marks = {"vscode": ".vscode", "jetbrains": ".idea", "neovim": ".nvim.lua", "helix": ".helix"}
    return [editor for editor, mark in marks.items() if (folder / mark).exists()]


def _whole(file: Path, text: str) -> Step:
    if file.is_file() and read_text(file) == text:
        return Step(file, "as it was")
    write_schema(file, text)
    return Step(file, "written")


def write_schema(file: Path, text: str) -> None:
    """The file holds the text after the call, its folder made where there was none.

    Raises:
        Refused: it cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, text)
    except OSError as error:
        raise refuse("not-writable", f"`{file}` cannot be written: {error.strerror or error}", source=str(file)) from None


# --- VS Code --------------------------------------------------------------------------------------------------------------


def _vscode(file: Path) -> Step:
    wanted = vscode()
    if not file.exists():
        return _whole(file, json.dumps(wanted, indent=4) + "\n")
    text = read_text(file)
    try:
        tree = tree_of(text, str(file), is_json=True) if text.strip() else {}
    except Refused:  # Comments, or commas too many, which VS Code allows and no parser of ours keeps.
        return Step(file, "left alone", json.dumps(wanted, indent=4))
    if not tree:
        return _whole(file, json.dumps(wanted, indent=4) + "\n")
    changes = [Change("set", (key,), value) for key, value in wanted.items() if key not in tree]
    for key, value in wanted.items():
        there = tree.get(key, value)
        if isinstance(there, dict) and isinstance(value, dict):
            changes += [Change("set", (key, name), patterns) for name, patterns in value.items() if name not in there]
        elif not isinstance(there, list) or any(one not in there for one in value):
            return Step(file, "left alone", json.dumps({key: value}, indent=4))
    after = edited(text, changes, is_json=True)
    if after is None:
        return Step(file, "left alone", json.dumps(wanted, indent=4))
    return _changed(file, text, after)


def _changed(file: Path, before: str, after: str) -> Step:
    if before == after:
        return Step(file, "as it was")
    write_schema(file, after)
    return Step(file, "added to")


# --- the others -----------------------------------------------------------------------------------------------------------


def _jetbrains(file: Path) -> Step:
    if not file.exists():
        return _whole(file, JETBRAINS_FILE.format(jetbrains()))
    text = read_text(file)
    if all(f'key="{jetbrains_name(kind)}"' in text for kind in PATTERNS):
        return Step(file, "as it was")
    place = text.find("</map>")
    start = text.rfind("\n", 0, place) + 1
    after = text[:start] + jetbrains() + text[start:]
    try:
        ElementTree.fromstring(after)
    except ElementTree.ParseError:
        return Step(file, "left alone", jetbrains())
    if place < 0 or jetbrains_name("model") in text:  # No map to add to, or some of the entries: a person decides.
        return Step(file, "left alone", jetbrains())
    return _changed(file, text, after)


def _text_file(wanted: Callable[[], str]) -> Callable[[Path], Step]:
    """Settings in a language that we do not edit: written where there are none."""

    def step(file: Path) -> Step:
        text = wanted()
        if not file.exists():
            return _whole(file, text)
        return Step(file, "as it was") if text in read_text(file) else Step(file, "left alone", text)

    return step


_EDITORS: dict[str, Callable[[Path], Step]] = {
    "vscode": _vscode,
    "jetbrains": _jetbrains,
    "neovim": _text_file(neovim),
    "helix": _text_file(helix),
}
