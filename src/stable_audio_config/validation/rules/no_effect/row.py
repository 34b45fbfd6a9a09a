"""One row of the tables: keys of one data model that nothing reads, and under which condition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ....report.finding import Severity
from ...setup import Setup
from ...view import Node, names_of


@dataclass(frozen=True)
class When:
    """A condition on a node."""

    holds: Callable[[Node, Setup], bool]
    decided_by: tuple[str, ...] = ()
    """The dotted keys of the node that decide; a finding shows them beside its own."""

    def __and__(self, other: When) -> When:
        return When(lambda node, setup: self.holds(node, setup) and other.holds(node, setup), self.decided_by + other.decided_by)

    def __or__(self, other: When) -> When:
        return When(lambda node, setup: self.holds(node, setup) or other.holds(node, setup), self.decided_by + other.decided_by)


ALWAYS = When(lambda _node, _setup: True)
"""No other key makes these keys effective."""


@dataclass(frozen=True)
class Unread:
    """Keys without effect."""

    keys: tuple[str, ...]
    """Dotted, below the node."""
    why: str = "nothing reads it"
    """The end of a headline that begins with the key and its value."""
    when: When = ALWAYS
    instead: str = "leave it out"
    severity: Severity = "warning"
    usual: tuple[Any, ...] = ()
    """Values, beside the default, of which nobody need be told: published configs have them."""


MEASURES = Unread(("metrics",), "training makes no measurements: nothing asks the engine for that callback")
"""Two kinds of training sections have such a part."""

Table = Mapping[str, tuple[Unread, ...]]
"""Name of a data model, or of one that others derive from -> its rows."""


def off(key: str) -> When:
    """The switch `key` is false, null, 0 or empty."""
    return When(lambda node, _: not node(key), (key,))


def on(key: str) -> When:
    """The switch `key` is set."""
    return When(lambda node, _: bool(node(key)), (key,))


def absent(key: str) -> When:
    """`key` is null or left out. (A section that may be empty counts as there.)"""
    return When(lambda node, _: not node.has(key), (key,))


def present(key: str) -> When:
    """`key` is there, if only as an empty section."""
    return When(lambda node, _: node.has(key), (key,))


def one_of(key: str, *values: Any) -> When:
    """`key` has one of `values`."""
    return When(lambda node, _: node(key) in values, (key,))


def none_of(key: str, *values: Any) -> When:
    """`key` has none of `values`."""
    return When(lambda node, _: node(key) not in values, (key,))


def inside(name: str) -> When:
    """The node stands directly in a data model called `name`."""
    return When(lambda node, _: node.parent is not None and name in names_of(node.parent.model))


def without(switch: str, *keys: str) -> Unread:
    """`keys` are read only where `switch` is set."""
    return Unread(keys, f"nothing reads it without `{switch}`", off(switch), f"set `{switch}` too, or leave it out")


def beside(winner: str, *keys: str) -> Unread:
    """`keys` are not read where `winner` is set."""
    return Unread(keys, f"nothing reads it beside `{winner}`", on(winner), "leave one of the two out")


def shown(value: Any) -> str:
    """The value as a config writes it, for `is ...`; `set` for what is too long."""
    if isinstance(value, (bool, type(None))):
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, str):
        return f"`{value}`" if len(value) <= 40 else "set"
    return f"{value:g}" if isinstance(value, float) else str(value) if isinstance(value, int) else "set"
