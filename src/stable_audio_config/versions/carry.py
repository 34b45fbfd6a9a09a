"""Trees carried along steps: every step sees what the one before it left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..source.edit import Change, applied
from .step import Step, Unequal, parts_of

Direction = Literal["up", "down"]


@dataclass(frozen=True)
class Carried:
    """What came of a tree."""

    tree: dict[str, Any]
    changes: tuple[Change, ...] = ()
    """What was changed, in this order."""
    unequal: tuple[Unequal, ...] = ()
    """What has no equal."""
    steps: tuple[str, ...] = ()
    """The names of the steps that had something to change."""


def carry(
    tree: Mapping[str, Any], kind: str, steps: Iterable[Step], direction: Direction = "up", *, complete: bool = False
) -> Carried:
    """The tree after all steps; that which was given stays as it was.

    Args:
        kind: what the tree holds (`validation.document.Kind`).
        complete: whether it was certainly written for the version that is left, and leaves nothing to presets.
    """
    now = dict(tree)
    changes: list[Change] = []
    unequal: list[Unequal] = []
    names: list[str] = []
    ordered = list(steps) if direction == "up" else list(reversed(list(steps)))
    for step in ordered:
        before = len(changes)
        for made in getattr(step, direction)(parts_of(now, kind, complete=complete)):
            if isinstance(made, Unequal):
                unequal.append(made)
            else:
                changes.append(made)
                now = applied(now, made)
        if len(changes) > before:
            names.append(step.name)
    return Carried(now, tuple(changes), tuple(unequal), tuple(names))
