"""Autoencoders: audio to latents and back, as a model and as a pretransform (engine: `create_autoencoder_from_config`)."""

from __future__ import annotations

from typing import Any, Literal

from .base import Data
from .kinds import Bottleneck, Decoder, Encoder, Pretransform
from .model import ModelConfigBase
from .pretransform import PretransformCommon


class AutoencoderModel(Data):
    """The networks of an autoencoder: pretransform, encoder, bottleneck, decoder, and back through the pretransform.

    The engine builds the networks from their own configs and never compares them with the widths and the ratio stated
    here; everything around the autoencoder believes the statements.
    """

    encoder: Encoder
    """Audio, or what the pretransform makes of it, to what the bottleneck receives."""
    decoder: Decoder
    """What the bottleneck hands on, to audio or to what the pretransform decodes."""
    bottleneck: Bottleneck | None = None
    """What stands between the two; null passes the encoder's output on unchanged."""
    latent_dim: int
    """Channels of the latent. A statement only: must equal the decoder's `latent_dim` less the bottleneck's
    `noise_augment_dim`. Everything that uses this autoencoder as a pretransform believes it."""
    downsampling_ratio: int
    """Audio samples per latent frame. A statement only: must equal the product of the encoder's `strides`, times the
    ratio of the pretransform."""
    io_channels: int
    """Audio channels that go in and out of the whole autoencoder: 1 is mono, 2 is stereo."""
    in_channels: int | None = None
    """Audio channels that go in, where they differ; null means `io_channels`. A statement only, which must fit the
    encoder."""
    out_channels: int | None = None
    """Audio channels that go out, where they differ; null means `io_channels`. A statement only, which must fit the
    decoder; it decides between mono and stereo losses and the discriminator's channels."""
    pretransform: Pretransform | None = None
    """What audio passes through before the encoder and after the decoder; null means nothing. Training around it needs
    `enable_grad: true` in it."""


class AutoencoderPretransform(PretransformCommon):
    """A whole autoencoder as a pretransform: the latents that a diffusion model works on."""

    type: Literal["autoencoder"]
    """`autoencoder`."""
    config: AutoencoderModel
    """The autoencoder's networks, as in the `model` of its own config; the sample rate is the outer model's."""
    scale: float = 1.0
    """Latents are divided by this, pre-encoded ones too, and multiplied by it before decoding."""
    model_half: bool = False
    """`true` runs the autoencoder in half precision; latents and audio come back in full precision."""
    iterate_batch: bool = False
    """`true` saves memory by taking the examples of a batch one at a time. Without effect on what `chunked` splits."""
    chunked: bool = False
    """`true` saves memory by working in chunks of 128 latent frames that overlap by 32; shorter inputs stay whole."""


class AutoencoderConfig(ModelConfigBase):
    """An autoencoder: audio to latents and back."""

    model_type: Literal["autoencoder"]
    """`autoencoder`."""
    model: AutoencoderModel
    """The networks."""


class NestedAutoencoderConfig(AutoencoderConfig):
    """A whole autoencoder config standing inside another config (a teacher)."""

    training: dict[str, Any] | None = None
    """Never read here."""
