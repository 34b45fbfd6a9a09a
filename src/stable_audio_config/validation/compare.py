"""What makes two experiments different, and what each difference changes: weights, the model, data, training, or only the run.

A default written out equals a default left out. Lists of named things are compared by their names. Whether a difference changes
weights is not looked up but worked out: with it alone, would some weight have another shape?
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Literal

from ..datamodels.shapes import NO_SLOT, Shape, Slot, kind, shape
from .setup import experiment_setup
from .view import Absent, Broken, Node, Path

Effect = Literal["weights", "model", "data", "training", "run", "same"]

EFFECTS: dict[Effect, str] = {
    "weights": "changes weights: a checkpoint of one does not fit the other",
    "model": "changes what the model computes: weights fit",
    "data": "changes data",
    "training": "changes training",
    "run": "changes the run only: names, places, logging, demos",
    "same": "changes nothing: a default, written out or left out",
}
"""Effect -> what is said of it, the gravest first."""

_OF_DATA = ("sample_size", "sample_rate", "audio_channels")
"""Keys of a model config that say what the data loader delivers."""

_OF_TRAINING = (
    "seed",
    "batch_size",
    "max_steps",
    "accum_batches",
    "gradient_clip_val",
    "precision",
    "devices",
    "num_nodes",
    "strategy",
    "recover",
    "ckpt_path",
    "pretrained_ckpt_path",
    "pretransform_ckpt_path",
    "remove_pretransform_weight_norm",
    "plugins",
    "accept_unknown",
)
"""Run options that change what comes out."""

_OF_THE_RUN = ("demo", "metrics", "log_every_n_steps", "eval_loss_configs")
"""Keys of a training section that change what is shown, and not what is learnt."""


class _Missing:
    def __repr__(self) -> str:
        return "not there"


MISSING = _Missing()
"""Stands for a value where none is written and there is no default."""


@dataclass(frozen=True)
class Side:
    """One side of a difference."""

    path: Path
    value: Any
    """What holds; `MISSING` where nothing does."""
    written: bool
    """Whether it is written, or a default."""


@dataclass(frozen=True)
class Difference:
    """One value that is not the same on both sides."""

    one: Side
    other: Side
    effect: Effect = "same"

    @property
    def path(self) -> Path:
        """Its key path, on the side that has it."""
        return self.one.path if self.one.value is not MISSING else self.other.path


Sizes = Callable[[Node], Any]
"""What a model config's weights look like: equal where, and only where, a checkpoint fits."""


def compare(one: Mapping[str, Any], other: Mapping[str, Any], weights: Sizes) -> list[Difference]:
    """All differences between two trees in the shape of an experiment, the gravest first.

    What one side does not hold at all, because it is a config of the engine, is not compared: see `uncompared`.
    """
    found = list(_of_shapes(_run_only(one, other), _run_only(other, one), shape("experiment:ExperimentConfig"), (), ()))
    left_out = uncompared(one, other)
    for part, section in (("model", "model"), ("training", "training"), ("dataset", "dataset"), ("val_dataset", "dataset")):
        if part in left_out:
            continue
        slots = [Slot({"kind": section}) if part != "training" else _training(tree) for tree in (one, other)]
        sides = [Side((part,), tree.get(part, MISSING), part in tree) for tree in (one, other)]
        found += _between(sides[0], sides[1], slots[0], slots[1])
    judged = _judged(found, one, other, weights)
    order = list(EFFECTS)
    return sorted(judged, key=lambda difference: order.index(difference.effect))


def uncompared(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, int]:
    """Part that one side only holds -> which side, 0 or 1. Whether an experiment has a `val_dataset` is a difference."""
    runs = [bool(set(tree) - {*_PARTS}) for tree in (one, other)]
    parts = [part for part in _PARTS if (part in one) != (part in other) and not (part == "val_dataset" and all(runs))]
    found = {part: 0 if part in one else 1 for part in parts}
    return {**found, "run options": runs.index(True)} if any(runs) and not all(runs) else found


def _training(tree: Mapping[str, Any]) -> _Section:
    return _Section(kind("training").meant(tree.get("model")))


class _Section(Slot):
    """A training section, whose shape the model type decides."""

    __slots__ = ("_shape",)

    def __init__(self, of: Shape | None) -> None:
        super().__init__({})
        self._shape = of

    def described_by(self, value: Any) -> Shape | None:
        return self._shape if isinstance(value, dict) else None


_PARTS = ("model", "training", "dataset", "val_dataset")


def _run_only(tree: Mapping[str, Any], beside: Mapping[str, Any]) -> dict[str, Any]:
    """The run options, as far as both sides have any; the parts are compared apart."""
    if not all(set(each) - {*_PARTS} for each in (tree, beside)):
        return {}
    return {key: value for key, value in tree.items() if key not in _PARTS}


