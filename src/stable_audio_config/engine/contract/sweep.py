"""What the reading never came to: reads of something called a configuration, and factories, in the engine's source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .facts import Facts, Where
from .sources import Module, Sources

CONFIGURATION = re.compile(r"(config|configs|cfg|options)(_dict)?$")
"""How the engine calls what it reads configuration from."""

FACTORY = re.compile(r"^create_\w+_from_\w*config$")

MENTIONED = re.compile(r"(config|configs|cfg|options)(_dict)?\b")


@dataclass(frozen=True)
class Unreached:
    """A function that reads configuration and that nothing known leads to, or not to these lines of it."""

    where: Where
    variable: str
    """What it reads from; empty for a factory that reads nothing."""
    reads: tuple[str, ...]
    """What it reads, as it is written there."""


def unreached(sources: Sources, facts: Facts) -> list[Unreached]:
    """Every function with such reads, and every factory that was not gone through."""
    found: list[Unreached] = []
    for module in sources.engine_files():
        if MENTIONED.search(module.text):
            for function, node in _functions(module):
                found += _unreached(module, function, node, facts)
    return found


def _unreached(module: Module, function: str, node: ast.AST, facts: Facts) -> Iterator[Unreached]:
    by_variable: dict[str, list[ast.expr]] = {}
    for read in _reads(node):
        if (module.shown, read.lineno, read.col_offset) not in facts.seen:
            by_variable.setdefault(_variable(read), []).append(read)
    for variable, reads in by_variable.items():
        reads.sort(key=lambda read: (read.lineno, read.col_offset))
        texts = dict.fromkeys(ast.unparse(read) for read in reads)
        yield Unreached(Where(module.shown, reads[0].lineno, function), variable, tuple(texts))
    line = getattr(node, "lineno", 0)
    if not by_variable and FACTORY.match(function) and (module.shown, line) not in facts.entered:
        yield Unreached(Where(module.shown, line, function), "", ())


def _functions(module: Module) -> Iterator[tuple[str, ast.AST]]:
    """Every function and method that mentions a configuration, by name, and what stands outside of them."""
    lines = module.text.splitlines()
    outside = []
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef):
            named = [(node.name, node)]
        elif isinstance(node, ast.ClassDef):
            named = [(f"{node.name}.{inner.name}", inner) for inner in node.body if isinstance(inner, ast.FunctionDef)]
        else:
            named = []
            outside.append(node)
        for name, function in named:
            if MENTIONED.search("\n".join(lines[function.lineno - 1 : function.end_lineno])):
                yield name, function
    yield "", ast.Module(outside, [])


def _reads(node: ast.AST) -> Iterator[ast.expr]:
    """Reads of a named key, those in the message of an error left out."""
    if isinstance(node, ast.Raise):
        return
    if isinstance(node, (ast.Subscript, ast.Call)) and _names_a_key(node) and CONFIGURATION.search(_variable(node)):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from _reads(child)


def _names_a_key(node: ast.Subscript | ast.Call) -> bool:
    """`x["key"]`, `x.get("key")` or `x.pop("key")`"""
    if isinstance(node, ast.Subscript):
        key = node.slice if isinstance(node.ctx, ast.Load) else None
    else:
        asks = isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "pop") and node.args
        key = node.args[0] if asks else None
    return isinstance(key, ast.Constant) and isinstance(key.value, str)


def _variable(node: ast.expr) -> str:
    """The name that a chain of reads begins with."""
    while True:
        if isinstance(node, ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            node = node.func.value
        else:
            return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
