"""What all conditioners share."""

from __future__ import annotations

from typing import Literal

from ..absent import OrAbsent
from ..base import Data, Positive
from ..transformer import ModuleId

PaddingMode = Literal["none", "zero", "learned"]
"""What stands at the places of padding tokens: their raw embeddings, zeros, or one learned vector."""


class ConditionerOptions(Data):
    output_dim: OrAbsent[Positive] = None
    """Width of the output; left out, it is `cond_dim` of `conditioning`."""


class ProjectedOptions(ConditionerOptions):
    project_out: bool = False
    """Adds a linear layer at the end even where the widths agree; where they differ there always is one."""


class NamedConditioner(Data):
    id: ModuleId
    """Name of the conditioner: the metadata key it reads, and what the id lists of `diffusion` refer to. No dot, and of
    two conditioners with one id only the last is built."""
