"""What the data models say: the fields of one, and what may stand under a key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from inspect import get_annotations
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from ...datamodels.base import Data, plain
from ...datamodels.tagged import Tagged, imported
from .values import UNKNOWN, Items, Leaf, Option, Section, Value


@dataclass(frozen=True)
class Part:
    """What may stand under one key of one data model."""

    options: tuple[Option, ...] = ()
    """Data models of the dictionary that may stand here, or of the items where `many`."""
    many: bool = False
    """A list of them, or a dictionary with free keys (`table`)."""
    table: bool = False
    choices: tuple[object, ...] | None = None
    """Every value that may stand here, where they are few and named (`Literal`)."""


@cache
def fields(model: type[Data]) -> dict[str, FieldInfo]:
    """The fields of `model`, forward references resolved."""
    if not model.__pydantic_fields_complete__:
        model.model_rebuild()
    return dict(model.model_fields)


@cache
def part(model: type[Data], key: str) -> Part:
    """What may stand under `key`, a field of `model`."""
    field = fields(model)[key]
    return _part([field.annotation, *field.metadata])


def default(model: type[Data], key: str) -> Any:
    """The plain default of `key`, which is not required."""
    return plain(fields(model)[key].get_default(call_default_factory=True))


def owner(model: type[Data], key: str) -> str:
    """The nearest of the model and its bases that declares `key`, and the key: `DiffusionCondTraining.timestep_sampler`."""
    declaring = next((base for base in model.__mro__ if key in get_annotations(base)), model)
    return f"{declaring.__name__}.{key}"


def _part(hints: Iterable[Any]) -> Part:
    found = Part()
    for hint in _unwrapped(hints):
        origin, arguments = get_origin(hint), get_args(hint)
        if isinstance(hint, Tagged):
            found = Part(found.options + tagged_options(hint), found.many, found.table)
        elif isinstance(hint, type) and issubclass(hint, Data) and hint is not Data:
            found = Part((*found.options, Option(hint)), found.many, found.table)
        elif origin in (tuple, list, dict) and arguments:
            inside = _part([arguments[1] if origin is dict else arguments[0]])
            if inside.options:
                found = Part(found.options + inside.options, many=True, table=origin is dict)
        elif origin is Literal:
            found = Part(found.options, found.many, found.table, (*(found.choices or ()), *arguments))
    return found


def _unwrapped(hints: Iterable[Any]) -> Iterator[Any]:
    """Every branch of unions, with the metadata of `Annotated` beside what it annotates."""
    for hint in hints:
        if get_origin(hint) is Annotated or get_origin(hint) in (Union, UnionType):
            yield from _unwrapped(get_args(hint))
        else:
            yield hint


@cache
def tagged_options(kind: Tagged) -> tuple[Option, ...]:
    """The data models of a kind: one option for each tag, and one without a tag for those that are not listed."""
    listed = [Option(imported(place), tag, kind) for tag, place in kind.branches.items()]
    return (*listed, Option(imported(kind.other), None, kind)) if kind.other is not None else tuple(listed)


def child(section: Section, options: tuple[Option, ...], key: str) -> Value:
    """What is under `key` of a dictionary that may be any of `options`; `UNKNOWN` where none has the key."""
    parts = [part(option.model, key) for option in options if key in fields(option.model)]
    below = Section(f"{section.place}.{key}", parent=section, key=key)
    if any(one.options for one in parts):
        many = next((one for one in parts if one.many), None)
        if many is None:
            return below
        item = Section(f"{section.place}.{key}[]", parent=section, key=key, item=True)
        return Items(item, table=many.table)
    return Leaf(section, key) if parts else UNKNOWN


def options_below(options: Iterable[Option], key: str) -> tuple[Option, ...]:
    """The data models under `key` of any of `options`."""
    found = [one for option in options if key in fields(option.model) for one in part(option.model, key).options]
    return tuple(dict.fromkeys(found))
