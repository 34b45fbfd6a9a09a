"""A file's text, and the plain tree in it. Everything that a text can do wrong ends in one finding with its place."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from ..report.finding import Finding, Refused, refuse
from .json_text import from_json
from .syntax import DEEPEST, MOST
from .tree import Path as Key
from .tree import is_too_wide, too_wide, words_about
from .yaml_text import from_yaml

LARGEST = 10_000_000
"""Bytes. No configuration is larger, and reading one that is would take seconds."""

UNSAVED: ContextVar[Mapping[str, str] | None] = ContextVar("UNSAVED", default=None)
"""Real path -> text, for files that are open in an editor: what stands there counts, not what the disk holds."""


def read_text(file: Path) -> str:
    """The file's text, without a byte order mark.

    Raises:
        Refused: it is missing, unreadable, too large or not UTF-8.
    """
    unsaved = UNSAVED.get()
    text = unsaved.get(os.path.realpath(file)) if unsaved else None
    if text is not None:
        return decoded(text.encode("utf-8", "surrogatepass"), str(file))
    try:
        with file.open("rb") as stream:
            return decoded(stream.read(LARGEST + 1), str(file))
    except FileNotFoundError:
        raise refuse("missing-file", f"the file `{file}` does not exist", help="check the path") from None
    except OSError as error:
        raise refuse("unreadable-file", f"`{file}` cannot be read: {error.strerror or error}", source=str(file)) from None


def decoded(content: bytes, name: str) -> str:
    """The text of a file's content, without a byte order mark.

    Raises:
        Refused: it is too large or not UTF-8.
    """
    if len(content) > LARGEST:
        raise refuse("unreadable-file", f"`{name}` is larger than {LARGEST // 1_000_000} MB", source=name)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"`{name}` is not UTF-8 text (byte {error.start})"
        raise refuse("unreadable-file", message, help="save it as UTF-8", source=name) from None
    if "\0" in text:
        raise refuse("unreadable-file", f"`{name}` is not a text file", help="name a YAML or JSON file", source=name)
    return text


def plain_tree(file: Path) -> dict[Any, Any]:
    """The file's keys and values as they were written.

    Raises:
        Refused: with the position of a syntax error, or the kind of what stands there instead of keys.
    """
    return tree_of(read_text(file), str(file), is_json=file.suffix == ".json")


def tree_of(text: str, name: str, *, is_json: bool) -> dict[Any, Any]:
    """The keys and values in a text. `name` is what messages call it.

    Raises:
        Refused: with the position of a syntax error, or the kind of what stands there instead of keys.
    """
    try:
        tree = from_json(text, name) if is_json else from_yaml(text, name)
        values = _everything(tree, name)
    except RecursionError:
        raise _too_deep(name) from None
    except UnicodeEncodeError as error:  # Half of a character, which only a text made in memory can hold.
        raise refuse("unreadable-file", f"`{name}` is not UTF-8 text (character {error.start})", source=name) from None
    if not isinstance(tree, dict):
        raise refuse("wrong-type", f"`{name}` must hold keys and values, not a list or a single value", source=name)
    if any(map(is_too_wide, values)):
        raise Refused(*(_too_wide(path, text, name, is_json) for path in too_wide(tree)))
    return tree


def _too_wide(path: Key, text: str, name: str, is_json: bool) -> Finding:
    from .positions import positions

    place = positions(text, is_json).get(tuple(step if isinstance(step, int) else str(step) for step in path))
    found = Finding(rule="wrong-value", message=words_about(path), path=path, source=name)
    if place is None:
        return found
    span = place.value
    return replace(found, line=span.line, column=span.column, width=span.width, excerpt=text.splitlines()[span.line - 1])


def _everything(tree: Any, name: str) -> list[Any]:
    """Every value of a tree that can be walked: aliases may make a small text an endless or enormous one."""
    values, level = [tree], [tree]
    for _ in range(DEEPEST):
        level = list(islice((inner for node in level for inner in _inside(node)), MOST + 1))
        values += level
        if len(values) > MOST:
            raise refuse("unreadable-file", f"`{name}` holds more than {MOST} values", source=name)
        if not level:
            return values
    raise _too_deep(name)


def _too_deep(name: str) -> Refused:
    return refuse("unreadable-file", f"`{name}` is nested too deeply", source=name)


def _inside(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        yield from node.values()
    elif isinstance(node, list):
        yield from node
