"""One function of the engine being gone through: what its names hold, what is known by now, and what it was seen to do."""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from . import ours
from .facts import Facts, Loss, Read, Refusal, Where
from .sources import Module, Sources
from .values import UNKNOWN, Callee, Items, Leaf, Missing, Option, Outcome, Section, Value, alternatives, any_of, carries

LITERALS = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.BinOp, ast.UnaryOp)


@dataclass(eq=False)
class Run:
    """One reading of the whole engine."""

    sources: Sources
    value: Callable[[ast.expr, Frame], Value]
    """What an expression amounts to; `expressions.evaluate`."""
    body: Callable[[list[ast.stmt], Frame], str]
    """Goes through statements; `statements.execute`."""
    facts: Facts = field(default_factory=Facts)
    results: dict[Hashable, Value] = field(default_factory=dict)
    """What each function returned for the arguments that it was gone through with, and the values outside of functions."""
    called: set[tuple[int, int]] = field(default_factory=set)
    """Which methods of which objects were gone through."""
    mentions: dict[int, set[str]] = field(default_factory=dict)
    """Which attributes of its object a method mentions."""
    depth: int = 0
    """Calls inside calls, at the moment."""

    def attributes_of_self(self, method: ast.FunctionDef) -> set[str]:
        """The attributes of its object that a method mentions."""
        if id(method) not in self.mentions:
            found = [one for one in ast.walk(method) if isinstance(one, ast.Attribute)]
            self.mentions[id(method)] = {one.attr for one in found if isinstance(one.value, ast.Name) and one.value.id == "self"}
        return self.mentions[id(method)]


@dataclass(eq=False)
class Frame:
    """A function in progress. A branch is a copy that knows more."""

    run: Run
    callee: Callee
    names: dict[str, Value] = field(default_factory=dict)
    narrow: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    conditions: frozenset[str] = frozenset()
    denials: dict[str, int] = field(default_factory=dict)
    """Place of a key -> with how many tests of this chain of `elif` it was compared, in vain."""
    returned: list[Value] = field(default_factory=list)

    @property
    def module(self) -> Module:
        """The module that the function is defined in."""
        return self.callee.module

    def where(self, node: ast.AST) -> Where:
        """The line of `node`."""
        return Where(self.module.shown, getattr(node, "lineno", 0), self.callee.name)

    def evaluate(self, node: ast.expr) -> Value:
        """What `node` amounts to; the reads in it are noted."""
        return self.run.value(node, self)

    def settled(self, module: Module, found: Value | ast.expr) -> Value:
        """A definition of `module`, or the value of the expression that was assigned where it should stand."""
        if not isinstance(found, ast.expr):
            return found
        key = ("expression", id(found))
        if key not in self.run.results:
            self.run.results[key] = UNKNOWN
            outside = Frame(self.run, Callee(module, self.callee.node))
            self.run.results[key] = outside.evaluate(found) if isinstance(found, LITERALS) else UNKNOWN
        return self.run.results[key]

    def branch(self, outcome: Outcome) -> Frame:
        """A copy that knows `outcome`."""
        denials = dict(self.denials)
        for leaf in outcome.denied:
            denials[leaf.place] = denials.get(leaf.place, 0) + 1
        return replace(
            self,
            names={**self.names, **outcome.names},
            narrow={**self.narrow, **outcome.narrow},
            conditions=self.conditions | outcome.conditions,
            denials=denials,
        )

    def options(self, section: Section) -> tuple[Option, ...]:
        """The data models that `section` may be, by what is known here."""
        if section.place in self.narrow:
            return self.narrow[section.place]
        if section.parent is not None:
            return ours.options_below(self.options(section.parent), section.key)
        return section.options

    def choices(self, leaf: Leaf) -> tuple[object, ...] | None:
        """The words that may stand at `leaf`, by what is known here; None where anything may."""
        if leaf.place in self.narrow:
            return self.narrow[leaf.place]
        found: list[object] = []
        for option in self.options(leaf.section):
            if option.kind is not None and option.kind.key == leaf.key:
                found.append(option.tag)
                continue
            part = ours.part(option.model, leaf.key) if leaf.key in ours.fields(option.model) else None
            if part is None or part.choices is None:
                return None
            found.extend(part.choices)
        return tuple(dict.fromkeys(found)) or None

    def needed(self, place: str) -> bool | None:
        """Whether a read without a default at `place` fails where the key is absent; None where that hangs on other things."""
        if not self.conditions:
            return True
        if place in self.conditions:
            return False
        above = {place[:index] for index, letter in enumerate(place) if letter in ".["}
        return True if self.conditions <= above else None

    def refuse(self, denied: Iterable[Leaf], node: ast.AST) -> None:
        """The engine stops at `node` for every word that is still possible at `denied`."""
        for leaf in denied:
            for option in self.options(leaf.section):
                words: tuple[object, ...] = ()
                owner = ours.owner(option.model, leaf.key)
                if option.kind is not None and option.kind.key == leaf.key:
                    owner, words = option.kind.kind, (option.tag,)
                elif leaf.key in ours.fields(option.model):
                    words = self.choices(leaf) or ()
                refusals = (Refusal(owner, option.model, word, self.where(node)) for word in words if isinstance(word, str))
                self.run.facts.refusals.update(refusals)

    def lose(self, values: Iterable[Value], to: str | Missing, node: ast.AST) -> None:
        """What there is of configuration in `values` goes `to` where it cannot be followed."""
        options = [option for value in values for one in self._inside(value) for option in self.options(one)]
        models = tuple(dict.fromkeys(option.model for option in options))
        if models:
            missing = isinstance(to, Missing)
            name, package = (to.name, to.package) if isinstance(to, Missing) else (to, "")
            self.run.facts.losses.add(Loss(models, name, self.where(node), missing, package))

    def _inside(self, value: Value) -> Iterator[Section]:
        for one in alternatives(value):
            if isinstance(one, Section) and (one.built or self.options(one)):  # A stranger's sections are no concern of ours.
                yield one
                for inner in (*one.filled.values(), *one.preset.values()):
                    yield from self._inside(inner)
            elif isinstance(one, Items):
                yield from self._inside(one.item)


def read(
    frame: Frame,
    section: Section,
    key: str,
    node: ast.AST,
    default: Value | None = None,
    *,
    hard: bool = False,
    signature: bool = False,
) -> Value:
    """What the engine gets for `key`; the read is noted.

    `hard` fails where the key is absent. A `signature` reads relative to the call: whatever led to it is no condition.
    """
    if isinstance(node, ast.expr):
        frame.run.facts.seen.add((frame.module.shown, node.lineno, node.col_offset))
    if key in section.filled:
        return section.filled[key]
    name = section.full(key)
    if name is None or section.built:
        return default or UNKNOWN
    if key in section.preset:
        default, hard = section.preset[key], False
    options = frame.options(section)
    required = (True if signature else frame.needed(f"{section.place}.{name}")) if hard else False
    for option in options:
        frame.run.facts.reads.append(Read(option.model, name, frame.where(node), required, default))
    worth = default if default is not None and carries(default) else None
    if not any(name in ours.fields(option.model) for option in options):
        return worth or Section(f"{section.place}.{name}")
    found = ours.child(section, options, name)
    return found if worth is None else any_of([found, worth])
