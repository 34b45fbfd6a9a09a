"""Coders that resample with transformers only (engine: `SAMEEncoder`, `SAMEDecoder`)."""

from __future__ import annotations

from typing import Literal

from ..base import NonNegativeFloat, Pair, Positive, Sequence
from . import DecoderWidths, EncoderWidths, NamedDecoder, NamedEncoder, TransformerStages


class _SAME(TransformerStages):
    sliding_window: Pair[int] | None = None
    """How far each step attends to the left and right, in steps of the stage's lower rate; null means attention within
    chunks of `chunk_size`."""
    layer_scale: bool = False
    """`true` gives every branch of a transformer block a trained factor per channel, `false` starts branches at 0."""
    causal: bool = False
    """Accepted, but the blocks are never causal."""
    differential: bool = True
    """`true` subtracts a second attention from the first, which cancels attention to noise."""
    variable_stride: bool = False
    """`true` allows other strides than the built ones in training; needed by `stride_curriculum`."""
    mask_noise: float = 0.0
    """Deviation of noise added to the tokens that each stage fills in, in training and after; 0 or less adds none."""
    conv_mapping: bool = False
    """`true` maps between two widths with a convolution over 3 steps instead of one step at a time."""
    freeze_backbone: bool = False
    """`true` freezes the transformers and the linear map at the latent's side, not the maps between widths."""
    chunk_size: Positive = 128
    """Steps of a stage attended to at once, counted at the stage's higher rate. Must be a multiple of every one of
    `strides`. Without effect with `sliding_window`."""
    chunk_midpoint_shift: bool = False
    """`true` shifts the chunks by half in the second half of the blocks. Without effect with `sliding_window`."""
    dim_heads: Positive = 128
    """Channels of one attention head; must divide the width of every stage."""
    feat_scale: bool = False
    """`true` gives the mean over time and the rest trained factors of their own after each attention."""
    ff_mult: NonNegativeFloat = 3
    """Width of the feed-forward layers as a multiple of the stage's width."""
    mapping_bias: bool = True
    """`false` leaves the bias out of the maps between widths."""
    cross_attn: bool = False
    """`true` builds cross attention, which an autoencoder gives nothing to attend to."""
    dyt: bool = True
    """`true` normalises with a dynamic tanh, `false` by the root mean square."""
    use_snake: bool | None = None
    """Nothing reads it here; published configs carry it over from `taae`."""
    use_dilated_conv: bool | None = None
    """Nothing reads it here; published configs carry it over from `taae`."""
    mapping_style: str | None = None
    """Nothing reads it here; published configs carry it over from `taae`."""
    conv_bias: bool | None = None
    """Nothing reads it; published configs carry it."""
    enable_inner_layer_dropout: bool | None = None
    """Nothing reads it; published configs carry it."""
    use_flash: bool | None = None
    """Nothing reads it; published configs carry it."""


class SAMEEncoderConfig(EncoderWidths, _SAME):
    """Encoder of transformers that resample by filled-in tokens. The engine ignores keys that it does not know here."""

    sinusoidal_blocks: int = 0
    """One more than the number of last blocks of every stage with a sine in their feed-forward layers; 0 and 1 mean
    none."""


class SAMEDecoderConfig(DecoderWidths, _SAME):
    """Decoder of transformers that resample by filled-in tokens. The engine ignores keys that it does not know here."""

    sinusoidal_blocks: Sequence[int] = (0, 0, 0, 0)
    """For each stage, from the audio's side to the latent's, one more than the number of its last blocks with a sine
    in their feed-forward layers; 0 and 1 mean none. At least as many as `c_mults`."""


class SAMEEncoder(NamedEncoder):
    """Transformer blocks that resample, without strided convolutions."""

    type: Literal["same", "taae_v2"]
    """`same`, or its other name `taae_v2`."""
    config: SAMEEncoderConfig
    """The network."""


class SAMEDecoder(NamedDecoder):
    """Transformer blocks that resample, without strided convolutions."""

    type: Literal["same", "taae_v2"]
    """`same`, or its other name `taae_v2`."""
    config: SAMEDecoderConfig
    """The network."""
