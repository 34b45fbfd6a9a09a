"""The definitions of a schema: one for each data model, one for each kind of part with its tag, one for each list of defaults.

A kind names its tags in one enum and has one `if` and `then` for each: validators and editors then report what is wrong in the
branch that is meant, and complete its keys, instead of saying that no branch fits.
"""

from __future__ import annotations

from typing import Any

from ..datamodels.base import Gone
from ..datamodels.tagged import Tagged
from .definitions import Definitions
from .notes import meaning_of, notes
from .presets import of_group
from .values import LATER, Tree, Values, later, reference

COMMENTS: Tree = {"^_": {}}
"""Keys beginning with `_` are comments."""


class Parts:
    """The definitions of one flavour, made when they are referred to."""

    def __init__(self, definitions: Definitions, *, authoring: bool, engine: bool = False) -> None:
        """Args:
        authoring: whether files are described as people write them: everything optional, `???`, `${...}`, comments.
        engine: whether files of the engine are described: complete ones that people write, with comments.
        """
        self.definitions = definitions
        self.authoring = authoring
        self.comments: Tree = {"patternProperties": COMMENTS} if authoring or engine else {}
        self.editor = authoring or engine
        self.values = Values(later=authoring)

    def definition(self, name: str) -> Tree:
        """The definition of that name."""
        if name in self.definitions.kinds:
            return self.kind(self.definitions.kinds[name])
        if name.startswith("presets."):
            return preset_choice(name.removeprefix("presets."))
        return self.group(self.definitions.place(name))

    def group(self, place: str) -> Tree:
        """A data model, or several merged."""
        fields = self.definitions.of[place]["fields"]
        models = self.definitions.models(place)
        properties = {key: {**self.field(place, key), **notes(tuple(models), key, editor=self.editor)} for key in fields}
        about = meaning_of(models[0]) if len(models) == 1 and not self.editor else ""  # Editors would show it for the key's own.
        found: Tree = {"description": " ".join(about.split())} if about else {}
        found |= self.object(properties)
        if len(models) == 1:
            gone = getattr(models[0], "gone", {})
            found["properties"] = {**found["properties"], **{key: _gone_key(key, what) for key, what in gone.items()}}
        required = [key for key, field in fields.items() if field["required"]]
        return {**found, "required": required} if required and not self.authoring else found

    def object(self, properties: Tree) -> Tree:
        """An object with these keys and no others; comments may stand among them where people write."""
        found: Tree = {"type": "object", "properties": properties, "additionalProperties": False, **self.comments}
        return {**found, **later("object")} if self.authoring else found

    def field(self, place: str, key: str) -> Tree:
        """What may stand at a key of a data model."""
        core = self.definitions.of[place]["fields"][key]["schema"]
        nulls = core["type"] == "nullable"
        inner = core["schema"] if nulls else core
        if inner["type"] == "list" and (entries := self._entries(inner["items_schema"])):
            found = {**self.values.schema({**inner, "items_schema": {"type": "any"}}), "items": entries}
            return self.values.nullable(found) if nulls else found
        return self.values.schema(core)

    def _entries(self, items: Tree) -> Tree | None:
        """The items of a list of groups that are told apart by a key that the first must have and the others lack."""
        if items["type"] != "union" or any(choice["type"] != "definition-ref" for choice in items["choices"]):
            return None
        first, *others = [choice["schema_ref"] for choice in items["choices"]]
        known = {key for place in others for key in self.definitions.of[place]["fields"]}
        own = [key for key, field in self.definitions.of[first]["fields"].items() if field["required"] and key not in known]
        if not own or len(others) != 1:
            return None
        return {"type": "object", "if": {"required": own}, "then": reference(first), "else": reference(others[0])}

    # --- kinds ------------------------------------------------------------------------------------------------------------

    def kind(self, kind: Tagged) -> Tree:
        """A part that is chosen by a tag."""
        return self._written(kind) if self.authoring else self._complete(kind)

    def _complete(self, kind: Tagged) -> Tree:
        found: Tree = {"type": "object", "properties": {kind.key: self.tag(kind)}, "allOf": self.dispatch(kind)}
        return found if kind.default is not None else {**found, "required": [kind.key]}

    def _written(self, kind: Tagged) -> Tree:
        """The same; without a tag, or with one that is filled in later, every key of every branch may stand there."""
        any_tag = {"type": "string", "not": {"pattern": LATER}}
        told = any_tag if kind.other is not None else {"enum": list(self.definitions.branches[kind.kind])}
        unknown = {"if": self._says(kind, told), "else": reference(self.definitions.any_of(kind.kind))}
        return {**later("object"), "properties": {kind.key: self.tag(kind)}, "allOf": [*self.dispatch(kind), unknown]}

    def dispatch(self, kind: Tagged) -> list[Tree]:
        """One `if` and `then` for each data model of the kind."""
        branches = self.definitions.branches[kind.kind]
        found: list[Tree] = []
        for place in dict.fromkeys(branches.values()):
            tags = [tag for tag, other in branches.items() if other == place]
            says = self._says(kind, {"const": tags[0]} if len(tags) == 1 else {"enum": tags})
            if kind.default in tags and not self.authoring:
                del says["required"]
            found.append({"if": says, "then": reference(place)})
        if kind.kind in self.definitions.others:
            says = self._says(kind, {"type": "string", "not": {"anyOf": [{"enum": list(branches)}, {"pattern": LATER}]}})
            found.append({"if": says, "then": reference(self.definitions.others[kind.kind])})
        return found

    def _says(self, kind: Tagged, tag: Tree) -> Tree:
        return {"required": [kind.key], "properties": {kind.key: tag}}

    def tag(self, kind: Tagged) -> Tree:
        """The key that holds the tag."""
        branches = self.definitions.branches[kind.kind]
        about = [" ".join(meaning_of(self.definitions.models(place)[0]).split()) for place in branches.values()]
        enum: Tree = {"enum": list(branches), "enumDescriptions": about}
        words = f"Which {kind.kind.replace('_', ' ')}."
        words += "".join(f" `{tag}` {gone.what}: {gone.instead}." for tag, gone in kind.gone.items())
        found: Tree = {"description": words}
        if kind.default is not None:
            found["default"] = kind.default
        if kind.other is not None:
            return {**found, "anyOf": [enum, {"type": "string"}]}
        return {**found, **({"anyOf": [enum, {"type": "string", "pattern": LATER}]} if self.authoring else enum)}


