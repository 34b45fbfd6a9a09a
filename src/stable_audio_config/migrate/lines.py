"""A plain tree as YAML with comments, a line for each key, and the same lines read back.

Every list of values is written as JSON would write it, and so is every text that YAML could take for something else: what is
written here needs a small part of YAML only, and `read_back` knows no more than that. A folder of hundreds of files is read back
in a tenth of the time; a test holds it to the real reader.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

Path = tuple[str | int, ...]

WIDEST = 120
"""Characters of a list on one line."""

_PLAIN = re.compile(r"(?:[A-Za-z_]|\.{0,2}/)[A-Za-z0-9_./+-]*(?: [A-Za-z0-9_./+-]+)*")
"""Texts that stand without quotes."""

_NOT_TEXT = frozenset(
    word for name in ("true", "false", "yes", "no", "on", "off", "null", "y", "n") for word in (name, name.title(), name.upper())
)
_UNSEEN = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


def lines_of(tree: Mapping[str, Any], comments: Mapping[Path, str] | None = None, indent: str = "", at: Path = ()) -> list[str]:
    """The lines of a group of keys.

    Args:
        comments: what stands beside the line of a key.

    Raises:
        ValueError: a text cannot stand in YAML, or in an experiment.
    """
    comments = comments or {}
    lines: list[str] = []
    for key, value in tree.items():
        path = (*at, key)
        beside = f"  # {comments[path]}" if path in comments else ""
        name = f"{indent}{key if _PLAIN.fullmatch(key) and key not in _NOT_TEXT else in_quotes(key)}:"
        if isinstance(value, dict) and value:
            lines.append(f"{name}{beside}")
            lines += lines_of(value, comments, f"{indent}  ", path)
        elif isinstance(value, list) and any(isinstance(item, dict) and item for item in value):
            lines.append(f"{name}{beside}")
            lines += _items(value, comments, f"{indent}  ", path)
        else:
            lines.append(f"{name} {_value(value)}{beside}")
    return lines


def _items(items: list[Any], comments: Mapping[Path, str], indent: str, at: Path) -> list[str]:
    """A list that holds groups: a dash for each item."""
    lines: list[str] = []
    for index, item in enumerate(items):
        if isinstance(item, dict) and item:
            inside = lines_of(item, comments, f"{indent}  ", (*at, index))
            inside[0] = f"{indent}- {inside[0].lstrip(' ')}"
            lines += inside
        else:
            lines.append(f"{indent}- {_value(item)}")
    return lines


def _value(value: Any) -> str:
    return _flow(value) if isinstance(value, (list, dict)) else scalar(value)


def _flow(value: Any) -> str:
    """A list or group on one line, as JSON."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{in_quotes(key)}: {_flow(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    return quoted(value) if isinstance(value, str) else scalar(value)


def scalar(value: Any) -> str:
    """One value that is no list and no group."""
    if isinstance(value, str):
        return text(value)
    if value is None or isinstance(value, bool):
        return "null" if value is None else "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    return str(value)


def _number(value: float) -> str:
    """`1.0e-05` where Python writes `1e-05`, which most readers of YAML take for a text."""
    if not math.isfinite(value):
        return ".nan" if value != value else ".inf" if value > 0 else "-.inf"
    written = repr(value)
    return written if "e" not in written or "." in written else written.replace("e", ".0e")


def text(value: str) -> str:
    """A text, in quotes where it needs them."""
    if _PLAIN.fullmatch(value) and value not in _NOT_TEXT:
        return value
    return quoted(value)


def quoted(value: str) -> str:
    """A text in double quotes; `${` in it stays what it is.

    Raises:
        ValueError: it is `???`, or holds half of a character.
    """
    if value == "???":
        raise ValueError("`???` means a value that is still to come")
    if "${" in value:
        value = re.sub(r"(\\*)\$\{", lambda found: f"{found[1] * 2}\\${{", value)
    return in_quotes(value)


