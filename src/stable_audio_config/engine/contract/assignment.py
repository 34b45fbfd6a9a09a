"""Names, attributes and keys that get a value, and the rounds of a loop."""

from __future__ import annotations

import ast
from collections.abc import Callable

from .frame import Frame
from .values import UNKNOWN, AnyOf, Instance, Items, Known, Outcome, Section, Together, Value, alternatives, any_of

MOST_ROUNDS = 16
"""A loop over so many constants is gone through once for each."""


def bind(target: ast.expr, value: Value, frame: Frame) -> None:
    """`target = value`. An attribute keeps what it may have been given elsewhere."""
    if isinstance(target, ast.Name):
        frame.names[target.id] = value
    elif isinstance(target, (ast.Tuple, ast.List)):
        for place, one in enumerate(target.elts):
            bind(one.value if isinstance(one, ast.Starred) else one, _unpacked(value, place, len(target.elts)), frame)
    elif isinstance(target, ast.Attribute):
        for owner in alternatives(frame.evaluate(target.value)):
            if isinstance(owner, Instance):
                before = owner.attributes.get(target.attr)
                owner.attributes[target.attr] = value if before is None else any_of([before, value])
    elif isinstance(target, ast.Subscript):
        index = frame.evaluate(target.slice)
        if isinstance(index, Known) and isinstance(index.value, str):
            key = index.value
            change(target.value, lambda section: section.having({key: value}), frame)


def _unpacked(value: Value, index: int, count: int) -> Value:
    if isinstance(value, Items) and not value.table:
        return value.item
    if isinstance(value, Together) and len(value.values) == count:
        return value.values[index]
    if isinstance(value, Known) and isinstance(value.value, (list, tuple)) and len(value.value) == count:
        return Known(value.value[index])
    return UNKNOWN


def change(node: ast.expr, made: Callable[[Section], Section], frame: Frame) -> None:
    """The dictionary that `node` names becomes what `made` makes of it."""
    value = frame.evaluate(node)
    if not any(isinstance(one, Section) for one in alternatives(value)):
        return
    changed = any_of([made(one) if isinstance(one, Section) else one for one in alternatives(value)])
    if isinstance(node, ast.Name):
        frame.names[node.id] = changed
    elif isinstance(node, ast.Attribute):
        for owner in alternatives(frame.evaluate(node.value)):
            if isinstance(owner, Instance):
                owner.attributes[node.attr] = changed


def laid_over(below: Section, above: Section) -> Section:
    """`{**below, **above}`: what `above` has wins."""
    return below.having(above.filled) if above.built else above.under({**below.preset, **below.filled})


def rounds(iterated: Value, frame: Frame) -> list[tuple[Outcome, Value]]:
    """Each different round of a loop: what is known in it, and the item."""
    if isinstance(iterated, AnyOf):
        return [one for value in iterated.values for one in rounds(value, frame)]
    if isinstance(iterated, Items):
        item = iterated.item
        options = frame.options(item) if isinstance(item, Section) else ()
        if isinstance(item, Section) and len(options) > 1 and options[0].kind is not None:
            return [(Outcome({item.place: (option,)}), item) for option in options]
        return [(Outcome(), item)]
    if isinstance(iterated, Section) and iterated.built and 0 < len(iterated.filled) <= MOST_ROUNDS:
        return [(Outcome(), Known(key)) for key in iterated.filled]
    words = iterated.value if isinstance(iterated, Known) and isinstance(iterated.value, (list, tuple)) else []
    if 0 < len(words) <= MOST_ROUNDS and all(isinstance(word, str) for word in words):
        return [(Outcome(), Known(word)) for word in words]
    return [(Outcome(), UNKNOWN)]
