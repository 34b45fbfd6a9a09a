"""Which shipped preset a tree is nearest to, and what it says beyond that."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..source.reading import plain_tree
from ..source.tree import without_comments

Tree = dict[str, Any]

_GROUPS = frozenset((dict, list))

SHIPPED = Path(__file__).parent.parent / "conf"
"""The preset tree inside the package."""


@dataclass(frozen=True)
class Fit:
    """A preset, and what has to be laid over it."""

    name: str
    """`stable_audio_2_0`, of the group that was asked for."""
    changes: Tree
    """Merged over the preset it gives the tree."""


def nearest(tree: Tree, group: str) -> Fit | None:
    """The preset of `group` over which `tree` needs the fewest changes; None where writing it all down is as short.

    A merge takes nothing away, so a preset with a key that the tree has not is none that fits.
    """
    fits = [Fit(name, changes) for name in _names(group, tree) if (changes := difference(tree, preset(group, name))) is not None]
    if not fits:
        return None
    counts = [leaves(fit.changes) for fit in fits]
    least = min(counts)
    best = fits[counts.index(least)]
    return best if 3 * least <= _size(group, best.name) else None


def fit_to(tree: Tree, group: str, name: str) -> Fit | None:
    """The same for one preset."""
    changes = difference(tree, preset(group, name)) if name in _all_names(group) else None
    return None if changes is None or 3 * leaves(changes) > _size(group, name) else Fit(name, changes)


def difference(tree: Tree, base: Tree) -> Tree | None:
    """What merged over `base` gives `tree`: groups go key by key, everything else as a whole. None where nothing does."""
    if not base.keys() <= tree.keys():
        return None
    changes: Tree = {}
    for key, value in tree.items():
        if key not in base:
            changes[key] = value
            continue
        below, kind = base[key], type(value)
        if kind is not type(below):
            if kind in _GROUPS or type(below) in _GROUPS:
                return None  # What a merge makes of a group over a value need not be looked into.
            changes[key] = value
        elif kind not in _GROUPS:
            if value != below:
                changes[key] = value
        elif value == below and repr(value) == repr(below):  # Both are done in C; only the second tells 1 from true.
            continue
        elif kind is dict:
            inside = difference(value, below)
            if inside is None:
                return None
            if inside:
                changes[key] = inside
        elif not same(value, below):
            changes[key] = value
    return changes


def merged(base: Tree, changes: Tree) -> Tree:
    """What Hydra makes of a preset with changes over it, as far as plain trees go."""
    result = dict(base)
    for key, value in changes.items():
        below = result.get(key)
        result[key] = merged(below, value) if isinstance(value, dict) and isinstance(below, dict) else value
    return result


def same(one: Any, other: Any) -> bool:
    """Equal in every type too: 1, 1.0 and true are three values. The order of keys does not count."""
    if isinstance(one, dict):
        return isinstance(other, dict) and one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and (one == other or one != one)


def leaves(tree: Any) -> int:
    """How many values there are, groups not counted."""
    if not isinstance(tree, (dict, list)):
        return 1
    count, open_groups = 0, [tree]
    while open_groups:
        group = open_groups.pop()
        inside = [value for value in (group.values() if type(group) is dict else group) if type(value) in _GROUPS]
        count += len(group) - len(inside)
        open_groups += inside
    return count


@cache
def _size(group: str, name: str) -> int:
    return leaves(preset(group, name))


@cache
def preset(group: str, name: str) -> Tree:
    """What a shipped preset says; no one may change it."""
    tree: Tree = without_comments(plain_tree(SHIPPED / group / f"{name}.yaml"))
    return tree


@cache
def _all_names(group: str) -> tuple[str, ...]:
    return tuple(sorted(file.stem for file in (SHIPPED / group).glob("*.yaml")))


def _names(group: str, tree: Tree) -> tuple[str, ...]:
    """The presets that may fit. Those of models are asked for their type only, since reading all of them takes a while."""
    return _of_type(str(tree.get("model_type"))) if group == "model" else _choices(group)


@cache
def _choices(group: str) -> tuple[str, ...]:
    return tuple(name for name in _all_names(group) if name != "default")


@cache
def _of_type(model_type: str) -> tuple[str, ...]:
    return tuple(name for name in _all_names("model") if _model_type(name) == model_type)


@cache
def _model_type(name: str) -> str | None:
    text = (SHIPPED / "model" / f"{name}.yaml").read_text(encoding="utf-8")
    found = re.search(r"^model_type: (\w+)", text, re.M)
    return found[1] if found else None
