"""Optimizers and schedulers of every model type: the known ones by their keywords, any other of torch's by its name.

The engine looks an unknown name up in `torch.optim` (`torch.optim.lr_scheduler`), so a name that has no data model here
is not refused; whether torch knows it is checked by a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_args

from pydantic import Discriminator, Field, Tag

from ..absent import OrAbsent
from ..base import Data, Name
from .optimizers import (
    AdadeltaOptimizer,
    AdagradOptimizer,
    AdamaxOptimizer,
    AdamOptimizer,
    AdamW8bitOptimizer,
    AdamWOptimizer,
    CAdamWOptimizer,
    CLionOptimizer,
    FusedAdamOptimizer,
    LBFGSOptimizer,
    MuonAdamWOptimizer,
    NAdamOptimizer,
    NamedOptimizer,
    RAdamOptimizer,
    RMSpropOptimizer,
    SGDOptimizer,
)
from .schedulers import (
    ConstantLRScheduler,
    CosineAnnealingLRScheduler,
    CosineAnnealingWarmRestartsScheduler,
    CyclicLRScheduler,
    ExponentialLRScheduler,
    InverseLRScheduler,
    LinearLRScheduler,
    MultiStepLRScheduler,
    NamedScheduler,
    OneCycleLRScheduler,
    PolynomialLRScheduler,
    ReduceLROnPlateauScheduler,
    StepLRScheduler,
)

_AnyTypedOptimizer = (
    FusedAdamOptimizer
    | CAdamWOptimizer
    | CLionOptimizer
    | AdamW8bitOptimizer
    | MuonAdamWOptimizer
    | AdamOptimizer
    | AdamWOptimizer
    | SGDOptimizer
    | RAdamOptimizer
    | NAdamOptimizer
    | AdamaxOptimizer
    | AdagradOptimizer
    | AdadeltaOptimizer
    | RMSpropOptimizer
    | LBFGSOptimizer
)
TypedOptimizer = Annotated[_AnyTypedOptimizer, Field(discriminator="type")]
"""An optimizer whose keywords are known."""

_AnyTypedScheduler = (
    InverseLRScheduler
    | StepLRScheduler
    | MultiStepLRScheduler
    | ConstantLRScheduler
    | LinearLRScheduler
    | ExponentialLRScheduler
    | PolynomialLRScheduler
    | CosineAnnealingLRScheduler
    | CosineAnnealingWarmRestartsScheduler
    | OneCycleLRScheduler
    | CyclicLRScheduler
    | ReduceLROnPlateauScheduler
)
TypedScheduler = Annotated[_AnyTypedScheduler, Field(discriminator="type")]
"""A scheduler whose keywords are known."""


def _tags(union: Any) -> frozenset[str]:
    return frozenset(tag for model in get_args(union) for tag in get_args(model.model_fields["type"].annotation))


OPTIMIZER_TAGS = _tags(_AnyTypedOptimizer)
"""The `type` of every optimizer that has a data model."""

SCHEDULER_TAGS = _tags(_AnyTypedScheduler)
"""The `type` of every scheduler that has a data model."""


def _typed_or_open(known: frozenset[str]) -> Discriminator:
    """A section is open unless its name is a known one. One without a name counts as open: its error says so best."""

    def branch(value: Any) -> str:
        if isinstance(value, Mapping):
            name = value.get("type")
            return "typed" if isinstance(name, str) and name in known else "open"
        return "open" if isinstance(value, (TorchOptimizer, TorchScheduler)) else "typed"

    return Discriminator(branch)


def _other_than(known: frozenset[str]) -> Callable[[dict[str, Any]], None]:
    """Keeps the JSON Schema exclusive: an open name is none of the known ones."""

    def exclude(schema: dict[str, Any]) -> None:
        schema["not"] = {"enum": sorted(known)}

    return exclude


class TorchOptimizer(NamedOptimizer):
    """Any other optimizer of `torch.optim`, by the name of its class."""

    type: Annotated[Name, Field(json_schema_extra=_other_than(OPTIMIZER_TAGS))]
    config: dict[str, Any]


class TorchScheduler(NamedScheduler):
    """Any other scheduler of `torch.optim.lr_scheduler`, by the name of its class."""

    type: Annotated[Name, Field(json_schema_extra=_other_than(SCHEDULER_TAGS))]
    config: dict[str, Any]


Optimizer = Annotated[
    Annotated[TypedOptimizer, Tag("typed")] | Annotated[TorchOptimizer, Tag("open")],
    _typed_or_open(OPTIMIZER_TAGS),
]
"""An optimizer, told apart by `type`: a known one, or any other of torch's."""

Scheduler = Annotated[
    Annotated[TypedScheduler, Tag("typed")] | Annotated[TorchScheduler, Tag("open")],
    _typed_or_open(SCHEDULER_TAGS),
]
"""A learning rate scheduler, told apart by `type`: a known one, or any other of torch's."""


class OptimizerGroup(Data):
    """What trains one set of parameters."""

    optimizer: Optimizer
    """The optimizer."""
    scheduler: OrAbsent[Scheduler] = None
    """How its learning rate changes; left out, it stays as it is. With a discriminator, it is used only if both groups
    of `optimizer_configs` have one."""
