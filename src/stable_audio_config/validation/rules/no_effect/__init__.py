"""Set, but nothing reads it: every such key, when, and what would make it effective.

What belongs here: rows of the tables. A key that decides something else than its name says, or that makes the engine fail,
is a rule of its subject.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from ....datamodels.shapes import Shape
from ....report.finding import Path
from ...rule import WHOLE, Problem, removing, rule
from ...setup import Setup
from ...view import Absent, Node
from . import data, losses, models, networks, sections
from .row import ALWAYS, Table, Unread, shown

TABLES: tuple[Table, ...] = (models.TABLE, networks.TABLE, sections.TABLE, losses.TABLE, data.TABLE)
"""Of what the rows are about; a data model may have rows in several."""


@rule(
    "no-effect",
    on=WHOLE,
    severity="warning",
    mirrors="training.factory.create_training_wrapper_from_config",
    contract=("R-TR-8", "R-TR-14", "R-DS-12"),
)
def without_effect(setup: Setup) -> Iterator[Problem]:
    """A key that is set should decide something.

    The engine looks up the keys that it needs and ignores all others, and it needs some keys only where others are set. It says
    nothing about the rest: a run then differs from what its config seems to say. A key with its default value is never reported,
    because it changes nothing either way.
    """
    for node in setup.named("Data"):
        table = rows_by_key(node.model)
        said: set[str] = set()
        for key, row, default in (entry for step in node.tree if step in table for entry in table[step]):
            if key not in said and _differs(node, key, row, default) and _holds(row, node, setup):
                said.add(key)
                yield _problem(row, node, key)


Entry = tuple[str, Unread, Any]
"""A key, its row and its default."""


@cache
def rows_by_key(shape: Shape) -> dict[str, tuple[Entry, ...]]:
    """First step of a key -> the rows of a data model and of those that it derives from. Of two rows for one key the first that
    holds counts."""
    found: dict[str, tuple[Entry, ...]] = {}
    for row in (row for name in shape.lineage for table in TABLES for row in table.get(name, ())):
        for key in row.keys:
            step = key.partition(".")[0]
            default = None if "." in key else shape.fields[key].default
            found[step] = (*found.get(step, ()), (key, row, default))
    return found


def _problem(row: Unread, node: Node, key: str) -> Problem:
    return Problem(
        node.at(key),
        f"`{key.rpartition('.')[2]}` is {shown(node(key))}, but {row.why}",
        help=row.instead,
        related=_deciding(row, node),
        fix=removing(node.at(key)) if row.when is ALWAYS else None,
        severity=row.severity,
    )


def _differs(node: Node, key: str, row: Unread, default: Any) -> bool:
    """Whether something is written that differs from the default, and from what is usual."""
    way, _, last = key.rpartition(".")
    if way and not node.written(key):
        return False
    try:
        holder = node.part(way) if way else node
    except Absent:
        return False
    if last not in holder.model.fields:  # The part is of a type that has no such key: it is unknown, and told as that.
        return False
    value = holder.tree[last]
    default = holder.model.fields[last].default if way else default
    return value not in (default, [], {}, *row.usual) and holder.at(last) not in node.broken


def _holds(row: Unread, node: Node, setup: Setup) -> bool:
    try:
        return row.when.holds(node, setup)
    except Absent:
        return False


def _deciding(row: Unread, node: Node) -> tuple[tuple[Path, str], ...]:
    return tuple(
        (node.at(key), f"{key.rpartition('.')[2]}: {shown(node(key)).strip('`')}")
        for key in row.when.decided_by
        if node.written(key) and shown(node(key)) != "set"
    )
