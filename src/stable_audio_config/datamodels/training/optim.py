"""Optimizers and schedulers that are named only, and the group of one of each.

The engine looks a name that it does not know itself up in `torch.optim` (`torch.optim.lr_scheduler`), so a name that
has no data model here is not refused; whether torch knows it is checked by a rule.
"""

from __future__ import annotations

from typing import Any

from ..absent import OrAbsent
from ..base import Data, Name
from ..kinds import Optimizer, Scheduler
from .optimizers.base import NamedOptimizer
from .schedulers.base import NamedScheduler


class TorchOptimizer(NamedOptimizer):
    """Any other optimizer of `torch.optim`, by the name of its class."""

    type: Name
    config: dict[str, Any]


class TorchScheduler(NamedScheduler):
    """Any other scheduler of `torch.optim.lr_scheduler`, by the name of its class."""

    type: Name
    config: dict[str, Any]


class OptimizerGroup(Data):
    """What trains one set of parameters."""

    optimizer: Optimizer
    """The optimizer."""
    scheduler: OrAbsent[Scheduler] = None
    """How its learning rate changes; left out, it stays as it is. With a discriminator, it is used only if both groups
    of `optimizer_configs` have one."""
