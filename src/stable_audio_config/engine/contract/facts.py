"""What was found in the engine's source: who reads which key, which tags it knows, and where the configuration got lost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from ...datamodels.base import Data
from .values import Value


class Where(NamedTuple):
    """A line of the engine."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class Read:
    """The engine asks for a key of a dictionary that one of our data models describes."""

    model: type[Data]
    key: str
    where: Where
    required: bool | None
    """The engine fails without it; None where that hangs on something else."""
    default: Value | None = None
    """What the engine takes where the key is absent; None where it names nothing."""


@dataclass(frozen=True)
class Word:
    """The engine compares a key with a word that we do not know."""

    owner: str
    """The kind of the tag, or the data model and its key."""
    word: str
    where: Where


@dataclass(frozen=True)
class Refusal:
    """The engine has no branch for a word that we know."""

    owner: str
    model: type[Data]
    word: str
    where: Where


@dataclass(frozen=True)
class Loss:
    """Configuration goes somewhere that cannot be followed."""

    models: tuple[type[Data], ...]
    to: str
    where: Where
    missing: bool
    """The name is nowhere defined: the engine cannot follow it either."""
    package: str = ""
    """The package that would have to be installed to go on."""


@dataclass
class Facts:
    """Everything that one reading found."""

    reads: list[Read] = field(default_factory=list)
    words: set[Word] = field(default_factory=set)
    refusals: set[Refusal] = field(default_factory=set)
    losses: set[Loss] = field(default_factory=set)
    seen: set[tuple[str, int, int]] = field(default_factory=set)
    """File, line and column of every read that was come upon."""
    entered: dict[tuple[str, int], str] = field(default_factory=dict)
    """File and line of every function that was gone through, and its name."""
