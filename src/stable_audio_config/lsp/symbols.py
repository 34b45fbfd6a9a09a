"""The outline of a document: its groups and keys, as a tree."""

from __future__ import annotations

from lsprotocol.types import DocumentSymbol, Range, SymbolKind

from ..report.finding import Path as Key
from .text import Text

NAMES = ("id", "type", "name", "model_type", "dataset_type")
"""Keys whose value tells an item of a list from the others."""


def symbols(text: Text) -> list[DocumentSymbol]:
    """Every group and key, groups with what is in them. Single values in a list are left out."""
    below: dict[Key, list[Key]] = {}
    for path in text.places:
        below.setdefault(path[:-1], []).append(path)
    return [found for path in below.get((), []) if (found := _symbol(path, text, below)) is not None]


def _symbol(path: Key, text: Text, below: dict[Key, list[Key]]) -> DocumentSymbol | None:
    place = text.places[path]
    if place.scalar and isinstance(path[-1], int):
        return None
    children = [found for child in below.get(path, []) if (found := _symbol(child, text, below)) is not None]
    start, key_end = text.bounds(place.key)
    start = min(start, text.bounds(place.value)[0])
    end = max([key_end, text.bounds(place.value)[1], *(text.bounds(text.places[child].value)[1] for child in below.get(path, []))])
    whole = text.range(start, end)
    last = max([whole.end, *(child.range.end for child in children)], key=lambda position: (position.line, position.character))
    name, detail = _words(path, text)
    kind = SymbolKind.Property if place.scalar else SymbolKind.Array if (*path, 0) in text.places else SymbolKind.Module
    return DocumentSymbol(name, kind, Range(whole.start, last), text.range(start, key_end), detail, None, None, children)


def _words(path: Key, text: Text) -> tuple[str, str]:
    """What the outline says of a key; of an item in a list its id or type."""
    place = text.places[path]
    if place.scalar:
        return str(path[-1]) or " ", _value(path, text)
    told = next((_value((*path, name), text) for name in NAMES if (*path, name) in text.places), "")
    return (f"[{path[-1]}]" if isinstance(path[-1], int) else str(path[-1]) or " "), told


def _value(path: Key, text: Text) -> str:
    start, end = text.bounds(text.places[path].value)
    return text.plain[start:end]
