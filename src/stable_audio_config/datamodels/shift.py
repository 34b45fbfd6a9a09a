"""How timesteps are warped (engine: `ConditionedDiffusionModelWrapper._create_dist_shift`)."""

from __future__ import annotations

from typing import Annotated, Literal

from .base import Data, PositiveFloat, Since


class FullShift(Data):
    """Shifts timesteps towards noise by an amount that grows with the length; what an absent `type` means."""

    type: Annotated[Literal["full"], Since("0.0.20")] = "full"
    """`full`, or left out."""
    base_shift: float = 0.5
    """Shift at `min_length`, as an exponent of e."""
    max_shift: float = 1.15
    """Shift at `max_length`, as an exponent of e."""
    max_length: float = 4096
    """Length in latent frames from which the shift stays; must differ from `min_length`."""
    min_length: float = 256
    """Length in latent frames up to which the shift stays."""
    use_sine: bool = False
    """Bends the shifted timesteps by a quarter of a sine."""


class FluxShift(Data):
    """Shifts timesteps by a factor that is interpolated between two lengths; with the defaults nothing is shifted."""

    type: Literal["flux"]
    """`flux`."""
    min_length: PositiveFloat = 256
    """Length in latent frames up to which the factor is `alpha_min`."""
    max_length: PositiveFloat = 4096
    """Length in latent frames from which the factor is `alpha_max`."""
    alpha_min: float = 1.0
    """Factor at `min_length`; above 1 shifts towards noise, 1 shifts nothing."""
    alpha_max: float = 1.0
    """Factor at `max_length`; above 1 shifts towards noise, 1 shifts nothing."""


class LogSNRShift(Data):
    """Spaces timesteps evenly in the log signal-to-noise ratio, from a start that falls with the length."""

    type: Literal["logsnr"]
    """`logsnr`."""
    anchor_length: PositiveFloat = 2000
    """Length in latent frames at which the noisy end is `anchor_logsnr`. Without effect if `rate` is 0."""
    anchor_logsnr: float = -6.2
    """Log signal-to-noise ratio of the noisy end."""
    rate: float = 1.0
    """How much the noisy end falls with every doubling of the length."""
    logsnr_end: float = 2.0
    """Log signal-to-noise ratio of the clean end."""


class NoShift(Data):
    """Leaves the timesteps as they are."""

    type: Literal["none"]
    """`none`."""
