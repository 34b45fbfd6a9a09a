"""Plain trees: what every room does with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]

WIDEST = 64
"""Bits of a whole number: what torch, JSON readers and the rest of the world count with."""


def without_comments(value: Any) -> Any:
    """The tree without the keys that begin with `_`, which are comments; keys become texts."""
    if isinstance(value, dict):
        return {str(key): without_comments(item) for key, item in value.items() if not str(key).startswith("_")}
    if isinstance(value, (list, tuple)):
        return [without_comments(item) if isinstance(item, (dict, list, tuple)) else item for item in value]
    return value


def size_of(tree: Any) -> int:
    """The values in a tree, groups and lists included; those that an anchor repeats count every time."""
    if isinstance(tree, dict):
        return 1 + sum(map(size_of, tree.values()))
    return 1 + sum(map(size_of, tree)) if isinstance(tree, list) else 1


def is_too_wide(value: Any) -> bool:
    """Whether this is a whole number that no program computes with: 10 to the power of 400, say."""
    return isinstance(value, int) and value.bit_length() > WIDEST


def too_wide(tree: Any, path: Path = ()) -> Iterator[Path]:
    """The paths of such numbers."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        if is_too_wide(value):
            yield (*path, key)
        yield from too_wide(value, (*path, key))


def words_about(path: Path) -> str:
    """The headline about such a number."""
    return f"`{'.'.join(map(str, path))}` has more than {WIDEST} bits, too many for a whole number"
