"""Plain trees: what every room does with them."""

from __future__ import annotations

from typing import Any


def without_comments(value: Any) -> Any:
    """The tree without the keys that begin with `_`, which are comments; keys become texts."""
    if isinstance(value, dict):
        return {str(key): without_comments(item) for key, item in value.items() if not str(key).startswith("_")}
    if isinstance(value, (list, tuple)):
        return [without_comments(item) if isinstance(item, (dict, list, tuple)) else item for item in value]
    return value
