"""The tree in a JSON text. A key that stands twice is an error, and common mistakes are called by their names."""

from __future__ import annotations

import json
import re
from typing import Any

from ..report.finding import Finding, Refused, refuse
from .syntax import LONGEST, not_valid, place_of, too_long


def from_json(text: str, name: str) -> Any:
    """The values in a text. `name` is what messages call it.

    Raises:
        Refused: with the position of what is not JSON, or of a key that its group has already.
        RecursionError: it is nested too deeply.
    """
    try:
        tree = json.loads(text, object_pairs_hook=_no_duplicates)
    except json.JSONDecodeError as error:
        problem, help = _problem(text, error)
        raise not_valid(name, "JSON", problem, *place_of(text, _place(text, error)), text, help) from None
    except _DuplicateKey as error:
        raise _twice(text, str(error), name) from None
    except ValueError:  # A number of more digits than Python reads.
        digits = re.search(rf"\d{{{LONGEST + 1},}}", text)
        if digits is None:
            raise refuse("syntax", f"`{name}` holds a number that cannot be read", source=name) from None
        raise not_valid(name, "JSON", too_long(len(digits[0])), *place_of(text, digits.start()), text) from None
    half = next((found for found in _ESCAPED.finditer(text) if found[1]), None)
    if half is not None:
        raise not_valid(name, "JSON", f"`{half[1]}` is half of a character", *place_of(text, half.start()), text)
    return tree


_ESCAPED = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(\\u[dD][89a-fA-F]..)|\\.")
"""What a backslash begins: two halves of a character, one half alone, or anything else. No one else reads a half."""


class _DuplicateKey(Exception):
    pass


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _DuplicateKey(key)
            seen.add(key)
    return tree


def _twice(text: str, key: str, name: str) -> Refused:
    from .positions import repeated_key

    message = f"`{key}` stands twice in one group of `{name}`"
    span = repeated_key(text)
    if span is None:
        return refuse("duplicate-key", message, source=name)
    excerpt = text.splitlines()[span.line - 1]
    place = {"source": name, "line": span.line, "column": span.column, "width": span.width, "excerpt": excerpt}
    return Refused(Finding(rule="duplicate-key", message=message, help="keep one of the two", **place))  # type: ignore[arg-type]


def _place(text: str, error: json.JSONDecodeError) -> int:
    """Where the error is: of a comma too many, at the comma. Only Python 3.13 and later tell that place."""
    before = text[: error.pos].rstrip()
    return len(before) - 1 if text[error.pos : error.pos + 1] in ("}", "]") and before.endswith(",") else error.pos


def _problem(text: str, error: json.JSONDecodeError) -> tuple[str, str | None]:
    """What is wrong at the place of the error, and what to do about it."""
    at, before = text[error.pos : error.pos + 2], text[: error.pos].rstrip()
    if at in ("//", "/*") or at[:1] == "#":
        return "a comment, which JSON does not know", 'write it as a key: "_comment": "..."'
    if at[:1] in ("}", "]") and before.endswith(","):
        return f"a comma before `{at[:1]}`", "take the comma away"
    if "trailing comma" in error.msg:  # How Python 3.13 and later say it.
        return f"a comma before `{text[error.pos + 1 :].lstrip()[:1]}`", "take the comma away"
    if at[:1] == "'":
        return "a text in single quotes", "use double quotes"
    return (error.msg[0].lower() + error.msg[1:]).removesuffix(" at"), None
