"""Finite scalar quantization, plain and dithered."""

from __future__ import annotations

from typing import Annotated, Literal

from ..base import Data, Positive, Probability, Sequence, Since
from . import NamedBottleneck, NoiseAugmented


class FSQConfig(NoiseAugmented):
    """What `fsq` may set (package `vector-quantize-pytorch`: FSQ)."""

    levels: Sequence[Positive]
    """Steps of each quantized dimension; their product is the codebook size."""
    dim: Positive | None = None
    """Latent channels L; null means the length of `levels` times `num_codebooks`, any other number adds a linear map
    before and after."""
    num_codebooks: Positive = 1
    """Codebooks: tokens per latent frame."""
    keep_num_codebooks_dim: bool | None = None
    """Whether tokens keep an axis for the codebooks; null means only with several codebooks. The engine needs that
    axis, so one codebook needs `true`, and `false` always fails."""
    scale: float | None = None
    """Nothing reads it."""
    channel_first: bool = False
    """Order of the axes; the engine hands over sequences with the channels last, so `true` mixes up the axes."""
    projection_has_bias: bool = True
    """Whether the linear maps that `dim` may add have a bias."""
    return_indices: bool = True
    """Whether tokens are made; the engine needs them, so `false` fails at the first encode."""


class FSQBottleneck(NamedBottleneck):
    """Discrete latent: every dimension is rounded to a few levels (finite scalar quantization)."""

    type: Literal["fsq"]
    """`fsq`."""
    config: FSQConfig
    """The quantizer."""


class DitheredFSQConfig(Data):
    """What `dithered_fsq` may set."""

    dim: Positive
    """Quantized dimensions of one codebook; times `num_codebooks` it is the number of latent channels L."""
    levels: int | Sequence[int]
    """Steps of each dimension: one number for all, or a list of `dim` numbers."""
    num_codebooks: Positive = 1
    """Codebooks: tokens per latent frame."""
    dither_inference: bool = True
    """Stored, but nothing reads it."""
    noise_dropout: Probability = 0.05
    """In training, the share of examples that are not rounded, and of those that get no dither noise."""


class DitheredFSQBottleneck(NamedBottleneck):
    """Discrete latent: finite scalar quantization, trained with rounding and uniform noise in random turns."""

    type: Literal["dithered_fsq"]
    """`dithered_fsq`."""
    config: DitheredFSQConfig
    """The quantizer."""
    requires_grad: Annotated[bool, Since("0.0.20")] = True  # Said again for its version: 0.0.19 does not read it for this type.
