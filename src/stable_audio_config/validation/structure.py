"""The composed tree against the data models."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ..report.finding import Refused
from ..report.pydantic_errors import findings_from
from .gone import gone_tags

M = TypeVar("M", bound=BaseModel)


def checked(tree: dict[str, Any], model: type[M]) -> M:
    """The typed, frozen form of `tree`.

    Raises:
        Refused: with every structural mistake at once.
    """
    gone = gone_tags(tree)
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        explained = {finding.path for finding in gone}
        found = [finding for finding in findings_from(error, tree, model) if finding.path not in explained]
        raise Refused(*gone, *found) from None
