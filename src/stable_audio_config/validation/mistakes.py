"""What is wrong with a part that does not fit: here the data models are loaded, which know all keys and words."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from ..datamodels.base import Data
from ..datamodels.kinds import KINDS
from ..datamodels.tagged import typed
from ..report.finding import Finding, Path
from ..report.pydantic_errors import findings_from


def of_kind(name: str, tree: Any) -> list[Finding]:
    """The structural findings about a part that says by its tag what it is."""
    model = KINDS[name].meant(tree)
    if model is not None:
        return _of_model(model, tree, ())
    union: TypeAdapter[Any] = TypeAdapter(Annotated[Data, KINDS[name]])  # Its tag is missing or wrong: this says so.
    try:
        union.validate_python(tree)
    except ValidationError as error:
        return findings_from(error, tree, Data, alone=True)
    return []


def of_branch(name: str, tag: str, tree: Any, base: Path) -> list[Finding]:
    """The same for a part whose tag stands elsewhere; none where there is no such tag."""
    model = KINDS[name].branch(tag)
    return [] if model is None else _of_model(model, tree, base)


def _of_model(model: type[Data], tree: Any, base: Path) -> list[Finding]:
    try:
        typed(model, tree)
    except ValidationError as error:
        return findings_from(error, tree, model, base, alone=True)
    return []
