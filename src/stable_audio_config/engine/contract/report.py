"""One difference between our data models and the engine, as data, and the list of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal[
    "key-added",
    "key-gone",
    "default-changed",
    "required-changed",
    "tag-added",
    "tag-gone",
    "site-gone",
    "unbound",
    "unread",
    "stale",
]
"""key-added: the engine reads a key that our data model does not have; key-gone: nothing reads one that it has;
default-changed, required-changed: the engine takes something else for a key that is left out, or insists on it, or no longer does;
tag-added, tag-gone: the engine has a branch for a word that we do not know, or none for one that we know;
site-gone: a name that configuration went to is no longer defined; unbound: a factory or a read that nothing known leads to, or
configuration that goes where it cannot be followed; unread: a data model that nothing reads;
stale: an accepted difference that is no longer there."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that the engine's source and our data models do not agree on."""

    kind: Kind
    where: str
    """File and line in the engine; empty where there is none."""
    function: str
    """The function that the line is in."""
    model: str
    """Our data model, several with commas, or the name of a kind of parts."""
    key: str
    """The key, or the word of a tag."""
    ours: str = ""
    theirs: str = ""
    todo: str
    """What to do in our data models."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a comparison found."""

    version: str
    """The engine's version, `unknown` where its folder does not say."""
    differences: tuple[Difference, ...]
    unchecked: tuple[str, ...]
    """What could not be compared because a package is not installed."""

    def plain(self) -> dict[str, Any]:
        """As plain data, for JSON."""
        return {
            "version": self.version,
            "differences": [asdict(one) for one in self.differences],
            "unchecked": list(self.unchecked),
        }
