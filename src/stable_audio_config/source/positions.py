"""Where every key and value of a YAML or JSON text stands. Worked out only when something is wrong, or when someone asks."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from .syntax import DEEPEST, MOST

Path = tuple[str | int, ...]


class Span(NamedTuple):
    """A stretch of one line."""

    line: int
    """1-based."""
    column: int
    """1-based, in characters."""
    width: int
    """In characters; of a value over several lines, what stands in its first line."""


class Place(NamedTuple):
    """Where a key and its value stand; a list item has no key of its own."""

    key: Span
    value: Span
    scalar: bool
    """Whether the value is neither a group nor a list."""


def positions(text: str, is_json: bool = False) -> dict[Path, Place]:
    """Key path -> place, for every key and list item, groups included. Empty for a text that is not valid, or endless."""
    text = text.removeprefix("\ufeff")
    try:
        if is_json:
            return dict(_json_places(text))
        from .yaml_places import yaml_places  # The parser of YAML is not imported for JSON.

        return yaml_places(text)
    except (ValueError, IndexError, AttributeError, RecursionError, TooMany):
        return {}


class TooMany(Exception):
    """Through anchors that multiply, or levels without end. `reading` takes no such text either."""


_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},:]|[^\s\[\]{},:"]+')


def repeated_key(text: str) -> Span | None:
    """Where the first key of a JSON text stands that its group has already; None if that is beyond what is looked at."""
    groups: list[set[str]] = []
    for token, is_key in islice(_json_tokens(text), 2 * MOST):
        if token[0] in ("{", "["):
            groups.append(set())
        elif token[0] in ("}", "]"):
            groups.pop()
        elif is_key:
            name = str(json.loads(token[0]))
            if name in groups[-1]:
                return _Lines(text).span(token)
            groups[-1].add(name)
    return None


def _json_tokens(text: str) -> Iterator[tuple[re.Match[str], bool]]:
    """The tokens of a JSON text less commas and colons, and whether each is a key. Without recursion."""
    stack: list[str] = []
    is_key = False
    for token in _TOKEN.finditer(text):
        word = token[0]
        if word == ":":
            is_key = False
        elif word == ",":
            is_key = stack[-1] == "{"
        else:
            yield token, is_key and word != "}"
            if word in ("{", "["):
                stack.append(word)
                is_key = word == "{"
            elif word in ("}", "]"):
                stack.pop()
                is_key = False


def _json_places(text: str) -> Iterator[tuple[Path, Place]]:
    """In the order of the text. `open` holds the path of each group or list that has begun, and the next item of a list."""
    spans = _Lines(text)
    paths: list[Path] = []
    items: list[int | None] = []
    name, key = "", None
    for count, (token, is_key) in enumerate(_json_tokens(text)):
        word = token[0]
        if word in ("}", "]"):
            paths.pop()
            items.pop()
            continue
        span = spans.span(token)
        if is_key:
            name, key = json.loads(word) if "\\" in word else word[1:-1], span
            continue
        path: Path = ()
        if paths:
            index = items[-1]
            if index is None and key is None:
                raise ValueError
            path = (*paths[-1], name if index is None else index)
            if index is not None:
                items[-1] = index + 1
            yield path, Place(key or span, span, word not in ("{", "["))
            key = None
        if word in ("{", "["):
            paths.append(path)
            items.append(0 if word == "[" else None)
        if count > 2 * MOST or len(paths) > DEEPEST:
            raise TooMany


class _Lines:
    """The lines of a text, as `str.splitlines` and the parser of YAML count them."""

    def __init__(self, text: str) -> None:
        self._starts = [0]
        for line in text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def span(self, token: re.Match[str]) -> Span:
        start, end = token.span()
        line = bisect_right(self._starts, start)
        return Span(line, start - self._starts[line - 1] + 1, end - start)
