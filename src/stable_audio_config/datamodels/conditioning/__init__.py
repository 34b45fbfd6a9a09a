"""The conditioners: what turns metadata into tensors (engine: `create_multi_conditioner_from_conditioning_config`).

Shapes of the outputs: a token (batch, 1, width), a sequence (batch, tokens, width) or a signal (batch, channels,
frames). Which of them fits which id list is told in `diffusion.py`.
"""

from __future__ import annotations

from pydantic import Field

from ..base import Data, Positive, Sequence
from ..kinds import Conditioner


class Conditioning(Data):
    """All conditioners of a model."""

    cond_dim: Positive
    """Width of every conditioner's output that sets no `output_dim`; must agree with `cond_token_dim`,
    `prepend_cond_dim` and `global_cond_dim` of the network."""
    configs: Sequence[Conditioner]
    """The conditioners; all of them run, also those that no id list names."""
    default_keys: dict[str, str] = Field(default_factory=dict)
    """Conditioner id to the metadata key that is read where the id itself is missing."""
    pre_encoded_keys: Sequence[str] = ()
    """Ids whose metadata are finished tensors: they are stacked, without a mask, and their conditioner is not run. Not
    for cross attention or prepend ids."""
