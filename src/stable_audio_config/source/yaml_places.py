"""Where every key and value of a YAML text stands."""

from __future__ import annotations

import yaml

from .positions import Path, Place, Span, TooMany
from .syntax import MOST
from .yaml_text import excess

MERGE = "tag:yaml.org,2002:merge"
"""The key `<<`."""


def yaml_places(text: str) -> dict[Path, Place]:
    """Key path -> place, for every key and list item of a YAML text; none where it is not valid.

    Raises:
        TooMany: it is endless.
    """
    if excess(text) is not None:
        raise TooMany
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        root = yaml.compose(text, Loader=loader)
    except yaml.YAMLError:
        return {}
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
            raise TooMany


def _span(node: yaml.Node, lines: list[str]) -> Span:
    start, end = node.start_mark, node.end_mark
    line = lines[start.line] if start.line < len(lines) else ""
    stop = end.column if end.line == start.line else len(line.rstrip())
    return Span(start.line + 1, start.column + 1, max(1, stop - start.column))
