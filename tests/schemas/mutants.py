"""Trees with one change each, drawn by number: always the same for the same base."""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Tree = dict[str, Any]
Path = tuple[str | int, ...]

ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    3,
    7.0,
    2.5,
    -0.5,
    1e9,
    math.inf,
    "",
    "oobleck",
    "1e-4",
    "???",
    [],
    [1, 2],
    ["a"],
    {},
    {"type": "dit"},
)
"""Values that are right at some keys and wrong at others."""


@dataclass(frozen=True)
class Mutant:
    """One changed tree."""

    path: Path
    """What was changed."""
    what: str
    tree: Tree


def mutants(base: Tree, count: int, seed: str) -> Iterator[Mutant]:
    """So many of one tree; some may be as right as the tree itself."""
    rng = random.Random(seed)
    places = list(_places(base, ()))
    for _ in range(count):
        path = rng.choice(places)
        change = rng.choice(_CHANGES)
        tree = copy.deepcopy(base)
        node: Any = tree
        for step in path[:-1]:
            node = node[step]
        yield Mutant(path, change(rng, node, path[-1]), tree)


def _places(node: Any, path: Path) -> Iterator[Path]:
    items: Any = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from _places(value, (*path, key))


def _odd(rng: random.Random, node: Any, key: Any) -> str:
    node[key] = copy.deepcopy(rng.choice(ODD))
    return f"set to {node[key]!r}"


def _gone(rng: random.Random, node: Any, key: Any) -> str:
    if rng.random() < 0.1 and isinstance(node, dict):
        node.clear()
        return "removed with all beside it"
    del node[key]
    return "removed"


def _misspelt(rng: random.Random, node: Any, key: Any) -> str:
    if not isinstance(key, str) or len(key) < 3:
        return _odd(rng, node, key)
    at = rng.randrange(1, len(key))
    name = key[:at] + key[at + 1 :]
    node[name] = node.pop(key)
    return f"renamed to {name}"


def _extra(rng: random.Random, node: Any, key: Any) -> str:
    target = node[key]
    name = rng.choice(["type", "config", "channels", "no_such_key", "weight", "name"])
    if not isinstance(target, dict) or name in target:
        return _odd(rng, node, key)
    target[name] = copy.deepcopy(rng.choice(ODD))
    return f"given {name}: {target[name]!r}"


def _scaled(rng: random.Random, node: Any, key: Any) -> str:
    value = node[key]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return _odd(rng, node, key)
    node[key] = rng.choice([-value, value / 3, float(value), value * 1000, 0])
    return f"set to {node[key]!r}"


def _longer(rng: random.Random, node: Any, key: Any) -> str:
    value = node[key]
    if not isinstance(value, list):
        return _odd(rng, node, key)
    if value and rng.random() < 0.5:
        value.pop()
        return "shortened"
    value.append(copy.deepcopy(rng.choice([*ODD, *value])))
    return f"lengthened with {value[-1]!r}"


_CHANGES: tuple[Callable[[random.Random, Any, Any], str], ...] = (_odd, _odd, _gone, _misspelt, _extra, _scaled, _longer)
