"""How the conditioners of a model and the lists that name them fit together: worked out once for all rules."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from weakref import WeakKeyDictionary

from .conditions import Output
from .id_lists import INPAINT, Use, conditioned, conditioners, duplicates, ids, network, uses
from .ports import Port, outputs, ports
from .setup import Setup
from .view import Absent, Node, Path

__all__ = ["INPAINT", "Use", "Wiring", "conditioned", "conditioners", "ids", "network", "own_wiring", "uses", "wirings"]

USUAL = ("prompt", "seconds_start", "seconds_total")
"""Ids that the engine's data loaders, demos and callbacks know by name."""


@dataclass(frozen=True, eq=False)
class Wiring:
    """The conditioners of one model, and where they are named."""

    model: Node
    ids: dict[str, Path]
    uses: list[Use]
    unknown: dict[str, list[Use]]
    """Id that no conditioner has -> where it is named."""
    idle: list[str]
    """Conditioners that no list names."""
    meant: dict[str, str]
    """Unknown id -> the idle conditioner that it resembles, or the only one there is."""
    misspelt: frozenset[str]
    """Unknown ids that are right: it is the conditioner whose id has the typo."""

    @cached_property
    def nodes(self) -> dict[str, Node]:
        """Id -> conditioner, as far as its type is known."""
        return conditioners(self.model)

    @cached_property
    def outputs(self) -> dict[str, Output]:
        """Id -> what arrives where it is named, as far as that can be told; inpainting's own ids too."""
        unclear = duplicates(self.model) if self.unknown else {}
        return outputs(self.model, {name: node for name, node in self.nodes.items() if name not in unclear})

    @cached_property
    def ports(self) -> dict[str, Port]:
        """List -> what it gets and what the network expects of it."""
        return ports(self.model, self.uses, self.outputs)


_KNOWN: WeakKeyDictionary[Setup, list[Wiring]] = WeakKeyDictionary()


def wirings(setup: Setup) -> list[Wiring]:
    """The wiring of every model with conditioners, as far as it can be told."""
    if setup not in _KNOWN:
        found = (_wiring(setup, model) for model in conditioned(setup))
        _KNOWN[setup] = [wiring for wiring in found if wiring is not None]
    return _KNOWN[setup]


def own_wiring(setup: Setup) -> Wiring:
    """The wiring of the model itself, and not of a teacher or discriminator.

    Raises:
        Absent: the model has no conditioners.
    """
    path = setup.model.at("model")
    for wiring in wirings(setup):
        if wiring.model.path == path:
            return wiring
    raise Absent(path)


def _wiring(setup: Setup, model: Node) -> Wiring | None:
    try:
        known, named = ids(model), uses(model)
    except Absent:
        return None
    unknown: dict[str, list[Use]] = {}
    for use in named:
        if use.id not in known and use.id not in INPAINT:
            unknown.setdefault(use.id, []).append(use)
    listed = {use.id for use in named}
    idle = [name for name in known if name not in listed]
    near = {name: get_close_matches(name, idle, n=1, cutoff=0.6) for name in unknown}
    meant = {name: found[0] for name, found in near.items() if found}
    if len(unknown) == 1 and len(idle) == 1:
        meant = {next(iter(unknown)): idle[0]}
    misspelt = frozenset(name for name, conditioner in meant.items() if _misspelt(setup, conditioner, name, len(unknown[name])))
    return Wiring(model, known, named, unknown, idle, meant, misspelt)


def _misspelt(setup: Setup, conditioner: str, listed: str, places: int) -> bool:
    """Whether the conditioner's id is the typo, and not what the lists say: what more places say is right."""
    demos = _demo_keys(setup)
    says_listed = places + (listed in demos) + (listed in USUAL)
    says_conditioner = 1 + (conditioner in demos) + (conditioner in USUAL)
    return says_listed > says_conditioner


def _demo_keys(setup: Setup) -> set[str]:
    try:
        return {str(key) for entry in setup.training("demo.demo_cond") or () for key in entry}
    except (Absent, TypeError):
        return set()
