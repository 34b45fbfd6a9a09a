"""Whether a plain tree fits a kind of part: a yes or no by pydantic-core alone, in a hundredth of the time of the data models.

A no, or a plugin's tag, sends the caller to the data models, which say what is wrong.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pydantic_core import SchemaValidator

from .shapes import TABLES


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
def _tables() -> dict[str, Any]:
    tables: dict[str, Any] = json.loads((TABLES / "schema.json").read_text(encoding="utf-8"))
    return tables
