"""The source of the engine, and of the packages whose classes it hands configuration to: parsed, names followed, never imported."""

from __future__ import annotations

import ast
import builtins
import re
import sys
import warnings
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from .values import UNKNOWN, Callee, Missing, Package, Value

ENGINE = "stable_audio_tools"

FOLLOWED = ("encodec", "dac", "vector_quantize_pytorch", "torch.optim", "deepspeed", "bitsandbytes")
"""Other packages whose classes take configuration as keywords. Everything else is not followed."""


@dataclass(eq=False)
class Module:
    """One parsed file."""

    name: str
    path: Path
    shown: str
    """Its path as people know it: below the engine's folder, or from the package's name on."""
    package: str
    """What a relative import starts from."""

    @cached_property
    def text(self) -> str:
        """The source."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed source."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # What Python warns of in the engine's strings is no concern of ours.
            return ast.parse(self.text)

    @cached_property
    def names(self) -> dict[str, ast.stmt]:
        """What the module binds at its top level: name -> the statement that binds it (the last one wins)."""
        found: dict[str, ast.stmt] = {}
        for node in _top_level(self.tree.body):
            for name in _bound(node):
                found[name] = node
        return found


@dataclass(eq=False)
class Sources:
    """Where the engine is, and every module of it that was asked for."""

    engine: Path
    """The folder of the package: the one that holds `models` and `training`."""
    search: tuple[Path, ...] = field(default_factory=lambda: tuple(Path(entry) for entry in sys.path if entry))
    """Where the other packages are looked for."""
    modules: dict[str, Module | None] = field(default_factory=dict)

    @cached_property
    def version(self) -> str:
        """The engine's version, from the metadata beside its folder or its setup file; `unknown` without both."""
        for place in sorted(self.engine.parent.glob("stable_audio_tools-*.dist-info")):
            return place.name.removeprefix("stable_audio_tools-").removesuffix(".dist-info")
        for name in ("pyproject.toml", "setup.py"):
            file = self.engine.parent / name
            told = re.search(r"version\s*=\s*['\"]([^'\"]+)", file.read_text(encoding="utf-8")) if file.is_file() else None
            if told:
                return told[1]
        return "unknown"

    def module(self, name: str) -> Module | None:
        """The module called `name`; None if its file is not there or it is of a package that is not followed."""
        if name not in self.modules:
            self.modules[name] = self._find(name)
        return self.modules[name]

    def _find(self, name: str) -> Module | None:
        own = name == ENGINE or name.startswith(ENGINE + ".")
        if not own and not followed(name):
            return None
        parts = name.split(".")
        for root in (self.engine,) if own else [entry / parts[0] for entry in self.search]:
            stem = root.joinpath(*parts[1:])
            for path, package in ((stem / "__init__.py", name), (stem.with_suffix(".py"), name.rpartition(".")[0])):
                if path.is_file():
                    shown = path.relative_to(root if own else root.parent).as_posix()
                    return Module(name, path, shown, package)
        return None

    def engine_files(self) -> list[Module]:
        """Every module of the engine."""
        found = []
        for path in sorted(self.engine.rglob("*.py")):
            dotted = ".".join((ENGINE, *path.relative_to(self.engine).with_suffix("").parts)).removesuffix(".__init__")
            module = self.module(dotted)
            if module is not None:
                found.append(module)
        return found

    def lookup(self, module: Module, name: str, depth: int = 0) -> Value | ast.expr:
        """What `name` means at the top level of `module`: a definition, a module, or the expression assigned to it."""
        node = module.names.get(name)
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            return Callee(module, node)
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            return self.imported(module, node, name, depth)
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            return node.value if isinstance(target, ast.Name) else UNKNOWN
        if node is not None or hasattr(builtins, name) or name == "__file__":
            return UNKNOWN
        return self._starred(module, name, depth)

    def _starred(self, module: Module, name: str, depth: int) -> Value | ast.expr:
        closed = True
        for node in _top_level(module.tree.body):
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                source = self.module(absolute(module, node))
                closed = closed and source is not None
                if source is not None and name in source.names and depth < 8:
                    return self.lookup(source, name, depth + 1)
        return Missing(name) if closed else UNKNOWN

    def imported(self, module: Module, node: ast.Import | ast.ImportFrom, name: str, depth: int = 0) -> Value | ast.expr:
        """What an import statement binds `name` to."""
        if isinstance(node, ast.Import):
            alias = next(alias for alias in node.names if (alias.asname or alias.name.split(".")[0]) == name)
            return Package(alias.name if alias.asname else name)
        alias = next(alias for alias in node.names if (alias.asname or alias.name) == name)
        return self.member(absolute(module, node), alias.name, depth)

    def member(self, package: str, name: str, depth: int = 0) -> Value | ast.expr:
        """What `package.name` is."""
        inside = self.module(f"{package}.{name}")
        if inside is not None and not package.startswith(ENGINE):
            return Package(inside.name)
        source = self.module(package)
        if source is not None and name in source.names and depth < 8:
            found = self.lookup(source, name, depth + 1)
            if not isinstance(found, Missing) or inside is None:
                return found
        if inside is not None:
            return Package(inside.name)
        if source is None:
            if package.startswith(ENGINE):
                return Missing(f"{package}.{name}")
            if not followed(package):
                return Package(f"{package}.{name}")
            root = package.split(".")[0]
            return Missing(f"{package}.{name}", "" if any((entry / root).is_dir() for entry in self.search) else root)
        return self._starred(source, name, depth)


def followed(name: str) -> bool:
    """The source of the module is read where it is installed."""
    return any(name == one or name.startswith(one + ".") for one in FOLLOWED)


def absolute(module: Module, node: ast.ImportFrom) -> str:
    """The full name of the module that an import statement names."""
    if not node.level:
        return node.module or ""
    parts = module.package.split(".")
    return ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])


def _top_level(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a module, those inside `if` and `try` included."""
    found: list[ast.stmt] = []
    for node in body:
        if isinstance(node, ast.If):
            found += _top_level(node.body + node.orelse)
        elif isinstance(node, ast.Try):
            found += _top_level([*[one for handler in node.handlers for one in handler.body], *node.body, *node.orelse])
        else:
            found.append(node)
    return found


def _bound(node: ast.stmt) -> list[str]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
        return [node.name]
    if isinstance(node, ast.Import):
        return [alias.asname or alias.name.split(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names if alias.name != "*"]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    single = [one for target in targets for one in (target.elts if isinstance(target, ast.Tuple) else [target])]
    return [one.id for one in single if isinstance(one, ast.Name)]
