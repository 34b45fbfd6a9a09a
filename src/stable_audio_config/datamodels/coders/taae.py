"""Convolutions with transformers between them (engine: `TAAEEncoder`, `TAAEDecoder`)."""

from __future__ import annotations

from typing import Annotated, Literal

from ..base import Pair, Sequence, Since
from . import DecoderWidths, EncoderWidths, NamedDecoder, NamedEncoder, TransformerStages


class _TAAE(TransformerStages):
    strides: Sequence[int] = (2, 4, 8, 8)
    """Samples per step at each stage, from the audio's side to the latent's, in a decoder too; one for each of `c_mults`, further
    ones are ignored. 1 or less does not resample. Their product, times the ratio of a pretransform, is `downsampling_ratio`."""
    transformer_depths: Sequence[int] = (3, 3, 3, 3)
    """Transformer blocks of each stage, from the audio's side to the latent's; one for each of `c_mults`."""
    use_snake: bool = False
    """`true` uses the periodic Snake activation, `false` none (ELU in the dilated convolutions)."""
    sliding_window: Pair[int] | None = (63, 64)
    """How many steps of the stage's lower rate to the left and right each step attends to; null means all of them."""
    layer_scale: bool = True
    """`true` gives every branch of a transformer block a trained factor per channel, `false` starts branches at 0."""
    use_dilated_conv: bool = False
    """`true` adds three dilated residual convolutions to every stage."""
    mapping_style: Annotated[Literal["conv", "linear", "none"], Since("0.0.20")] = "conv"
    """How audio is mapped to the first width and the last width to the latent. `none` has no map on the audio's side,
    and a linear one on the latent's."""


class TAAEEncoderConfig(EncoderWidths, _TAAE):
    """Encoder of convolutions and transformers. Every width must be at most 128 or a multiple of 128."""


class TAAEDecoderConfig(DecoderWidths, _TAAE):
    """Decoder of transformers and convolutions. Every width must be at most 128 or a multiple of 128."""


class TAAEEncoder(NamedEncoder):
    """Strided convolutions, each followed by transformer blocks."""

    type: Literal["taae"]
    """`taae`."""
    config: TAAEEncoderConfig
    """The network."""


class TAAEDecoder(NamedDecoder):
    """Transformer blocks, each stage followed by a transposed convolution."""

    type: Literal["taae"]
    """`taae`."""
    config: TAAEDecoderConfig
    """The network."""
