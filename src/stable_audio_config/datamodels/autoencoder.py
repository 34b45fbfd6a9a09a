"""The `model` dictionary of an autoencoder (engine: `create_autoencoder_from_config`) and the union `Pretransform`.

Both stand in one file because they hold each other: an autoencoder may work on the output of a pretransform, and a
pretransform may be a whole autoencoder.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .base import Data, Positive
from .bottleneck import Bottleneck
from .coders import Decoder, Encoder
from .pretransform import (
    AudiocraftPretrainedPretransform,
    DACPretrainedPretransform,
    PatchedPretransform,
    PQMFPretransform,
    PretransformCommon,
    WaveletPretransform,
)


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
    latent_dim: Positive
    """Channels of the latent. A statement only: must equal the decoder's `latent_dim` less the bottleneck's
    `noise_augment_dim`. Everything that uses this autoencoder as a pretransform believes it."""
    downsampling_ratio: Positive
    """Audio samples per latent frame. A statement only: must equal the product of the encoder's `strides`, times the
    ratio of the pretransform."""
    io_channels: Positive
    """Audio channels that go in and out of the whole autoencoder: 1 is mono, 2 is stereo."""
    in_channels: Positive | None = None
    """Audio channels that go in, where they differ; null means `io_channels`. A statement only, which must fit the
    encoder."""
    out_channels: Positive | None = None
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


Pretransform = Annotated[
    AutoencoderPretransform
    | WaveletPretransform
    | PQMFPretransform
    | DACPretrainedPretransform
    | AudiocraftPretrainedPretransform
    | PatchedPretransform,
    Field(discriminator="type"),
]
"""Any pretransform, told apart by `type`."""
