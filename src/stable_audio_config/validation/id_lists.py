"""The lists of a model that name conditioners, and the conditioners that there are.

The functions take nodes of the view and raise `Absent` where something that they need is missing or broken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .setup import Setup
from .view import Absent, Node, Path

INPAINT = ("inpaint_mask", "inpaint_masked_input")
"""Conditions that inpainting makes by itself: 1 channel, and as many as the latents have."""

TOKEN_LISTS = ("cross_attention_cond_ids", "prepend_cond_ids")
"""Lists that take tokens and sequences, one after the other."""

SIGNAL_LISTS = ("input_concat_ids", "local_add_cond_ids", "modular_local_cond_configs")
"""Lists that take signals."""

LISTS = (*TOKEN_LISTS, "global_cond_ids", *SIGNAL_LISTS)
"""Everything that names conditioners. The language model has the first three only."""


@dataclass(frozen=True)
class Use:
    """One place that names a conditioner."""

    where: str
    """One of `LISTS`."""
    id: str
    at: Path


WIDTHS = {
    "cross_attention_cond_ids": "cond_token_dim",
    "prepend_cond_ids": "prepend_cond_dim",
    "global_cond_ids": "global_cond_dim",
    "input_concat_ids": "input_concat_dim",
    "local_add_cond_ids": "local_add_cond_dim",
}
"""List of ids -> the width that the DiT expects of them."""


def width_key(model: Node, name: str) -> str:
    """The key of the network's config that belongs to a list."""
    return "cross_attn_cond_dim" if "lm" in model.model.fields and name == TOKEN_LISTS[0] else WIDTHS[name]


def conditioned(setup: Setup) -> list[Node]:
    """Every `model` dictionary with conditioners: the model's own, teachers and discriminators."""
    return [*setup.named("DiffusionCondModel"), *setup.named("LMModel")]


def network(model: Node) -> Node:
    """The part of such a model that holds the lists: `diffusion`, or `lm`."""
    return model.part("lm" if "lm" in model.model.fields else "diffusion")


def is_dit(model: Node) -> bool:
    """Whether the network is the engine's DiT."""
    return "lm" not in model.model.fields and network(model)("type") == "dit"


def uses(model: Node) -> list[Use]:
    """Every place of the model that names a conditioner."""
    holder = network(model)
    return [use for name in LISTS if name in holder.model.fields for use in _uses(holder, name)]


def _uses(holder: Node, name: str) -> Iterator[Use]:
    for index, entry in enumerate(holder(name)):
        at = (*holder.at(name), index)
        if isinstance(entry, str):
            yield Use(name, entry, at)
        elif isinstance(entry, Mapping) and isinstance(entry.get("id"), str):
            yield Use(name, entry["id"], (*at, "id"))


def ids(model: Node) -> dict[str, Path]:
    """Id of every conditioner -> the key that says so; the last one, of several with the same id.

    Raises:
        Absent: there is no `conditioning`, or some entry does not say its id.
    """
    conditioning = model.part("conditioning")
    configs = conditioning.tree.get("configs")
    if not isinstance(configs, (list, tuple)):
        raise Absent(conditioning.at("configs"))
    found = {}
    for index, entry in enumerate(configs):
        at = (*conditioning.at("configs"), index, "id")
        name = entry.get("id") if isinstance(entry, Mapping) else None
        if not isinstance(name, str) or at in conditioning.broken:
            raise Absent(at)
        found[name] = at
    return found


def duplicates(model: Node) -> dict[str, list[Path]]:
    """Id that several conditioners have -> the keys that say so."""
    places: dict[str, list[Path]] = {}
    for conditioner in model.part("conditioning").parts("configs") if model.has("conditioning") else []:
        places.setdefault(str(conditioner.tree.get("id")), []).append(conditioner.at("id"))
    return {name: at for name, at in places.items() if len(at) > 1}


def conditioners(model: Node) -> dict[str, Node]:
    """Id -> conditioner, as far as its type is known."""
    nodes = model.part("conditioning").parts("configs") if model.has("conditioning") else []
    return {str(node.tree["id"]): node for node in nodes if isinstance(node.tree.get("id"), str)}
