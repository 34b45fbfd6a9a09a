"""DAC's coders (engine: `DACEncoderWrapper`, `DACDecoderWrapper`)."""

from __future__ import annotations

from typing import Literal

from ..base import Count, Data, Positive, Sequence
from . import NamedDecoder, NamedEncoder


class DACEncoderConfig(Data):
    """DAC's encoder (package `descript-audio-codec`)."""

    in_channels: Positive = 1
    """Channels that come in: those of the audio, or the encoded channels of the autoencoder's pretransform."""
    d_model: Positive
    """Width at the audio's side; it doubles with every stage."""
    strides: Sequence[Positive]
    """Samples per step at each stage, from the audio's side to the latent's."""
    latent_dim: Count | None = None
    """Channels handed to the bottleneck; null means no last map, which leaves `d_model` doubled once per stage."""


class DACDecoderConfig(Data):
    """DAC's decoder (package `descript-audio-codec`); it always ends in a tanh."""

    latent_dim: Count
    """Channels received from the bottleneck: the latent width plus its `noise_augment_dim`."""
    out_channels: Positive = 1
    """Channels that go out: those of the audio, or the encoded channels of the autoencoder's pretransform."""
    channels: Positive
    """Width at the latent's side; it halves with every stage."""
    rates: Sequence[Positive]
    """Samples per step at each stage, from the latent's side to the audio's: the encoder's `strides` backwards."""


class DACEncoder(NamedEncoder):
    """DAC's convolutions."""

    type: Literal["dac"]
    """`dac`."""
    config: DACEncoderConfig
    """The network."""


class DACDecoder(NamedDecoder):
    """DAC's convolutions."""

    type: Literal["dac"]
    """`dac`."""
    config: DACDecoderConfig
    """The network."""
