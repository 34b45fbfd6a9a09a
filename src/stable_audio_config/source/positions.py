"""Where every key and value of a YAML or JSON text stands. Worked out only when something is wrong, or when someone asks."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import yaml

from .syntax import DEEPEST, MOST
from .yaml_text import excess

Path = tuple[str | int, ...]

MERGE = "tag:yaml.org,2002:merge"
"""The key `<<`."""


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
        return dict(_json_places(text)) if is_json else _yaml_places(text)
    except (yaml.YAMLError, ValueError, IndexError, AttributeError, RecursionError, _TooMany):
        return {}


class _TooMany(Exception):
    """Through anchors that multiply, or levels without end. `reading` takes no such text either."""


def _yaml_places(text: str) -> dict[Path, Place]:
    if excess(text) is not None:
        raise _TooMany
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    root = yaml.compose(text, Loader=loader)
    walk = _Walk(text.splitlines())
    if root is not None:
        walk.into(root, ())
    return walk.places


class _Walk:
    """A walk through the nodes of a YAML text, aliases followed each time."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.places: dict[Path, Place] = {}
        self.steps = 0

    def into(self, node: yaml.Node, path: Path) -> None:
        """Notes everything below `node`, which stands at `path`."""
        if isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self._put(item, item, (*path, index))
        elif isinstance(node, yaml.MappingNode):
            for name, (key, value) in self._pairs(node).items():
                self._put(key, value, (*path, name))

    def _pairs(self, node: yaml.MappingNode) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """Name -> key and value, what `<<` merges included: the first of its list wins, and over all of them the group's own."""
        pairs: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for merged in (value for key, value in node.value if key.tag == MERGE):
            for other in reversed(merged.value) if isinstance(merged, yaml.SequenceNode) else [merged]:
                pairs |= self._pairs(other)
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise ValueError
            if key.tag != MERGE:
                pairs[key.value] = (key, value)
        self._count(len(pairs))
        return pairs

    def _put(self, key: yaml.Node, value: yaml.Node, path: Path) -> None:
        self._count(1)
        self.places[path] = Place(_span(key, self.lines), _span(value, self.lines), isinstance(value, yaml.ScalarNode))
        self.into(value, path)

    def _count(self, steps: int) -> None:
        self.steps += steps
        if self.steps > 2 * MOST:
            raise _TooMany


def _span(node: yaml.Node, lines: list[str]) -> Span:
    start, end = node.start_mark, node.end_mark
    line = lines[start.line] if start.line < len(lines) else ""
    stop = end.column if end.line == start.line else len(line.rstrip())
    return Span(start.line + 1, start.column + 1, max(1, stop - start.column))


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
            raise _TooMany


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
