"""How training cuts holes into latents for the model to fill (engine: `random_inpaint_mask`).

In a mask 1 is kept and 0 is to be filled. The wrapper hands them on as the conditions `inpaint_mask` (1 channel) and
`inpaint_masked_input` (`io_channels` channels), which the model's id lists must name.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..base import Data, Probability, Sequence, Since


class MaskKwargs(Data):
    """The masks, drawn anew for every item. Lengths are in latent frames, without the padding."""

    max_mask_segments: int = 10
    """Most holes in a mask of random segments. They may overlap, and the share that they take is left to chance."""
    mask_type_probabilities: Annotated[Sequence[Probability], Field(min_length=3, max_length=4)] | None = None
    """How often each kind of mask is drawn: [random segments, everything, all after a random point], and as a fourth
    random spans. They must add up to 1; `null` is [0.1, 0.8, 0.1]."""
    max_spans: Annotated[int, Since("0.0.20")] = 4
    """Most holes in a mask of random spans, which do not overlap. Only with a fourth entry in
    `mask_type_probabilities`."""
    mask_ratio_range: Annotated[Sequence[float], Since("0.0.20")] = (0.2, 1.0)
    """Lowest and highest share, two numbers, that random spans take together. Only with a fourth entry in
    `mask_type_probabilities`."""
    span_count_weights: Annotated[Sequence[float] | None, Since("0.0.20")] = None
    """How often 1, 2, ... `max_spans` spans are drawn, relative to each other; the last is repeated where some are
    missing. `null` is [4, 2, 1, 1]. Only with a fourth entry in `mask_type_probabilities`."""


class InpaintingConfig(Data):
    """Its presence switches inpainting on: the loss then counts what is to be filled."""

    mask_kwargs: MaskKwargs = Field(default_factory=MaskKwargs)
    """The masks. Nothing else in this section is read."""
