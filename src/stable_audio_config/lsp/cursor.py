"""What stands at the cursor of a valid text: a key or a value, and its path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ..report.finding import Path as Key
from ..source.positions import Span
from .text import Text

INTERPOLATION = re.compile(r"\$\{\s*([^${}:]+?)\s*\}")
"""`${a.b}`, which stands for the value at `a.b`. Those with a resolver have a colon."""


@dataclass(frozen=True)
class Cursor:
    """The key or single value that the cursor is on."""

    path: Key
    role: Literal["key", "value"]
    span: Span
    """The key, or the value in its first line."""


def cursor_at(text: Text, index: int) -> Cursor | None:
    """What stands at an index of the text; None between things, or where the text is not valid."""
    found = []
    for path, place in text.places.items():
        if isinstance(path[-1], str) and _within(text, place.key, index):
            found.append(Cursor(path, "key", place.key))
        if place.scalar and _within(text, place.value, index):
            found.append(Cursor(path, "value", place.value))
    return min(found, key=lambda cursor: (cursor.span.width, cursor.path[0] == "<<"), default=None)


def _within(text: Text, span: Span, index: int) -> bool:
    start, end = text.bounds(span)
    return start <= index <= end


def interpolation_at(text: Text, index: int) -> tuple[str, int, int] | None:
    """What `${...}` around the cursor names, and where that begins and ends."""
    for found in INTERPOLATION.finditer(text.plain):
        if found.start() <= index <= found.end():
            return found[1], found.start(1), found.end(1)
    return None


def referred(name: str, path: Key) -> Key:
    """The path that an interpolation at `path` means: from the top, or with dots before it from the group around."""
    here: Key = ()
    if name.startswith("."):
        up = len(name) - len(name.lstrip("."))
        here, name = path[: max(0, len(path) - up)], name.lstrip(".")
    steps = [step for step in re.split(r"[.\[\]]", name) if step]
    return (*here, *(int(step) if step.isdigit() else step for step in steps))
