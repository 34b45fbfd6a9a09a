"""Keys that still work though another takes their place: they are moved there.

Which these are is said beside the keys themselves (`Deprecated` in the data models). All that there are today stand in the training
section of conditional diffusion models, where the engine still reads them and warns.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..source.edit import Change
from .step import Parts, Step, nothing

MOVED = ("mask_padding_attention", "use_effective_length_for_schedule")
"""From the training section to `model.diffusion`; a test compares them with the marks."""


def moved_up(parts: Parts) -> Iterator[Change]:
    """True is set in the model, where generation sees it too; false is what holds without the key."""
    training = parts.training
    diffusion = parts.model.group("model", "diffusion") if parts.model is not None and parts.is_conditional else None
    if training is None or diffusion is None:  # A training section by itself has no model to move them into.
        return
    for key in MOVED:
        if key not in training:
            continue
        if training(key) is True and key not in diffusion:
            yield diffusion.set(key, True)
        yield training.remove(key)


STEPS = (Step("deprecated-keys", "Keys that have a successor are written as that.", moved_up, nothing),)
