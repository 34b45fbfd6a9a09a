"""Whether a plain tree fits a kind of part: a yes or no by pydantic-core alone, in a hundredth of the time of the data models.

A no, or a plugin's tag, sends the caller to the data models, which say what is wrong.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pydantic_core import SchemaValidator

from .shapes import TABLES

WITH = "with "
"""In the metadata of a union whose branches are chosen by the key that is there, those keys; and what begins their labels."""


def fits(tree: Any, kind: str, tag: str | None = None) -> bool:
    """Whether `tree` is a valid part of the kind called `kind`; with `tag`, whether it fits that branch of it."""
    ref = f"kind:{kind}" if tag is None else _tables()["branches"][kind].get(tag)
    return ref is not None and _validator(ref).isinstance_python(tree)


def fits_experiment(tree: dict[str, Any]) -> bool:
    """Whether `tree` is a valid experiment."""
    if not _validator("experiment:ExperimentConfig").isinstance_python(tree):
        return False
    return fits(tree["training"], "training", tree["model"]["model_type"])


@cache
def _validator(ref: str) -> SchemaValidator:
    definitions = _tables()["definitions"]
    root = {"type": "definitions", "schema": {"type": "definition-ref", "schema_ref": ref}, "definitions": definitions}
    return SchemaValidator(root)


@cache
def part_validator(place: str) -> SchemaValidator:
    """A check of one data model by its name in the tables; the parts of a kind inside it need only be groups of keys."""
    known = _definitions()
    found: dict[str, Any] = {}
    left = [place]
    while left:
        ref = left.pop()
        if ref not in found:
            found[ref] = {"type": "dict", "ref": ref} if ref.startswith("kind:") else _labelled(known[ref])
            left += _named_in(found[ref])
    root: Any = {"type": "definition-ref", "schema_ref": place}
    return SchemaValidator({"type": "definitions", "schema": root, "definitions": list(found.values())})


def _labelled(schema: Any) -> Any:
    """The schema with a label for every branch that is chosen by the key that is there, so that errors name their branch."""
    if isinstance(schema, list):
        return [_labelled(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    keys = schema.get("metadata", {}).get(WITH)
    if keys is None:
        return {name: _labelled(inner) for name, inner in schema.items()}
    return {**schema, "choices": [(choice, f"{WITH}{key}") for choice, key in zip(schema["choices"], keys, strict=True)]}


def _named_in(schema: Any) -> list[str]:
    """The other definitions that a schema refers to."""
    if isinstance(schema, dict):
        own = [schema["schema_ref"]] if "schema_ref" in schema else []
        return own + [ref for inner in schema.values() for ref in _named_in(inner)]
    return [ref for inner in schema for ref in _named_in(inner)] if isinstance(schema, (list, tuple)) else []


@cache
def _definitions() -> dict[str, Any]:
    return {entry["ref"]: entry for entry in _tables()["definitions"]}


@cache
def _tables() -> dict[str, Any]:
    tables: dict[str, Any] = json.loads((TABLES / "schema.json").read_text(encoding="utf-8"))
    return tables
