"""Bottlenecks that leave the latent continuous."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..base import Data, Positive
from . import NamedBottleneck, NoiseAugmented, NothingRead


class TanhConfig(Data):
    """What `tanh` may set."""

    scale: float = 1.0
    """The latent is held within minus this to plus this: it is divided by it before the tanh and multiplied after."""


class TanhBottleneck(NamedBottleneck):
    """Squashes the latent into a fixed range."""

    type: Literal["tanh"]
    """`tanh`."""
    config: TanhConfig = Field(default_factory=TanhConfig)
    """May be absent."""


class VAEBottleneck(NamedBottleneck):
    """Gaussian latent: the encoder's channels are split into mean and scale, so it is twice as wide as the latent."""

    type: Literal["vae"]
    """`vae`."""
    config: NothingRead | None = None
    """Never read by the engine, whatever it holds."""


class L2NormBottleneck(NamedBottleneck):
    """Scales each latent frame to length 1, once after the encoder and once more before the decoder."""

    type: Literal["l2_norm"]
    """`l2_norm`."""
    config: NothingRead | None = None
    """Never read by the engine, whatever it holds."""


class WassersteinConfig(NoiseAugmented):
    """What `wasserstein` may set."""

    bypass_mmd: bool = False
    """`true` reports a discrepancy of 0, so that the `mmd` loss has no effect."""
    use_tanh: bool = False
    """`true` squashes the latent with a tanh after the discrepancy has been measured."""
    tanh_scale: float = 5.0
    """Range of that tanh: minus this to plus this. Without effect unless `use_tanh`."""


class WassersteinBottleneck(NamedBottleneck):
    """Continuous latent drawn towards a standard normal by the maximum mean discrepancy (the `mmd` loss)."""

    type: Literal["wasserstein"]
    """`wasserstein`."""
    config: WassersteinConfig = Field(default_factory=WassersteinConfig)
    """May be absent."""


class SoftNormConfig(NoiseAugmented):
    """What `softnorm` may set."""

    dim: Positive = 32
    """Latent channels L: one trained factor and offset each. Must equal the encoder's `latent_dim`, or be 1."""
    noise_regularize: bool = False
    """`true` adds a little noise to the latent before the decoder: 5 % of its deviation in training, else 0.1 %."""
    auto_scale: bool = False
    """`true` divides the latent by a running standard deviation and multiplies it back before the decoder."""
    freeze: bool = False
    """`true` stops the training of factors and offsets and the updates of the running deviation."""


class SoftNormBottleneck(NamedBottleneck):
    """Continuous latent, scaled and shifted per channel, drawn towards mean 0 and variance 1 by a loss."""

    type: Literal["softnorm"]
    """`softnorm`."""
    config: SoftNormConfig
    """Must be present, though it may be empty."""
