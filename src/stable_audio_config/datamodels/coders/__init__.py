"""Encoders and decoders of an autoencoder (engine: `create_encoder_from_config`, `create_decoder_from_config`).

An encoder's `latent_dim` is the width it hands to the bottleneck, a decoder's the width it receives from it; they
differ where the bottleneck splits (mean and scale) or appends noise. The tags `patched` and `staged_patched` are left
out, because their classes are missing from the engine.
"""

from __future__ import annotations

from ..base import Count, Data, Positive, Sequence


class NamedEncoder(Data):
    requires_grad: bool = True
    """`false` freezes the encoder's parameters; the optimizer still receives them."""


class NamedDecoder(Data):
    requires_grad: bool = True
    """`false` freezes the decoder's parameters; the optimizer still receives them."""
    soft_clip: bool = False
    """`true` puts a tanh on the output of the whole autoencoder, after its pretransform. Without effect in a
    `diffusion_autoencoder`."""


class EncoderWidths(Data):
    in_channels: Positive = 2
    """Channels that come in: those of the audio, or the encoded channels of the autoencoder's pretransform."""
    latent_dim: Count = 32
    """Channels handed to the bottleneck: the latent width, or twice that where the bottleneck splits into mean and
    scale (`vae`, `rvq_vae`, `dac_rvq_vae`)."""


class DecoderWidths(Data):
    out_channels: Positive = 2
    """Channels that go out: those of the audio, or the encoded channels of the autoencoder's pretransform."""
    latent_dim: Count = 32
    """Channels received from the bottleneck: the latent width plus its `noise_augment_dim`."""


class Stages(Data):
    channels: Positive = 128
    """Base width, multiplied by `c_mults`."""
    c_mults: Sequence[Positive] = (1, 2, 4, 8)
    """Width of each stage as a multiple of `channels`, from the audio's side to the latent's, in a decoder too. Its
    length is the number of stages."""
    strides: Sequence[Positive] = (2, 4, 8, 8)
    """Samples per step at each stage, from the audio's side to the latent's, in a decoder too; one for each of
    `c_mults`, further ones are ignored. Their product, times the ratio of a pretransform, is `downsampling_ratio`."""


class TransformerStages(Stages):
    transformer_depths: Sequence[Count] = (3, 3, 3, 3)
    """Transformer blocks of each stage, from the audio's side to the latent's; one for each of `c_mults`."""
    checkpointing: bool = False
    """`true` saves memory in training by computing activations twice."""
    conformer: bool = False
    """`true` adds a convolution to every transformer block."""
