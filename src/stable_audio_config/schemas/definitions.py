"""The data models as plain definitions to make schemas of: those of `datamodels.export`, with merged ones for untagged parts.

People write parts of parts: an experiment changes `training.demo.demo_every` and names no type. What may stand there is then
everything that some data model of the kind takes. Such a merged definition has the keys of all of them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from pydantic import BaseModel

from ..datamodels.export import kinds, model_schema, place_of_class
from ..datamodels.tagged import Tagged, imported
from .values import named

Tree = dict[str, Any]

Model = type[BaseModel]


class Definitions:
    """Every data model that the schemas need, by its place (`coders.oobleck:OobleckEncoder`)."""

    def __init__(self, *, plugins: bool = False, more: Iterable[Model] = ()) -> None:
        """Args:
        plugins: whether the tags of installed plugins are among those of each kind.
        more: data models that belong to no kind.
        """
        self.of: dict[str, Tree] = {}
        """Place -> its fields, as `datamodels.export` gives them."""
        self._places: dict[str, str] = {}
        self.sources: dict[str, tuple[str, ...]] = {}
        """Place of a merged definition -> the places that it is merged from."""
        self.kinds = {kind.kind: kind for kind in kinds()}
        self.branches = {kind.kind: {tag: self._place(model) for tag, model in _models(kind, plugins)} for kind in kinds()}
        """Kind -> tag -> place."""
        self.others = {kind.kind: self._place(imported(kind.other)) for kind in kinds() if kind.other is not None}
        """Kind -> place of what every other tag means."""
        for model in more:
            self._place(model)

    def _place(self, model: Model) -> str:
        model_schema(model, self.of)
        return place_of_class(model)

    def any_of(self, kind: str) -> str:
        """The place of what a part of that kind may say while its tag is not known."""
        places = [*self.branches[kind].values(), *([self.others[kind]] if kind in self.others else [])]
        return self._merged(f"any.{kind}", tuple(dict.fromkeys(places)))

    def _merged(self, name: str, places: tuple[str, ...]) -> str:
        if len(places) == 1:
            return places[0]
        known = next((place for place, sources in self.sources.items() if sources == places), None)
        if known is not None:
            return known
        self.sources[name] = places
        self.of[name] = {}  # Stands until its own turn is over.
        fields: dict[str, list[Tree]] = {}
        for place in places:
            for key, field in self.of[place]["fields"].items():
                fields.setdefault(key, []).append(field["schema"])
        merged = {key: {"schema": self._one_of(f"{name}.{key}", found), "required": False} for key, found in fields.items()}
        self.of[name] = {"type": "typed-dict", "fields": merged}
        return name

    def _one_of(self, name: str, found: list[Tree]) -> Tree:
        """What takes everything that one of `found` takes."""
        if any(schema["type"] == "nullable" for schema in found):
            inner = [schema["schema"] if schema["type"] == "nullable" else schema for schema in found]
            return {"type": "nullable", "schema": self._one_of(name, inner)}
        distinct = [schema for index, schema in enumerate(found) if schema not in found[:index]]
        if len(distinct) == 1:
            return distinct[0]
        types = {schema["type"] for schema in distinct}
        if types == {"definition-ref"}:
            places = dict.fromkeys(place for schema in distinct for place in self._behind(schema["schema_ref"]))
            return {"type": "definition-ref", "schema_ref": self._merged(name, tuple(places))}
        if types == {"list"}:
            return {"type": "list", "items_schema": self._one_of(f"{name}[]", [schema["items_schema"] for schema in distinct])}
        if types == {"literal"}:
            return {"type": "literal", "expected": list(dict.fromkeys(tag for schema in distinct for tag in schema["expected"]))}
        return {"type": "union", "choices": distinct}

    def _behind(self, place: str) -> list[str]:
        kind = place.removeprefix("kind:")
        return list(self.branches[kind].values()) if kind != place else [place]

    def place(self, name: str) -> str:
        """The place whose definition has that name in a schema."""
        if name not in self._places:
            self._places = {named(place): place for place in self.of}
        return self._places[name]

    def models(self, place: str) -> list[Model]:
        """The data models behind a place, merged or not."""
        return [class_at(source) for source in self.sources.get(place, (place,))]


def class_at(place: str) -> Model:
    """The data model at a place, a plugin's too."""
    module, _, name = place.partition(":")
    ours = sys.modules.get(f"{__package__.rpartition('.')[0]}.datamodels.{module}")
    found: Model = attrgetter(name)(ours if ours is not None else sys.modules[module])
    return found


def _models(kind: Tagged, plugins: bool) -> list[tuple[str, Model]]:
    if plugins:
        return list(kind.models())
    return [(tag, imported(place)) for tag, place in kind.branches.items()]
