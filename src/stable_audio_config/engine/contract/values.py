"""What a variable of the engine may hold while its source is read: a dictionary of the configuration, a key of one, a constant.

Nothing is run. Every value says what is known about it from the data models on our side and from the source on the engine's.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from ...datamodels.base import Data
    from ...datamodels.tagged import Tagged
    from .sources import Module

Value: TypeAlias = "Unknown | Known | Section | Leaf | Items | Together | AnyOf | Instance | Callee | Flag | Package | Missing"


@dataclass(frozen=True)
class Option:
    """One data model of ours that may stand in a place."""

    model: type[Data]
    tag: str | None = None
    kind: Tagged | None = None


@dataclass(frozen=True)
class Unknown:
    """Anything else."""


UNKNOWN = Unknown()

MOST_ALTERNATIVES = 6
"""What may be one of more things is taken for one of the first of them."""


@dataclass(frozen=True, eq=False)
class Known:
    """A constant."""

    value: Any


NONE = Known(None)


@dataclass(frozen=True, eq=False)
class Section:
    """A dictionary: of the configuration, or one that the engine builds (then without `options`)."""

    place: str
    """Where it stands, from the parameter of the function that reads it: `config.model.encoder`."""
    options: tuple[Option, ...] = ()
    """The data models that may stand here, where it is the argument of a function."""
    parent: Section | None = None
    """The dictionary that it was read from, by `key`; its options then follow from the parent's."""
    key: str = ""
    item: bool = False
    """It is one of a list (or of a dictionary with free keys) under `key`."""
    taken: frozenset[str] = frozenset()
    """Keys that are no longer in it: popped, or bound to a parameter."""
    preset: Mapping[str, Value] = field(default_factory=dict)
    """What the engine puts in where the configuration does not."""
    filled: Mapping[str, Value] = field(default_factory=dict)
    """What the engine puts in whatever the configuration says."""
    built: bool = False
    """The engine made it: a key that is not in `filled` is not there."""
    only: str = ""
    """Of the dictionary, only the keys that begin so."""
    cut: bool = False
    """`only` was cut off those keys: `stft_length` is `length` in here."""
    barred: frozenset[str] = frozenset()
    """Keys that begin so are no longer in it."""

    @cached_property
    def signature(self) -> Hashable:
        """Equal for dictionaries that lead to the same reads."""
        parent = None if self.parent is None else self.parent.signature
        inside = [tuple((k, signature(v)) for k, v in sorted(items.items())) for items in (self.preset, self.filled)]
        options = tuple((option.model, option.tag) for option in self.options)
        return ("section", options, parent, self.key, self.item, self.taken, self.built, self.only, self.cut, self.barred, *inside)

    def full(self, key: str) -> str | None:
        """The key as the configuration spells it; None where it cannot be in here."""
        name = self.only + key if self.cut else key
        kept = name.startswith(self.only) and not any(name.startswith(beginning) for beginning in self.barred)
        return name if kept and name not in self.taken else None

    def without(self, *keys: str) -> Section:
        """The same dictionary after `keys` were popped."""
        return replace(self, taken=self.taken | set(keys), filled={k: v for k, v in self.filled.items() if k not in keys})

    def having(self, items: Mapping[str, Value]) -> Section:
        """The same dictionary after `items` were put in."""
        return replace(self, filled={**self.filled, **items})

    def under(self, defaults: Mapping[str, Value]) -> Section:
        """The same dictionary merged over `defaults`."""
        return replace(self, preset={**defaults, **self.preset})


@dataclass(frozen=True, eq=False)
class Leaf:
    """A number, switch, word or free-form value of the configuration."""

    section: Section
    key: str
    certain: bool = True
    """False in a function that is called only in some circumstances: what it insists on says nothing about the key then."""

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"{self.section.place}.{self.key}"


@dataclass(frozen=True, eq=False)
class Items:
    """A list whose items are all alike, or (`table`) the values of a dictionary with free keys."""

    item: Value
    table: bool = False


@dataclass(frozen=True, eq=False)
class Together:
    """A tuple whose items differ."""

    values: tuple[Value, ...]


