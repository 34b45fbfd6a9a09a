"""The bottlenecks of an autoencoder: what stands between encoder and decoder (engine: `create_bottleneck_from_config`).

Widths: with L = decoder input channels (less `noise_augment_dim`), the encoder must give 2 L channels for `vae`,
`rvq_vae` and `dac_rvq_vae` (mean and scale), and L for all others.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from .base import Count, Data, NonNegativeFloat, Positive, Probability, Sequence


class _Bottleneck(Data):
    requires_grad: bool = True
    """`false` freezes the bottleneck's parameters."""


class TanhConfig(Data):
    scale: float = 1.0
    """Factor on the latent before the tanh."""


class TanhBottleneck(_Bottleneck):
    """Squashes the latent into -1..1."""

    type: Literal["tanh"]
    """`tanh`."""
    config: TanhConfig | None = None
    """May be absent."""


class VAEBottleneck(_Bottleneck):
    """Gaussian latent: the encoder's channels are split into mean and scale, so it must be twice as wide as the latent."""

    type: Literal["vae"]
    """`vae`."""
    config: dict[str, Any] | None = None
    """Never read by the engine."""
