"""What was read, held against what the data models say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ...datamodels.base import Data
from ...datamodels.kinds import KINDS
from . import ours
from .facts import Facts, Read, Where
from .report import Difference, Kind
from .sweep import Unreached
from .values import Known, Option, Section, Value

NOWHERE = Where("", 0, "")

MANY = 5
"""So many data models are no longer named one by one in what there is to do."""


@dataclass(frozen=True)
class Candidate:
    """A difference about one data model, before it is accepted or joined with those of others."""

    kind: Kind
    where: Where
    model: type[Data] | str
    """Our data model; or the name of a kind of parts, or a data model and its key, for the words of a tag."""
    key: str
    ours: str
    theirs: str
    todo: str
    """What to do, `{model}` for the data models."""

    @property
    def names(self) -> frozenset[str]:
        """What the model is called, its bases included."""
        if isinstance(self.model, str):
            return frozenset({self.model})
        return frozenset(base.__name__ for base in self.model.__mro__)

    @property
    def shown(self) -> str:
        """What the model is called in a report."""
        return self.model if isinstance(self.model, str) else self.model.__name__


@dataclass
class Comparison:
    """One comparison. `aside` are data models about which the source can say nothing: what led to them is lost or refused."""

    facts: Facts
    aside: set[type[Data]] = field(default_factory=set)

    @cached_property
    def reads(self) -> dict[type[Data], dict[str, list[Read]]]:
        """Data model -> key -> who reads it."""
        found: dict[type[Data], dict[str, list[Read]]] = {}
        for read in self.facts.reads:
            found.setdefault(read.model, {}).setdefault(read.key, []).append(read)
        return found

    def keys(self) -> Iterator[Candidate]:
        """Keys that one side has and the other has not, or that mean something else where they are left out."""
        for model, keys in self.reads.items():
            for key, reads in keys.items():
                if key in ours.fields(model):
                    yield from _left_out(model, key, reads)
                else:
                    yield _added(model, key, reads)

    def unread(self) -> Iterator[Candidate]:
        """Keys, and whole data models, that nothing reads."""
        for model in every_model():
            if model in self.aside:
                continue
            if model not in self.reads and ours.fields(model):
                todo = "find what reads {model} now (engine/contract/roots.py), or take it out"
                yield Candidate("unread", NOWHERE, model, "", "", "", todo)
                continue
            for key in ours.fields(model):
                if key not in self.reads.get(model, {}):
                    todo = f"nothing reads `{key}`: take it out of {{model}}, and name it in `gone`"
                    yield Candidate("key-gone", self._around(model), model, key, "a key", "never read", todo)

    def _around(self, model: type[Data]) -> Where:
        """Where the other keys of `model` are read."""
        places = [read.where for reads in self.reads[model].values() for read in reads] if model in self.reads else []
        return min(places, key=lambda where: (-sum(one.function == where.function for one in places), where.line), default=NOWHERE)

    def tags(self) -> Iterator[Candidate]:
        """Words that one side knows and the other does not."""
        for word in self.facts.words:
            if word.owner in KINDS:
                todo = f"write a data model for `{word.word}` and list it in kind `{word.owner}` (datamodels/kinds.py)"
            else:
                todo = f"add `{word.word}` to the words of `{word.owner}`"
            yield Candidate("tag-added", word.where, word.owner, word.word, "unknown", "a branch", todo)
        for refusal in self.facts.refusals:
            if refusal.owner in KINDS:
                todo = f"move `{refusal.word}` of kind `{refusal.owner}` to what is `gone` (datamodels/kinds.py)"
            else:
                todo = f"take `{refusal.word}` out of the words of `{refusal.owner}`: the engine refuses it"
            yield Candidate("tag-gone", refusal.where, refusal.owner, refusal.word, "known", "no branch", todo)

    def losses(self) -> Iterator[Candidate]:
        """Configuration that goes where it cannot be followed, but for packages that are not installed."""
        for loss in self.facts.losses:
            if loss.package:
                continue
            for model in loss.models:
                if loss.missing:
                    todo = f"`{loss.to}` is not defined any more: find what is done with {{model}} now"
                    yield Candidate("site-gone", loss.where, model, loss.to, "a part of the engine", "not defined", todo)
                else:
                    todo = f"cannot follow {{model}} into {loss.to}: teach the reader (engine/contract), or accept it"
                    yield Candidate("unbound", loss.where, model, loss.to, "followed", "cannot be followed", todo)


def unbound(found: Iterable[Unreached]) -> Iterator[Candidate]:
    """What the reading never came to."""
    for one in found:
        todo = f"nothing known leads here: give `{one.where.function}` an entrance (engine/contract/roots.py), or accept it"
        yield Candidate("unbound", one.where, "", one.variable or one.where.function, "", ", ".join(one.reads), todo)


def below(models: Iterable[type[Data]]) -> set[type[Data]]:
    """`models` and all data models inside of them."""
    found: set[type[Data]] = set()
    waiting = list(models)
    while waiting:
        model = waiting.pop()
        if model not in found:
            found.add(model)
            waiting += [option.model for key in ours.fields(model) for option in ours.part(model, key).options]
    return found


def every_model() -> list[type[Data]]:
    """Every data model that a configuration can hold, by name."""
    options: list[Option] = [option for kind in KINDS.values() for option in ours.tagged_options(kind)]
    return sorted(below(option.model for option in options), key=lambda model: (model.__module__, model.__name__))


def joined(candidates: Iterable[Candidate]) -> tuple[Difference, ...]:
    """One difference for what is the same about several data models, or about several variables of one function."""
    groups: dict[tuple[Any, ...], list[Candidate]] = {}
    for one in candidates:
        groups.setdefault(_sameness(one), []).append(one)
    ordered = sorted(groups.values(), key=lambda group: min(_order(one) for one in group))
    return tuple(_difference(group) for group in ordered)


def _order(one: Candidate) -> tuple[str, str, int, str, str, str]:
    return one.where.file, one.where.function, one.where.line, one.kind, one.key, one.shown


def _sameness(one: Candidate) -> tuple[Any, ...]:
    if not one.model:
        return (one.kind, one.where.file, one.where.function)
    place = () if one.kind in ("key-gone", "site-gone") else (one.where.file, one.where.line)
    return (one.kind, *place, one.key, one.ours, one.theirs, one.todo)


def _difference(group: list[Candidate]) -> Difference:
    first = min(group, key=lambda one: one.where)
    names = sorted({one.shown for one in group})
    several = names[0] if len(names) == 1 else ", ".join(names) if len(names) < MANY else f"these {len(names)} data models"
    return Difference(
        kind=first.kind,
        where=str(first.where) if first.where.file else "",
        function=first.where.function,
        model=", ".join(names),
        key=", ".join(dict.fromkeys(one.key for one in group)),
        ours=first.ours,
        theirs=", ".join(dict.fromkeys(one.theirs for one in group)),
        todo=first.todo.replace("{model}", several),
    )


def _added(model: type[Data], key: str, reads: list[Read]) -> Candidate:
    required = any(read.required for read in reads)
    default = next((read.default for read in reads if read.default is not None), None)
    theirs = "required" if required else f"default {shown(default)}" if default is not None else "optional"
    first = min(reads, key=lambda read: read.where)
    return Candidate("key-added", first.where, model, key, "no such key", theirs, f"add `{key}` ({theirs}) to {{model}}")


def _left_out(model: type[Data], key: str, reads: list[Read]) -> Iterator[Candidate]:
    """What happens where the key is left out."""
    if _is_tag(model, key):
        return
    field_ = ours.fields(model)[key]
    first = min(reads, key=lambda read: read.where)
    hard = next((read for read in reads if read.required), None)
    if hard is not None:
        if not field_.is_required():
            todo = f"make `{key}` of {{model}} required: the engine fails without it"
            yield Candidate("required-changed", hard.where, model, key, "optional", "required", todo)
        return
    if field_.is_required():
        if all(read.required is False for read in reads) and not _empty_but_needed(model, key, reads):
            default = shown(first.default)
            todo = f"give `{key}` of {{model}} its default {default}: the engine does without it"
            yield Candidate("required-changed", first.where, model, key, "required", f"default {default}", todo)
        return
    mine = ours.default(model, key)
    for read in reads:
        if isinstance(read.default, (Known, Section)) and not same(mine, plain(read.default)):
            theirs = shown(read.default)
            todo = f"change the default of `{key}` of {{model}} to {theirs}"
            yield Candidate("default-changed", read.where, model, key, json.dumps(mine, default=repr), theirs, todo)


def _is_tag(model: type[Data], key: str) -> bool:
    return any(kind.key == key and any(option.model is model for option in ours.tagged_options(kind)) for kind in KINDS.values())


def _empty_but_needed(model: type[Data], key: str, reads: list[Read]) -> bool:
    """The engine takes an empty section where there is none, and then fails on the keys that are not in it."""
    options = ours.part(model, key).options
    empty = all(isinstance(read.default, Section) and plain(read.default) == {} for read in reads)
    return empty and any(field_.is_required() for option in options for field_ in ours.fields(option.model).values())


def plain(value: Value) -> Any:
    """The constant, or the dictionary of constants, that the engine writes."""
    if isinstance(value, Section):
        return {key: plain(item) for key, item in value.filled.items()}
    return value.value if isinstance(value, Known) else None


def same(mine: Any, theirs: Any) -> bool:
    """Whether two defaults mean the same in a configuration file: lists and tuples do, `true` and 1 do not."""
    if isinstance(mine, (list, tuple)) and isinstance(theirs, (list, tuple)):
        return len(mine) == len(theirs) and all(same(one, other) for one, other in zip(mine, theirs, strict=True))
    return isinstance(mine, bool) == isinstance(theirs, bool) and bool(mine == theirs)


def shown(value: Value | None) -> str:
    """A default as it would stand in a configuration file."""
    return (
        json.dumps(plain(value), default=repr) if isinstance(value, (Known, Section)) else "null" if value is None else "computed"
    )
