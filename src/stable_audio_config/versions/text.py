"""A file's text after changes of its keys: comments, order and spelling of everything else are kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from ..report.finding import Refused
from ..source.edit import Change, applied, edited
from ..source.reading import tree_of


def carried_text(text: str, changes: Iterable[Change], *, is_json: bool) -> tuple[str, list[Change]]:
    """The text after the changes, and those that cannot be made in place.

    A JSON text has no comments to lose: where one of its changes cannot be spliced in, it is written anew, with its own indent.
    """
    left: list[Change] = []
    for change in changes:
        after = edited(text, [change], is_json=is_json)
        if after is None:
            after = _anew(text, change) if is_json else _without_block(text, change)
        if after is None:
            left.append(change)
        else:
            text = after
    return text, left


def _anew(text: str, change: Change) -> str | None:
    try:
        tree = applied(tree_of(text, "before", is_json=True), change)
    except (Refused, LookupError, TypeError, AttributeError):
        return None
    found = re.search(r"\n([ \t]+)\S", text)
    written = json.dumps(tree, indent=found[1] if found else None, ensure_ascii=False)
    after = written + ("\n" if text.endswith("\n") else "")
    return after.replace("\n", "\r\n") if "\r\n" in text else after


def _without_block(text: str, change: Change) -> str | None:
    """Without the lines of a YAML key that holds a group or a list."""
    lines = text.splitlines(keepends=True)
    found = _lines_of(text, change) if change.op == "remove" else None
    if found is None or lines[found[0]][: found[2]].strip():
        return None
    after = "".join([*lines[: found[0]], *lines[found[1] + 1 :]])
    try:
        wanted = applied(tree_of(text, "before", is_json=False), change)
        return after if tree_of(after, "after", is_json=False) == wanted else None
    except (Refused, LookupError, TypeError):
        return None


def _lines_of(text: str, change: Change) -> tuple[int, int, int] | None:
    """The first and last line of a key with its value, from 0, and the column of the key; None where there is no such key."""
    import yaml

    node: Any = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    key: Any = None
    for step in change.path:
        if isinstance(node, yaml.MappingNode):
            key, node = next(((name, value) for name, value in node.value if name.value == str(step)), (None, None))
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
        else:
            return None
    if key is None:
        return None
    return key.start_mark.line, _last_line(node), key.start_mark.column


def _last_line(node: Any) -> int:
    """Where the last value inside ends: the end of a block itself is where the next key begins, comments between them included."""
    inner = [part for item in node.value for part in (item if isinstance(item, tuple) else (item,))] if node.id != "scalar" else []
    if not inner or node.flow_style:
        end = node.end_mark
        return int(end.line if end.column else end.line - 1)
    return max(_last_line(part) for part in inner)
