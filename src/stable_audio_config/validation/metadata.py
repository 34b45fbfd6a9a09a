"""Which metadata the data come with, and which keys of it the conditioners would miss.

A custom metadata module is read as text, never run. Where it cannot be told what it returns, nothing is said about it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path as File
from typing import TYPE_CHECKING

from ..report.finding import Finding, Path, Related
from .rule import Problem
from .setup import Setup, experiment_setup
from .view import Absent, Broken, Node

if TYPE_CHECKING:
    from ..datamodels.experiment import ExperimentConfig

BY_ITSELF = frozenset(
    ("path", "relpath", "timestamps", "seconds_start", "seconds_total", "padding_mask", "sample_rate", "load_time")
)
"""What the engine says about every sound of an `audio_dir`."""

FUNCTION = "get_custom_metadata"
"""What the engine calls in a custom metadata module."""

Returned = Callable[[str], frozenset[str] | None]
"""The keys that a custom metadata module returns; None where that cannot be told."""


@dataclass(frozen=True)
class Lack:
    """Keys that one entry of a dataset does not give."""

    entry: Node
    missing: dict[str, Path]
    """Key -> the conditioner's `id` that wants it."""
    returned: frozenset[str]
    """What its custom metadata module returns."""

    def problem(self, missing: Mapping[str, Path]) -> Problem:
        """The words about those of the keys that nothing else explains."""
        names = " and ".join(f"`{name}`" for name in missing)
        read = "a conditioner reads" if len(missing) == 1 else "conditioners read"
        related = tuple((at, f"id: {name}") for name, at in missing.items())
        if not self.entry.has("custom_metadata_module"):
            message = f"{read} {names}, which the metadata of this data do not have: the first step would fail"
            help = "write a custom_metadata_module that returns them" if len(missing) > 1 else _one(next(iter(missing)))
            return Problem(self.entry.path, message, help=help, related=related)
        near = [match for name in missing for match in get_close_matches(name, self.returned, n=1, cutoff=0.6)]
        help = f"it returns `{near[0]}`: map it with default_keys, or rename it" if near else "return them there"
        message = f"{read} {names}, which the metadata module does not return: the first step would fail"
        return Problem(self.entry.at("custom_metadata_module"), message, help=help, related=related)


def _one(name: str) -> str:
    near = get_close_matches(name, BY_ITSELF, n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else f"write a custom_metadata_module that returns `{name}`"


def supplies(setup: Setup, returned: Returned | None = None) -> Iterator[Lack]:
    """What the entries of the datasets lack. Without `returned` only those without a custom metadata module are looked at."""
    wanted = _wanted(setup)
    for data in setup.datasets:
        if wanted and data("dataset_type") == "audio_dir" and (data.path[-1] != "val_dataset" or setup.run("val_every") > 0):
            entries = data.parts("datasets")
            for entry in entries:
                yield from _lack(entry, entries, wanted, returned)


def _wanted(setup: Setup) -> list[tuple[tuple[str, ...], Path]]:
    """(keys of which one must be there, `id` of the conditioner), for every conditioner that sees the metadata."""
    wanted = []
    for conditioning in setup.named("Conditioning"):
        other = conditioning("default_keys")
        for conditioner in conditioning.parts("configs"):
            name = conditioner("id")
            wanted.append(((name, *([other[name]] if name in other else [])), conditioner.at("id")))
    return wanted


def _lack(
    entry: Node, entries: list[Node], wanted: list[tuple[tuple[str, ...], Path]], returned: Returned | None
) -> Iterator[Lack]:
    own = _own(entry, entries, returned)
    if own is None:
        return
    missing = {keys[-1]: at for keys, at in wanted if not (own | BY_ITSELF).intersection(keys)}
    if missing:
        yield Lack(entry, missing, own)


def _own(entry: Node, entries: list[Node], returned: Returned | None) -> frozenset[str] | None:
    """What custom metadata modules add to an entry. The engine takes every module whose `path` is part of a sound's path."""
    modules = {entry.tree.get("custom_metadata_module")}
    for other in entries:
        if other is not entry and (other("path") in entry("path") or entry("path") in other("path")):
            modules.add(other.tree.get("custom_metadata_module"))
    modules.discard(None)
    keys: frozenset[str] = frozenset()
    for module in modules:
        more = returned(str(module)) if returned is not None else None
        if more is None:
            return None
        keys |= more
    return keys


def missing_metadata(experiment: ExperimentConfig) -> list[Finding]:
    """What the custom metadata modules of an experiment do not return, and conditioners need."""
    from ..datamodels.base import plain

    setup = experiment_setup(plain(experiment), Broken())
    found = []
    try:
        lacks = [lack for lack in supplies(setup, returned_by) if lack.entry.has("custom_metadata_module")]
    except Absent:
        return []
    for lack in lacks:
        problem = lack.problem(lack.missing)
        related = tuple(Related(message=message, path=at) for at, message in problem.related)
        path = lack.entry.at("custom_metadata_module")
        found.append(Finding(rule="missing-metadata", message=problem.message, path=path, help=problem.help, related=related))
    return found


def returned_by(module: str) -> frozenset[str] | None:
    """The keys that `get_custom_metadata` of a module may return; None where that cannot be told from its text."""
    try:
        tree = ast.parse(File(module).read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError, RecursionError):
        return None
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == FUNCTION]
    plain_enough = len(functions) == 1 and not functions[0].decorator_list and len(list(_bindings(tree))) == 1
    return _Returns(functions[0]).keys() if plain_enough else None


