"""Valid configs of every kind of part, drawn at random from the data models themselves."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MinLen, MultipleOf
from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from stable_audio_config.datamodels.lookup import field_hint, kind_of
from stable_audio_config.datamodels.tagged import Tagged

WORDS = ["prompt", "seconds_total", "a b", "1e-4", "yes", "null", "0x10", "é", "#x", "- x", "'", '"', "~", "2026-11-23", "1_000"]
"""Texts, many of which YAML would read as something else without quotes."""

DEEPEST = 6
"""Levels below which optional groups are left out, so that configs that may hold each other come to an end."""

Tree = dict[str, Any]


def configs(kind: Tagged, depth: int = 0) -> st.SearchStrategy[Tree]:
    """Trees that fit some branch of a kind."""
    tags = [tag for tag in kind.tags() if depth < DEEPEST or _is_shallow(kind, tag)]
    return st.sampled_from(tags or kind.tags()).flatmap(lambda tag: branch(kind, tag, depth))


def branch(kind: Tagged, tag: str, depth: int = 0) -> st.SearchStrategy[Tree]:
    """Trees that fit one branch."""
    model = kind.branch(tag)
    assert model is not None
    return trees(model, depth).map(lambda tree: {**tree, kind.key: tag} if kind.key in model.model_fields else tree)


def _is_shallow(kind: Tagged, tag: str) -> bool:
    """Whether a branch holds no other parts that it cannot do without."""
    model = kind.branch(tag)
    assert model is not None
    return all(kind_of(field_hint(model, name)) is None for name, field in model.model_fields.items() if field.is_required())


def trees(model: type[BaseModel], depth: int = 0) -> st.SearchStrategy[Tree]:
    """Trees that a data model takes: what is required, and some of what is not, in any order."""
    required: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for name, field in model.model_fields.items():
        if field.is_required():
            required[name] = _field(model, name, field, depth + 1)
        elif depth < DEEPEST:
            optional[name] = _field(model, name, field, depth + 1)
    return st.fixed_dictionaries(required, optional=optional)


def _field(model: type[BaseModel], name: str, field: FieldInfo, depth: int) -> st.SearchStrategy[Any]:
    kind = kind_of(field_hint(model, name))
    if kind is not None and get_origin(field.annotation) is None:
        return st.deferred(lambda: configs(kind, depth))
    return _value(field.annotation, tuple(field.metadata), depth)


def _value(hint: Any, marks: tuple[Any, ...], depth: int) -> st.SearchStrategy[Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        kind = next((mark for mark in arguments[1:] if isinstance(mark, Tagged)), None)
        if kind is not None:
            return st.deferred(lambda: configs(kind, depth))
        return _value(arguments[0], (*marks, *_flat(arguments[1:])), depth)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, UnionType):
        branches = _without_null(arguments, marks)
        return st.one_of([_value(branch, _for_branch(branch, marks), depth) for branch in branches])
    if origin in (tuple, list):
        return _sequence(arguments, marks, depth)
    if origin is dict:
        return st.dictionaries(st.sampled_from(WORDS), _value(arguments[1], (), depth), max_size=2)
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return st.deferred(lambda: trees(hint, depth))
    return _scalar(hint, marks)


def _flat(marks: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(inner for mark in marks for inner in (mark.metadata if isinstance(mark, FieldInfo) else [mark]))


def _without_null(branches: tuple[Any, ...], marks: tuple[Any, ...]) -> list[Any]:
    """Null is left out where it is not taken (`OrAbsent`)."""
    refused = any(type(mark).__name__ == "_RefuseNull" for mark in marks)
    return [branch for branch in branches if branch is not NoneType or not refused]


def _for_branch(branch: Any, marks: tuple[Any, ...]) -> tuple[Any, ...]:
    return () if branch is NoneType else marks


def _sequence(arguments: tuple[Any, ...], marks: tuple[Any, ...], depth: int) -> st.SearchStrategy[Any]:
    if len(arguments) == 2 and arguments[1] is not Ellipsis:
        return st.tuples(*(_value(item, (), depth) for item in arguments)).map(list)
    least = max((mark.min_length for mark in marks if isinstance(mark, MinLen)), default=0)
    return st.lists(_value(arguments[0], (), depth + 1), min_size=least, max_size=least + 2)


def _scalar(hint: Any, marks: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if hint is NoneType:
        return st.none()
    if hint is bool:
        return st.booleans()
    if hint is int:
        return _numbers(marks, whole=True)
    if hint is float:
        return st.one_of(_numbers(marks, whole=False), _numbers(marks, whole=True))
    if hint is str:
        return _texts(marks)
    if hint is Any:
        return st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from(WORDS))
    raise TypeError(f"no strategy for {hint}")


def _numbers(marks: tuple[Any, ...], *, whole: bool) -> st.SearchStrategy[Any]:
    low, high, unit = -1000.0, 1000.0, 1
    above = below = False
    for mark in marks:
        if isinstance(mark, (Ge, Gt)):
            low, above = float(mark.ge if isinstance(mark, Ge) else mark.gt), isinstance(mark, Gt)  # type: ignore[arg-type]
        if isinstance(mark, (Le, Lt)):
            high, below = float(mark.le if isinstance(mark, Le) else mark.lt), isinstance(mark, Lt)  # type: ignore[arg-type]
        if isinstance(mark, MultipleOf):
            unit = int(mark.multiple_of)  # type: ignore[call-overload]
    if not whole:
        return st.floats(low, high, exclude_min=above, exclude_max=below, allow_nan=False, width=32)
    first = -(-int(low + above) // unit)
    last = int(high - below) // unit
    return st.integers(first, last).map(lambda number: number * unit)


def _texts(marks: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    least = max((mark.min_length for mark in marks if isinstance(mark, MinLen)), default=0)
    pattern = next((mark.pattern for mark in marks if getattr(mark, "pattern", None)), None)
    if pattern is not None:
        return st.from_regex(pattern, fullmatch=True).filter(lambda text: len(text) >= least and text.isprintable())
    return st.sampled_from([word for word in WORDS if len(word) >= least])
