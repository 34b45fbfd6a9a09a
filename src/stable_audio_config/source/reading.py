"""A file's text, and the plain tree in it. Everything that a text can do wrong ends in one finding with its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..report.finding import Finding, Refused, refuse

if TYPE_CHECKING:
    import yaml

LARGEST = 10_000_000
"""Bytes. No configuration is larger, and reading one that is would take seconds."""

DEEPEST = 150
"""Groups and lists inside each other. The deepest published config has 12."""

MOST = 300_000
"""Values, those that an alias repeats counted every time. The largest published config has 300."""

LONGEST = 4_300
"""Characters of a number. Python reads no longer ones, and works on them for longer the more there are."""

SMALL = 8_000
"""Characters of a text that cannot be nested so deeply that PyYAML's C code runs out of stack (at some 20,000 levels)."""


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
        level = list(islice((inner for node in level for inner in _inside(node)), MOST + 1 - count))
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
        raise _syntax(name, "JSON", problem, *place_of(text, error.pos), text, help) from None
    except _DuplicateKey as error:
        raise _twice(text, str(error), name) from None
    except ValueError:  # A number of more digits than Python reads.
        digits = re.search(rf"\d{{{LONGEST + 1},}}", text)
        line, column = place_of(text, digits.start()) if digits else (None, None)
        raise _syntax(name, "JSON", _too_long(len(digits[0]) if digits else LONGEST + 1), line, column, text, None) from None


class _DuplicateKey(Exception):
    pass


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        seen: set[str] = set()
        raise _DuplicateKey(next(key for key, _ in pairs if key in seen or seen.add(key)))
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


def place_of(text: str, index: int) -> tuple[int, int]:
    """Line and column, from 1, of a character."""
    lines = text[:index].splitlines(keepends=True) or [""]
    return (len(lines), len(lines[-1]) + 1) if lines[-1] == lines[-1].rstrip("\r\n") else (len(lines) + 1, 1)


def _too_long(digits: int) -> str:
    return f"a number of {digits} characters, of at most {LONGEST}"


def _from_yaml(text: str, name: str) -> Any:
    import yaml

    if len(text) > SMALL and is_too_deep(text):
        raise RecursionError
    try:
        tree = yaml.load(text, Loader=yaml_loader(fast=True))
        return {} if tree is None else tree
    except yaml.constructor.ConstructorError as error:
        problem: yaml.YAMLError = error
    except (yaml.YAMLError, *NO_SUCH_VALUE):
        problem = _in_better_words(text)
    if isinstance(problem, yaml.reader.ReaderError):
        message = f"the character U+{problem.character:04X}, which YAML does not allow"
        raise _syntax(name, "YAML", message, *place_of(text, problem.position), text, None)
    mark = problem.problem_mark if isinstance(problem, yaml.MarkedYAMLError) else None
    line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
    raise _syntax(name, "YAML", _problem(problem), line, column, text, None)


def _in_better_words(text: str) -> yaml.YAMLError:
    """The error of a text that the fast parser refused, in the words of the slow one."""
    import yaml

    if is_too_deep(text):
        raise RecursionError
    try:
        yaml.load(text, Loader=yaml_loader(fast=False))
    except yaml.YAMLError as error:
        return error
    return yaml.YAMLError()  # The two do not agree on this text.


def is_too_deep(text: str) -> bool:
    """Whether groups and lists of a YAML text are nested more than `DEEPEST` times: told by its events, which nest nothing."""
    import yaml

    depth = 0
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > DEEPEST:
                return True
    except yaml.YAMLError:
        pass  # Whoever parses it next tells where.
    return False


_FLOAT = r"""^(?:
     [-+]?[0-9]+(?:_[0-9]+)*\.[0-9_]*(?:[eE][-+]?[0-9]+)?
    |[-+]?[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+)
    |\.[0-9]+(?:_[0-9]+)*(?:[eE][-+][0-9]+)?
    |[-+]?[0-9]+(?:_[0-9]+)*(?::[0-5]?[0-9])+\.[0-9_]*
    |[-+]?\.(?:inf|Inf|INF)
    |\.(?:nan|NaN|NAN))$"""
"""What OmegaConf reads as a number with a fraction: `1e-4` is one, as in JSON."""


NO_SUCH_VALUE = (ValueError, LookupError, AttributeError, TypeError)
"""What PyYAML makes of `!!int abc` and its like."""

NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
NOT_PLAIN = tuple(f"tag:yaml.org,2002:{name}" for name in ("binary", "timestamp", "omap", "pairs", "set"))
"""Tags of YAML for values that no config holds, and JSON does not know."""


@cache
def yaml_loader(*, fast: bool) -> Any:
    """PyYAML's loader with OmegaConf's rules: 1e-4 is a number, a date is a text, a key that stands twice is an error."""
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader) if fast else yaml.SafeLoader

    class Loader(base):  # type: ignore[misc]
        merged = 0
        """Keys that `<<` has copied so far."""

        def flatten_mapping(self, node: yaml.MappingNode) -> None:
            """Merges what `<<` names into the group; one that is merged into others, before or after, holds its own keys once."""
            if not hasattr(node, "seen"):
                node.seen = True
                self.refuse_duplicates(node)
            super().flatten_mapping(node)
            self.merged += len(node.value)
            if self.merged > MOST:
                raise wrong(f"more than {MOST} keys through `<<`", node)

        def refuse_duplicates(self, node: yaml.MappingNode) -> None:
            seen: set[tuple[str, str]] = set()
            for key, _ in node.value:
                if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
                    continue
                if (key.tag, key.value) in seen:
                    raise wrong(f"found duplicate key {key.value}", key)
                seen.add((key.tag, key.value))

        def construct_scalar(self, node: yaml.ScalarNode) -> Any:
            if len(node.value) > LONGEST and node.tag in NUMBERS:
                raise wrong(_too_long(len(node.value)), node)
            return super().construct_scalar(node)

    class Telling(Loader):
        def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
            try:
                return super().construct_object(node, deep=deep)
            except NO_SUCH_VALUE:
                raise wrong(f"not `{node.tag.rpartition(':')[2]}`, as its tag says", node) from None

    def wrong(problem: str, node: yaml.Node) -> Exception:
        return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)

    Loader.yaml_constructors = {tag: make for tag, make in Loader.yaml_constructors.items() if tag not in NOT_PLAIN}
    Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(_FLOAT, re.X), list("-+0123456789."))
    Loader.yaml_implicit_resolvers = {
        key: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for key, resolvers in Loader.yaml_implicit_resolvers.items()
    }
    return Loader if fast else Telling


def _problem(error: Any) -> str:
    problem = getattr(error, "problem", None) or "no parser understands all of it"
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
