"""The `training` section of a `diffusion_cond_inpaint` model (engine: `DiffusionCondInpaintDemoCallback`).

It is that of `diffusion_cond` but for the demos, which also show sounds of the dataset whose holes have been filled.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from ..base import Count, Data, Gone, Sequence, Since
from .diffusion import DiffusionCondTraining


class InpaintDemoCounts(Data):
    """How many sounds of a batch are shown with which kind of hole. All together there must be no more than a batch holds."""

    num_random_segments: int = 0
    """Sounds with random segments missing, which may overlap."""
    num_full_mask: int = 0
    """Sounds that are missing as a whole."""
    num_causal: int = 0
    """Sounds of which all after a random point is missing."""
    num_random_spans: int = 0
    """Sounds with random spans missing, which do not overlap."""


class InpaintDemo(Data):
    """Sounds that are generated and logged while training: first those of `demo_cond`, out of nothing, then sounds of the dataset
    with their holes filled, all of them once for every guidance scale. Where neither is asked for, none are made.

    Holes are cut with the mask of the data: with a pretransform the data must be latents, or the first demo that cuts any fails.
    """

    demo_every: int = 2000
    """Optimizer steps between demos. The first comes after step 1."""
    demo_steps: Count = 250
    """Sampling steps."""
    demo_cfg_scales: Sequence[int | float]
    """Strengths of classifier-free guidance; 1 is none. Each gives a demo of its own, with the number in its name."""
    demo_cond: Annotated[Sequence[dict[str, Any]] | None, Since("0.0.20")] = None
    """One dictionary for each sound that is made out of nothing: conditioner id -> value, and every id must be there; null is no
    such sound. Sounds are cut 2 seconds after their `seconds_total`."""
    inpaint_demos: Annotated[InpaintDemoCounts | None, Since("0.0.20")] = None
    """Which holes are cut into how many sounds of the dataset; null leaves it to `num_demos`. Needs `training.inpainting`."""
    num_demos: int = 0
    """Sounds of the dataset whose holes are drawn as in training; more than a batch holds are not shown. Without effect beside
    `inpaint_demos`. Needs `training.inpainting`."""


class DiffusionInpaintTraining(DiffusionCondTraining):
    """How a `diffusion_cond_inpaint` model is trained. Needs `learning_rate` or `optimizer_configs`."""

    gone: ClassVar[Mapping[str, Gone]] = {
        **DiffusionCondTraining.gone,
        "max_mask_segments": Gone("0.0.19", "was moved in 0.0.19", "write it as `inpainting.mask_kwargs.max_mask_segments`"),
    }

    demo: InpaintDemo | None = None  # type: ignore[assignment]
    """Sounds that are generated while training. Left out or null, none are made."""
