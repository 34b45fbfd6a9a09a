"""Lists that describe one thing after the other and must agree on how many there are."""

from __future__ import annotations

from collections.abc import Iterator

from .geometry import counted
from .rule import Problem
from .view import Node


def equally_long(node: Node, names: tuple[str, ...]) -> Iterator[Problem]:
    """The problem of lists that must have one length; the one that differs from the others is to blame."""
    counts = {name: len(node(name)) for name in names}
    lengths = list(counts.values())
    usual = max(lengths, key=lambda count: (lengths.count(count), count == lengths[0]))
    odd = next((name for name in names if counts[name] != usual), None)
    if odd is None:
        return
    other = next(name for name in names if counts[name] == usual)
    has = f"has {counted(counts[odd], 'entry', 'entries')}" + ("" if node.written(odd) else " by default")
    message = f"`{odd}` {has}, but `{other}` has {usual}: training could not start"
    related = ((node.at(other), counted(usual, "entry", "entries")),)
    yield Problem(node.at(odd), message, help="write as many in each", related=related)


def long_enough(node: Node, leading: str, names: tuple[str, ...]) -> Iterator[Problem]:
    """The problems of lists that must have at least as many entries as `leading`."""
    needed = len(node(leading))
    for name in names:
        if len(node(name)) < needed:
            has = f"has {counted(len(node(name)), 'entry', 'entries')}" + ("" if node.written(name) else " by default")
            message = f"`{name}` {has}, but `{leading}` has {needed}: training could not start"
            related = ((node.at(leading), counted(needed, "entry", "entries")),)
            yield Problem(node.at(name), message, help=f"write one for each of `{leading}`", related=related)