def _bindings(tree: ast.Module) -> Iterator[ast.AST]:
    """Everything that gives the function's name a meaning."""
    for node in ast.walk(tree):
        names = [node.name] if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) else []
        names += [node.asname or node.name] if isinstance(node, ast.alias) else []
        names += [node.id] if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else []
        if FUNCTION in names or "*" in names:
            yield node


class _Unclear(Exception):
    """Something is done that text alone does not explain."""


_OPAQUE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Yield, ast.YieldFrom, ast.Global, ast.Nonlocal, ast.NamedExpr)
"""What is too much for a reader of text."""


class _Returns:
    """The dictionary that one function returns, from its text."""

    def __init__(self, function: ast.FunctionDef) -> None:
        self.nodes = [node for node in ast.walk(function) if node is not function]
        self.info = function.args.args[0].arg if function.args.args else ""

    def keys(self) -> frozenset[str] | None:
        """Every key that it may return or write into its first argument; None where that cannot be told."""
        if any(isinstance(node, _OPAQUE) for node in self.nodes):
            return None
        try:
            found = self._named(self.info, is_argument=True)
            for node in self.nodes:
                if isinstance(node, ast.Return):
                    found |= self._of(node.value)
        except (_Unclear, RecursionError):
            return None
        return frozenset(found)

    def _of(self, value: ast.expr | None) -> set[str]:
        """The keys of the dictionary that an expression makes."""
        if isinstance(value, ast.Name):
            return set() if value.id == self.info else self._named(value.id)
        if isinstance(value, ast.Dict):
            return self._literal(value)
        if isinstance(value, ast.Call) and _is_name(value.func, "dict"):
            return self._arguments(value)
        raise _Unclear

    def _literal(self, value: ast.Dict) -> set[str]:
        found: set[str] = set()
        for key, item in zip(value.keys, value.values, strict=True):
            if key is None:
                found |= self._of(item)
            else:
                found |= {_text(key)} | (self._of(item) if _text(key) == "__audio__" else set())
        return found

    def _arguments(self, call: ast.Call) -> set[str]:
        """The keys that a call of `dict` or `update` gives."""
        found: set[str] = set()
        for argument in call.args:
            found |= self._of(argument)
        for keyword in call.keywords:
            found |= {keyword.arg} if keyword.arg else self._of(keyword.value)
        return found

    def _named(self, name: str, *, is_argument: bool = False) -> set[str]:
        """The keys of a dictionary in a variable: what it is made of, and what is put into it later."""
        found: set[str] = set()
        understood: set[int] = set()
        made = 1 if is_argument else 0
        for node in self.nodes:
            if isinstance(node, (ast.Assign, ast.AnnAssign)):
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    if _is_name(target, name):
                        made += 1
                        understood.add(id(target))
                        found |= self._of(node.value)
                    elif isinstance(target, ast.Subscript) and _is_name(target.value, name):
                        found.add(_text(target.slice))
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_name(node.func.value, name):
                found |= self._method(node, node.func.attr)
                understood.add(id(node.func.value))
            elif isinstance(node, (ast.Subscript, ast.Return)) and node.value is not None:
                understood.add(id(node.value))
        if not made or any(_is_name(node, name) and id(node) not in understood for node in self.nodes):
            raise _Unclear  # It is bound or handed on in another way.
        return found

    def _method(self, call: ast.Call, method: str) -> set[str]:
        if method == "update":
            return self._arguments(call)
        if method == "setdefault" and call.args:
            return {_text(call.args[0])}
        if method in ("get", "pop", "keys", "values", "items", "copy"):
            return set()
        raise _Unclear


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _text(key: ast.expr) -> str:
    if isinstance(key, ast.Constant) and isinstance(key.value, str):
        return key.value
    raise _Unclear
