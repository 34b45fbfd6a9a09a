"""Whether a part is there, and whether it can be looked at: one with a mistake in it is there, and must not be passed over."""

from __future__ import annotations

from ..validation.view import Absent, Node

UNTOLD = (Absent, KeyError, IndexError, ZeroDivisionError)
"""What a config that does not tell a number ends in: something is missing, an unknown name, a list too short, a part of width 0."""


def present(holder: Node, key: str) -> bool:
    """Whether something other than null is written there, right or wrong."""
    return holder.tree.get(key) is not None


def readable(holder: Node, key: str) -> Node | None:
    """The part; None where its type is unknown or the whole of it is wrong."""
    try:
        return holder.part(key)
    except Absent:
        return None
