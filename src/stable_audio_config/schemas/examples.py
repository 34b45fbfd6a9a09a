"""What the shipped presets write at keys that have no default: an example says more about a required width than its type does."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import BaseModel

from ..compose.places import SHIPPED
from ..datamodels.kinds import KINDS, TRAINING
from ..datamodels.lookup import place_of
from ..datamodels.verdict import fits
from ..source.reading import plain_tree
from .values import LATER

Model = type[BaseModel]
Path = tuple[str | int, ...]

MOST = 3
"""Examples at one key."""

LONGEST = 60
"""Characters of an example."""


def examples(model: Model, key: str) -> list[Any]:
    """What presets write there, the most frequent first; nothing where the key has a default."""
    if not model.model_fields[key].is_required():
        return []
    return [json.loads(text) for text, _ in _written().get((model, key), Counter()).most_common(MOST)]


@cache
def _written() -> dict[tuple[Model, str], Counter[str]]:
    """Data model and key -> the values in all presets, as JSON."""
    found: dict[tuple[Model, str], Counter[str]] = {}
    for root, tree in _presets():
        for path, value in _values(tree, ()):
            model = place_of(root, tree, path[:-1]).model
            key = str(path[-1])
            if model is not None and key in model.model_fields:
                found.setdefault((model, key), Counter())[json.dumps(value, ensure_ascii=False)] += 1
    return found


def _presets() -> Iterator[tuple[Model, dict[Any, Any]]]:
    for group in ("model", "dataset", "training"):
        for file in sorted((SHIPPED / group).rglob("*.yaml")):
            tree = plain_tree(file)
            root = _training(tree) if group == "training" else KINDS[group].meant(tree)
            if root is not None:
                yield root, tree


def _training(tree: dict[Any, Any]) -> Model | None:
    """The first section that it fits: nothing in the file says which one is meant."""
    return next((TRAINING.branch(tag) for tag in TRAINING.branches if fits(tree, "training", tag)), None)


def _values(node: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Every number and text that is no type, and every short list of such, with its place."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _values(value, (*path, key))
    elif isinstance(node, list) and any(isinstance(item, (dict, list)) for item in node):
        for index, item in enumerate(node):
            yield from _values(item, (*path, index))
    elif path and not isinstance(node, (bool, type(None))) and len(json.dumps(node)) <= LONGEST and not _is_later(node):
        yield path, node


def _is_later(value: Any) -> bool:
    return isinstance(value, str) and re.search(LATER, value) is not None