@dataclass(frozen=True, eq=False)
class AnyOf:
    """One of several, by a condition that is not known."""

    values: tuple[Value, ...]


@dataclass(eq=False)
class Instance:
    """An object of one of the engine's classes, with what its methods put into it."""

    cls: Callee
    attributes: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Callee:
    """A function or class whose source was found."""

    module: Module
    node: ast.FunctionDef | ast.ClassDef
    owner: Callee | None = None
    """The class that a method is defined in."""
    bound: Value | None = None
    """What a method is called on."""

    @property
    def name(self) -> str:
        """Its name in the source, the class before the method."""
        return f"{self.owner.name}.{self.node.name}" if self.owner is not None else self.node.name


@dataclass(frozen=True)
class Outcome:
    """What is known where a test came out one way."""

    narrow: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """Place -> the options, or the words, that it is down to."""
    conditions: frozenset[str] = frozenset()
    """Places whose content decides whether this comes about; `?` for anything else."""
    names: Mapping[str, Value] = field(default_factory=dict)
    """Local names about which more is known."""
    denied: tuple[Leaf, ...] = ()
    """Keys that hold none of the words that they were compared with."""
    absent: tuple[Section | Leaf, ...] = ()
    """What is None or not there."""


@dataclass(frozen=True, eq=False)
class Flag:
    """The result of a test, to be asked later."""

    yes: Outcome | None
    no: Outcome | None


@dataclass(frozen=True)
class Package:
    """A module."""

    name: str


@dataclass(frozen=True)
class Missing:
    """A name that the source uses and nothing defines; `package` where all that is missing is an installation."""

    name: str
    package: str = ""


def alternatives(value: Value) -> tuple[Value, ...]:
    """What `value` may be, one by one."""
    return value.values if isinstance(value, AnyOf) else (value,)


def any_of(values: Iterable[Value]) -> Value:
    """One of `values`. What is not known goes where anything else is there; None goes where any place of the configuration is,
    which may be null anyway."""
    given = [one for value in values for one in alternatives(value)]
    if given and all(one is given[0] for one in given):
        return given[0]
    distinct = {signature(one): one for one in given if not isinstance(one, Unknown)}
    if len(distinct) > 1 and all(is_none(one) or isinstance(one, (Section, Leaf, Items)) for one in distinct.values()):
        distinct = {key: one for key, one in distinct.items() if not is_none(one)}
    telling = tuple(sorted(distinct.values(), key=is_none, reverse=True))[:MOST_ALTERNATIVES]
    if not telling or (len(distinct) < len(given) and all(is_none(one) for one in telling) and UNKNOWN in given):
        return UNKNOWN
    return telling[0] if len(telling) == 1 else AnyOf(telling)


def is_none(value: Value) -> bool:
    """It is the constant None."""
    return isinstance(value, Known) and value.value is None


def sections(value: Value) -> Iterator[Section]:
    """Every dictionary that `value` may be."""
    return (one for one in alternatives(value) if isinstance(one, Section))


def carries(value: Value) -> bool:
    """There is configuration in it: what is done with it must be followed."""
    if isinstance(value, (AnyOf, Together)):
        return any(carries(one) for one in value.values)
    if isinstance(value, Items):
        return carries(value.item)
    if isinstance(value, Section):
        inside = (*value.filled.values(), *value.preset.values())
        return bool(value.options) or value.parent is not None or any(carries(one) for one in inside)
    return False


def signature(value: Value) -> Hashable:
    """Equal for values that lead to the same reads."""
    if isinstance(value, Known):
        return ("known", repr(value.value))
    if isinstance(value, Section):
        return value.signature
    if isinstance(value, Leaf):
        return ("leaf", signature(value.section), value.key, value.certain)
    if isinstance(value, Items):
        return ("items", signature(value.item), value.table)
    if isinstance(value, (AnyOf, Together)):
        return (type(value).__name__, tuple(signature(one) for one in value.values))
    if isinstance(value, Callee):
        return ("callee", id(value.node), id(value.bound))
    return value if isinstance(value, (Unknown, Package, Missing)) else id(value)
