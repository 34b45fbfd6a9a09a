"""Keys that the engine takes with `**` and drops (CONTRACT section 9): read by the letter, but by nobody in truth."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

from .watched import Path

_MODELS = "stable_audio_tools.models"

TAKES: dict[tuple[str, str], tuple[str, ...]] = {
    ("encoder", "same"): (f"{_MODELS}.autoencoders:SAMEEncoder", f"{_MODELS}.autoencoders:TransformerResamplingBlock"),
    ("decoder", "same"): (f"{_MODELS}.autoencoders:SAMEDecoder", f"{_MODELS}.autoencoders:TransformerResamplingBlock"),
    ("pretransform", "patched"): (f"{_MODELS}.pretransforms:PatchedPretransform",),
    ("discriminator", "encodec"): (
        f"{_MODELS}.discriminators:EncodecDiscriminator",
        f"{_MODELS}.encodec:MultiScaleSTFTDiscriminator",
        f"{_MODELS}.encodec:DiscriminatorSTFT",
    ),
    ("discriminator", "dac"): (f"{_MODELS}.discriminators:DACGANLoss", f"{_MODELS}.discriminators:DACDiscriminator"),
    ("bottleneck", "vae"): (),
    ("bottleneck", "l2_norm"): (),
    ("distribution_shift", "none"): (),
}
"""(where it stands, tag) -> the callables that its `config` goes through; what none of them names is dropped."""

CLAP_LOSSES = ("contrastive", "uniformity", "cross_uniformity", "alignment")
"""What is read of CLAP's `loss_config`, which is merged into a dictionary of defaults as a whole."""

PLACES = {"pretransform_config": "pretransform", "discriminator": "discriminator"}
"""Key of a part -> what `TAKES` calls it, where that is not the key itself."""

DEAD: tuple[tuple[str, ...], ...] = (
    ("spectral", "type"),
    ("spectral", "config", "window"),
    ("audio", "context_length"),
    ("time", "type"),
)
"""Ends of key paths that are read, or taken, and have no effect."""


def swallowed(tree: Any, path: Path = ()) -> Iterator[Path]:
    """The key paths of a tree that a sink drops, or that are dead."""
    if any(path[-len(end) :] == end for end in DEAD):
        yield path
    if isinstance(tree, dict):
        if path[-1:] == ("loss_config",):
            yield from ((*path, key) for key in tree if key not in CLAP_LOSSES)
        place = PLACES.get(str(path[-1]), str(path[-1])) if path else ""
        callables = TAKES.get((place, str(tree.get("type"))))
        config = tree.get("config")
        if callables is not None and isinstance(config, dict) and "arc" not in path:
            known = _named(callables)
            yield from ((*path, "config", key) for key in config if key not in known)
        for key, value in tree.items():
            yield from swallowed(value, (*path, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from swallowed(value, (*path, index))


@cache
def _named(callables: tuple[str, ...]) -> frozenset[str]:
    found: set[str] = set()
    for place in callables:
        module, _, name = place.partition(":")
        parameters = inspect.signature(getattr(import_module(module), name)).parameters.values()
        found.update(one.name for one in parameters if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD))
    return frozenset(found)
