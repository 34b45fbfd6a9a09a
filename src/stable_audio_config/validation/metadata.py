"""What the files say about metadata: custom metadata modules, and the JSON beside latents.

A module is read as text, never run. Where it cannot be told what it returns, nothing is said about it.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..report.finding import Finding, Related
from .folders import files_of
from .metadata_values import values_of_a_wrong_type
from .setup import Setup, experiment_setup
from .supply import Disk, Keys, supplies
from .view import Absent, Broken, Node

if TYPE_CHECKING:
    from ..datamodels.dataset import PreEncodedEntry
    from ..datamodels.experiment import ExperimentConfig

TRIED = 8
"""Latents whose JSON is looked at."""

FUNCTION = "get_custom_metadata"
"""What the engine calls in a custom metadata module."""


def missing_metadata(experiment: ExperimentConfig) -> list[Finding]:
    """What conditioners read, and neither custom metadata modules return nor the JSON of latents holds."""
    from ..datamodels.base import plain

    setup = experiment_setup(plain(experiment), Broken())
    found = [*missing_sources(setup), *values_of_a_wrong_type(setup, lambda node: beside(_entry(experiment, node)))]
    try:
        without_disk = {lack.entry.path for lack in supplies(setup)}
        lacks = [
            lack
            for lack in supplies(setup, Disk(returned_by, lambda node: keys_beside(_entry(experiment, node))))
            if lack.entry.path not in without_disk
        ]
    except Absent:
        return found
    for lack in lacks:
        problem = lack.problem(lack.missing)
        related = tuple(Related(message=message, path=at) for at, message in problem.related)
        found.append(Finding(rule="missing-metadata", message=problem.message, path=lack.at, help=problem.help, related=related))
    return found


def missing_sources(setup: Setup) -> list[Finding]:
    """Mixes with `source_keys` that are not among the sources that the custom metadata modules return."""
    found: list[Finding] = []
    for conditioner in setup.named("SourceMixConditioner"):
        with suppress(Absent):
            found += _lost_sources(setup.dataset, conditioner)
    return found


def _lost_sources(dataset: Node, conditioner: Node) -> Iterator[Finding]:
    name, keys = conditioner("id"), list(conditioner("config.source_keys"))
    for entry in dataset.parts("datasets"):
        module = entry.tree.get("custom_metadata_module")
        known = sources_in(module, name) if isinstance(module, str) else None
        lost = [key for key in keys if known is not None and key not in known]
        if known is None or not lost:
            continue
        at, none = conditioner.at("config.source_keys"), len(lost) == len(keys)
        fails = none and not conditioner("config.allow_null_source")
        message = f"the metadata module returns `{name}` with {_quoted(known)}, and not with {_quoted(lost)}"
        yield Finding(
            rule="source-mix",
            message=message + (": the first step would fail" if fails else ", which is never heard"),
            severity="error" if fails else "warning",
            path=(*at, keys.index(lost[0])),
            help=f"name what is there: {_quoted(known)}",
            related=(Related(message=str(module), path=entry.at("custom_metadata_module")),),
        )


def _quoted(names: Iterable[str]) -> str:
    return " and ".join(f"`{name}`" for name in sorted(names)) or "nothing"


def sources_in(module: str, name: str) -> Keys:
    """The keys of the dictionary that a module returns under `name`; None where that cannot be told from its text."""
    if returned_by(module) is None:
        return None
    values = []
    for node in ast.walk(ast.parse(Path(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Dict):
            values += [value for key, value in zip(node.keys, node.values, strict=True) if _is_text(key, name)]
        elif isinstance(node, ast.keyword) and node.arg == name:
            values.append(node.value)
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and _is_text(node.slice, name):
            return None
    keys = [key for value in values if isinstance(value, ast.Dict) for key in value.keys]
    texts = [key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
    plain_enough = values and all(isinstance(value, ast.Dict) for value in values) and len(texts) == len(keys)
    return frozenset(texts) if plain_enough else None


def _is_text(key: ast.expr | None, text: str) -> bool:
    return isinstance(key, ast.Constant) and key.value == text


def _entry(experiment: ExperimentConfig, node: Node) -> PreEncodedEntry:
    dataset = getattr(experiment, str(node.path[0]))
    entry: PreEncodedEntry = dataset.datasets[int(node.path[-1])]
    return entry


def keys_beside(entry: PreEncodedEntry) -> Keys:
    """The keys of the JSON beside the first latents of an entry; None where there is none that can be read."""
    return frozenset(key for about in beside(entry) for key in about) or None


def beside(entry: PreEncodedEntry) -> list[dict[str, Any]]:
    """The JSON beside the first latents of an entry, as far as it can be read."""
    found = []
    for latent in islice(files_of(entry, []), TRIED):
        file = Path(str(latent).replace(f".{entry.latent_extension}", ".json"))  # As the engine does: everywhere in the path.
        try:
            about = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(about, dict):
            found.append(about)
    return found


def returned_by(module: str) -> Keys:
    """The keys that `get_custom_metadata` of a module may return; None where that cannot be told from its text."""
    try:
        tree = ast.parse(Path(module).read_text(encoding="utf-8"))
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
