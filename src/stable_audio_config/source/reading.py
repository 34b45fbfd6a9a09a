"""A file's text, and the plain tree in it. Everything that a text can do wrong ends in one finding with its place."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from ..report.finding import Finding, Refused, refuse

LARGEST = 10_000_000
"""Bytes. No configuration is larger, and reading one that is would take seconds."""

DEEPEST = 150
"""Groups and lists inside each other. The deepest published config has 12."""

MOST = 300_000
"""Values, those that an alias repeats counted every time. The largest published config has 300."""


def read_text(file: Path) -> str:
    """The file's text, without a byte order mark.

    Raises:
        Refused: it is missing, unreadable, too large or not UTF-8.
    """
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
        tree = _from_json(text, name) if is_json else _from_yaml(text, name)
        excess = _excess(tree)
    except RecursionError:
        excess = "is nested too deeply"
    if excess is not None:
        raise refuse("unreadable-file", f"`{name}` {excess}", source=name)
    if not isinstance(tree, dict):
        raise refuse("wrong-type", f"`{name}` must hold keys and values, not a list or a single value", source=name)
    return tree


def _excess(tree: Any) -> str | None:
    """Why a tree cannot be walked, or None: aliases may make a small text an endless or enormous one."""
    count, level = 0, [tree]
    for _ in range(DEEPEST):
        level = [inner for node in level for inner in _inside(node)]
        count += len(level)
        if count > MOST:
            return f"holds more than {MOST} values"
        if not level:
            return None
    return "is nested too deeply"


def _inside(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        yield from node.values()
    elif isinstance(node, list):
        yield from node


def _from_json(text: str, name: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_no_duplicates)
    except json.JSONDecodeError as error:
        problem, help = _json_problem(text, error)
        raise _syntax(name, "JSON", problem, error.lineno, error.colno, text, help) from None
    except _DuplicateKey as error:
        raise _twice(text, str(error), name) from None
    except ValueError as error:  # A number of more digits than Python reads.
        raise refuse("syntax", f"`{name}` is not valid JSON: {error}", source=name) from None


class _DuplicateKey(Exception):
    pass


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _DuplicateKey(next(key for key in keys if keys.count(key) > 1))
    return tree


def _twice(text: str, key: str, name: str) -> Refused:
    from .positions import repeated_key

    message = f"`{key}` stands twice in one group of `{name}`"
    span = repeated_key(text)
    if span is None:
        return refuse("duplicate-key", message, source=name)
    excerpt = text.splitlines()[span.line - 1]
    place = {"source": name, "line": span.line, "column": span.column, "width": span.width, "excerpt": excerpt}
    return Refused(Finding(rule="duplicate-key", message=message, help="keep one of the two", **place))  # type: ignore[arg-type]


def _json_problem(text: str, error: json.JSONDecodeError) -> tuple[str, str | None]:
    """What is wrong at the place of the error, and what to do about it."""
    at, before = text[error.pos : error.pos + 2], text[: error.pos].rstrip()
    if at in ("//", "/*") or at[:1] == "#":
        return "a comment, which JSON does not know", 'write it as a key: "_comment": "..."'
    if at[:1] in ("}", "]") and before.endswith(","):
        return f"a comma before `{at[:1]}`", "take the comma away"
    if "trailing comma" in error.msg:  # How Python 3.13 and later say it.
        return f"a comma before `{text[error.pos + 1 :].lstrip()[:1]}`", "take the comma away"
    if at[:1] == "'":
        return "a text in single quotes", "use double quotes"
    return error.msg[0].lower() + error.msg[1:], None


def _from_yaml(text: str, name: str) -> Any:
    import yaml

    try:
        tree = yaml.load(text, Loader=yaml_loader(fast=True))
        return {} if tree is None else tree
    except yaml.YAMLError as error:
        problem = error
    except ValueError as error:  # A number or a date that Python cannot read.
        raise refuse("syntax", f"`{name}` is not valid YAML: {error}", source=name) from None
    try:
        yaml.load(text, Loader=yaml_loader(fast=False))
    except yaml.YAMLError as error:  # The slow parser's words are the better ones.
        problem = error
    if not isinstance(problem, yaml.MarkedYAMLError):
        raise refuse("syntax", f"`{name}` is not valid YAML: {str(problem).splitlines()[0]}", source=name)
    mark = problem.problem_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
    raise _syntax(name, "YAML", _problem(problem), line, column, text, None)


_FLOAT = r"""^(?:
     [-+]?[0-9]+(?:_[0-9]+)*\.[0-9_]*(?:[eE][-+]?[0-9]+)?
    |[-+]?[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+)
    |\.[0-9]+(?:_[0-9]+)*(?:[eE][-+][0-9]+)?
    |[-+]?[0-9]+(?:_[0-9]+)*(?::[0-5]?[0-9])+\.[0-9_]*
    |[-+]?\.(?:inf|Inf|INF)
    |\.(?:nan|NaN|NAN))$"""
"""What OmegaConf reads as a number with a fraction: `1e-4` is one, as in JSON."""


@cache
def yaml_loader(*, fast: bool) -> Any:
    """PyYAML's loader with OmegaConf's rules: 1e-4 is a number, a date is a text, a key that stands twice is an error."""
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader) if fast else yaml.SafeLoader

    class Loader(base):  # type: ignore[misc]
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
            seen: set[str] = set()
            for key, _ in node.value:
                if key.tag != yaml.resolver.BaseResolver.DEFAULT_SCALAR_TAG:
                    continue
                if key.value in seen:
                    problem = f"found duplicate key {key.value}"
                    raise yaml.constructor.ConstructorError("while reading a group", node.start_mark, problem, key.start_mark)
                seen.add(key.value)
            mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
            return mapping

    Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(_FLOAT, re.X), list("-+0123456789."))
    Loader.yaml_implicit_resolvers = {
        key: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for key, resolvers in Loader.yaml_implicit_resolvers.items()
    }
    return Loader


def _problem(error: Any) -> str:
    problem = error.problem or "not valid YAML"
    if problem == "found character '\\t' that cannot start any token":
        return "a tab indents here; YAML takes spaces only"
    if problem.startswith("found duplicate key "):
        return f"the key `{problem.removeprefix('found duplicate key ')}` stands twice"
    if problem.startswith("could not determine a constructor for the tag"):
        return f"the tag {problem.rpartition(' ')[2]} is not allowed: a config holds plain values"
    return f"{error.context}, {problem}" if problem.startswith("but ") and error.context else problem


def _syntax(name: str, language: str, problem: str, line: int | None, column: int | None, text: str, help: str | None) -> Refused:
    lines = text.splitlines()
    excerpt = lines[line - 1] if line is not None and line <= len(lines) else None
    message = f"not valid {language}: {problem}"
    return Refused(Finding(rule="syntax", message=message, source=name, line=line, column=column, excerpt=excerpt, help=help))
