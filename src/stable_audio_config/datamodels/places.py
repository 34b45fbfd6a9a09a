"""Which shape stands at a key path: the way down through keys, lists and kinds, guided by the tree itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .shapes import NO_SLOT, Kind, Shape, Slot, kind, shape

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Place:
    """Where a key path leads."""

    shape: Shape | None
    """That of the dictionary there; None where the tree leaves the data models, or its tag is wrong."""
    kind: Kind | None = None
    """The innermost kind of part that the path went through."""
    tag: str | None = None
    """The tag written there."""
    inside: tuple[str, ...] = ()
    """The keys from that part down to the place: `("config",)`."""
    at: Path = ()
    """The path of that part."""

    def owners(self, key: str) -> list[str]:
        """The other tags of the same kind whose part would know `key` at this place."""
        if self.kind is None or self.tag is None:
            return []
        tags = (tag for tag in self.kind.known_tags() if tag != self.tag)
        return [tag for tag in tags if key in _keys_inside(self.kind.meant({self.kind.key: tag}), self.inside)]


def place_of(root: Shape, tree: Any, path: Path) -> Place:
    """What stands at `path` of `tree`, which begins at `root`."""
    place, slot, whole = Place(root), NO_SLOT, tree
    for index, step in enumerate(path):
        tree = child(tree, step)
        around = place.shape
        if around is None:
            slot = slot.item
        elif step == "training" and around.name == "ExperimentConfig":
            section = kind("training").meant(child(whole, "model"))
            place = Place(section, None, None, ("training",), ())
            continue
        elif isinstance(step, str) and step in around.fields:
            slot = around.fields[step]
        else:
            return Place(None, place.kind, place.tag, place.inside, place.at)
        place = _entered(place, slot, tree, path[: index + 1])
    return place


def _entered(before: Place, slot: Slot, tree: Any, path: Path) -> Place:
    """The place one step further down, at `path`."""
    if slot.kind is not None and isinstance(tree, Mapping):
        tag = tree.get(slot.kind.key, slot.kind.default)
        return Place(slot.kind.meant(tree), slot.kind, tag if isinstance(tag, str) else None, (), path)
    step = path[-1]
    inside = (*before.inside, step) if isinstance(step, str) else before.inside
    return Place(slot.described_by(tree) if slot.kind is None else None, before.kind, before.tag, inside, before.at)


def _keys_inside(found: Shape | None, steps: tuple[str, ...]) -> frozenset[str]:
    """The keys known below a shape at `steps`, which lead through plain sections; none where they do not."""
    for step in steps:
        if found is None or step not in found.fields:
            return frozenset()
        found = found.fields[step].section
    return frozenset() if found is None else frozenset(found.fields)


def child(tree: Any, step: str | int) -> Any:
    """What stands at one step into a tree; None where there is nothing."""
    if isinstance(tree, Mapping):
        return tree.get(step)
    if isinstance(tree, (list, tuple)) and isinstance(step, int) and step < len(tree):
        return tree[step]
    return None


def experiment() -> Shape:
    """The shape of a whole experiment."""
    return shape("experiment:ExperimentConfig")
