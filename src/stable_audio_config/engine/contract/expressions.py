"""What an expression of the engine's amounts to, as far as configuration and constants are concerned."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .assignment import bind, laid_over, rounds
from .calls import call
from .conditions import outcomes, whether_one_of
from .frame import Frame, read
from .objects import attribute
from .values import (
    NONE,
    UNKNOWN,
    Flag,
    Items,
    Known,
    Leaf,
    Outcome,
    Section,
    Together,
    Value,
    alternatives,
    any_of,
    carries,
)

ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: operator.pow,
}


def evaluate(node: ast.expr, frame: Frame) -> Value:
    """The value of `node`; what it reads is noted on the way."""
    special = _SPECIAL.get(type(node))
    if special is not None:
        return special(node, frame)
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.expr):
            evaluate(part, frame)
    return UNKNOWN


def _constant(node: ast.Constant, _frame: Frame) -> Value:
    return NONE if node.value is None else Known(node.value)


def _name(node: ast.Name, frame: Frame) -> Value:
    if node.id in frame.names:
        return frame.names[node.id]
    return frame.settled(frame.module, frame.run.sources.lookup(frame.module, node.id))


def _attribute(node: ast.Attribute, frame: Frame) -> Value:
    return any_of(attribute(one, node.attr, frame) for one in alternatives(evaluate(node.value, frame)))


def _subscript(node: ast.Subscript, frame: Frame) -> Value:
    base, index = evaluate(node.value, frame), evaluate(node.slice, frame)
    return any_of(_at(one, key, node, frame) for one in alternatives(base) for key in alternatives(index))


def _at(base: Value, index: Value, node: ast.Subscript, frame: Frame) -> Value:
    if isinstance(base, Section):
        if isinstance(index, Known) and isinstance(index.value, str):
            return read(frame, base, index.value, node, hard=True)
        if base.built:
            return _looked_up(base, index, node, frame)
        frame.lose([base], "a key that is no constant", node)
    if isinstance(base, Items):
        return base if isinstance(node.slice, ast.Slice) else base.item
    if isinstance(base, Known) and isinstance(index, Known):
        try:
            return Known(base.value[index.value])
        except (TypeError, LookupError):
            return UNKNOWN
    return UNKNOWN


def _looked_up(table: Section, index: Value, node: ast.Subscript, frame: Frame) -> Value:
    """One of the values of a dictionary that the engine built, by a word of the configuration: all others are refused."""
    if isinstance(index, Leaf):
        refused = whether_one_of(index, tuple(table.filled), node, frame)[1]
        if refused is not None:
            frame.branch(refused).refuse(refused.denied, node)
    return any_of(table.filled.values())


def _dictionary(node: ast.Dict, frame: Frame) -> Value:
    found = Section("", built=True)
    for key, item in zip(node.keys, node.values, strict=True):
        value = evaluate(item, frame)
        if key is None:
            merged = next((one for one in alternatives(value) if isinstance(one, Section)), None)
            found = found if merged is None else laid_over(found, merged)
            continue
        name = evaluate(key, frame)
        if isinstance(name, Known) and isinstance(name.value, str):
            found = found.having({name.value: value})
    return found


def _sequence(node: ast.List | ast.Tuple | ast.Set, frame: Frame) -> Value:
    values = [evaluate(item, frame) for item in node.elts]
    if all(isinstance(value, Known) for value in values):
        kind = tuple if isinstance(node, ast.Tuple) else list
        return Known(kind(value.value for value in values if isinstance(value, Known)))
    if isinstance(node, ast.Tuple):
        return Together(tuple(values))
    item = any_of(values)
    return Items(item) if carries(item) else UNKNOWN


def _arithmetic(node: ast.BinOp, frame: Frame) -> Value:
    left, right = evaluate(node.left, frame), evaluate(node.right, frame)
    made = ARITHMETIC.get(type(node.op))
    if made is None or not (isinstance(left, Known) and isinstance(right, Known)):
        return UNKNOWN
    try:
        return Known(made(left.value, right.value))
    except (TypeError, ValueError, ArithmeticError):
        return UNKNOWN


def _sign(node: ast.UnaryOp, frame: Frame) -> Value:
    value = evaluate(node.operand, frame)
    if isinstance(node.op, ast.Not):
        return _flag(node, frame)
    if isinstance(node.op, ast.USub) and isinstance(value, Known) and isinstance(value.value, (int, float)):
        return Known(-value.value)
    return UNKNOWN


def _flag(node: ast.expr, frame: Frame) -> Value:
    yes, no = outcomes(node, frame)
    return Known(no is None) if yes is None or no is None else Flag(yes, no)


def _either(node: ast.BoolOp, frame: Frame) -> Value:
    if all(isinstance(value, (ast.Compare, ast.BoolOp)) for value in node.values):
        return _flag(node, frame)
    return any_of([evaluate(value, frame) for value in node.values])


def _choice(node: ast.IfExp, frame: Frame) -> Value:
    yes, no = outcomes(node.test, frame)
    if [getattr(side, "value", None) for side in (node.body, node.orelse)] == [True, False]:
        return Known(no is None) if yes is None or no is None else Flag(yes, no)
    sides = ((yes, node.body), (no, node.orelse))
    return any_of([evaluate(side, frame.branch(outcome)) for outcome, side in sides if outcome is not None])


def _comprehension(node: ast.ListComp | ast.SetComp | ast.GeneratorExp, frame: Frame) -> Value:
    item = any_of([evaluate(node.elt, inside) for inside in _rounds(node.generators, frame)])
    return Items(item) if carries(item) else UNKNOWN


def _dict_comprehension(node: ast.DictComp, frame: Frame) -> Value:
    """`{k: v for k, v in section.items() if k != "type"}` is the section without `type`."""
    generator = node.generators[0]
    source = generator.iter
    if isinstance(source, ast.Call) and isinstance(source.func, ast.Attribute) and source.func.attr == "items":
        section = next((one for one in alternatives(evaluate(source.func.value, frame)) if isinstance(one, Section)), None)
        unchanged = ast.unparse(generator.target) == f"({ast.unparse(node.key)}, {ast.unparse(node.value)})"
        if section is not None and not section.built and unchanged:
            return section.without(*_left_out(generator.ifs, frame))
    values = [evaluate(node.value, inside) for inside in _rounds(node.generators, frame)]
    return Items(any_of(values), table=True) if carries(any_of(values)) else UNKNOWN


def _left_out(tests: list[ast.expr], frame: Frame) -> Iterator[str]:
    for test in tests:
        if isinstance(test, ast.Compare) and isinstance(test.ops[0], (ast.NotEq, ast.NotIn)):
            words = evaluate(test.comparators[0], frame)
            if isinstance(words, Known):
                yield from [words.value] if isinstance(words.value, str) else words.value


def _rounds(generators: Sequence[ast.comprehension], frame: Frame) -> Iterator[Frame]:
    """The frames that the inside of a comprehension is evaluated in."""
    if not generators:
        yield frame
        return
    first, *others = generators
    for outcome, item in rounds(evaluate(first.iter, frame), frame):
        inside = frame.branch(outcome)
        bind(first.target, item, inside)
        for test in first.ifs:
            yes, _ = outcomes(test, inside)
            inside = inside.branch(yes or Outcome())
        yield from _rounds(others, inside)


def _walrus(node: ast.NamedExpr, frame: Frame) -> Value:
    value = evaluate(node.value, frame)
    bind(node.target, value, frame)
    return value


def _lambda(node: ast.Lambda, frame: Frame) -> Value:
    inside = frame.branch(Outcome())
    inside.names |= dict.fromkeys((argument.arg for argument in node.args.args), UNKNOWN)
    evaluate(node.body, inside)
    return UNKNOWN


_SPECIAL: dict[type[ast.expr], Callable[[Any, Frame], Value]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Call: call,
    ast.Dict: _dictionary,
    ast.List: _sequence,
    ast.Tuple: _sequence,
    ast.Set: _sequence,
    ast.BinOp: _arithmetic,
    ast.UnaryOp: _sign,
    ast.Compare: _flag,
    ast.BoolOp: _either,
    ast.IfExp: _choice,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _dict_comprehension,
    ast.Starred: lambda node, frame: evaluate(node.value, frame),
    ast.NamedExpr: _walrus,
    ast.Lambda: _lambda,
}
