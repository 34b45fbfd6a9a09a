"""What every data model shares: frozen, nothing unknown, nothing coerced, nothing built before it is used.

The models are pure data: they know no files, no Hydra and no engine. A string stands under every field; `field_docs`
reads those strings from the source when help, a schema or a page asks for them, so that validation never pays for it.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field


@dataclass(frozen=True)
class Gone:
    """What became of a tag or key that only other versions of the engine know."""

    version: str
    """The first version without it, or that names it and cannot build it."""
    what: str
    """What happened, as the end of a sentence that begins with the tag or key."""
    instead: str
    """What to write in its place."""


@dataclass(frozen=True)
class Since:
    """Stands in a field's annotation: the first version of the engine that knows the key, where that is after 0.0.19."""

    version: str


@dataclass(frozen=True)
class Deprecated:
    """Stands in a field's annotation: the key still works, and another one takes its place. The rule `deprecated` says so where it
    is used, and `sat upgrade` writes the other one."""

    version: str
    """The version of the engine that began to warn."""
    successor: str
    """The key to write instead, by its place in an experiment."""


class Data(BaseModel):
    """A frozen record that rejects unknown keys and converts nothing (an `int` stands for a `float`, never `"1e-4"`)."""

    gone: ClassVar[Mapping[str, Gone]] = {}
    """Keys that only other versions of the engine read here."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        defer_build=True,
        allow_inf_nan=False,
        protected_namespaces=(),
    )


T = TypeVar("T")

Sequence = Annotated[tuple[T, ...], Field(strict=False)]
"""A list in YAML and JSON, an immutable tuple in a model; its items stay strict."""

Pair = Annotated[tuple[T, T], Field(strict=False)]
"""A list of exactly two."""

Positive = Annotated[int, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]
PositiveFloat = Annotated[float, Field(gt=0)]
NonNegativeFloat = Annotated[float, Field(ge=0)]
Probability = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(min_length=1)]


def since(model: type[BaseModel], name: str) -> str | None:
    """The first engine version that knows the key `name` of `model`; None where 0.0.19 knows it."""
    return next((mark.version for mark in model.model_fields[name].metadata if isinstance(mark, Since)), None)


def successor(model: type[BaseModel], name: str) -> str | None:
    """The key that takes the place of the key `name` of `model`, by its place in an experiment; None where it is not deprecated."""
    marks = model.model_fields[name].metadata
    return next((mark.successor for mark in marks if isinstance(mark, Deprecated)), None)


def plain(value: Any) -> Any:
    """The fresh plain tree (dict, list, scalars) with exactly the keys that were written: no defaults, but accepted unknown keys.

    The engine edits what it is given (one factory reverses a list in place), so every call returns new containers.
    """
    if isinstance(value, BaseModel):
        written = {key: plain(getattr(value, key)) for key in type(value).model_fields if key in value.model_fields_set}
        return {**written, **plain(value.model_extra)} if value.model_extra else written
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


@cache
def field_docs(model: type[BaseModel]) -> dict[str, str]:
    """Field name -> the string under it, inherited fields included."""
    docs: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if base is not BaseModel and isinstance(base, type) and issubclass(base, BaseModel):
            docs.update(_own_field_docs(base))
    return {name: text for name, text in docs.items() if name in model.model_fields}


def _own_field_docs(model: type[BaseModel]) -> dict[str, str]:
    body = _class_bodies(inspect.getsourcefile(model) or "").get(model.__qualname__, [])
    docs: dict[str, str] = {}
    for node, following in pairwise(body):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and isinstance(following, ast.Expr):
            text = following.value
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                docs[node.target.id] = inspect.cleandoc(text.value)
    return docs


@cache
def _class_bodies(path: str) -> dict[str, list[ast.stmt]]:
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    return {node.name: node.body for node in tree.body if isinstance(node, ast.ClassDef)}
