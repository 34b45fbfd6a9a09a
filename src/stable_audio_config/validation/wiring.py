"""How the conditioners of a model and the lists that name them fit together: worked out once for all rules."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from weakref import WeakKeyDictionary

from .conditions import Output
from .id_lists import INPAINT, SIGNAL_LISTS, TOKEN_LISTS, Use, conditioned, conditioners, duplicates, ids, network, uses
from .ports import Port, Slip, outputs, ports, slip
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
    inpaints: bool | None
    """Whether training makes the conditions of inpainting; None where there is no training section."""
    adapted: bool
    """Whether training leaves the conditioners as they are, and trains adapters only."""

    @cached_property
    def nodes(self) -> dict[str, Node]:
        """Id -> conditioner, as far as its type is known."""
        return conditioners(self.model)

    @cached_property
    def outputs(self) -> dict[str, Output]:
        """Id -> what arrives where it is named, as far as that can be told; inpainting's own ids too."""
        unclear = duplicates(self.model) if self.unknown else {}
        own = INPAINT if self.inpaints else ()  # Whatever conditioners of these names give is overwritten.
        nodes = {name: node for name, node in self.nodes.items() if name not in unclear and name not in own}
        found = outputs(self.model, nodes)
        never = () if self.inpaints is not False else [name for name in INPAINT if name not in nodes]  # A finding of its own.
        return {name: output for name, output in found.items() if name not in never}

    @cached_property
    def ports(self) -> dict[str, Port]:
        """List -> what it gets and what the network expects of it."""
        return ports(self.model, self.uses, self.outputs)

    @cached_property
    def slips(self) -> dict[str, Slip]:
        """List -> the one slip in it that explains why its width is wrong."""
        found = {where: slip(port, self._spare(port)) for where, port in self.ports.items() if where not in TOKEN_LISTS}
        return {where: one for where, one in found.items() if one is not None}

    def _spare(self, port: Port) -> dict[str, Output]:
        """What could stand in a list and stands nowhere; and the other half of inpainting."""
        listed = {entry.use.id for entry in port.given}
        names = [name for name in self.idle if name not in self.meant.values()]
        names += [name for name in INPAINT if name not in listed and listed.intersection(INPAINT)]
        return {name: self.outputs[name] for name in names if name in self.outputs}

    @property
    def lost(self) -> list[str]:
        """Conditioners that no list names, where no other finding explains it."""
        explained = {*self.meant.values(), *(one.lacks for one in self.slips.values())}
        failing = [port for port in self.ports.values() if port.where not in SIGNAL_LISTS or port.total != port.expected]
        misplaced = sum(not entry.fits for port in failing for entry in port.given)
        misplaced += sum(use.id in INPAINT for use in self.uses) if self.inpaints is False else 0
        found = [name for name in self.idle if name not in explained]
        return found if len(found) > misplaced else []


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
    inpaints = _inpaints(setup, model)
    listed = {use.id for use in named} - set(INPAINT if inpaints else ())
    idle = [name for name in known if name not in listed]
    near = {name: get_close_matches(name, idle, n=1, cutoff=0.6) for name in unknown}
    meant = {name: found[0] for name, found in near.items() if found}
    if len(unknown) == 1 and len(idle) == 1:
        meant = {next(iter(unknown)): idle[0]}
    misspelt = frozenset(name for name, conditioner in meant.items() if _misspelt(setup, conditioner, name, len(unknown[name])))
    return Wiring(model, known, named, unknown, idle, meant, misspelt, inpaints, _adapted(setup))


def _inpaints(setup: Setup, model: Node) -> bool | None:
    try:
        own = setup.model.at("model") == model.path
        return setup.training.has("inpainting") if own else None
    except Absent:
        return None


def _adapted(setup: Setup) -> bool:
    try:
        training = setup.training
        return "lora_config" in training.model.fields and training.has("lora_config") and not training.has("arc")
    except Absent:
        return False


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
