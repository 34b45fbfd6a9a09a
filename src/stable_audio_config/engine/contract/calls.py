"""Calls: what the engine does with a dictionary itself, and where it hands one on."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import product

from .arguments import Keywords, rooted
from .dictionaries import method
from .frame import Frame
from .known_functions import BUILTINS, OF_PACKAGES, OF_THE_ENGINE, Function
from .objects import gone_through, inherited
from .values import (
    UNKNOWN,
    Callee,
    Instance,
    Items,
    Known,
    Missing,
    Package,
    Section,
    Value,
    alternatives,
    any_of,
    carries,
    sections,
)

HOW_DEEP = 40
"""Calls inside calls, at most; the engine's own go about fifteen deep."""

MOST_COMBINATIONS = 48
"""A call whose arguments may be so many different things is gone through once for each."""


def call(node: ast.Call, frame: Frame) -> Value:
    """What the call returns; what is called is gone through where it is given configuration."""
    if isinstance(node.func, ast.Attribute):
        if isinstance(node.func.value, ast.Call) and ast.unparse(node.func.value.func) == "super":
            return _passed_on(inherited(node.func.attr, frame), node, frame)
        owner = frame.evaluate(node.func.value)
        if any(isinstance(one, (Section, Items)) for one in alternatives(owner)):
            values = [frame.evaluate(argument) for argument in node.args]
            return any_of([method(one, node, values, frame) for one in alternatives(owner)])
    if isinstance(node.func, ast.Name) and node.func.id not in frame.names and node.func.id in BUILTINS:
        return BUILTINS[node.func.id](node, frame)
    callee = frame.evaluate(node.func)
    known = _known(callee)
    if known is not None:
        return known(node, frame)
    return _passed_on(callee, node, frame)


def _known(callee: Value) -> Function | None:
    if isinstance(callee, Package):
        return OF_PACKAGES.get(callee.name)
    return OF_THE_ENGINE.get((callee.module.shown, callee.name)) if isinstance(callee, Callee) else None


def _passed_on(callee: Value, node: ast.Call, frame: Frame) -> Value:
    positional = [frame.evaluate(one) for one in node.args if not isinstance(one, ast.Starred)]
    keywords = [(one.arg, frame.evaluate(one.value)) for one in node.keywords]
    return any_of([_called(one, positional, keywords, node, frame) for one in alternatives(callee)])


def _called(callee: Value, positional: Sequence[Value], keywords: Keywords, node: ast.Call, frame: Frame) -> Value:
    given = [*positional, *(value for _, value in keywords)]
    if not isinstance(callee, Callee):
        if any(carries(value) for value in given):
            frame.lose(given, callee if isinstance(callee, Missing) else ast.unparse(node.func), node)
        return UNKNOWN
    worth = any(carries(value) or isinstance(value, Instance) for value in given) or _told_which(callee, given)
    if not worth or frame.run.depth >= HOW_DEEP:
        return UNKNOWN
    results = []
    for combination in _combinations(given, frame):
        named = zip([name for name, _ in keywords], combination[len(positional) :], strict=True)
        results.append(gone_through(callee, combination[: len(positional)], list(named), node, frame))
    return any_of(results)


def _told_which(callee: Callee, given: Sequence[Value]) -> bool:
    """A method of an object with configuration in it, called with a word: `self.build("generator")`."""
    bound = callee.bound
    words = any(isinstance(value, Known) and isinstance(value.value, str) for value in given)
    return words and isinstance(bound, Instance) and any(carries(value) for value in bound.attributes.values())


def _combinations(given: Sequence[Value], frame: Frame) -> Iterator[tuple[Value, ...]]:
    choices = [_singles(value, frame) for value in given]
    total = 1
    for choice in choices:
        total *= len(choice)
    if total > MOST_COMBINATIONS:  # Then only the argument with the most alternatives is told apart.
        most = max(choices, key=len)
        choices = [choice if choice is most else choice[:1] for choice in choices]
    return product(*choices)


def _singles(value: Value, frame: Frame) -> list[Value]:
    """What may be one of several dictionaries, or a dictionary of several data models, once for each; all else together."""
    found: list[Value] = []
    for one in sections(value):
        options = () if one.built else frame.options(one)
        found += [rooted(one, frame, option) for option in options] or [rooted(one, frame)]
    others = [one for one in alternatives(value) if not isinstance(one, Section)]
    return [*found, any_of(others)] if others else found
