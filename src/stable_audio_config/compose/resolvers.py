"""The interpolations we add to OmegaConf's own: `${synthetic:audio}`, the folder of the dataset that needs no download."""

from __future__ import annotations

from omegaconf import OmegaConf


def register_resolvers() -> None:
    """`${synthetic:audio}` and `${synthetic:metadata}` can be used from here on. Nothing is written when they are resolved."""
    OmegaConf.register_new_resolver("synthetic", _synthetic, replace=True)


def _synthetic(part: str) -> str:
    from ..synthetic import audio_folder, metadata_module

    places = {"audio": audio_folder, "metadata": metadata_module}
    if part not in places:
        raise ValueError(f"`synthetic` knows `audio` and `metadata`, not `{part}`")
    return str(places[part]())
