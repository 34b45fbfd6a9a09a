"""What is wrong with a part that does not fit. Data models are loaded only for tags that nobody but them, or a plugin, knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic_core import ValidationError

from ..datamodels import faults
from ..datamodels.shapes import kind, shape
from ..report.finding import Finding, Path
from ..report.pydantic_errors import findings_about, findings_from

if TYPE_CHECKING:
    from ..datamodels.base import Data


def of_kind(name: str, tree: Any) -> list[Finding]:
    """The structural findings about a part that says by its tag what it is."""
    try:
        found = faults.in_kind(name, tree)
    except faults.AskDataModels:
        return of_kind_by_models(name, tree)
    known = kind(name)
    return findings_about(found, tree, shape(known.tags[tree.get(known.key, known.default)]), alone=True)


def of_branch(name: str, tag: str, tree: Any, base: Path) -> list[Finding]:
    """The same for a part whose tag stands elsewhere; none where there is no such tag."""
    try:
        found = faults.in_branch(name, tag, tree)
    except faults.AskDataModels:
        from ..datamodels.kinds import KINDS

        model = KINDS[name].branch(tag)
        return [] if model is None else _of_model(model, tree, base)
    return findings_about(found, tree, shape(kind(name).tags[tag]), base, alone=True)


def of_kind_by_models(name: str, tree: Any) -> list[Finding]:
    """The same through the data models themselves."""
    from pydantic import TypeAdapter

    from ..datamodels.base import Data
    from ..datamodels.kinds import KINDS

    model = KINDS[name].meant(tree)
    if model is not None:
        return _of_model(model, tree, ())
    union: TypeAdapter[Any] = TypeAdapter(Annotated[Data, KINDS[name]])  # Its tag is missing or wrong: this says so.
    try:
        union.validate_python(tree)
    except ValidationError as error:
        return findings_from(error, tree, Data, alone=True)
    return []


def _of_model(model: type[Data], tree: Any, base: Path) -> list[Finding]:
    from ..datamodels.tagged import typed

    try:
        typed(model, tree)
    except ValidationError as error:
        return findings_from(error, tree, model, base, alone=True)
    return []
