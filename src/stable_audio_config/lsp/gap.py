"""Where in a half-written text something is about to be written: found by putting a mark there and reading the text with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from ..report.finding import Path as Key
from ..report.finding import Refused
from ..source.syntax import DEEPEST
from ..source.yaml_text import excess, from_yaml
from .text import Text

MARK = "sat__mark"
"""No config has such a key, nor such a value."""

Role = Literal["key", "value"]

_WORD = re.compile(r"""["']?[^\s,\[\]{}"'#]*$""")
_REST = re.compile(r"""[^\s,\[\]{}"':#]*["']?""")
_IN_DEFAULTS = re.compile(r"^\s*-\s+((?:override\s+)?[\w/@.]*)$")
_DASHES = re.compile(r"^\s*(?:-\s+)*$")


@dataclass(frozen=True)
class Gap:
    """One thing that may be written at the cursor."""

    path: Key
    """Of the group that a key would go into; of the value, or list item, itself."""
    role: Role
    start: int
    """Where in the text begins what is replaced."""
    end: int
    tree: Mapping[str, Any] | None
    """The keys and values around it, less the mark; None where the text cannot be read as a whole."""
    quoted: bool
    """Whether a quote has been opened."""
    has_value: bool
    """Whether a colon follows already."""


def gaps_at(text: Text, index: int) -> list[Gap]:
    """What may be written at an index: nothing in a comment, a key, a value, or either."""
    plain = text.plain.replace("\t", " ") if text.is_json else text.plain
    line_start = plain.rfind("\n", 0, index) + 1
    before = plain[line_start:index]
    if not text.is_json and re.search(r"(?:^|\s)#", before):
        return []
    start, end = _word(before, plain, line_start, index)
    found: dict[str, Gap] = {}
    for filled in _fillings(plain, start, end, text.is_json):
        for path, role in _marked(filled):
            found.setdefault(role, _gap(filled, path, role, start, end, plain))
        if len(found) == 2 or any(not _is_item(gap.path) for gap in found.values()):
            break  # Only an item of a list may be either.
    return list(found.values())


def _is_item(path: Key) -> bool:
    return bool(path) and isinstance(path[-1], int)


def _word(before: str, plain: str, line_start: int, index: int) -> tuple[int, int]:
    """Where the word around the cursor begins and ends; an entry of a `defaults` list is one word, spaces included."""
    entry = _IN_DEFAULTS.match(before)
    in_defaults = entry is not None and _list_above(plain[:line_start]) == "defaults"
    word = _WORD.search(before)
    start = line_start + (
        entry.start(1) if in_defaults and entry is not None else word.start() if word is not None else len(before)
    )
    rest = _REST.match(plain, index)
    end = rest.end() if rest is not None else index
    if end > index and plain[end - 1] in "\"'" and plain[start : start + 1] != plain[end - 1]:
        end -= 1
    return start, end


def _list_above(plain: str) -> str:
    """The key whose list a line with a dash continues."""
    for line in reversed(plain.splitlines()):
        if line.strip() and not line.lstrip().startswith(("-", "#")):
            return line.partition(":")[0].strip()
    return ""


def _fillings(plain: str, start: int, end: int, is_json: bool) -> Iterator[str]:
    """The text with the mark in the place of the word, in every spelling that could make it valid; the likeliest first."""
    before, after = plain[:start], plain[end:]
    if is_json:
        spellings = [f'"{MARK}"', f'"{MARK}": null', f'"{MARK}",', f'"{MARK}": null,', f', "{MARK}": null', f', "{MARK}": null,']
    else:
        blank = _DASHES.match(before[before.rfind("\n") + 1 :]) is not None
        spellings = [f"{MARK}: null", MARK] if blank else [MARK, f"{MARK}: null"]
        spellings += [f"{MARK}: null,"] if "{" in before else []
    rest = after[after.find("\n") :] if "\n" in after else ""
    for ending in (after, rest, _closing(before) if is_json else ""):
        for spelling in spellings:
            yield before + spelling + ending


def _closing(before: str) -> str:
    """The brackets that a JSON text still needs."""
    stack: list[str] = []
    for found in re.finditer(r'"(?:[^"\\\n]|\\.)*"|[\[\]{}]', before):
        if found[0] in "[{":
            stack.append("]" if found[0] == "[" else "}")
        elif found[0] in "]}" and stack:
            stack.pop()
    return "".join(reversed(stack))


def _gap(filled: str, path: Key, role: Role, start: int, end: int, plain: str) -> Gap:
    after = plain[end:]
    follows = after[: (after + "\n").find("\n")].lstrip().startswith(":")
    return Gap(path, role, start, end, _tree(filled), plain[start : start + 1] in ('"', "'"), follows)


def _marked(filled: str) -> Iterator[tuple[Key, Role]]:
    """Where the mark is: the group whose key it is, or the place whose value; nothing for a text that is not valid."""
    if excess(filled) is not None:
        return
    try:
        root = yaml.compose(filled, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        return
    if root is not None:
        yield from _marks(root, (), 0)


def _marks(node: yaml.Node, path: Key, depth: int) -> Iterator[tuple[Key, Role]]:
    if depth > DEEPEST:
        return
    if isinstance(node, yaml.ScalarNode) and node.value == MARK:
        yield path, "value"
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _marks(item, (*path, index), depth + 1)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == MARK:
                yield path, "key"
            elif isinstance(key, yaml.ScalarNode):
                yield from _marks(value, (*path, key.value), depth + 1)


def _tree(filled: str) -> Mapping[str, Any] | None:
    try:
        tree = from_yaml(filled, "-")
    except (Refused, RecursionError):
        return None
    return _unmarked(tree) if isinstance(tree, dict) else None


def _unmarked(node: Any) -> Any:
    """Without the mark: neither its key nor what it is the value of was written."""
    if isinstance(node, dict):
        return {str(key): _unmarked(value) for key, value in node.items() if key != MARK and value != MARK}
    return [_unmarked(item) for item in node if item != MARK] if isinstance(node, list) else node
