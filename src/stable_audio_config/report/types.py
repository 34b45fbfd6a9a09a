"""Type hints in words, for help, reference pages and `sat explain`."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MinLen, MultipleOf
from pydantic import BaseModel
from pydantic.fields import FieldInfo

_WORDS = {int: "a whole number", float: "a number", str: "a text", bool: "true or false", Any: "anything", NoneType: "null"}


def field_in_words(field: FieldInfo) -> str:
    """What a field takes, its bounds included."""
    return _annotated(field.annotation, tuple(field.metadata))


def in_words(hint: Any) -> str:
    """`a whole number above 0, or null`."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _annotated(arguments[0], arguments[1:])
    if origin is Literal:
        return " or ".join(_literal(option) for option in arguments)
    if origin in (Union, UnionType):
        return _union(arguments)
    if origin in (tuple, list):
        return _sequence(arguments)
    if origin is dict:
        return "a group of keys"
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return "a group of keys"
    return _WORDS.get(hint, str(hint))


def _literal(option: Any) -> str:
    return f"`{option}`" if isinstance(option, str) else str(option).lower() if isinstance(option, bool) else str(option)


def _union(branches: tuple[Any, ...]) -> str:
    rest = [in_words(branch) for branch in branches if branch is not NoneType]
    words = ", or ".join(dict.fromkeys(rest))
    return f"{words}, or null" if NoneType in branches else words


def _sequence(arguments: tuple[Any, ...]) -> str:
    if not arguments:
        return "a list"
    if len(arguments) == 2 and arguments[1] is not Ellipsis:
        return f"a list of exactly 2, each {in_words(arguments[0])}"
    return f"a list, each item {in_words(arguments[0])}"


def _annotated(inner: Any, marks: tuple[Any, ...]) -> str:
    words = in_words(inner)
    bounds = [bound for mark in _flat(marks) if (bound := _bound(mark))]
    return " ".join([words, *([", ".join(bounds)] if bounds else [])])


def _flat(marks: tuple[Any, ...]) -> list[Any]:
    return [inner for mark in marks for inner in (mark.metadata if isinstance(mark, FieldInfo) else [mark])]


def _bound(mark: Any) -> str:
    match mark:
        case Gt():
            return f"above {mark.gt}"
        case Ge():
            return f"of at least {mark.ge}"
        case Lt():
            return f"below {mark.lt}"
        case Le():
            return f"of at most {mark.le}"
        case MultipleOf():
            return f"a multiple of {mark.multiple_of}"
        case MinLen():
            return "that is not empty" if mark.min_length == 1 else f"of at least {mark.min_length} items"
    return ""
