"""A dictionary that remembers which of its keys were read, by whatever way, and in whichever of its copies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

Path = tuple[str | int, ...]
Reads = defaultdict[Path, set[str]]
"""Key path of a dictionary -> its keys that were read."""


def watched(tree: Any, reads: Reads, path: Path = ()) -> Any:
    """A copy of a plain tree in which every dictionary tells `reads` what is read from it."""
    if isinstance(tree, dict):
        return Watched({key: watched(value, reads, (*path, key)) for key, value in tree.items()}, reads, path)
    if isinstance(tree, list):
        return [watched(value, reads, (*path, index)) for index, value in enumerate(tree)]
    return tree


class Watched(dict[str, Any]):
    """One dictionary of the tree. Asking for a value, or whether there is one, reads its key; asking for the names of the keys does
    not. `f(**watched)` reads all keys: Python takes them one by one since `__iter__` is our own."""

    def __init__(self, content: dict[str, Any], reads: Reads, path: Path) -> None:
        super().__init__(content)
        self._reads, self._path = reads, path

    def _read(self, *keys: Any) -> None:
        self._reads[self._path].update(keys)

    def __getitem__(self, key: str) -> Any:
        self._read(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self._read(key)
        return super().__contains__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self._read(key)
        return super().get(key, default)

    def pop(self, key: str, *default: Any) -> Any:
        self._read(key)
        return super().pop(key, *default)

    def setdefault(self, key: str, default: Any = None) -> Any:
        self._read(key)
        return super().setdefault(key, default)

    def __iter__(self) -> Iterator[str]:
        return super().__iter__()

    def items(self) -> Any:
        self._read(*super().keys())
        return super().items()

    def values(self) -> Any:
        self._read(*super().keys())
        return super().values()

    def copy(self) -> Watched:
        return Watched(dict(super().items()), self._reads, self._path)

    def __deepcopy__(self, memo: dict[int, Any]) -> Watched:
        import copy

        content = {key: copy.deepcopy(value, memo) for key, value in super().items()}
        return Watched(content, self._reads, self._path)

    def __reduce__(self) -> Any:
        return dict, (dict(super().items()),)


def unread(tree: Any, reads: Reads, path: Path = ()) -> Iterable[Path]:
    """The key paths that were never read; nothing below them is named."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key in reads.get(path, ()):
                yield from unread(value, reads, (*path, key))
            else:
                yield (*path, key)
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from unread(value, reads, (*path, index))
