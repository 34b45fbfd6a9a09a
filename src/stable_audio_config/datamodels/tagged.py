"""Unions told apart by a tag (`type`, `model_type`), whose branches are imported only when a config uses them.

Pydantic's own discriminated unions build the schema of every branch before the first value is checked. The engine has
more than a hundred branches and a config uses about ten, so here a branch is looked up by its tag when it is met, and a
plugin may add branches at any time. The errors are Pydantic's own, and their locations hold no tags.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic_core import PydanticCustomError, PydanticKnownError, core_schema

from .base import Data, Gone

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler

KINDS: dict[str, Tagged] = {}
"""Every kind of part, by name; filled by `kinds.py`."""

UNKNOWN_KEYS: ContextVar[Literal["allow", "forbid"]] = ContextVar("UNKNOWN_KEYS", default="forbid")
"""What happens to keys that no data model knows. `allow` keeps them in the models, unchecked."""

M = TypeVar("M", bound=Data)


def typed(model: type[M], value: Any) -> M:
    """The typed form of `value`; unknown keys are kept or refused as `UNKNOWN_KEYS` says."""
    return model.model_validate(value, extra=UNKNOWN_KEYS.get())


@dataclass(eq=False)
class Tagged:
    """One kind of part. Stands as metadata in an annotation: `Annotated[Data, Tagged(...)]`."""

    kind: str
    """The name of the kind, as plugins and reference pages have it: `bottleneck`."""
    branches: Mapping[str, str]
    """Tag -> `module:Class`, the module below `datamodels`."""
    key: str = "type"
    """The key that holds the tag."""
    default: str | None = None
    """The tag that an absent key means; None where the key is required."""
    other: str | None = None
    """`module:Class` for every tag that is not listed; None where such a tag is an error."""
    since: Mapping[str, str] = field(default_factory=dict)
    """Tag -> first engine version that knows it, for those that are younger than 0.0.19."""
    gone: Mapping[str, Gone] = field(default_factory=dict)
    """Tags that only other versions know."""
    factory: str = ""
    """The function of the engine that builds these parts, as `module.function`."""
    added: dict[str, type[Data]] = field(default_factory=dict)
    """Tag -> data model, for what plugins add."""

    def __post_init__(self) -> None:
        KINDS[self.kind] = self

    def branch(self, tag: str) -> type[Data] | None:
        """The data model behind `tag`; None if neither we nor an installed plugin know it."""
        if tag in self.added:
            return self.added[tag]
        if tag in self.branches:
            return imported(self.branches[tag])
        _load_plugins()
        return self.added.get(tag)

    def tags(self) -> list[str]:
        """Every tag there is, those of installed plugins included."""
        _load_plugins()
        return list(dict.fromkeys([*self.branches, *self.added]))

    def models(self) -> Iterator[tuple[str, type[Data]]]:
        """Every tag with its data model."""
        for tag in self.tags():
            model = self.branch(tag)
            if model is not None:
                yield tag, model

    def tag_of(self, value: Any) -> str | None:
        """The tag that a plain tree writes, or means by writing none; None where it is absent or no text."""
        tag = value.get(self.key, self.default) if isinstance(value, dict) else None
        return tag if isinstance(tag, str) else None

    def meant(self, value: Any) -> type[Data] | None:
        """The data model that a plain tree means by its tag, or `other`; None where the tag is absent, unknown or no text."""
        tag = self.tag_of(value)
        model = None if tag is None else self.branch(tag)
        if model is None and self.other is not None and isinstance(value, Mapping):
            return imported(self.other)
        return model

    def check(self, value: Any) -> Data:
        """The typed form of `value`, a plain tree or a data model.

        Raises:
            ValidationError, PydanticKnownError, PydanticCustomError: Pydantic puts each in its place among the errors
            around it.
        """
        if isinstance(value, dict):
            model = self.meant(value)
            if model is not None:
                return typed(model, value)
            raise self._no_branch(value)
        if isinstance(value, Data) and self._takes(value):
            return value
        raise PydanticKnownError("model_attributes_type")

    def _takes(self, value: Data) -> bool:
        model = self.meant({self.key: getattr(value, self.key, self.default)})
        return model is not None and isinstance(value, model)

    def _no_branch(self, value: Mapping[str, Any]) -> PydanticKnownError | PydanticCustomError:
        if self.key not in value:
            return PydanticKnownError("union_tag_not_found", {"discriminator": f"'{self.key}'"})
        tag = value[self.key]
        if isinstance(tag, str) and tag in self.gone:
            gone = self.gone[tag]
            return PydanticCustomError(
                "removed_type", "removed", {"key": self.key, "tag": tag, "what": gone.what, "instead": gone.instead}
            )
        known = ", ".join(f"'{name}'" for name in self.tags())
        return PydanticKnownError("union_tag_invalid", {"discriminator": f"'{self.key}'", "tag": str(tag), "expected_tags": known})

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"$ref": f"#/$defs/{self.kind}"}


@cache
def imported(place: str) -> type[Data]:
    """The class at `module:Class`, the module below this package."""
    module, _, name = place.partition(":")
    found: type[Data] = getattr(import_module(f".{module}", __package__), name)
    return found


def _load_plugins() -> None:
    from ..plugins import load_installed

    load_installed()
