"""How severe what a check finds can be: its own severity, and those that its code gives to single problems.

Read out of the source, because the code decides from case to case; a page that named one of them only would be wrong.
"""

from __future__ import annotations

import ast
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from ...report.finding import Severity
from ..rule import Rule

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


def possible(check: Rule) -> set[Severity]:
    """The severities that a check and the functions of its module that it uses can give."""
    functions = _functions(check.check.__module__)
    found: set[Severity] = {check.severity}
    waiting, seen = [check.check.__name__], set[str]()
    while waiting:
        name = waiting.pop()
        if name in functions and name not in seen:
            seen.add(name)
            given, used = functions[name]
            found |= given
            waiting += used
    return found


@cache
def _functions(module: str) -> dict[str, tuple[set[Severity], set[str]]]:
    """Each function and class of a module: the severities that it names, and the names that it uses."""
    spec = find_spec(module)
    assert spec is not None and spec.origin is not None, module
    body = ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body
    return {node.name: _named(node) for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}


def _named(function: ast.FunctionDef | ast.ClassDef) -> tuple[set[Severity], set[str]]:
    function.decorator_list = []  # `@rule(severity=...)` stands there once for each name; the `Rule` has the one that counts.
    nodes = list(ast.walk(function))
    constants = [node.value for node in nodes if isinstance(node, ast.Constant)]
    return {known for known in SEVERITIES if known in constants}, {node.id for node in nodes if isinstance(node, ast.Name)}
