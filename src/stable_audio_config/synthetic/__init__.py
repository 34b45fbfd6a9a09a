"""A small labelled stereo dataset, made on the spot: a first run needs no download and no audio of one's own."""

from __future__ import annotations

from stable_audio_config.synthetic.cache import audio_folder, cache_folder, ensure, metadata_module

__all__ = ["audio_folder", "cache_folder", "ensure", "metadata_module"]
