"""Adam and AdamW of `torch.optim`."""

from __future__ import annotations

from typing import Literal

from ...base import NonNegativeFloat
from .base import Betas, Capturable, NamedOptimizer


class AdamConfig(Betas, Capturable):
    lr: NonNegativeFloat = 1e-3
    amsgrad: bool = False
    """Divide by the largest average of squared gradients so far."""
    fused: bool | None = None
    """Use one fused kernel; excludes `foreach` and `differentiable`. `null` lets torch decide."""
    decoupled_weight_decay: bool = False
    """Apply weight decay to the weights, as AdamW does, instead of to the gradient."""


class AdamOptimizer(NamedOptimizer):
    """Adam, from torch. The engine's choice for diffusion models when only `learning_rate` is given."""

    type: Literal["Adam"]
    config: AdamConfig


class AdamWConfig(Betas, Capturable):
    lr: NonNegativeFloat = 1e-3
    weight_decay: NonNegativeFloat = 1e-2
    amsgrad: bool = False
    """Divide by the largest average of squared gradients so far."""
    fused: bool | None = None
    """Use one fused kernel; excludes `foreach` and `differentiable`. `null` lets torch decide."""


class AdamWOptimizer(NamedOptimizer):
    """Adam with decoupled weight decay, from torch."""

    type: Literal["AdamW"]
    config: AdamWConfig
