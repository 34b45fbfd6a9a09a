"""What optimizers share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ...base import Data, NonNegativeFloat, Pair

Beta = Annotated[float, Field(ge=0, lt=1)]
"""Decay rate of a running average."""


class NamedOptimizer(Data):
    """What every optimizer section looks like."""

    type: Any
    """Name of the optimizer class."""
    config: Any
    """Keyword arguments of the optimizer. Must be written, even if it is empty."""


class Rate(Data):
    lr: NonNegativeFloat
    """Learning rate before any scheduler."""


class Decay(Rate):
    weight_decay: NonNegativeFloat = 0.0
    """Strength with which weights are pulled towards zero; 0 turns it off."""


class Betas(Decay):
    betas: Pair[Beta] = (0.9, 0.999)
    """Decay rates of the running averages of the gradient and of its square."""
    eps: NonNegativeFloat = 1e-8
    """Added to the denominator, for numerical stability."""


class TorchOptions(Data):
    foreach: bool | None = None
    """Update all tensors in one call: faster, but needs more memory. `null` lets torch decide."""
    maximize: bool = False
    """Maximise the loss instead of minimising it."""
    differentiable: bool = False
    """Let gradients flow through the step itself. Training never needs that."""


class Capturable(TorchOptions):
    capturable: bool = False
    """Make the step safe for capture in a CUDA graph."""
