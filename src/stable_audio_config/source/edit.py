"""Changes of single keys in a YAML or JSON text, everything else of it kept byte for byte: comments, order, spelling.

A change is spliced into the text at the place of its key. The result is read again and compared with the tree that it
should give; where they differ, nothing is changed.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..report.finding import Refused
from .positions import Place, Span, positions
from .reading import tree_of
from .writing import as_yaml

Key = tuple[str | int, ...]


@dataclass(frozen=True)
class Change:
    """One key set, removed or renamed."""

    op: Literal["set", "remove", "rename"]
    path: Key
    value: Any = None
    """The new value, or the new name."""


def edited(text: str, changes: list[Change], *, is_json: bool) -> str | None:
    """The text after all changes; None where one of them cannot be made in place."""
    for change in changes:
        after = _spliced(text, change, is_json)
        if after is None or not _is_meant(text, after, change, is_json):
            return None
        text = after
    return text


def _is_meant(before: str, after: str, change: Change, is_json: bool) -> bool:
    """Whether the text now holds the tree of before with exactly this change."""
    try:
        wanted = applied(tree_of(before, "before", is_json=is_json), change)
        return _same(tree_of(after, "after", is_json=is_json), wanted)
    except (Refused, LookupError, TypeError, AttributeError):
        return False


def _same(one: Any, other: Any) -> bool:
    """Equal in every type too: 1, 1.0 and true differ, and what is not a number equals itself."""
    if isinstance(one, dict):
        return isinstance(other, dict) and one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and (one == other or one != one)


def applied(tree: dict[Any, Any], change: Change) -> dict[Any, Any]:
    """A copy of the tree with the change."""
    copy: dict[Any, Any] = _copied(tree)
    *way, last = change.path
    node: Any = copy
    for step in way:
        node = node[step]
    if change.op == "set":
        node[last] = change.value
    elif change.op == "remove":
        del node[last]
    else:
        items = [(change.value if key == last else key, value) for key, value in node.items()]
        node.clear()
        node.update(items)
    return copy


def _copied(node: Any) -> Any:
    """A copy in which nothing is shared: what an anchor repeats are values of their own."""
    if isinstance(node, dict):
        return {key: _copied(value) for key, value in node.items()}
    return [_copied(item) for item in node] if isinstance(node, list) else node


def _spliced(text: str, change: Change, is_json: bool) -> str | None:
    places = positions(text, is_json)
    place = places.get(change.path)
    lines = text.splitlines(keepends=True)
    if place is None:
        return _inserted(lines, places, change, is_json) if change.op == "set" else None
    if change.op == "rename":
        return _replaced(lines, place.key, _like(lines, place.key, str(change.value)))
    if change.op == "set":
        whole = place.scalar or not is_json  # Of a list in JSON only the bracket is known.
        return _replaced(lines, place.value, written(change.value, is_json)) if whole else None
    alone = not is_json and len(change.path) > 1 and not any(path != change.path for path in _group(places, change.path))
    return _removed(lines, place, is_json, places.get(change.path[:-1]) if alone else None)


def _group(places: dict[Key, Place], path: Key) -> list[Key]:
    """The paths of all keys in the group of `path`."""
    return [other for other in places if len(other) == len(path) and other[:-1] == path[:-1]]


def written(value: Any, is_json: bool) -> str:
    """A value as it stands in a file, on one line."""
    if is_json or not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return as_yaml(value, flow=True).removesuffix("\n").removesuffix("\n...").strip()


def _replaced(lines: list[str], span: Span, new: str) -> str:
    line = lines[span.line - 1]
    start = span.column - 1
    lines[span.line - 1] = line[:start] + new + line[start + span.width :]
    return "".join(lines)


def _like(lines: list[str], span: Span, name: str) -> str:
    """The new name in the quotes of the old one."""
    quote = lines[span.line - 1][span.column - 1]
    return f"{quote}{name}{quote}" if quote in "\"'" else name


def _removed(lines: list[str], place: Place, is_json: bool, emptied: Place | None) -> str | None:
    """Without the key and its value: without their line, where they have it for themselves. `emptied` is the group that then holds
    nothing, which has to be said."""
    if (is_json and not place.scalar) or place.value.line != place.key.line:
        return None
    index = place.key.line - 1
    line = lines[index]
    before, after = line[: place.key.column - 1], line[place.value.column - 1 + place.value.width :]
    rest = after.strip()
    if before.strip() or (rest not in ("", ",") and not rest.startswith("#")):
        if not before.rstrip().endswith(("{", ",")):
            return None  # The first key of a list's item, behind its dash.
        following = re.match(r"\s*,\s*", after)
        lines[index] = before + after[following.end() :] if following else re.sub(r",\s*$", "", before) + after
        return "".join(lines)
    del lines[index]
    if emptied is not None:
        end = emptied.key.column - 1 + emptied.key.width + 1
        above = lines[emptied.key.line - 1]
        lines[emptied.key.line - 1] = f"{above[:end]} {{}}{above[end:]}"
    if is_json and not rest.startswith(",") and index > 0:  # The last of its group: the comma before it goes too.
        lines[index - 1] = re.sub(r",(\s*)$", r"\1", lines[index - 1])
    return "".join(lines)


def _inserted(lines: list[str], places: dict[Key, Place], change: Change, is_json: bool) -> str | None:
    """With a new key before the first one of its group, indented like it."""
    group = change.path[:-1]
    if not isinstance(change.path[-1], str):
        return None
    name = json.dumps(change.path[-1]) if is_json else change.path[-1]
    entry = f"{name}: {written(change.value, is_json)}"
    siblings = [places[path] for path in _group(places, change.path)]
    if not siblings:
        return _filled(lines, places.get(group), entry)
    first = min(siblings, key=lambda place: (place.key.line, place.key.column)).key
    line = lines[first.line - 1]
    before, after = line[: first.column - 1], line[first.column - 1 :]
    if before.strip():  # A group on one line.
        lines[first.line - 1] = f"{before}{entry}, {after}"
    else:
        lines[first.line - 1] = f"{before}{entry}{',' if is_json else ''}{_line_end(line)}{line}"
    return "".join(lines)


def _filled(lines: list[str], group: Place | None, entry: str) -> str | None:
    """With the first key of a group that is written as `{}`."""
    if group is None:
        return None
    line = lines[group.value.line - 1]
    empty = re.compile(r"\{\s*\}").match(line, group.value.column - 1)
    if empty is None:
        return None
    lines[group.value.line - 1] = f"{line[: empty.start()]}{{{entry}}}{line[empty.end() :]}"
    return "".join(lines)


def _line_end(line: str) -> str:
    return "\r\n" if line.endswith("\r\n") else "\n"


def write_whole(file: Path, text: str) -> None:
    """The file holds `text` after the call, or what it held before: written beside it, then renamed.

    Raises:
        OSError: the folder cannot be written to, or the disk is full.
    """
    target = file.resolve()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".new")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            os.chmod(name, target.stat().st_mode)  # noqa: PTH101
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
