"""What is wrong with the structure of a plain tree, by pydantic-core alone: the errors that the data models would give.

Each part is checked against its own branch, with the parts inside it left to a check of their own: so an error's path holds
no tags, and the branch that was meant is the one that speaks. A tag that the tables do not know sends the caller to the data
models, which know what plugins add.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import ErrorDetails, ValidationError

from .places import child
from .shapes import NO_SLOT, Kind, Shape, Slot, kind, shape
from .verdict import WITH, part_validator

Path = tuple[str | int, ...]
Fault = tuple[Path, ErrorDetails]


class AskDataModels(Exception):
    """A tag is not in the tables."""


def in_kind(name: str, tree: Any) -> list[Fault]:
    """Every structural fault of a part that says by its tag what it is.

    Raises:
        AskDataModels: a tag somewhere in it is unknown, or a plugin's.
    """
    return _in_part(kind(name), tree, ())


def in_branch(name: str, tag: str, tree: Any) -> list[Fault]:
    """The same for a part whose tag stands elsewhere; none where there is no such tag."""
    known = kind(name)
    if not known.is_plain({known.key: tag}):
        raise AskDataModels
    return _in_shape(known.tags[tag], tree, ())


def in_experiment(tree: dict[str, Any]) -> list[Fault]:
    """The same for a whole experiment. Its training section is looked at where the model has a known type."""
    place = "experiment:ExperimentConfig"
    faults = _in_shape(place, tree, ())
    model = tree.get("model")
    known = kind("training")
    if not isinstance(model, dict) or "training" not in tree or not isinstance(model.get(known.key), str):
        return faults
    if not known.is_plain(model):
        raise AskDataModels
    section = _in_shape(known.tags[model[known.key]], tree["training"], ("training",))
    return _ordered([*faults, *section], shape(place), ())


def _in_part(known: Kind, tree: Any, path: Path) -> list[Fault]:
    if not isinstance(tree, dict) or not known.is_plain(tree):
        raise AskDataModels
    return _in_shape(known.tags[str(tree.get(known.key, known.default))], tree, path)


def _in_shape(place: str, tree: Any, path: Path) -> list[Fault]:
    try:
        part_validator(place).validate_python(tree)
        faults = []
    except ValidationError as error:
        found = error.errors(include_url=False)
        faults = [((*path, *item["loc"]), item) for item in found if _is_of_chosen_branch(tuple(item["loc"]), tree, found)]
    if isinstance(tree, dict):
        faults += [fault for known, value, at in _parts(shape(place), tree, path) for fault in _in_part(known, value, at)]
    return _ordered(faults, shape(place), path)


def _is_of_chosen_branch(location: Path, tree: Any, errors: list[ErrorDetails]) -> bool:
    """Of a union that goes by which key is there, only the branch of the first such key speaks; without one, the last."""
    for end, step in enumerate(location):
        if isinstance(step, str) and step.startswith(WITH):
            before = location[:end]
            labels = [str(item["loc"][end]) for item in errors if item["loc"][:end] == before and len(item["loc"]) > end]
            keys = tree if isinstance(tree, dict) else ()
            return step == next((label for label in labels if label[len(WITH) :] in keys), labels[-1])
        tree = child(tree, step)
    return True


def _ordered(faults: list[Fault], known: Shape, path: Path) -> list[Fault]:
    """In the order of the keys of the data model, as Pydantic has them; unknown keys last."""
    keys = list(known.fields)
    return sorted(faults, key=lambda fault: _rank(fault[0][len(path) :], keys))


def _rank(rest: Path, keys: list[str]) -> int:
    return keys.index(str(rest[0])) if rest and rest[0] in keys else len(keys)


def _parts(known: Shape, tree: Mapping[str, Any], path: Path) -> Iterator[tuple[Kind, Any, Path]]:
    """Every part with a tag inside a dictionary, lists and plain sections gone through; not what stands inside those parts."""
    for key, value in tree.items():
        yield from _below(known.fields.get(key, NO_SLOT), value, (*path, key))


def _below(slot: Slot, value: Any, path: Path) -> Iterator[tuple[Kind, Any, Path]]:
    if isinstance(value, dict):
        if slot.kind is not None:
            yield slot.kind, value, path
        elif slot.section is not None:
            yield from _parts(slot.section, value, path)
        else:
            for key, inner in value.items():
                yield from _below(slot.item, inner, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from _below(slot.item, inner, (*path, index))
