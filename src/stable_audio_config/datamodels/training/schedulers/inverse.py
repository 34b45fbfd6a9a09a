"""The engine's own scheduler (engine: `InverseLR`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ...base import Gone
from .base import NamedScheduler, Schedule


class InverseLRConfig(Schedule):
    gone: ClassVar[Mapping[str, Gone]] = {
        "verbose": Gone("0.0.20", "was removed in 0.0.20", "take it out: the logger records the learning rate"),
    }

    inv_gamma: float = 1.0
    """Steps after which the rate has fallen to 0.5 to the power of `power`. Must not be 0."""
    power: float = 1.0
    """Exponent of the decay."""
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """The rate is multiplied by 1 - `warmup` ** step: 0.999 takes some thousand steps to rise; 0 turns it off."""
    final_lr: float = 0.0
    """The rate never falls below this."""


class InverseLRScheduler(NamedScheduler):
    """The engine's own: inverse decay, with an exponential warmup."""

    type: Literal["InverseLR"]
    config: InverseLRConfig
