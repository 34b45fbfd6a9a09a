"""The schedulers of `torch.optim.lr_scheduler` whose keywords are known."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ...base import Count, Data, NonNegativeFloat, Positive, Probability, Sequence
from .base import NamedScheduler, Schedule


class StepLRConfig(Schedule):
    step_size: Positive
    """Steps between two decays."""
    gamma: float = 0.1
    """Factor of each decay."""


class StepLRScheduler(NamedScheduler):
    """Decays in regular steps."""

    type: Literal["StepLR"]
    config: StepLRConfig


class MultiStepLRConfig(Schedule):
    milestones: Sequence[Count]
    """The steps at which the rate decays."""
    gamma: float = 0.1
    """Factor of each decay."""


class MultiStepLRScheduler(NamedScheduler):
    """Decays at given steps."""

    type: Literal["MultiStepLR"]
    config: MultiStepLRConfig


class ConstantLRConfig(Schedule):
    factor: Probability = 1.0 / 3
    """Factor on the rate until `total_iters`."""
    total_iters: Count = 5
    """Steps until the full rate."""


class ConstantLRScheduler(NamedScheduler):
    """A lower rate at first, then the full one."""

    type: Literal["ConstantLR"]
    config: ConstantLRConfig


class LinearLRConfig(Schedule):
    start_factor: Annotated[float, Field(gt=0, le=1)] = 1.0 / 3
    """Factor on the rate at the first step."""
    end_factor: Probability = 1.0
    """Factor on the rate from `total_iters` on."""
    total_iters: Count = 5
    """Steps from the first factor to the last."""


class LinearLRScheduler(NamedScheduler):
    """A straight line from one rate to another: the usual warmup."""

    type: Literal["LinearLR"]
    config: LinearLRConfig


class ExponentialLRConfig(Schedule):
    gamma: float
    """Factor on the rate at every step."""


class ExponentialLRScheduler(NamedScheduler):
    """Decays a little at every step."""

    type: Literal["ExponentialLR"]
    config: ExponentialLRConfig


class PolynomialLRConfig(Schedule):
    total_iters: Count = 5
    """Steps until the rate is 0. It stays there, so it should be the length of the training."""
    power: float = 1.0
    """Exponent; 1 is a straight line."""


class PolynomialLRScheduler(NamedScheduler):
    """Falls to zero along a power of the remaining share of steps."""

    type: Literal["PolynomialLR"]
    config: PolynomialLRConfig


class CosineAnnealingLRConfig(Schedule):
    T_max: Positive
    """Steps of half a cosine. The rate rises again afterwards, so it should be the length of the training."""
    eta_min: float = 0.0
    """The lowest rate."""


class CosineAnnealingLRScheduler(NamedScheduler):
    """Falls along half a cosine."""

    type: Literal["CosineAnnealingLR"]
    config: CosineAnnealingLRConfig


class CosineAnnealingWarmRestartsConfig(Schedule):
    T_0: Positive
    """Steps until the first restart."""
    T_mult: Positive = 1
    """Factor on the distance to the next restart."""
    eta_min: float = 0.0
    """The lowest rate."""


class CosineAnnealingWarmRestartsScheduler(NamedScheduler):
    """Falls along half a cosine, again and again."""

    type: Literal["CosineAnnealingWarmRestarts"]
    config: CosineAnnealingWarmRestartsConfig


class OneCycleLRConfig(Schedule):
    max_lr: float | Sequence[float]
    """The highest rate (a list: one for each parameter group). The optimizer's own `lr` is without effect."""
    total_steps: Positive | None = None
    """Steps of the whole cycle; training raises when it goes on for longer. Needed unless `epochs` and
    `steps_per_epoch` are set."""
    epochs: Positive | None = None
    """With `steps_per_epoch`, another way to say `total_steps`; without effect when that is set."""
    steps_per_epoch: Positive | None = None
    """With `epochs`, another way to say `total_steps`; without effect when that is set."""
    pct_start: Probability = 0.3
    """Share of the cycle in which the rate rises."""
    anneal_strategy: Literal["cos", "linear"] = "cos"
    """Shape of the rise and the fall."""
    cycle_momentum: bool = True
    """Move the momentum (Adam: the first beta) against the rate. Raises for an optimizer that has neither."""
    base_momentum: float | Sequence[float] = 0.85
    """The lowest momentum, reached at the highest rate."""
    max_momentum: float | Sequence[float] = 0.95
    """The highest momentum."""
    div_factor: float = 25.0
    """The first rate is `max_lr` divided by this."""
    final_div_factor: float = 1e4
    """The last rate is the first one divided by this."""
    three_phase: bool = False
    """Fall to the first rate as fast as the rise, and only then to the last rate."""


class OneCycleLRScheduler(NamedScheduler):
    """One rise and one fall over the whole training."""

    type: Literal["OneCycleLR"]
    config: OneCycleLRConfig


class CyclicLRConfig(Schedule):
    base_lr: float | Sequence[float]
    """The lowest rate (a list: one for each parameter group). The optimizer's own `lr` is without effect."""
    max_lr: float | Sequence[float]
    """The highest rate, before `mode` lowers it."""
    step_size_up: Positive = 2000
    """Steps of each rise."""
    step_size_down: Count | None = None
    """Steps of each fall; `null` is as many as the rise."""
    mode: Literal["triangular", "triangular2", "exp_range"] = "triangular"
    """How the height of the cycles changes: never, halved each time, or by `gamma` at every step."""
    gamma: float = 1.0
    """Factor of `exp_range`; without effect otherwise."""
    scale_fn: None = None
    """A function of one's own in Python; a configuration cannot hold one."""
    scale_mode: Literal["cycle", "iterations"] = "cycle"
    """Read only with `scale_fn`, so without effect."""
    cycle_momentum: bool = True
    """Move the momentum (Adam: the first beta) against the rate. Raises for an optimizer that has neither."""
    base_momentum: float | Sequence[float] = 0.8
    """The lowest momentum, reached at the highest rate."""
    max_momentum: float | Sequence[float] = 0.9
    """The highest momentum."""


class CyclicLRScheduler(NamedScheduler):
    """Rises and falls, again and again."""

    type: Literal["CyclicLR"]
    config: CyclicLRConfig


class ReduceLROnPlateauConfig(Data):
    mode: Literal["min", "max"] = "min"
    """Whether the watched value should fall or rise."""
    factor: Annotated[float, Field(lt=1)] = 0.1
    """Factor of each decay."""
    patience: Count = 10
    """Steps without improvement before a decay."""
    threshold: float = 1e-4
    """The smallest change that counts as an improvement."""
    threshold_mode: Literal["rel", "abs"] = "rel"
    """Whether `threshold` is a share or an amount."""
    cooldown: Count = 0
    """Steps to wait after a decay."""
    min_lr: NonNegativeFloat | Sequence[NonNegativeFloat] = 0.0
    """The lowest rate (a list: one for each parameter group)."""
    eps: float = 1e-8
    """A decay smaller than this is left out."""


class ReduceLROnPlateauScheduler(NamedScheduler):
    """Decays when a watched value stops improving. Cannot run: the engine has no key that says which value to watch."""

    type: Literal["ReduceLROnPlateau"]
    config: ReduceLROnPlateauConfig
