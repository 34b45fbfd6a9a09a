"""Where every key and value of a YAML or JSON text stands. Worked out only when something is wrong, or when someone asks."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

Path = tuple[str | int, ...]

MOST = 1_000_000
"""Places; a text with more (through anchors that multiply) gets no positions."""


@dataclass(frozen=True)
class Span:
    """A stretch of one line."""

    line: int
    """1-based."""
    column: int
    """1-based, in characters."""
    width: int
    """In characters; of a value over several lines, what stands in its first line."""


@dataclass(frozen=True)
class Place:
    """Where a key and its value stand; a list item has no key of its own."""

    key: Span
    value: Span
    scalar: bool
    """Whether the value is neither a group nor a list."""


def positions(text: str, is_json: bool = False) -> dict[Path, Place]:
    """Key path -> place, for every key and list item, groups included. Empty for a text that is not valid."""
    text = text.removeprefix("\ufeff")
    try:
        return dict(_json_places(text)) if is_json else _yaml_places(text)
    except (yaml.YAMLError, ValueError, IndexError, RecursionError, _TooMany):
        return {}


class _TooMany(Exception):
    pass


def _yaml_places(text: str) -> dict[Path, Place]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    root = yaml.compose(text, Loader=loader)
    places: dict[Path, Place] = {}
    if root is not None:
        _walk_yaml(root, (), places, text.splitlines())
    return places


def _walk_yaml(node: yaml.Node, path: Path, places: dict[Path, Place], lines: list[str]) -> None:
    if len(places) > MOST:
        raise _TooMany
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            span, here = _span(item, lines), (*path, index)
            places[here] = Place(span, span, isinstance(item, yaml.ScalarNode))
            _walk_yaml(item, here, places, lines)
    elif isinstance(node, yaml.MappingNode):
        merged = [value for key, value in node.value if key.tag == "tag:yaml.org,2002:merge"]
        for other in (inner for value in merged for inner in (value.value if isinstance(value, yaml.SequenceNode) else [value])):
            _walk_yaml(other, path, places, lines)  # What stands here itself is read after it, and wins.
        for key, value in node.value:
            if key.tag != "tag:yaml.org,2002:merge":
                below = (*path, str(key.value))
                places[below] = Place(_span(key, lines), _span(value, lines), isinstance(value, yaml.ScalarNode))
                _walk_yaml(value, below, places, lines)


def _span(node: yaml.Node, lines: list[str]) -> Span:
    start, end = node.start_mark, node.end_mark
    line = lines[start.line] if start.line < len(lines) else ""
    stop = end.column if end.line == start.line else len(line.rstrip())
    return Span(start.line + 1, start.column + 1, max(1, stop - start.column))


_TOKEN = re.compile(r'"(?:[^"\\\\]|\\\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+')


def repeated_key(text: str) -> Span | None:
    """Where the first key of a JSON text stands that its group has already."""
    seen: set[Path] = set()
    for path, place in _json_places(text):
        if path in seen:
            return place.key
        seen.add(path)
    return None


@dataclass
class _Open:
    """A group or list of a JSON text that has begun."""

    path: Path
    index: int | None
    """The next item of a list; None in a group."""
    key: tuple[str, Span] | None = None
    """The key whose value comes next."""

    def child(self) -> tuple[Path, Span | None]:
        if self.index is not None:
            self.index += 1
            return (*self.path, self.index - 1), None
        if self.key is None:
            raise ValueError
        (name, span), self.key = self.key, None
        return (*self.path, name), span


def _json_places(text: str) -> Iterator[tuple[Path, Place]]:
    """Without recursion: 10,000 levels deep is no reason to fail."""
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    stack: list[_Open] = []
    for token in _TOKEN.finditer(text):
        word = token[0]
        if word in ",:":
            continue
        if word in "}]":
            stack.pop()
            continue
        span = _span_of(token, starts)
        top = stack[-1] if stack else None
        if top is not None and top.index is None and top.key is None:
            top.key = (str(json.loads(word)), span)
            continue
        path, key = top.child() if top is not None else ((), None)
        if path:
            yield path, Place(key or span, span, word not in "{[")
        if word in "{[":
            stack.append(_Open(path, 0 if word == "[" else None))


def _span_of(token: re.Match[str], starts: list[int]) -> Span:
    line = bisect_right(starts, token.start())
    return Span(line, token.start() - starts[line - 1] + 1, len(token[0]))
