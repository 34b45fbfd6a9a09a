"""Which data model stands at a key path: the way down through fields, lists and kinds, guided by the tree itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from .experiment import ExperimentConfig
from .kinds import TRAINING
from .places import child
from .tagged import Tagged

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Place:
    """Where a key path leads."""

    model: type[BaseModel] | None
    """The data model of the dictionary there; None where the tree leaves the models, or its tag is wrong."""
    kind: Tagged | None = None
    """The innermost kind of part that the path went through."""
    tag: str | None = None
    """The tag written there."""
    inside: tuple[str, ...] = ()
    """The keys from that part down to the place: `("config",)`."""
    at: Path = ()
    """The path of that part."""


def model_at(root: type[BaseModel], tree: Any, path: Path) -> type[BaseModel] | None:
    """The model class that describes the dictionary at `path`, or None where the tree leaves the models."""
    return place_of(root, tree, path).model


def place_of(root: type[BaseModel], tree: Any, path: Path) -> Place:
    """What stands at `path` of `tree`, which begins at `root`."""
    place = Place(root)
    hint: Any = root
    whole = tree
    for index, step in enumerate(path):
        tree = child(tree, step)
        if place.model is None:
            hint = item_hint(hint)
        elif isinstance(step, str) and place.model is ExperimentConfig and step == "training":
            hint = _training(whole)
        elif isinstance(step, str) and step in place.model.model_fields:
            hint = field_hint(place.model, step)
        else:
            return Place(None, place.kind, place.tag, place.inside, place.at)
        place = _entered(place, hint, tree, path[: index + 1])
    return place


def model_inside(model: type[BaseModel], steps: tuple[str, ...]) -> frozenset[str]:
    """The keys known below `model` at `steps`, which lead through plain fields; none where they do not."""
    for step in steps:
        if step not in model.model_fields:
            return frozenset()
        found = [
            option for option in _options(field_hint(model, step)) if isinstance(option, type) and issubclass(option, BaseModel)
        ]
        if not found:
            return frozenset()
        model = found[0]
    return frozenset(model.model_fields)


def _training(tree: Any) -> Any:
    """This section has no tag of its own: the model beside it decides."""
    return TRAINING.meant(child(tree, "model")) or Any


def _entered(before: Place, hint: Any, tree: Any, path: Path) -> Place:
    """The place one step further down, at `path`."""
    kind = kind_of(hint)
    if kind is not None and isinstance(tree, Mapping):
        return Place(kind.meant(tree), kind, kind.tag_of(tree), (), path)
    models = models_in(hint)
    step = path[-1]
    inside = (*before.inside, step) if isinstance(step, str) else before.inside
    return Place(models[0] if models and kind is None else None, before.kind, before.tag, inside, before.at)


def field_hint(model: type[BaseModel], name: str) -> Any:
    """The annotation of a field with its kind, which Pydantic keeps apart from it."""
    if not model.__pydantic_fields_complete__:
        model.model_rebuild()  # Resolves forward references.
    field = model.model_fields[name]
    kinds = [mark for mark in field.metadata if isinstance(mark, Tagged)]
    return Annotated[field.annotation, kinds[0]] if kinds else field.annotation


def kind_of(hint: Any) -> Tagged | None:
    """The kind of part that a type hint names, whatever it is wrapped in."""
    for option in _branches(hint):
        if get_origin(option) is Annotated:
            found = next((mark for mark in get_args(option)[1:] if isinstance(mark, Tagged)), None)
            if found is not None:
                return found
            return kind_of(get_args(option)[0])
    return None


def _branches(hint: Any) -> Iterator[Any]:
    """The branches of a union with their marks."""
    if get_origin(hint) in (Union, UnionType):
        for branch in get_args(hint):
            yield from _branches(branch)
    else:
        yield hint


def item_hint(hint: Any) -> Any:
    """The type of a list's items or of a dictionary's values."""
    for option in _options(hint):
        origin, arguments = get_origin(option), get_args(option)
        if origin in (tuple, list) and arguments:
            return arguments[0]
        if origin is dict:
            return arguments[1]
    return Any


def models_in(hint: Any) -> list[type[BaseModel]]:
    """The data models among the branches of a type hint."""
    return [option for option in _options(hint) if isinstance(option, type) and issubclass(option, BaseModel)]


def _options(hint: Any) -> list[Any]:
    """The branches of a union without their marks."""
    return [
        option
        for branch in _branches(hint)
        for option in (_options(get_args(branch)[0]) if get_origin(branch) is Annotated else [branch])
    ]
