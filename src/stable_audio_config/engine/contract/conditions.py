"""What a test of the engine's says about the configuration, whichever way it comes out."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from . import ours
from .facts import Word
from .frame import Frame, read
from .values import (
    NONE,
    AnyOf,
    Callee,
    Flag,
    Instance,
    Items,
    Known,
    Leaf,
    Outcome,
    Package,
    Section,
    Unknown,
    Value,
    alternatives,
    is_none,
    sections,
)

Outcomes: TypeAlias = tuple[Outcome | None, Outcome | None]
"""If it is true, if it is false; None where it cannot come out so."""

UNDECIDED = Outcome(conditions=frozenset({"?"}))

COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}


def outcomes(test: ast.expr, frame: Frame) -> Outcomes:
    """What is known where `test` is true, and where it is false."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _swapped(outcomes(test.operand, frame))
    if isinstance(test, ast.BoolOp):
        both = isinstance(test.op, ast.And)
        found = _all(test.values, frame, negated=not both)
        return found if both else _swapped(found)
    if isinstance(test, ast.Compare):
        if len(test.ops) == 1:
            return _compared(test, frame)
        for part in (test.left, *test.comparators):
            frame.evaluate(part)
        return UNDECIDED, UNDECIDED
    return _truth(frame.evaluate(test))


def _swapped(found: Outcomes) -> Outcomes:
    return found[1], found[0]


def _all(tests: list[ast.expr], frame: Frame, *, negated: bool) -> Outcomes:
    """Of `a and b`; with `negated`, of `not a and not b`."""
    yes, against = Outcome(), []
    for test in tests:
        found = outcomes(test, frame.branch(yes))
        one, other = _swapped(found) if negated else found
        if other is not None:
            against.append(_both(yes, other, keep=False))
        if one is None:
            return None, _either(against)
        yes = _both(yes, one)
    return yes, _either(against)


def _both(first: Outcome, second: Outcome, *, keep: bool = True) -> Outcome:
    return Outcome(
        {**first.narrow, **second.narrow},
        first.conditions | second.conditions,
        {**first.names, **second.names},
        first.denied + second.denied if keep else second.denied,
        first.absent + second.absent if keep else second.absent,
    )


def _either(found: list[Outcome]) -> Outcome | None:
    if len(found) <= 1:
        return found[0] if found else None
    common = frozenset.intersection(*(one.conditions for one in found))
    others = frozenset().union(*(one.conditions for one in found)) - common
    places = set.intersection(*(set(one.narrow) for one in found))
    narrow = {place: tuple(dict.fromkeys(option for one in found for option in one.narrow[place])) for place in places}
    return Outcome(narrow, common | {"?"} if others else common)


def _truth(value: Value) -> Outcomes:
    if isinstance(value, Flag):
        return value.yes, value.no
    if isinstance(value, Known):
        return (Outcome(), None) if value.value else (None, Outcome())
    if isinstance(value, (Instance, Callee, Package)):
        return Outcome(), None
    place = _place(value)
    return (UNDECIDED, UNDECIDED) if place is None else (_given(place), _given(place))


def _place(value: Value) -> str | None:
    """The place whose presence a test for None or emptiness asks about."""
    for one in alternatives(value):
        if isinstance(one, Leaf) or (isinstance(one, Section) and not one.built):
            return one.place
        if isinstance(one, Items) and isinstance(one.item, Section):
            return one.item.place.removesuffix("[]")
    return None


def _given(place: str) -> Outcome:
    return Outcome(conditions=frozenset({place}))


def _compared(test: ast.Compare, frame: Frame) -> Outcomes:
    left, right = frame.evaluate(test.left), frame.evaluate(test.comparators[0])
    negative = isinstance(test.ops[0], (ast.NotEq, ast.NotIn, ast.IsNot))
    if isinstance(test.ops[0], (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)) and isinstance(right, Known) and right.value is None:
        found = _whether_none(left, test.left)
    elif isinstance(test.ops[0], (ast.In, ast.NotIn)) and isinstance(left, Known) and isinstance(left.value, str):
        found = _whether_there(left.value, right, test, frame)
    else:
        words = _words(right, test.ops[0])
        leaf = next((one for one in alternatives(left) if isinstance(one, Leaf)), None)
        if leaf is not None and words is not None:
            found = whether_one_of(leaf, words, test, frame)
        else:
            return _constants(test.ops[0], left, right)
    return _swapped(found) if negative else found


def _constants(op: ast.cmpop, left: Value, right: Value) -> Outcomes:
    if isinstance(left, Known) and isinstance(right, Known):
        try:
            return (Outcome(), None) if COMPARED[type(op)](left.value, right.value) else (None, Outcome())
        except TypeError:
            return UNDECIDED, UNDECIDED
    return UNDECIDED, UNDECIDED