def _between(one: Side, other: Side, slot: Slot, other_slot: Slot) -> Iterator[Difference]:
    """The differences between two values of the same key."""
    first, second = one.value, other.value
    if isinstance(first, dict) and isinstance(second, dict):
        shapes = slot.described_by(first), other_slot.described_by(second)
        if shapes[0] is not None and shapes[1] is not None and shapes[0].name == shapes[1].name and _tag(first) == _tag(second):
            yield from _of_shapes(first, second, shapes[0], one.path, other.path)
        elif shapes == (None, None):
            yield from _of_plain(one, other)
        else:
            yield Difference(one, other)
    elif isinstance(first, (list, tuple)) and isinstance(second, (list, tuple)):
        yield from _of_lists(one, other, slot.item)
    elif first is MISSING and second is MISSING:
        return
    elif not _equal(first, second):
        yield Difference(one, other)
    elif one.written != other.written:
        yield Difference(one, other, "same")


def _tag(value: Mapping[str, Any]) -> Any:
    return value.get("type", value.get("model_type", value.get("dataset_type")))


def _of_shapes(one: Mapping[str, Any], other: Mapping[str, Any], of: Shape, at: Path, other_at: Path) -> Iterator[Difference]:
    """The differences between two dictionaries that one data model describes."""
    for key in dict.fromkeys((*one, *other)):
        slot = of.fields.get(key, NO_SLOT)
        yield from _between(_side(one, key, slot, at), _side(other, key, slot, other_at), slot, slot)


def _side(tree: Mapping[str, Any], key: str, slot: Slot, at: Path) -> Side:
    default = MISSING if slot.default is ... else slot.default
    return Side((*at, key), tree.get(key, default), key in tree)


def _of_plain(one: Side, other: Side) -> Iterator[Difference]:
    for key in dict.fromkeys((*one.value, *other.value)):
        sides = [Side((*side.path, key), side.value.get(key, MISSING), key in side.value) for side in (one, other)]
        yield from _between(sides[0], sides[1], NO_SLOT, NO_SLOT)


def _of_lists(one: Side, other: Side, item: Slot) -> Iterator[Difference]:
    first, second = list(one.value), list(other.value)
    names, other_names = _names(first), _names(second)
    if names is None or other_names is None:
        if len(first) != len(second) or not any(isinstance(entry, (dict, list, tuple)) for entry in (*first, *second)):
            if not _equal(first, second):
                yield Difference(one, other)
            return
        names = other_names = list(range(len(first)))
    for name in dict.fromkeys((*names, *other_names)):
        yield from _between(_entry(one, names, name), _entry(other, other_names, name), item, item)


def _names(entries: list[Any]) -> list[Any] | None:
    """The ids of a list of named things; None where it is none."""
    names = [entry.get("id") if isinstance(entry, dict) else None for entry in entries]
    return names if all(isinstance(name, str) for name in names) and len({*names}) == len(names) else None


def _entry(side: Side, names: list[Any], name: Any) -> Side:
    there = name in names
    index = names.index(name) if there else len(names)
    return Side((*side.path, index), side.value[index] if there else MISSING, there)


def _equal(one: Any, other: Any) -> bool:
    """1 and 1.0 are equal, 1 and true are not."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(value, other[key]) for key, value in one.items())
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(_equal(*pair) for pair in zip(one, other, strict=True))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _judged(found: list[Difference], one: Mapping[str, Any], other: Mapping[str, Any], weights: Sizes) -> Iterator[Difference]:
    heavy = _Weights(one, other, weights)
    for difference in found:
        same = _equal(difference.one.value, difference.other.value)
        yield replace(difference, effect="same" if same else _effect(difference, heavy))


def _effect(difference: Difference, heavy: _Weights) -> Effect:
    top, *below = difference.path
    if top in ("dataset", "val_dataset"):
        return "data"
    if top == "training":
        return "run" if below and below[0] in _OF_THE_RUN else "training"
    if top != "model":
        return "training" if top in _OF_TRAINING else "run"
    if below and below[0] in _OF_DATA:
        return "data"
    if below and below[-1] in ("requires_grad", "freeze_backbone", "freeze", "enable_grad"):
        return "training"
    return "weights" if heavy.changed_by(difference) else "model"


class _Weights:
    """Tells which differences of a model change the shape of its weights."""

    def __init__(self, one: Mapping[str, Any], other: Mapping[str, Any], weights: Sizes) -> None:
        self._tree, self._weights = one, weights
        self._before, after = self._of(one), self._of(other)
        self._all_fit = self._before is not None and self._before == after

    def _of(self, tree: Mapping[str, Any]) -> Any:
        """What the weights look like; None where the config does not tell."""
        try:
            return self._weights(experiment_setup({"model": tree.get("model")}, Broken()).model)
        except (Absent, KeyError, TypeError, ValueError, AttributeError, IndexError, ZeroDivisionError):
            return None

    def changed_by(self, difference: Difference) -> bool:
        if self._all_fit:
            return False
        after = self._of(_changed(self._tree, difference))
        return self._before is None or after is None or after != self._before


def _changed(tree: Mapping[str, Any], difference: Difference) -> dict[str, Any]:
    """The tree with this one difference taken over from the other side."""
    changed: Any = deepcopy(dict(tree))
    *way, last = difference.one.path
    node: Any = changed
    for step in way:
        node = node.setdefault(step, {}) if isinstance(node, dict) else node[step]
    value = difference.other.value
    if isinstance(node, list) and isinstance(last, int) and last >= len(node):
        node.append(value)
    elif value is MISSING:
        del node[last]
    else:
        node[last] = deepcopy(value)
    return dict(changed)
