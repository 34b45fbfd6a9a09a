"""The other optimizers of `torch.optim` whose keywords are known."""

from __future__ import annotations

from typing import Literal

from ...base import NonNegativeFloat, Probability
from .base import Betas, Capturable, Decay, NamedOptimizer, Rate, TorchOptions


class SGDConfig(Decay, TorchOptions):
    lr: NonNegativeFloat = 1e-3
    momentum: NonNegativeFloat = 0.0
    """Share of the last step that is kept."""
    dampening: float = 0.0
    """Share of the gradient that does not enter the momentum. Must be 0 with `nesterov`."""
    nesterov: bool = False
    """Look ahead along the momentum; needs a `momentum` above 0."""
    fused: bool | None = None
    """Use one fused kernel; excludes `foreach` and `differentiable`. `null` lets torch decide."""


class SGDOptimizer(NamedOptimizer):
    """Stochastic gradient descent, from torch."""

    type: Literal["SGD"]
    config: SGDConfig


class RAdamConfig(Betas, Capturable):
    lr: NonNegativeFloat = 1e-3
    decoupled_weight_decay: bool = False
    """Apply weight decay to the weights, as AdamW does, instead of to the gradient."""


class RAdamOptimizer(NamedOptimizer):
    """Adam that rectifies the variance of its first steps, from torch."""

    type: Literal["RAdam"]
    config: RAdamConfig


class NAdamConfig(Betas, Capturable):
    lr: NonNegativeFloat = 2e-3
    momentum_decay: NonNegativeFloat = 4e-3
    """How fast the momentum's schedule rises."""
    decoupled_weight_decay: bool = False
    """Apply weight decay to the weights, as AdamW does, instead of to the gradient."""


class NAdamOptimizer(NamedOptimizer):
    """Adam with Nesterov momentum, from torch."""

    type: Literal["NAdam"]
    config: NAdamConfig


class AdamaxConfig(Betas, Capturable):
    lr: NonNegativeFloat = 2e-3


class AdamaxOptimizer(NamedOptimizer):
    """Adam with the largest instead of the mean squared gradient, from torch."""

    type: Literal["Adamax"]
    config: AdamaxConfig


class AdagradConfig(Decay, TorchOptions):
    lr: NonNegativeFloat = 1e-2
    lr_decay: NonNegativeFloat = 0.0
    """The learning rate is divided by one plus this times the steps made."""
    initial_accumulator_value: NonNegativeFloat = 0.0
    """Where the sums of squared gradients start."""
    eps: NonNegativeFloat = 1e-10
    """Added to the denominator, for numerical stability."""
    fused: bool | None = None
    """Use one fused kernel; excludes `foreach` and `differentiable`. `null` lets torch decide."""


class AdagradOptimizer(NamedOptimizer):
    """Adagrad, from torch."""

    type: Literal["Adagrad"]
    config: AdagradConfig


class AdadeltaConfig(Decay, Capturable):
    lr: NonNegativeFloat = 1.0
    rho: Probability = 0.9
    """Decay rate of the running average of squared gradients."""
    eps: NonNegativeFloat = 1e-6
    """Added to the denominator, for numerical stability."""


class AdadeltaOptimizer(NamedOptimizer):
    """Adadelta, from torch."""

    type: Literal["Adadelta"]
    config: AdadeltaConfig


class RMSpropConfig(Decay, Capturable):
    lr: NonNegativeFloat = 1e-2
    alpha: NonNegativeFloat = 0.99
    """Decay rate of the running average of squared gradients."""
    eps: NonNegativeFloat = 1e-8
    """Added to the denominator, for numerical stability."""
    momentum: NonNegativeFloat = 0.0
    """Share of the last step that is kept."""
    centered: bool = False
    """Divide by an estimate of the gradient's variance instead of its mean square."""


class RMSpropOptimizer(NamedOptimizer):
    """RMSprop, from torch."""

    type: Literal["RMSprop"]
    config: RMSpropConfig


class LBFGSConfig(Rate):
    lr: NonNegativeFloat = 1.0
    max_iter: int = 20
    """Iterations in one step."""
    max_eval: int | None = None
    """Evaluations of the loss in one step; `null` allows a quarter more than `max_iter`."""
    tolerance_grad: float = 1e-7
    """Stop when no gradient is larger."""
    tolerance_change: float = 1e-9
    """Stop when loss or weights change less."""
    history_size: int = 100
    """Steps remembered; memory grows with it."""
    line_search_fn: Literal["strong_wolfe"] | None = None
    """How the step's length is found; `null` uses `lr`."""


class LBFGSOptimizer(NamedOptimizer):
    """L-BFGS, from torch. Needs the loss again and again in one step, which autoencoders and ARC cannot give it."""

    type: Literal["LBFGS"]
    config: LBFGSConfig
