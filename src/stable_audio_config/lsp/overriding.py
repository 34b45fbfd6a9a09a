"""A value of a preset that nobody may change, set to another one in the experiment that names the preset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..report.finding import Edit, Refused
from ..report.finding import Path as Key
from ..source.edit import Change, edited, written
from ..source.reading import tree_of
from .scene import laid_over, value_at
from .text import Text

STEP = "  "
"""What a group is indented by."""


def overridden(text: Text, before: str, edit: Edit) -> str | None:
    """The experiment with the edit's value at its path, groups around it included; None where that cannot be written here.

    Args:
        text: the document, whose places are looked up.
        before: its text, to which other edits may have been made.
        edit: what to set. An item of a list cannot be set alone: composition replaces lists as a whole.
    """
    if edit.op != "set" or any(isinstance(step, int) for step in edit.path) or text.is_json:
        return None
    now = text if before == text.plain else Text(before, is_json=False)
    tree = _tree(before)
    if tree is None:
        return None
    around = next(edit.path[:end] for end in range(len(edit.path) - 1, -1, -1) if end == 0 or _is_group(tree, edit.path[:end]))
    after = _written(now, around, edit.path[len(around) :], edit.value)
    meant = laid_over(tree, _nested(edit.path, edit.value))
    return after if after is not None and _tree(after) == meant else None


def _tree(text: str) -> dict[Any, Any] | None:
    try:
        return tree_of(text, "-", is_json=False)
    except Refused:
        return None


def _is_group(tree: Any, path: Key) -> bool:
    try:
        return isinstance(value_at(tree, path), Mapping)
    except LookupError:
        return False


def _nested(path: Key, value: Any) -> Any:
    return value if not path else {path[0]: _nested(path[1:], value)}


def _written(text: Text, around: Key, rest: Key, value: Any) -> str | None:
    """The text with `rest` inside the group `around`: at the end of the file, or before the first key of the group."""
    if not around:
        end = "" if not text.plain or text.plain.endswith("\n") else "\n"
        return f"{text.plain}{end}{_block(rest, value, '')}"
    inside = [place.key for path, place in text.places.items() if path[:-1] == around]
    if not inside:
        return edited(text.plain, [Change("set", (*around, rest[0]), _nested(rest[1:], value))], is_json=False)
    first = min(inside, key=lambda span: (span.line, span.column))
    start = text.index(first.line, 1)
    margin = text.plain[start : text.index(first.line, first.column)]
    if margin.strip():  # A group on one line.
        return edited(text.plain, [Change("set", (*around, rest[0]), _nested(rest[1:], value))], is_json=False)
    return text.plain[:start] + _block(rest, value, margin) + text.plain[start:]


def _block(path: Key, value: Any, margin: str) -> str:
    """One key to a line, each group indented further."""
    lines = [f"{margin}{STEP * depth}{name}:" for depth, name in enumerate(path)]
    return "\n".join(lines) + f" {written(value, False)}\n"
