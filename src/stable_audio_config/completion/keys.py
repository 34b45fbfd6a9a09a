"""The keys that may follow a path, and the values of a key: `training.opt` -> `training.optimizer_configs.`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..datamodels.shapes import Kind, Shape, Slot, kind, shape
from .context import table

ROOT = "experiment:ExperimentConfig"
"""The shape of a whole experiment."""

NEVER_TYPED = ("schema_version",)
"""Keys that exist for files alone."""


class Place:
    """A part of the experiment. Not a dataclass, whose making costs as much time as the rest of this module."""

    __slots__ = ("shapes", "slots", "value")

    def __init__(self, value: Any, shapes: tuple[Shape, ...], slots: tuple[Slot, ...] = ()) -> None:
        self.value = value
        """What stands there so far; None for nothing."""
        self.shapes = shapes
        """What it may be: one shape, or every branch of a kind whose tag is not known yet."""
        self.slots = slots
        """What may stand there."""

    def child(self, step: str) -> Place | None:
        """One step further down; None where there is no such place."""
        if isinstance(self.value, list):
            if not step.isdigit() or int(step) >= len(self.value):
                return None
            value, slots = self.value[int(step)], tuple(slot.item for slot in self.slots)
        else:
            value = self.value.get(step) if isinstance(self.value, Mapping) else None
            slots = tuple(each.fields[step] for each in self.shapes if step in each.fields)
            if not slots and value is None:
                return None
        return Place(value, tuple(dict.fromkeys(found for slot in slots for found in _inside(slot, value))), slots)

    @property
    def kind(self) -> Kind | None:
        """The kind of part that it is, where a tag says which."""
        return next((slot.kind for slot in self.slots if slot.kind is not None), None)


def keys_after(typed: str, tree: Mapping[str, Any]) -> list[str]:
    """The whole keys that begin with `typed`: those that hold others end with a dot, those that hold values with `=`."""
    *way, begun = typed.split(".")
    place = _walked(way, tree)
    if place is None:
        return []
    names: dict[str, bool] = {}
    if isinstance(place.value, list):
        names = {str(index): isinstance(item, (Mapping, list)) for index, item in enumerate(place.value)}
    elif not place.shapes and isinstance(place.value, Mapping):  # A dictionary whose keys are names of the user's own.
        names = {str(name): isinstance(item, (Mapping, list)) for name, item in place.value.items()}
    for each in place.shapes:
        names.update((name, _holds_keys(place, each, name)) for name in each.fields if way or name not in NEVER_TYPED)
    before = "".join(f"{step}." for step in way)
    return [f"{before}{name}{'.' if holds else '='}" for name, holds in names.items() if name.startswith(begun)]


def _holds_keys(place: Place, owner: Shape, name: str) -> bool:
    """Whether further keys stand below a key, rather than a value."""
    if owner.name == "ExperimentConfig" and name == "training":
        return True
    value = place.value.get(name) if isinstance(place.value, Mapping) else None
    if isinstance(value, list):
        return any(isinstance(item, Mapping) for item in value)
    return isinstance(value, Mapping) or bool(_inside(owner.fields[name], value))


def values_of(key: str, tree: Mapping[str, Any]) -> list[str]:
    """The values that a key can have, where there are few: the types of a part, `true` and `false`, the names of a list."""
    *way, last = key.split(".")
    place = _walked(way, tree)
    if place is None:
        return []
    found: dict[str, None] = {}
    if place.kind is not None and last == place.kind.key:
        found.update(dict.fromkeys(place.kind.tags))
    choices = table()["choices"]
    for each in place.shapes:
        for name in each.lineage:
            found.update(dict.fromkeys(choices.get(name, {}).get(last, ())))
    return list(found)


def _walked(way: list[str], tree: Mapping[str, Any]) -> Place | None:
    """What stands at the end of the way; None where there is no such place."""
    place = Place(tree, (shape(ROOT),))
    for index, step in enumerate(way):
        following = _training(tree) if index == 0 and step == "training" else place.child(step)
        if following is None:
            return None
        place = following
    return place


def _training(tree: Mapping[str, Any]) -> Place:
    """This section has no tag of its own: the model beside it decides."""
    section = kind("training")
    known = section.meant(tree.get("model"))
    return Place(tree.get("training"), _branches(section) if known is None else (known,))


def _inside(slot: Slot, value: Any) -> tuple[Shape, ...]:
    """What a slot may hold: the branch that the value says it is, or all of them."""
    known = slot.described_by(value if isinstance(value, dict) else {})
    if known is not None:
        return (known,)
    return _branches(slot.kind) if slot.kind is not None else ()


def _branches(tagged: Kind) -> tuple[Shape, ...]:
    return tuple(dict.fromkeys(shape(place) for place in tagged.tags.values()))
