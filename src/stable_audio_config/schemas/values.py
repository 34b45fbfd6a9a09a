"""What may stand at a key, as JSON Schema: made from the plain definitions of the data models."""

from __future__ import annotations

from typing import Any

Tree = dict[str, Any]

LATER = r"\$\{|^\?\?\?$"
"""A text that is filled in when a file is composed: an interpolation, or `???`."""

BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum", "multiple_of": "multipleOf"}

TYPES = {"int": "integer", "float": "number", "bool": "boolean", "none": "null"}


WORDS = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
    "array": "a list",
    "object": "a group of keys",
}


def later(name: str) -> Tree:
    """Takes a type, or a text that is filled in later. The pattern counts for texts only, so that no union is needed."""
    return {"type": [name, "string"], "pattern": LATER, "patternErrorMessage": f"takes {WORDS[name]}"}


def reference(place: str) -> Tree:
    """To the definition of a data model, or of a kind (`kind:encoder`)."""
    return {"$ref": f"#/$defs/{named(place)}"}


def named(place: str) -> str:
    """The name of a definition in a schema: `coders.oobleck.OobleckEncoder`, `encoder`."""
    return place.removeprefix("kind:").replace(":", ".")


class Values:
    """The way from a plain definition to a schema."""

    def __init__(self, *, later: bool) -> None:
        """Args:
        later: whether `???` and `${...}` may stand for every value.
        """
        self.later = later

    def schema(self, core: Tree) -> Tree:
        """The schema of one value."""
        match core["type"]:
            case "definition-ref":
                return reference(core["schema_ref"])
            case "nullable":
                return self.nullable(self.schema(core["schema"]))
            case "union":
                return self._union(core["choices"])
            case "literal":
                return self._literal(core["expected"])
            case "str":
                return self._text(core)
            case "list" | "tuple":
                return self._or_later(_list(core, self))
            case "dict":
                return self._or_later({"type": "object", "additionalProperties": self.schema(core["values_schema"])})
            case "int" | "float" | "bool" | "none" as name:
                return self._or_later({"type": TYPES[name], **{BOUNDS[key]: core[key] for key in BOUNDS if key in core}})
            case "any" | "function-wrap":
                return {}
        raise TypeError(f"no schema for {core['type']}")

    def nullable(self, schema: Tree) -> Tree:
        """The same, or null. Validators then report the mistakes inside a group; editors complete only what stands in `anyOf`."""
        if "type" in schema:
            types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
            return {**schema, "type": [*types, "null"]}
        if "enum" in schema:
            return {**schema, "enum": [*schema["enum"], None]}
        if "anyOf" in schema:
            return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
        if "$ref" in schema and not self.later:
            return {"type": ["object", "null"], "if": {"type": "object"}, "then": schema}
        return {"anyOf": [schema, {"type": "null"}]}

    def _or_later(self, schema: Tree) -> Tree:
        """The same, or a text that is filled in later."""
        return {**schema, **later(schema["type"])} if self.later else schema

    def _text(self, core: Tree) -> Tree:
        found: Tree = {"type": "string"}
        if "min_length" in core:
            found["minLength"] = core["min_length"]
        if "pattern" in core:
            found["pattern"] = f"(?:{core['pattern']})|{LATER}" if self.later else core["pattern"]
        return found

    def _literal(self, options: list[Any]) -> Tree:
        found: Tree = {"const": options[0]} if len(options) == 1 else {"enum": list(options)}
        return {"anyOf": [found, {"type": "string", "pattern": LATER}]} if self.later else found

    def _union(self, choices: list[Tree]) -> Tree:
        if all(choice["type"] == "definition-ref" for choice in choices):
            return {"anyOf": [self.schema(choice) for choice in choices]}
        found = [self.schema(choice) for choice in choices]
        if all(schema.keys() == {"type"} for schema in found):
            types = [name for schema in found for name in ([schema["type"]] if isinstance(schema["type"], str) else schema["type"])]
            return {"type": list(dict.fromkeys(types))}
        return {"anyOf": found}


def _list(core: Tree, values: Values) -> Tree:
    if core["type"] == "tuple":  # All of one kind: said without `prefixItems`, which older editors misread.
        [items, *others] = [values.schema(item) for item in core["items_schema"]]
        assert all(other == items for other in others)
        return {"type": "array", "items": items, "minItems": len(others) + 1, "maxItems": len(others) + 1}
    bounds = {"minItems": core.get("min_length"), "maxItems": core.get("max_length")}
    return {"type": "array", "items": values.schema(core["items_schema"]), **{k: n for k, n in bounds.items() if n is not None}}