def in_quotes(value: str) -> str:
    """A text in double quotes, as it is: keys hold no interpolations.

    Raises:
        ValueError: it holds half of a character.
    """
    written = json.dumps(value, ensure_ascii=False)
    return _UNSEEN.sub(_escaped, written) if not written.isascii() or "\x7f" in written else written


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xD800 <= code <= 0xDFFF:
        raise ValueError("half of a character")
    return f"\\u{code:04x}"


_LINE = re.compile(
    r"(?P<indent> *)(?P<dashes>(?:- )*)(?:(?P<key>\"(?:[^\"\\]|\\.)*\"|[A-Za-z_./][^:\"]*):(?: |$))?(?P<value>.*)", re.S
)
_WORDS = {"null": None, "true": True, "false": False, ".nan": math.nan, ".inf": math.inf, "-.inf": -math.inf}
_DECODER = json.JSONDecoder()


def read_back(written: str) -> dict[str, Any]:
    """The tree in a text that `lines_of` wrote; comments and escapes of `${` are gone.

    Raises:
        ValueError: something else wrote it.
    """
    root: dict[str, Any] = {}
    open_groups: list[tuple[int, Any]] = [(0, root)]
    waiting: tuple[Any, Any] | None = None
    for line in written.split("\n"):
        if not line.strip() or line.lstrip(" ").startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise ValueError(line)
        column = len(found["indent"])
        for _ in range(len(found["dashes"]) // 2):
            items, waiting = _opened(open_groups, waiting, column, list)
            column += 2
            if found["key"] is None:
                items.append(_read(found["value"]))
                break
            group: dict[str, Any] = {}
            items.append(group)
            open_groups.append((column, group))
        if found["key"] is None:
            if not found["dashes"]:
                raise ValueError(line)
            continue
        group, waiting = _opened(open_groups, waiting, column, dict)
        key = _read_text(found["key"])
        if key in group:
            raise ValueError(line)
        rest = found["value"]
        group[key] = None
        if not rest or rest.startswith(" #"):
            waiting = (group, key)
        else:
            group[key] = _read(rest)
    if waiting is not None:
        raise ValueError("a key without its group")
    return root


def _opened(open_groups: list[tuple[int, Any]], waiting: tuple[Any, Any] | None, column: int, kind: type) -> tuple[Any, None]:
    """The group or list that begins, or goes on, at this column."""
    if waiting is not None:
        if column <= open_groups[-1][0]:
            raise ValueError("a key without its group")
        group, key = waiting
        group[key] = kind()
        open_groups.append((column, group[key]))
    while open_groups[-1][0] > column:
        open_groups.pop()
    there, found = open_groups[-1]
    if there != column or not isinstance(found, kind):
        raise ValueError(f"nothing begins at column {column}")
    return found, None


def _read_text(written: str) -> str:
    if not written.startswith('"'):
        return written
    read = json.loads(written)
    assert isinstance(read, str)
    return read


def _read(written: str) -> Any:
    """A value and what stands behind it, which may be a comment."""
    first = written[0]
    if first in '"[{-0123456789' and written[:5] != "-.inf":
        value, end = _DECODER.raw_decode(written)
        _only_comment(written[end:])
        return _without_escapes(value)
    word, _, _ = written.partition("  #")
    return _WORDS.get(word, word)


def _only_comment(rest: str) -> None:
    if rest and not rest.startswith("  #"):
        raise ValueError(rest)


_ESCAPE = re.compile(r"(\\+)\$\{")


def _without_escapes(value: Any) -> Any:
    if isinstance(value, str):
        return _ESCAPE.sub(lambda found: found[1][: len(found[1]) // 2] + "${", value) if "${" in value else value
    if isinstance(value, list):
        return [_without_escapes(item) for item in value]
    return {key: _without_escapes(item) for key, item in value.items()} if isinstance(value, dict) else value
