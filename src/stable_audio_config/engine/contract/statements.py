"""Statements: a body is gone through once, both ways at every test that the configuration does not decide."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from . import ours
from .assignment import bind, rounds
from .conditions import outcomes
from .facts import Read
from .frame import Frame
from .values import NONE, UNKNOWN, Leaf, Outcome, Section, any_of

GOES_ON, LEAVES, FAILS = "goes on", "leaves", "fails"
"""How a body ends: at its end, by a return or the like, by an error."""


def execute(body: list[ast.stmt], frame: Frame) -> str:
    """Goes through `body`; how it ends."""
    for node in body:
        known = _KNOWN.get(type(node))
        if known is None:
            for part in ast.iter_child_nodes(node):
                if isinstance(part, ast.expr):
                    frame.evaluate(part)
            continue
        end = known(node, frame)
        if end != GOES_ON:
            return end
    return GOES_ON


def _if(node: ast.If, frame: Frame) -> str:
    yes, no = outcomes(node.test, frame)
    ended = []
    for outcome, body in ((yes, node.body), (no, node.orelse)):
        if outcome is None:
            continue
        branch = frame.branch(outcome)
        end = execute(body, branch)
        if body and isinstance(body[-1], ast.Raise):
            _refused(outcome, branch, frame, body[-1])
        elif not body:
            _fell_through(outcome, branch, node)
        ended.append((branch, end))
    return _joined(frame, ended)


def _joined(frame: Frame, ended: list[tuple[Frame, str]]) -> str:
    """`frame` goes on with what is known after all branches that go on."""
    alive = [branch for branch, end in ended if end == GOES_ON]
    if not alive:
        return FAILS if ended and all(end == FAILS for _, end in ended) else LEAVES if ended else GOES_ON
    if len(alive) == 1:
        frame.names, frame.narrow = alive[0].names, alive[0].narrow
        if any(end == LEAVES for _, end in ended):
            frame.conditions = alive[0].conditions
        return GOES_ON
    for name in {name: None for branch in alive for name in branch.names}:
        first, *others = (branch.names.get(name, UNKNOWN) for branch in alive)
        frame.names[name] = first if all(one is first for one in others) else any_of([first, *others])
    return GOES_ON


def _refused(outcome: Outcome, branch: Frame, frame: Frame, node: ast.AST) -> None:
    """The engine fails where `outcome` comes about: words without a branch, or a key that it cannot do without."""
    branch.refuse(outcome.denied, node)
    if len(outcome.absent) == 1:
        _required(outcome.absent[0], frame, node)


def _required(value: Section | Leaf, frame: Frame, node: ast.AST) -> None:
    owner = value.section if isinstance(value, Leaf) else value.parent
    if owner is None:
        return
    in_a_method = frame.callee.owner is not None and not frame.callee.name.endswith("__init__")
    sure = not in_a_method and (value.certain if isinstance(value, Leaf) else True)  # What a demo insists on, a run may not need.
    needed = True if sure and frame.needed(f"{owner.place}.{value.key}") else None
    for option in frame.options(owner):
        if value.key in ours.fields(option.model):
            frame.run.facts.reads.append(Read(option.model, value.key, frame.where(node), needed))


def _fell_through(outcome: Outcome, branch: Frame, node: ast.AST) -> None:
    """The end of a chain of at least two tests of a tag, without an `else`: no tag should get here."""
    for leaf in outcome.denied:
        tagged = any(option.kind is not None and option.kind.key == leaf.key for option in branch.options(leaf.section))
        if tagged and branch.denials.get(leaf.place, 0) > 1:
            branch.refuse([leaf], node)


def _assert(node: ast.Assert, frame: Frame) -> str:
    yes, no = outcomes(node.test, frame)
    if no is not None:
        _refused(no, frame.branch(no), frame, node)
    if yes is None:
        return FAILS
    frame.names, frame.narrow = frame.branch(yes).names, frame.branch(yes).narrow
    return GOES_ON


def _assign(node: ast.Assign, frame: Frame) -> str:
    value = frame.evaluate(node.value)
    for target in node.targets:
        bind(target, value, frame)
    return GOES_ON


def _annotated(node: ast.AnnAssign, frame: Frame) -> str:
    if node.value is not None:
        bind(node.target, frame.evaluate(node.value), frame)
    return GOES_ON


def _augmented(node: ast.AugAssign, frame: Frame) -> str:
    frame.evaluate(node.value)
    if isinstance(node.target, ast.Name):
        frame.names[node.target.id] = UNKNOWN
    return GOES_ON


def _return(node: ast.Return, frame: Frame) -> str:
    frame.returned.append(NONE if node.value is None else frame.evaluate(node.value))
    return LEAVES


def _raise(node: ast.Raise, frame: Frame) -> str:
    if node.exc is not None:
        frame.evaluate(node.exc)
    return FAILS


def _for(node: ast.For, frame: Frame) -> str:
    ended = []
    for outcome, item in rounds(frame.evaluate(node.iter), frame):
        inside = frame.branch(outcome)
        bind(node.target, item, inside)
        execute(node.body, inside)
        ended.append((inside, GOES_ON))
    narrow, conditions = frame.narrow, frame.conditions
    _joined(frame, [*ended, (frame.branch(Outcome()), GOES_ON)])
    frame.narrow, frame.conditions = narrow, conditions
    return execute(node.orelse, frame)


def _while(node: ast.While, frame: Frame) -> str:
    yes, _ = outcomes(node.test, frame)
    inside = frame.branch(yes or Outcome())
    execute(node.body, inside)
    _joined(frame, [(inside, GOES_ON), (frame.branch(Outcome()), GOES_ON)])
    return GOES_ON


def _with(node: ast.With, frame: Frame) -> str:
    for item in node.items:
        value = frame.evaluate(item.context_expr)
        if item.optional_vars is not None:
            bind(item.optional_vars, value, frame)
    return execute(node.body, frame)


def _try(node: ast.Try, frame: Frame) -> str:
    end = execute(node.body, frame)
    for handler in node.handlers:
        execute(handler.body, frame.branch(Outcome(conditions=frozenset({"?"}))))
    if end == GOES_ON:
        end = execute(node.orelse, frame)
    last = execute(node.finalbody, frame)
    return end if last == GOES_ON else last


def _import(node: ast.Import | ast.ImportFrom, frame: Frame) -> str:
    for alias in node.names:
        name = alias.asname or (alias.name.split(".")[0] if isinstance(node, ast.Import) else alias.name)
        if name != "*":
            found = frame.run.sources.imported(frame.module, node, name)
            frame.names[name] = UNKNOWN if isinstance(found, ast.expr) else found
    return GOES_ON


def _function(node: ast.FunctionDef, frame: Frame) -> str:
    """A function inside a function is gone through where it stands, with nothing known of its arguments."""
    inside = frame.branch(Outcome(conditions=frozenset({"?"})))
    inside.returned = []
    inside.names |= dict.fromkeys((one.arg for one in (*node.args.args, *node.args.kwonlyargs)), UNKNOWN)
    execute(node.body, inside)
    frame.names[node.name] = UNKNOWN
    return GOES_ON


_KNOWN: dict[type[ast.stmt], Callable[[Any, Frame], str]] = {
    ast.If: _if,
    ast.Assert: _assert,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.For: _for,
    ast.While: _while,
    ast.With: _with,
    ast.Try: _try,
    ast.Import: _import,
    ast.ImportFrom: _import,
    ast.FunctionDef: _function,
    ast.Break: lambda _node, _frame: LEAVES,
    ast.Continue: lambda _node, _frame: LEAVES,
}
