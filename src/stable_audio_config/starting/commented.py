"""YAML with a reason beside each value: written by hand, because the libraries that write YAML write no comments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Value:
    """A value, and why it is this one."""

    value: Any
    why: str = ""


@dataclass(frozen=True)
class Block:
    """A whole section as plain data, under a line that says where it comes from."""

    tree: Mapping[str, Any]
    why: str = ""


@dataclass(frozen=True)
class Gap:
    """An empty line, or lines of comment, between keys."""

    lines: tuple[str, ...] = ()


Tree = Mapping[str, Any]
"""Key -> `Value`, `Block`, `Gap` (whose key is not shown), another such tree, or a list of them."""


def lines_of(tree: Tree, indent: int = 0) -> Iterator[str]:
    """The lines of a commented tree."""
    from ..source.edit import written

    room = " " * indent
    for key, item in tree.items():
        if isinstance(item, Gap):
            yield ""
            yield from (f"{room}# {line}".rstrip() for line in item.lines)
        elif isinstance(item, Value):
            why = f"  # {item.why}" if item.why else ""
            yield f"{room}{key}: {written(item.value, False)}{why}"
        elif isinstance(item, Block):
            yield f"{room}{key}:{f'  # {item.why}' if item.why else ''}"
            yield from lines_of(_uncommented(item.tree), indent + 2)
        elif isinstance(item, list):
            yield f"{room}{key}:"
            for entry in item:
                first, *rest = lines_of(entry, indent + 4)
                yield f"{room}  - {first.strip()}"
                yield from rest
        else:
            yield f"{room}{key}:"
            yield from lines_of(item, indent + 2)


def _uncommented(tree: Mapping[str, Any]) -> Tree:
    """Plain data in the shape of a commented tree: what holds no keys of its own stands on one line."""
    return {key: _uncommented_item(item) for key, item in tree.items()}


def _uncommented_item(item: Any) -> Any:
    if isinstance(item, Mapping) and item:
        return _uncommented(item)
    if isinstance(item, list) and item and all(isinstance(entry, Mapping) and entry for entry in item):
        return [_uncommented(entry) for entry in item]
    return Value(item)
