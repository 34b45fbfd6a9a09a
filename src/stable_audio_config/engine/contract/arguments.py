"""Which parameter of a function gets what; a dictionary given as `**config` is read by the signature."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from .frame import Frame, read
from .values import UNKNOWN, AnyOf, Callee, Items, Leaf, Option, Section, Together, Value

Keywords: TypeAlias = Sequence[tuple[str | None, Value]]
"""Name and value; None for `**value`."""


def bound(callee: Callee, positional: Sequence[Value], keywords: Keywords, frame: Frame) -> dict[str, Value]:
    """The names that the body of `callee` begins with."""
    node = callee.node
    if isinstance(node, ast.ClassDef):
        return {}
    inside = Frame(frame.run, callee)
    names: dict[str, Value] = {}
    parameters = [*node.args.posonlyargs, *node.args.args]
    defaults: dict[str, ast.expr | None] = dict(
        zip([one.arg for one in reversed(parameters)], reversed(node.args.defaults), strict=False)
    )
    defaults |= {one.arg: default for one, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)}
    if callee.bound is not None and parameters:
        names[parameters[0].arg] = callee.bound
        parameters = parameters[1:]
    for parameter, value in zip(parameters, positional, strict=False):
        names[parameter.arg] = rooted(value, frame, name=f"{callee.name}:{parameter.arg}")
    explicit = {name: rooted(value, frame, name=f"{callee.name}:{name}") for name, value in keywords if name is not None}
    spread = _spread(callee, keywords, frame)
    parameters += node.args.kwonlyargs
    for parameter in parameters:
        if parameter.arg in names:
            continue
        if parameter.arg in explicit:
            names[parameter.arg] = explicit.pop(parameter.arg)
        else:
            names[parameter.arg] = _from_spread(spread, parameter, defaults.get(parameter.arg), inside)
    if node.args.kwarg is not None:
        names[node.args.kwarg.arg] = _rest(spread, set(names), explicit)
    if node.args.vararg is not None:
        names[node.args.vararg.arg] = UNKNOWN
    return names


def _spread(callee: Callee, keywords: Keywords, frame: Frame) -> Section | Value | None:
    """The dictionary behind `**`; UNKNOWN where it may hold anything, None where there is none."""
    given = [value for name, value in keywords if name is None]
    found = [rooted(value, frame, name=f"{callee.name}:**") for value in given if isinstance(value, Section)]
    merged = next((one for one in found if isinstance(one, Section) and not one.built), None)
    for one in found:
        if isinstance(one, Section) and one is not merged:
            merged = one if merged is None else merged.having(one.filled)
    return merged if merged is not None else UNKNOWN if given else None


def _from_spread(spread: Value | None, parameter: ast.arg, default: ast.expr | None, inside: Frame) -> Value:
    value = inside.evaluate(default) if default is not None else None
    if isinstance(spread, Section):
        return read(inside, spread, parameter.arg, parameter, value, hard=value is None, signature=True)
    return UNKNOWN if spread is not None or value is None else value


def _rest(spread: Value | None, names: set[str], extra: dict[str, Value]) -> Value:
    """What `**kwargs` holds."""
    if isinstance(spread, Section):
        return spread.without(*names).having(extra)
    if spread is not None:
        return UNKNOWN
    return Section("**", built=True, filled=extra)


def rooted(value: Value, frame: Frame, option: Option | None = None, name: str = "") -> Value:
    """`value` as the callee sees it: what the caller knew about it is settled."""
    if isinstance(value, Section):
        options = (option,) if option is not None else () if value.built else frame.options(value)
        place = name or value.place
        preset = {key: rooted(one, frame, name=f"{place}.{key}") for key, one in value.preset.items()}
        filled = {key: rooted(one, frame, name=f"{place}.{key}") for key, one in value.filled.items()}
        return replace(value, place=place, options=options, parent=None, key="", item=False, preset=preset, filled=filled)
    if isinstance(value, Items):
        return Items(rooted(value.item, frame, name=f"{name}[]" if name else ""), value.table)
    if isinstance(value, Leaf):
        section = rooted(value.section, frame, name=f"({name or value.section.place})")
        certain = value.certain and frame.needed(value.place) is True
        return Leaf(section, value.key, certain) if isinstance(section, Section) else value
    if isinstance(value, Together):
        return Together(tuple(rooted(one, frame) for one in value.values))
    if isinstance(value, AnyOf):
        return AnyOf(tuple(rooted(one, frame, name=name) for one in value.values))
    return value


def record(callee: Callee, positional: Sequence[Value], keywords: Keywords, frame: Frame) -> dict[str, Value] | None:
    """What the fields of a dataclass get; None where the class is none."""
    node = callee.node
    if not isinstance(node, ast.ClassDef) or not any("dataclass" in ast.unparse(one) for one in node.decorator_list):
        return None
    lines = [one for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)]
    made = ast.FunctionDef(
        name="__init__",
        args=ast.arguments(
            posonlyargs=[],
            args=[],
            kwonlyargs=[ast.copy_location(ast.arg(arg=one.target.id), one) for one in lines if isinstance(one.target, ast.Name)],
            kw_defaults=[one.value for one in lines],
            defaults=[],
        ),
        body=[],
        decorator_list=[],
    )
    names = [one.target.id for one in lines if isinstance(one.target, ast.Name)]
    named = [*zip(names, positional, strict=False), *keywords]
    return bound(Callee(callee.module, ast.copy_location(made, node), callee), [], named, frame)
