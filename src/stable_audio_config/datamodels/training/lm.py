"""The `training` section of an `lm` model (engine: `AudioLanguageModelTrainingWrapper`).

In 0.0.20 the first step fails whatever stands here: the backbone hands the transformer's layers a keyword that they do not take.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ..base import Data, Positive, Sequence
from .optim import OptimizerGroup


class LMOptimizers(Data):
    """One optimizer, for the model and its conditioners."""

    lm: OptimizerGroup
    """For the model and its conditioners. The pretransform stays frozen."""


class LMDemo(Data):
    """Sounds that are generated and logged while training: all of them once for every guidance scale."""

    demo_every: int = 2000
    """Optimizer steps between demos. The first comes after step 1."""
    demo_cfg_scales: Annotated[Sequence[int | float], Field(min_length=1)] = (1,)
    """Strengths of classifier-free guidance; 1 is none. Each gives a demo of its own, with the number in its name."""
    demo_cond: Sequence[dict[str, Any]] | None = None
    """One dictionary for each sound: conditioner id -> value, and every id must be there; null is no condition. Needed where
    the model's id lists name any."""
    num_demos: Positive = 8
    """Sounds in one demo. Must equal the length of `demo_cond`, where that is set."""


class LMTraining(Data):
    """How an `lm` model is trained. Needs `learning_rate` or `optimizer_configs`."""

    learning_rate: float | None = None
    """Rate of an AdamW optimizer (betas 0.9, 0.95, weight decay 0.1). Ignored beside `optimizer_configs`."""
    optimizer_configs: LMOptimizers | None = None
    """Optimizer and scheduler; null makes one from `learning_rate`."""
    use_ema: bool = False
    """Keep a running average of the weights, for export: decay 0.99, brought up to date every 10 steps. Even with `false` its copy
    of the model takes up memory while the run starts."""
    pre_encoded: bool = False
    """The data are tokens, one row for each codebook. Must agree with the dataset."""
    demo: LMDemo | None = None
    """Sounds that are generated while training. Left out or null, none are made."""
