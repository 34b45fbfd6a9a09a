"""The `training` section of a `diffusion_autoencoder` model (engine: `DiffusionAutoencoderTrainingWrapper`).

Encoder and diffusion model are trained together by one Adam optimizer, and a running average of their weights is always kept
(decay 0.9999). The data are always audio: there is no `pre_encoded`.
"""

from __future__ import annotations

from ..base import Data, NonNegativeFloat, Positive


class DiffusionAutoencoderDemo(Data):
    """Pairs of original and reconstruction, for every sound of one batch."""

    demo_every: int = 2000
    """Optimizer steps between demos. The first comes after step 1."""
    demo_steps: Positive = 250
    """Sampling steps."""


class DiffusionAutoencoderTraining(Data):
    """How a `diffusion_autoencoder` model is trained."""

    learning_rate: NonNegativeFloat
    """Rate of an Adam optimizer; this type knows no `optimizer_configs`."""
    use_reconstruction_loss: bool = False
    """Adds a spectral distance between the sound and its one-step reconstruction, with a weight of 0.1. Without effect unless the
    model has a `pretransform`, whose decoding it trains too. Sounds must be longer than 1024 samples."""
    demo: DiffusionAutoencoderDemo | None = None
    """Sounds that are reconstructed while training. Left out or null, none are."""
