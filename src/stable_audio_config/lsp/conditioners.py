"""The ids of conditioners: every place that names one, in a whole experiment or as much of one as there is.

Unlike `validation.id_lists` this looks at the plain tree, so that renaming works in a config with mistakes in other places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..report.finding import Path as Key
from ..validation.id_lists import LISTS

OWN = ("model", "model")
"""The model itself, whose conditions the demos give; teachers and discriminators may hold conditioners too."""

DEMOS = ("training", "demo", "demo_cond")


@dataclass(frozen=True)
class Naming:
    """One place that names a conditioner."""

    id: str
    at: Key
    """Its path in the whole; a key's own path where the id is a key."""
    role: Literal["key", "value"]
    holder: Key
    """The path of the model that the conditioner belongs to."""
    defines: bool = False
    """Whether it is the conditioner's own `id`."""


def namings(tree: Any) -> list[Naming]:
    """Every place that names a conditioner, model by model, the conditioners' own ids first."""
    return [naming for holder, model in _holders(tree, ()) for naming in _in_model(model, holder, tree)]


def of_id(tree: Any, holder: Key, name: str) -> list[Naming]:
    """The places that name one conditioner of one model."""
    return [naming for naming in namings(tree) if naming.holder == holder and naming.id == name]


def ids_near(tree: Any, path: Key) -> list[Naming]:
    """The conditioners that something at `path` could name: those of the model around it, else of the model itself."""
    defined = [naming for naming in namings(tree) if naming.defines]
    around = [naming for naming in defined if path[: len(naming.holder)] == naming.holder]
    longest = max((len(naming.holder) for naming in around), default=0)
    return [naming for naming in around if len(naming.holder) == longest] or [naming for naming in defined if naming.holder == OWN]


def is_id_place(path: Key) -> bool:
    """Whether the value at `path` is an item of a list that names conditioners."""
    return len(path) > 1 and isinstance(path[-1], int) and path[-2] in (*LISTS, "pre_encoded_keys")


def is_id_group(path: Key) -> bool:
    """Whether the keys of the group at `path` are ids of conditioners."""
    return path[:-1] == DEMOS or path[-2:] == ("conditioning", "default_keys")


def _holders(node: Any, path: Key) -> Iterator[tuple[Key, Mapping[str, Any]]]:
    """Every group that holds conditioners."""
    if isinstance(node, Mapping):
        conditioning = node.get("conditioning")
        if isinstance(conditioning, Mapping) and isinstance(conditioning.get("configs"), list):
            yield path, node
        for key, value in node.items():
            yield from _holders(value, (*path, key))
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from _holders(item, (*path, index))


def _in_model(model: Mapping[str, Any], holder: Key, tree: Any) -> Iterator[Naming]:
    conditioning, at = model["conditioning"], (*holder, "conditioning")
    for index, config in enumerate(conditioning["configs"]):
        if isinstance(config, Mapping) and isinstance(config.get("id"), str):
            yield Naming(config["id"], (*at, "configs", index, "id"), "value", holder, defines=True)
    yield from _keys(conditioning.get("default_keys"), (*at, "default_keys"), holder)
    yield from _items(conditioning.get("pre_encoded_keys"), (*at, "pre_encoded_keys"), holder)
    for part in ("diffusion", "lm"):
        network = model.get(part)
        for name in LISTS if isinstance(network, Mapping) else ():
            yield from _items(network.get(name), (*holder, part, name), holder)  # type: ignore[union-attr]
    if holder == OWN:
        demos = _at(tree, DEMOS)
        for index, demo in enumerate(demos if isinstance(demos, list) else ()):
            yield from _keys(demo, (*DEMOS, index), holder)


def _keys(group: Any, at: Key, holder: Key) -> Iterator[Naming]:
    for key in group if isinstance(group, Mapping) else ():
        yield Naming(str(key), (*at, str(key)), "key", holder)


def _items(listed: Any, at: Key, holder: Key) -> Iterator[Naming]:
    for index, item in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(item, str):
            yield Naming(item, (*at, index), "value", holder)
        elif isinstance(item, Mapping) and isinstance(item.get("id"), str):
            yield Naming(item["id"], (*at, index, "id"), "value", holder)


def _at(tree: Any, path: Key) -> Any:
    for step in path:
        tree = tree.get(step) if isinstance(tree, Mapping) else None
    return tree
