"""The tree in a YAML text, by OmegaConf's rules. Only plain values are taken, whatever the text does.

PyYAML is guarded where a text of a few lines would keep it busy without end: levels, merged keys and digits have limits.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from ..report.finding import refuse
from .syntax import DEEPEST, LONGEST, MOST, not_valid, place_of, too_long

if TYPE_CHECKING:
    import yaml

SMALL = 10_000
"""Characters of a text that keeps no parser busy, and cannot nest so deeply that C code runs out of stack (20,000 levels)."""

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


def from_yaml(text: str, name: str) -> Any:
    """The values in a text; an empty one holds no keys. `name` is what messages call it.

    Raises:
        Refused: with the position of what is not YAML, or not plain.
        RecursionError: it is nested too deeply.
    """
    import yaml

    if len(text) > SMALL:
        _refuse_excess(text, name)
    try:
        tree = yaml.load(text, Loader=yaml_loader(fast=True))
        return {} if tree is None else tree
    except yaml.constructor.ConstructorError as error:
        problem: yaml.YAMLError = error
    except (yaml.YAMLError, *NO_SUCH_VALUE):
        _refuse_excess(text, name)
        problem = _in_better_words(text)
    if isinstance(problem, yaml.reader.ReaderError):
        message = f"the character U+{problem.character:04X}, which YAML does not allow"
        raise not_valid(name, "YAML", message, *place_of(text, problem.position), text)
    mark = problem.problem_mark if isinstance(problem, yaml.MarkedYAMLError) else None
    line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
    raise not_valid(name, "YAML", _problem(problem), line, column, text)


def _in_better_words(text: str) -> yaml.YAMLError:
    """The error of a text that the fast parser refused, in the words of the slow one unless that would take long."""
    import yaml

    try:
        yaml.load(text, Loader=yaml_loader(fast=len(text) > SMALL, telling=True))
    except yaml.YAMLError as error:
        return error
    return yaml.YAMLError()  # The two do not agree on this text.


def _refuse_excess(text: str, name: str) -> None:
    too_much = excess(text)
    if too_much is not None:
        raise refuse("unreadable-file", f"`{name}` {too_much}", source=name)


def excess(text: str) -> str | None:
    """Why PyYAML should not be given this text: its nodes nest too deeply, or are too many. Told by its events, which are cheap."""
    import yaml

    depth = count = 0
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            count += 1
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > DEEPEST:
                return "is nested too deeply"
            if count > MOST:
                return f"holds more than {MOST} keys and values"
    except yaml.YAMLError:
        pass  # Whoever parses it next tells where.
    return None


@cache
def yaml_loader(*, fast: bool, telling: bool = False) -> Any:
    """PyYAML's loader with OmegaConf's rules: 1e-4 is a number, a date is a text, a key that stands twice is an error.

    Args:
        fast: whether the parser is the one in C.
        telling: whether a value that is not what its tag says gets a place too, for which every node takes a little longer.
    """
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader) if fast else yaml.SafeLoader

    class Loader(base):  # type: ignore[misc]
        merged = 0
        """Keys that `<<` has copied so far."""

        def flatten_mapping(self, node: yaml.MappingNode) -> None:
            """Merges what `<<` names into the group; one that is merged into others, before or after, holds its own keys once."""
            if not hasattr(node, "seen"):
                node.seen = True  # type: ignore[attr-defined]
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
                raise wrong(too_long(len(node.value)), node)
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
    return Telling if telling else Loader


def _problem(error: Any) -> str:
    problem = getattr(error, "problem", None) or "no parser understands all of it"
    if problem in ("found character '\\t' that cannot start any token", "found a tab character that violates indentation"):
        return "a tab indents here; YAML takes spaces only"
    if problem.startswith("found duplicate key "):
        return f"the key `{problem.removeprefix('found duplicate key ')}` stands twice"
    if problem.startswith("could not determine a constructor for the tag"):
        return f"the tag {problem.rpartition(' ')[2]} is not allowed: a config holds plain values"
    return f"{error.context}, {problem}" if problem.startswith("but ") and error.context else problem