def _gone_key(key: str, gone: Gone) -> Tree:
    words = f"`{key}` {gone.what}: {gone.instead}"
    return {"not": {}, "description": words, "errorMessage": words, "doNotSuggest": True}


def preset_choice(group: str) -> Tree:
    """What a `defaults` list may say about a group: a shipped preset, one of the user's own, a file, several, or none."""
    found = of_group(group)
    shipped = {"enum": [preset.name for preset in found], "enumDescriptions": [preset.about for preset in found]}
    return {"anyOf": [shipped, {"type": ["string", "null"]}, {"type": "array", "items": {"type": "string"}}]}


def defaults_list(group: str, groups: dict[str, str]) -> Tree:
    """The `defaults` list of a file.

    Args:
        group: the one that the file stands in; a name without a group is a preset of it.
        groups: key -> the group that it chooses from.
    """
    own = [preset.name for preset in of_group(group)]
    other = {"type": ["string", "null", "array"], "items": {"type": "string"}}
    choice = {
        "type": "object",
        "properties": {key: reference(f"presets.{chosen}") for key, chosen in groups.items()},
        "additionalProperties": other,
        "minProperties": 1,
        "maxProperties": 1,
    }
    about = "The presets that this file builds on, the later over the earlier; `_self_` is this file (last, where it is not named)."
    entry: list[Any] = [choice, {"enum": ["_self_", *own]}, {"type": "string"}]
    return {"type": "array", "description": about, "items": {"anyOf": entry}}


def names_in(tree: Any) -> set[str]:
    """The definitions that a schema refers to."""
    if isinstance(tree, dict):
        here = {tree["$ref"].removeprefix("#/$defs/")} if isinstance(tree.get("$ref"), str) else set()
        return here.union(*(names_in(value) for value in tree.values()))
    return set().union(*(names_in(item) for item in tree)) if isinstance(tree, list) else set()
