"""What stands in the JSON beside latents, against what the conditioners read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..report.finding import Finding, Related
from .rules.condition_values import TENSORS, wanted_type
from .setup import Setup
from .view import Absent, Node
from .wiring import own_wiring

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Beside = Mapping[str, Any]
"""One JSON file."""


def values_of_a_wrong_type(setup: Setup, beside: Callable[[Node], Sequence[Beside]]) -> list[Finding]:
    """One finding for every conditioner that cannot read what stands beside the latents of an entry."""
    found: list[Finding] = []
    with suppress(Absent):
        other, finished = setup.model("model.conditioning.default_keys"), setup.model("model.conditioning.pre_encoded_keys")
        for entry in setup.dataset.parts("datasets"):
            if setup.dataset("dataset_type") != "pre_encoded" or entry.has("custom_metadata_module"):
                continue
            about = beside(entry)
            for name, conditioner in own_wiring(setup).nodes.items():
                if name not in finished and conditioner("type") not in TENSORS:
                    found += list(_wrong(name, other.get(name), conditioner, entry, about))[:1]
    return found


def _wrong(name: str, other: str | None, conditioner: Node, entry: Node, about: Sequence[Beside]) -> Iterator[Finding]:
    for one in about:
        value = one.get(name, one.get(other) if other else None)
        if isinstance(value, list) and value:
            value = value[0]  # As the engine does.
        wanted = None if value is None else wanted_type(conditioner("type"), value)
        if wanted is not None:
            says = f"`{name}` is {value!r} in the metadata of the data"
            message = f"{says}, but its `{conditioner('type')}` conditioner reads {wanted}: the first step would fail"
            at = conditioner.at("type")
            there = (Related(message="the data", path=entry.at("path")),)
            yield Finding(
                rule="condition-type",
                message=message,
                path=at,
                help=f"use a conditioner that reads it, or write {wanted}",
                related=there,
            )
