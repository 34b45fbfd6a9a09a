"""Keys that may be left out but not set to null: the engine asks only whether the key is there."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema

T = TypeVar("T")


class _RefuseNull:
    """Takes null out of an optional type, so that None stands for "not written" and for nothing else."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        return schema["schema"] if schema["type"] == "nullable" else schema


OrAbsent = Annotated[T | None, _RefuseNull()]
"""A key without default: None where it was not written. A written null is refused: the engine would stumble over it."""
