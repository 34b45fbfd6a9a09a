"""The `training` section of a `diffusion_uncond` model (engine: `DiffusionUncondTrainingWrapper`).

There is little to choose: Adam, even timesteps, `v` as the target, and a running average of the weights (decay 0.9999), which is
left out with LoRA only.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..base import Count, Data, NonNegativeFloat, Positive, Since
from .lora import LoRAConfig


class LinearRank(Data):
    """Where an older format kept `rank`."""

    rank: Positive = 8
    """Width of the adapter."""


class UncondLoRAConfig(LoRAConfig):
    """Adapters on the Linear and Conv1d layers of the network; all else is frozen. No checkpoint of adapters is read here: `dora`
    means `dora-rows`, and the bases of the `-xs` types are computed layer by layer."""

    linear: LinearRank = Field(default_factory=LinearRank)
    """An older place for `rank`. Without effect beside it."""


class DiffusionUncondDemo(Data):
    """Sounds that should be generated while training. In 0.0.20 none ever is: each try prints an error and training goes on."""

    demo_every: int = 2000
    """Optimizer steps between tries. The first comes after step 1."""
    demo_steps: Count = 250
    """Sampling steps of the eight sounds."""


class DiffusionUncondTraining(Data):
    """How a `diffusion_uncond` model is trained."""

    learning_rate: NonNegativeFloat
    """Rate of an Adam optimizer; this type knows no `optimizer_configs`."""
    pre_encoded: bool = False
    """The data are latents. Must agree with the dataset: `pre_encoded`, or `wds` with `pre_encoded: true`."""
    lora_config: Annotated[UncondLoRAConfig | None, Since("0.0.20")] = None
    """Train adapters only, on a frozen network; null trains all of it."""
    demo: DiffusionUncondDemo | None = None
    """Sounds that are generated while training. Left out or null, nothing is tried."""
