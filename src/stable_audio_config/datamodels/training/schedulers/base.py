"""What schedulers share."""

from __future__ import annotations

from typing import Any

from ...base import Data


class NamedScheduler(Data):
    """What every scheduler section looks like."""

    type: Any
    """Name of the scheduler class."""
    config: Any
    """Keyword arguments of the scheduler. Must be written, even if it is empty."""


class Schedule(Data):
    last_epoch: int = -1
    """Steps already made; -1 starts afresh. A resumed run restores its own count, so leave it."""
