"""Functions of Python, and one of the engine's, whose results are known without their source."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

from .frame import Frame
from .objects import attribute
from .values import UNKNOWN, Items, Known, Leaf, Package, Section, Together, Value, any_of, carries, sections

Function = Callable[[ast.Call, Frame], Value]


def _looked_at(node: ast.Call, frame: Frame) -> Value:
    for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
        frame.evaluate(argument)
    return UNKNOWN


def _copied(node: ast.Call, frame: Frame) -> Value:
    values = [frame.evaluate(argument) for argument in (*node.args, *(keyword.value for keyword in node.keywords))]
    return values[0] if values else Section("", built=True)


def _numbered(node: ast.Call, frame: Frame) -> Value:
    value = frame.evaluate(node.args[0])
    return Items(Together((UNKNOWN, value.item))) if isinstance(value, Items) else UNKNOWN


def _zipped(node: ast.Call, frame: Frame) -> Value:
    values = [frame.evaluate(argument) for argument in node.args]
    inside = tuple(value.item if isinstance(value, Items) else UNKNOWN for value in values)
    return Items(Together(inside)) if any(carries(one) for one in inside) else UNKNOWN


def _getattr(node: ast.Call, frame: Frame) -> Value:
    """`getattr(torch.optim, optimizer_type)`: the tag is the name."""
    owner, name = frame.evaluate(node.args[0]), frame.evaluate(node.args[1])
    if isinstance(name, Known) and isinstance(name.value, str):
        return attribute(owner, name.value, frame)
    if isinstance(name, Leaf) and isinstance(owner, Package):
        words = frame.choices(name) or ()
        return any_of([attribute(owner, word, frame) for word in words if isinstance(word, str)])
    return UNKNOWN


def _split(node: ast.Call, frame: Frame) -> Value:
    """`groupby("stft_", kwargs)`: the keys that begin so, without that beginning (unless told to keep it), and the others."""
    prefix, value = frame.evaluate(node.args[0]), frame.evaluate(node.args[1])
    section = next(sections(value), None)
    if section is None or not (isinstance(prefix, Known) and isinstance(prefix.value, str)):
        return UNKNOWN
    cut = not any(keyword.arg == "keep_prefix" for keyword in node.keywords)
    return Together((replace(section, only=prefix.value, cut=cut), replace(section, barred=section.barred | {prefix.value})))


ONLY_ASK = (
    "isinstance hasattr print len type str int float bool min max range id repr any all sum super setattr iter next abs round"
)

BUILTINS: dict[str, Function] = {
    **dict.fromkeys(ONLY_ASK.split(), _looked_at),
    **dict.fromkeys(("dict", "list", "tuple", "set", "reversed", "sorted"), _copied),
    "enumerate": _numbered,
    "zip": _zipped,
    "getattr": _getattr,
}

OF_PACKAGES: dict[str, Function] = {"copy.deepcopy": _copied, "copy.copy": _copied}

OF_THE_ENGINE: dict[tuple[str, str], Function] = {("models/adp.py", "groupby"): _split}
"""Functions that split a dictionary by the beginning of its keys, in a loop that the reader does not understand."""