def _words(value: Value, op: ast.cmpop) -> tuple[str, ...] | None:
    """The words that a key is compared with; None where they are no constants."""
    if isinstance(op, (ast.In, ast.NotIn)):
        if isinstance(value, Section) and value.built:
            return tuple(value.filled)
        if isinstance(value, Known) and isinstance(value.value, (list, tuple, set)):
            return tuple(value.value) if all(isinstance(word, str) for word in value.value) else None
    elif isinstance(op, (ast.Eq, ast.NotEq)) and isinstance(value, Known) and isinstance(value.value, str):
        return (value.value,)
    return None


def _whether_none(value: Value, node: ast.expr) -> Outcomes:
    if isinstance(value, Known):
        return (Outcome(), None) if value.value is None else (None, Outcome())
    if isinstance(value, (Instance, Callee, Package)) or (isinstance(value, Section) and value.built):
        return None, Outcome()
    names = {node.id: NONE} if isinstance(node, ast.Name) else {}
    if isinstance(value, AnyOf) and not any(
        is_none(one) or isinstance(one, (Section, Leaf, Items, Unknown)) for one in value.values
    ):
        return None, Outcome()
    place = _place(value)
    if place is None:
        return Outcome(UNDECIDED.narrow, UNDECIDED.conditions, names), UNDECIDED
    asked = next((one for one in alternatives(value) if isinstance(one, (Section, Leaf))), None)
    if asked is None and isinstance(value, Items) and isinstance(value.item, Section):
        asked = value.item
    absent = (asked,) if asked is not None and not isinstance(value, AnyOf) else ()
    return Outcome(conditions=frozenset({place}), names=names, absent=absent), _given(place)


def _whether_there(key: str, value: Value, node: ast.expr, frame: Frame) -> Outcomes:
    """`"key" in value`: also tells apart data models of which only some have the key."""
    all_sections = sorted(sections(value), key=lambda one: one.built)
    if not all_sections:
        return _constants(ast.In(), Known(key), value)
    section = all_sections[0]
    if key in section.filled or section.built:
        return (Outcome(), None) if key in section.filled else (None, Outcome())
    asked, key = key, section.full(key) or key
    options = frame.options(section)
    has = tuple(option for option in options if key in ours.fields(option.model))
    may_lack = tuple(option for option in options if option not in has or not ours.fields(option.model)[key].is_required())
    given = frozenset({f"{section.place}.{key}"})
    if has and has != options:  # The key tells the data models apart: to have it is no condition, but to be one of these.
        return Outcome({section.place: has}), Outcome({section.place: may_lack}) if may_lack else None
    read(frame, section, asked, node)
    return Outcome(conditions=given), Outcome(conditions=given)


def whether_one_of(leaf: Leaf, words: Iterable[str], node: ast.expr, frame: Frame) -> Outcomes:
    """The key is compared with `words`. Words that we do not know are noted; a branch for them is gone through as a stranger's."""
    words = tuple(words)
    tagged = [option for option in frame.options(leaf.section) if option.kind is not None and option.kind.key == leaf.key]
    strange = _strange(leaf, words, node, frame)
    if tagged:
        yes = tuple(option for option in frame.options(leaf.section) if option.tag in words)
        no = tuple(option for option in frame.options(leaf.section) if option.tag not in words)
        place = leaf.section.place
        met = Outcome({place: yes}) if yes or strange else None
        return met, Outcome({place: no}, denied=(leaf,)) if no else None
    choices = frame.choices(leaf)
    given = frozenset({leaf.place})
    if choices is None:
        return Outcome(conditions=given), Outcome(conditions=given)
    yes_words = tuple(word for word in choices if word in words)
    no_words = tuple(word for word in choices if word not in words)
    met = Outcome({leaf.place: yes_words}, given) if yes_words or strange else None
    return met, Outcome({leaf.place: no_words}, given, denied=(leaf,)) if no_words else None


def _strange(leaf: Leaf, words: tuple[str, ...], node: ast.expr, frame: Frame) -> bool:
    """Whether no data model of ours can hold one of `words`; those that we never heard of are noted."""
    found = False
    for option in frame.options(leaf.section):
        kind = option.kind if option.kind is not None and option.kind.key == leaf.key else None
        if kind is not None:
            known, owner = {*kind.branches, *kind.gone}, kind.kind
            new = [word for word in words if word not in known]
            found = found or any(word not in kind.branches for word in words)
        else:
            choices = ours.part(option.model, leaf.key).choices if leaf.key in ours.fields(option.model) else None
            new, owner = (
                [word for word in words if choices is not None and word not in choices],
                ours.owner(option.model, leaf.key),
            )
            found = found or bool(new)
        for word in new:
            frame.run.facts.words.add(Word(owner, word, frame.where(node)))
    return found or not frame.options(leaf.section)
