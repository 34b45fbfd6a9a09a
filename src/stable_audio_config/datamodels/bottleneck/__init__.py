"""The bottlenecks of an autoencoder: what stands between encoder and decoder (engine: `create_bottleneck_from_config`).

Widths: with L = decoder `latent_dim` less `noise_augment_dim`, the encoder must give 2 L channels for `vae`, `rvq_vae`
and `dac_rvq_vae` (mean and scale), and L for all others.
"""

from __future__ import annotations

from ..base import Count, Data


class NamedBottleneck(Data):
    requires_grad: bool = True
    """`false` freezes the bottleneck's parameters; the optimizer still receives them."""


class NoiseAugmented(Data):
    noise_augment_dim: Count = 0
    """Channels of fresh Gaussian noise appended to the latent before the decoder, whose `latent_dim` must be larger by
    this number."""


class NothingRead(Data):
    """A section that the engine does not look into: every key in it is an unknown one."""
