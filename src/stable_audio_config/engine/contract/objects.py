"""Functions and classes of the engine: what they return for given arguments, and what an object keeps of its configuration."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from .arguments import Keywords, bound, record
from .frame import Frame
from .values import UNKNOWN, Callee, Instance, Package, Value, any_of, carries, signature


def gone_through(callee: Callee, positional: Sequence[Value], keywords: Keywords, node: ast.AST, frame: Frame) -> Value:
    """What `callee` returns for these arguments; its body is gone through once for each different list of them."""
    if isinstance(callee.node, ast.ClassDef):
        return _made(callee, positional, keywords, node, frame)
    names = bound(callee, positional, keywords, frame)
    key = (id(callee.node), id(callee.bound), tuple((name, signature(value)) for name, value in sorted(names.items())))
    run = frame.run
    if key not in run.results:
        run.results[key] = UNKNOWN
        run.called.add((id(callee.node), id(callee.bound)))
        run.facts.entered[callee.module.shown, callee.node.lineno] = callee.name
        inside = Frame(run, callee, names)
        run.depth += 1
        run.body(callee.node.body, inside)
        run.depth -= 1
        run.results[key] = any_of(inside.returned)
    return run.results[key]


def _made(callee: Callee, positional: Sequence[Value], keywords: Keywords, node: ast.AST, frame: Frame) -> Value:
    key = (id(callee.node), tuple(signature(v) for v in positional), tuple((n, signature(v)) for n, v in keywords))
    if key in frame.run.results:
        return frame.run.results[key]
    made = Instance(callee)
    frame.run.results[key] = made
    start = class_attribute(callee, "__init__", frame, bound=made)
    if isinstance(start, Callee):
        gone_through(start, positional, keywords, node, frame)
        _follow_methods(made, frame)
        return made
    fields = record(callee, positional, keywords, frame)
    if fields is None:
        frame.lose([*positional, *(value for _, value in keywords)], callee.name, node)
    made.attributes.update(fields or {})
    return made


def _follow_methods(made: Instance, frame: Frame) -> None:
    """The other methods read what `__init__` kept: they are gone through with nothing known of their arguments."""
    kept = {name for name, value in made.attributes.items() if carries(value)}
    seen = {"__init__"}
    for cls in lineage(made.cls, frame):
        for node in methods(cls):
            if node.name not in seen:
                seen.add(node.name)
                reads = frame.run.attributes_of_self(node) & kept
                if reads and (id(node), id(made)) not in frame.run.called:
                    gone_through(Callee(cls.module, node, cls, made), [], [(None, UNKNOWN)], node, frame)


def methods(cls: Callee) -> Iterator[ast.FunctionDef]:
    """What the class itself defines."""
    for node in cls.node.body if isinstance(cls.node, ast.ClassDef) else []:
        if isinstance(node, ast.FunctionDef):
            yield node


def lineage(cls: Callee, frame: Frame) -> Iterator[Callee]:
    """The class and those of its bases whose source is at hand, nearest first."""
    yield cls
    for base in cls.node.bases if isinstance(cls.node, ast.ClassDef) else []:
        found = Frame(frame.run, cls).evaluate(base)
        if isinstance(found, Callee) and found.node is not cls.node:
            yield from lineage(found, frame)


def class_attribute(cls: Callee, name: str, frame: Frame, bound: Instance | None = None) -> Value:
    """What `name` is in the class or its bases; a method comes bound."""
    for one in lineage(cls, frame):
        for node in one.node.body if isinstance(one.node, ast.ClassDef) else []:
            if isinstance(node, ast.FunctionDef) and node.name == name:
                return _method(one, node, bound)
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                    return frame.settled(one.module, node.value)
    return UNKNOWN


def _method(cls: Callee, node: ast.FunctionDef, bound: Instance | None) -> Value:
    decorators = {ast.unparse(decorator) for decorator in node.decorator_list}
    if "property" in decorators:
        return UNKNOWN
    if "staticmethod" in decorators:
        return Callee(cls.module, node, cls)
    return Callee(cls.module, node, cls, UNKNOWN if bound is None and "classmethod" in decorators else bound)


def inherited(name: str, frame: Frame) -> Value:
    """`super().name`"""
    owner, bound = frame.callee.owner, frame.callee.bound
    if owner is None or not isinstance(bound, Instance):
        return UNKNOWN
    found = (class_attribute(base, name, frame, bound) for base in list(lineage(owner, frame))[1:])
    return next((one for one in found if isinstance(one, Callee)), UNKNOWN)


def attribute(value: Value, name: str, frame: Frame) -> Value:
    """`value.name`"""
    if isinstance(value, Package):
        return frame.settled(frame.module, frame.run.sources.member(value.name, name))
    if isinstance(value, Instance):
        if name in value.attributes:
            return value.attributes[name]
        return class_attribute(value.cls, name, frame, bound=value)
    if isinstance(value, Callee) and isinstance(value.node, ast.ClassDef):
        return class_attribute(value, name, frame)
    return UNKNOWN
