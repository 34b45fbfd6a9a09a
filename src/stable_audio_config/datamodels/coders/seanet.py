"""EnCodec's coders (package `encodec`: `SEANetEncoder`, `SEANetDecoder`)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from ..base import Count, Data, Name, Positive, Probability, Sequence
from . import NamedDecoder, NamedEncoder


class _SEANet(Data):
    channels: Positive = 1
    """Channels on the audio's side, or the encoded channels of the autoencoder's pretransform."""
    dimension: Positive = 128
    """Channels on the latent's side: what `latent_dim` is in other encoders and decoders."""
    n_filters: Positive = 32
    """Width of the stage at the audio's side; it doubles with every further stage."""
    n_residual_layers: int = 1
    """Residual blocks of each stage."""
    activation: Name = "ELU"
    """Name of an activation class of `torch.nn`."""
    activation_params: dict[str, Any] = Field(default_factory=lambda: {"alpha": 1.0})
    """Keywords of that class, handed over as they are. Must fit `activation`: `alpha` belongs to ELU."""
    norm: Literal["none", "weight_norm", "spectral_norm", "time_layer_norm", "layer_norm", "time_group_norm"] = "weight_norm"
    """How the convolutions are normalised. `time_group_norm` excludes `causal`."""
    norm_params: dict[str, Any] = Field(default_factory=dict)
    """Keywords of the normalisation class, handed over as they are. Read only with `layer_norm` and
    `time_group_norm`."""
    kernel_size: Positive = 7
    """Samples of the first convolution's kernel."""
    last_kernel_size: Positive = 7
    """Samples of the last convolution's kernel."""
    residual_kernel_size: Positive = 3
    """Samples of the kernels in residual blocks."""
    dilation_base: int = 2
    """The n-th residual block of a stage is dilated by this to the power of n, counted from 0."""
    causal: bool = False
    """`true` lets no output see later samples."""
    pad_mode: Literal["reflect", "constant", "replicate", "circular"] = "reflect"
    """What the edges are padded with; `constant` means zeros."""
    true_skip: bool = False
    """`true` passes the input of a residual block on unchanged, `false` through a convolution."""
    compress: Positive = 2
    """The inside of a residual block is narrower by this factor."""
    lstm: Count = 2
    """LSTM layers at the latent's end; 0 means none."""


class SEANetEncoderConfig(_SEANet):
    """EnCodec's encoder (package `encodec`)."""

    ratios: Sequence[Positive] = (2, 2, 2, 2, 2)
    """Samples per step at each stage, from the audio's side to the latent's. The engine reverses this list in place at
    every build, so it must be given a fresh copy each time."""


class SEANetDecoderConfig(_SEANet):
    """EnCodec's decoder (package `encodec`)."""

    ratios: Sequence[Positive] = (8, 5, 4, 2)
    """Samples per step at each stage, from the latent's side to the audio's: the encoder's list backwards."""
    final_activation: Name | None = None
    """Name of an activation class of `torch.nn` put on the output; null means none."""
    final_activation_params: dict[str, Any] | None = None
    """Keywords of that class, handed over as they are. Without effect unless `final_activation`."""
    trim_right_ratio: Probability = 1.0
    """Share of the surplus samples of a transposed convolution that is cut at the end instead of the start. Anything
    but 1 needs `causal`."""


class SEANetEncoder(NamedEncoder):
    """EnCodec's convolutions and LSTM."""

    type: Literal["seanet"]
    """`seanet`."""
    config: SEANetEncoderConfig
    """The network."""


class SEANetDecoder(NamedDecoder):
    """EnCodec's LSTM and convolutions."""

    type: Literal["seanet"]
    """`seanet`."""
    config: SEANetDecoderConfig
    """The network."""
