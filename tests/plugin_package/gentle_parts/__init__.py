"""What a config may say about the parts of this package. The networks are imported only when they are built."""

from __future__ import annotations

from typing import Literal

from stable_audio_config.datamodels.base import Data, Positive, PositiveFloat
from stable_audio_config.datamodels.conditioning.base import ConditionerOptions, NamedConditioner
from stable_audio_config.plugins import part


class LeakyConfig(Data):
    dim: Positive
    """Latent channels; must equal the decoder's `latent_dim`."""
    leak: PositiveFloat = 0.1
    """How much of what lies beyond the channel's limit comes through."""


@part("bottleneck", "leaky", build="gentle_parts.networks:build_leaky")
class LeakyBottleneck(Data):
    """A continuous latent with a trained soft limit for each channel."""

    type: Literal["leaky"]
    """`leaky`."""
    config: LeakyConfig
    """Its settings."""


class TempoConfig(ConditionerOptions):
    slowest: PositiveFloat = 40.0
    """Beats per minute that become 0; slower ones are raised to it."""
    fastest: PositiveFloat = 240.0
    """Beats per minute that become 1; faster ones are lowered to it."""


@part("conditioner", "tempo", build="gentle_parts.networks:build_tempo")
class TempoConditioner(NamedConditioner):
    """A token from beats per minute, evenly spaced in octaves."""

    type: Literal["tempo"]
    """`tempo`."""
    config: TempoConfig
    """May be empty, but not left out."""
