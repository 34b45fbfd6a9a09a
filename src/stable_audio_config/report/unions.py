"""What is wrong with a value that may be of several kinds. Pydantic tells it once for each of them; it is one mistake."""

from __future__ import annotations

from typing import Any

from pydantic_core import ErrorDetails

Path = tuple[str | int, ...]
Detail = tuple[Path, ErrorDetails]

KINDS = {
    "int_type": "an integer",
    "float_type": "a number",
    "string_type": "a text",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a group of keys",
    "model_type": "a group of keys",
    "model_attributes_type": "a group of keys",
}
"""Pydantic's error -> what was wanted."""

SEVERAL = "several_kinds"
"""The error of a value that is of none of several kinds; `words` says of which, `number` whether one of them is a number."""


def one_for_each_union(details: list[Detail]) -> list[Detail]:
    """The errors, those about one value of several possible kinds brought down to the kind that was meant."""
    groups: dict[Path | int, list[Detail]] = {}
    for index, (path, item) in enumerate(details):
        groups.setdefault(_union_at(tuple(item["loc"]), path, index), []).append((path, item))
    return [detail for at, group in groups.items() for detail in (group if isinstance(at, int) else _meant(at, group))]


def _union_at(location: Path, path: Path, index: int) -> Path | int:
    """The path at which a union was entered: Pydantic puts the name of the branch behind it. Without one, a number of its own."""
    for end, step in enumerate(location):
        if end >= len(path) or path[end] != step:
            return path[:end]
    return index


def _meant(at: Path, group: list[Detail]) -> list[Detail]:
    """The errors of the branch that got furthest; where none got anywhere, one error that names all kinds."""
    if len({_branch(detail, at) for detail in group}) == 1:
        return group  # The one branch that a tag has chosen.
    furthest = max(group, key=lambda detail: len(detail[0]))
    if len(furthest[0]) > len(at):
        return [detail for detail in group if _branch(detail, at) == _branch(furthest, at)]
    fitting = [detail for detail in group if detail[1]["type"] not in KINDS and detail[1]["type"] != "literal_error"]
    if fitting:
        return fitting[:1]
    return [(at, _several([item for _, item in group]))]


def _branch(detail: Detail, at: Path) -> Any:
    return detail[1]["loc"][len(at)]


def _several(items: list[ErrorDetails]) -> ErrorDetails:
    kinds = {item["type"] for item in items}
    told = [item for item in items if not (item["type"] == "int_type" and "float_type" in kinds)]  # A whole number is a number.
    words = [_words(item) for item in told]
    text = f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]
    return {**items[0], "type": SEVERAL, "ctx": {"words": text, "number": bool(kinds & {"int_type", "float_type"})}}


def _words(item: ErrorDetails) -> str:
    if item["type"] == "literal_error":
        return str(item["ctx"]["expected"]).replace("'", "`")
    return KINDS[item["type"]]
