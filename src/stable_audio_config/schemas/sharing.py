"""What a schema says several times is said once: keys that many data models have alike become definitions of their own."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

Tree = dict[str, Any]

SHORTEST = 100
"""Characters from which a key is worth a definition."""


def shared(schema: Tree) -> Tree:
    """The same schema with each key that stands in it several times, alike, as one definition (`key.embed_dim`)."""
    counted = Counter(_key(name, value) for name, value in _properties(schema))
    names = _names(name for name, count in counted.items() if count > 1 and len(name[1]) > SHORTEST)
    definitions = schema["$defs"] | {name: json.loads(text) for (_, text), name in names.items()}
    return {**_replaced({**schema, "$defs": {}}, names), "$defs": _sorted(definitions, names)}


def _sorted(definitions: Tree, names: dict[tuple[str, str], str]) -> Tree:
    return {name: _replaced(definition, names) for name, definition in sorted(definitions.items())}


def _key(name: str, value: Any) -> tuple[str, str]:
    return name, json.dumps(value, ensure_ascii=False)


def _properties(node: Any) -> Iterator[tuple[str, Any]]:
    """Every key of every object in a schema."""
    if isinstance(node, dict):
        properties = node.get("properties")
        if isinstance(properties, dict):
            yield from properties.items()
        for value in node.values():
            yield from _properties(value)
    elif isinstance(node, list):
        for item in node:
            yield from _properties(item)


def _names(found: Iterator[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Key and schema -> the name of its definition; further ones of the same key are numbered."""
    numbers: Counter[str] = Counter()
    names: dict[tuple[str, str], str] = {}
    for one in found:
        numbers[one[0]] += 1
        number = f".{numbers[one[0]]}" if numbers[one[0]] > 1 else ""
        names[one] = f"key.{one[0]}{number}"
    return names


def _replaced(node: Any, names: dict[tuple[str, str], str]) -> Any:
    if isinstance(node, list):
        return [_replaced(item, names) for item in node]
    if not isinstance(node, dict):
        return node
    return {key: _properties_of(value, names) if key == "properties" else _replaced(value, names) for key, value in node.items()}


def _properties_of(properties: Any, names: dict[tuple[str, str], str]) -> Any:
    if not isinstance(properties, dict):
        return properties
    known = {name: names.get(_key(name, value)) for name, value in properties.items()}
    return {
        name: _replaced(value, names) if known[name] is None else {"$ref": f"#/$defs/{known[name]}"}
        for name, value in properties.items()
    }
