"""A light view of a checked plain tree, for rules: defaults filled in, every value with its key path, broken parts absent.

A rule asks a node for values by dotted key. What is missing, null where a value is needed, or part of a structural
mistake raises `Absent`, and the rule stays silent: one mistake is one finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..datamodels.shapes import NO_SLOT, Shape, Slot

Path = tuple[str | int, ...]


class Absent(Exception):
    """What a rule asked for is not there, or broken."""


class Node:
    """One dictionary of the tree, with the data model that describes it."""

    __slots__ = ("_below_me", "_parts", "broken", "model", "parent", "path", "tree")

    def __init__(self, tree: Mapping[str, Any], model: Shape, path: Path, broken: Broken, parent: Node | None) -> None:
        self.tree = tree
        """What was written, defaults left out."""
        self.model = model
        """The shape of the data model of this dictionary."""
        self.path = path
        """Its key path from the top of the file or experiment."""
        self.broken = broken
        self.parent = parent
        """The node that holds this one, list items included; None at the top."""
        self._parts: dict[str, Node] = {}
        self._below_me: tuple[Node, ...] | None = None

    def __call__(self, keys: str) -> Any:
        """The plain value at the dotted `keys`, with the default where nothing was written.

        Raises:
            Absent: it is required and missing, or broken.
        """
        if "." not in keys:
            return self._value(keys)
        *way, last = keys.split(".")
        node = self
        for step in way:
            node = node._part(step)
        return node._value(last)

    def _value(self, key: str) -> Any:
        if self.broken.paths and self.broken.touches((*self.path, key)):
            raise Absent((*self.path, key))
        if key in self.tree:
            return self.tree[key]
        default = self.model.fields[key].default if key in self.model.fields else ...
        if default is ...:
            raise Absent((*self.path, key))
        return default

    def given(self, keys: str) -> Any:
        """As a call, but null counts as absent too: for numbers that a rule computes with."""
        value = self(keys)
        if value is None:
            raise Absent((*self.path, *keys.split(".")))
        return value

    def written(self, keys: str) -> bool:
        """Whether the tree itself has this key."""
        tree: Any = self.tree
        for step in keys.split("."):
            if not isinstance(tree, Mapping) or step not in tree:
                return False
            tree = tree[step]
        return True

    def has(self, keys: str) -> bool:
        """Whether a value other than null stands there, written or by default. Mistakes inside it do not matter.

        Raises:
            Absent: it, or a part on the way to it, is a mistake itself, so that nobody knows.
        """
        *way, last = keys.split(".")
        node = self
        for step in way:
            if (*node.path, step) in node.broken:
                raise Absent((*node.path, step))
            try:
                node = node.part(step)
            except Absent:
                return False
        if (*node.path, last) in node.broken:
            raise Absent((*node.path, last))
        if last in node.tree:
            return node.tree[last] is not None
        return last in node.model.fields and node.model.fields[last].default not in (None, ...)

    def at(self, keys: str) -> Path:
        """The key path of the dotted `keys`."""
        return (*self.path, *keys.split("."))

    def part(self, keys: str) -> Node:
        """The node at the dotted `keys`.

        Raises:
            Absent: there is none, it is null, or its tag is wrong.
        """
        node = self
        for step in keys.split("."):
            node = node._part(step)
        return node

    def _part(self, key: str) -> Node:
        known = self._parts.get(key)
        if known is None:
            known = self._parts[key] = self._entered(key)
        return known

    def _entered(self, key: str) -> Node:
        here = (*self.path, key)
        slot = self.model.fields.get(key, NO_SLOT)
        value = self.tree.get(key, {} if isinstance(slot.default, dict) else None)
        model = slot.described_by(value)
        if model is None or here in self.broken or not isinstance(value, dict):
            raise Absent(here)
        return Node(value, model, here, self.broken, self)

    def parts(self, keys: str) -> list[Node]:
        """The nodes in the list at the dotted `keys`, less the broken ones; none where there is no list."""
        *way, last = keys.split(".")
        try:
            node = self.part(".".join(way)) if way else self
        except Absent:
            return []
        return [child for child in node.children() if child.path[len(node.path)] == last and len(child.path) == len(node.path) + 2]

    def children(self) -> tuple[Node, ...]:
        """Every node directly below, in lists and dictionaries too."""
        if self._below_me is None:
            self._below_me = tuple(self._children())
        return self._below_me

    def _children(self) -> Iterator[Node]:
        known = self.model.fields
        for key, value in self.tree.items():
            if key in known and isinstance(value, (dict, list, tuple)):
                yield from self._below(known[key], value, (*self.path, key))

    def _below(self, slot: Slot, value: Any, path: Path) -> Iterator[Node]:
        if path in self.broken:
            return
        if isinstance(value, (list, tuple)):
            for index, item in enumerate(value):
                if isinstance(item, (dict, list, tuple)):
                    yield from self._below(slot.item, item, (*path, index))
        elif isinstance(value, dict):
            model = slot.described_by(value)
            if model is not None:
                yield Node(value, model, path, self.broken, self)

    def everything(self) -> Iterator[Node]:
        """This node and every node below it."""
        yield self
        for child in self.children():
            yield from child.everything()

    def above(self, name: str) -> Node:
        """The nearest node around this one whose data model is called `name`.

        Raises:
            Absent: there is none.
        """
        node = self.parent
        while node is not None and name not in names_of(node.model):
            node = node.parent
        if node is None:
            raise Absent(self.path)
        return node


class Broken:
    """The key paths that structural findings name."""

    def __init__(self, paths: Iterable[Path] = ()) -> None:
        self.paths = frozenset(paths)
        self.around = frozenset(path[:end] for path in self.paths for end in range(len(path)))

    def __contains__(self, path: Path) -> bool:
        return path in self.paths

    def touches(self, path: Path) -> bool:
        """True if the value at `path`, or something inside it, is broken."""
        return path in self.paths or path in self.around


def names_of(shape: Shape) -> frozenset[str]:
    """The names of a data model's class and of those it derives from."""
    return shape.names


def fields(shape: Shape) -> dict[str, tuple[Slot, Any]]:
    """Key -> (what may stand there, default) of a data model; `...` as default of a required key."""
    return {name: (slot, slot.default) for name, slot in shape.fields.items()}
