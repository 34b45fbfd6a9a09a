"""Where a value was written, as data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..source.positions import Place, Span, positions

SHIPPED = Path(__file__).parent.parent / "conf"


@dataclass(frozen=True)
class Origin:
    """One place at which a value was written: in a file, or on the command line."""

    source: str
    """The file as one would type it, `preset ...` for a shipped one, or `command line`."""
    value: Any
    """What was written."""
    key: Span | None = None
    """Where the key stands; None on the command line."""
    span: Span | None = None
    """Where the value stands."""
    excerpt: str | None = None
    """The line of the value; the argument, on the command line."""
    lines: tuple[str, ...] = ()
    """The file's lines, to show that of the key."""
    file: str | None = None
    """The file, where it is one that its user may change."""
    local: tuple[str | int, ...] = ()
    """The key path inside the file."""
    path: tuple[str | int, ...] = ()
    """The key path in what was composed."""


def own(file: Path) -> str | None:
    """The path of a file that its user may change; None for a shipped preset."""
    file = file.resolve()
    return None if file.is_relative_to(SHIPPED) else str(file)


def shown(file: Path) -> str:
    """The path as one would type it here; a shipped preset by its name."""
    file = file.resolve()
    if file.is_relative_to(SHIPPED):
        return f"preset {file.relative_to(SHIPPED).as_posix()}"
    return str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else str(file)


@lru_cache(maxsize=4)
def _places(text: str, is_json: bool) -> tuple[dict[tuple[str | int, ...], Place], tuple[str, ...]]:
    return positions(text, is_json), tuple(text.splitlines())


def origin_in_text(name: str, text: str, is_json: bool, path: tuple[str | int, ...]) -> Origin | None:
    """Where the value at `path` of one text stands: itself, or the nearest group around it."""
    places, lines = _places(text, is_json)
    for end in range(len(path), 0, -1):
        place = places.get(path[:end])
        if place is not None:
            group = end < len(path) or not place.scalar
            span = {"key": place.key, "span": place.value, "lines": lines}
            return Origin(source=name, value={} if group else None, file=name, local=path[:end], path=path[:end], **span)  # type: ignore[arg-type]
    first = lines[0] if lines else ""
    return Origin(source=name, value={}, key=Span(1, 1, 1), span=Span(1, 1, 1), excerpt=first, lines=lines, file=name)
