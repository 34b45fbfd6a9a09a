"""The methods of a dictionary, and of a list of them, on what may be configuration."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from .assignment import change, laid_over
from .frame import Frame, read
from .values import NONE, UNKNOWN, Items, Known, Section, Together, Value, alternatives, any_of


def method(owner: Value, node: ast.Call, values: Sequence[Value], frame: Frame) -> Value:
    """What `owner.name(values)` returns, and what it does to `owner`."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if isinstance(owner, Section):
        made = OF_A_SECTION.get(name)
        return made(owner, values, node, frame) if made is not None else UNKNOWN
    if isinstance(owner, Items):
        if owner.table and name == "items":
            return Items(Together((UNKNOWN, owner.item)))
        return owner.item if name in ("get", "pop") else Items(owner.item) if name in ("values", "copy") else UNKNOWN
    return UNKNOWN


def _get(owner: Section, values: Sequence[Value], node: ast.Call, frame: Frame) -> Value:
    default = values[1] if len(values) > 1 else NONE
    return any_of([_got(owner, key, default, node, frame) for key in alternatives(values[0])])


def _got(owner: Section, key: Value, default: Value, node: ast.Call, frame: Frame) -> Value:
    if isinstance(key, Known) and isinstance(key.value, str):
        return read(frame, owner, key.value, node, default)
    if not owner.built:
        frame.lose([owner], "a key that is no constant", node)
    return any_of(owner.filled.values())


def _pop(owner: Section, values: Sequence[Value], node: ast.Call, frame: Frame) -> Value:
    key = values[0]
    if not (isinstance(key, Known) and isinstance(key.value, str)):
        return _get(owner, values, node, frame)
    default = values[1] if len(values) > 1 else None
    found = read(frame, owner, key.value, node, default, hard=default is None)
    if isinstance(node.func, ast.Attribute):
        change(node.func.value, lambda section: section.without(str(key.value)), frame)
    return found


def _update(_owner: Section, values: Sequence[Value], node: ast.Call, frame: Frame) -> Value:
    named = {one.arg: frame.evaluate(one.value) for one in node.keywords if one.arg is not None}
    if isinstance(node.func, ast.Attribute):
        for above in [one for value in values for one in alternatives(value) if isinstance(one, Section)]:

            def merged(below: Section, above: Section = above) -> Section:
                return laid_over(below, above)

            change(node.func.value, merged, frame)
        if named:
            change(node.func.value, lambda below: below.having(named), frame)
    return UNKNOWN


def _listed(owner: Section, _values: Sequence[Value], node: ast.Call, frame: Frame) -> Value:
    """`items`, `keys` and `values`: of a dictionary of the configuration, nobody can say which keys the engine then reads."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if not owner.built:
        frame.lose([owner], f"`.{name}()`", node)
        return UNKNOWN
    if name == "keys":
        return Known(list(owner.filled))
    values = any_of(owner.filled.values())
    return Items(Together((UNKNOWN, values)) if name == "items" else values)


OF_A_SECTION: dict[str, Callable[[Section, Sequence[Value], ast.Call, Frame], Value]] = {
    "get": _get,
    "setdefault": _get,
    "pop": _pop,
    "update": _update,
    "copy": lambda owner, _values, _node, _frame: owner,
    "items": _listed,
    "keys": _listed,
    "values": _listed,
}
