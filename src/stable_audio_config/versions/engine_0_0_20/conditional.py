"""What changed for conditional diffusion models."""

from __future__ import annotations

from collections.abc import Iterator

from ...source.edit import Change
from ..step import Part, Parts, Unequal

SHIFT, SAMPLING = "distribution_shift_options", "sampling_distribution_shift_options"

OLD_DEMOS = 8
"""Sounds with holes that 0.0.19 shows where `num_demos` is not written."""


def mask_padding_up(old: Parts) -> Iterator[Change | Unequal]:
    """The weight of padding in the loss: 0 where it was masked, 1 where it counted like sound."""
    training = old.training
    if training is None:
        return
    if "mask_padding" in training:
        if training("mask_padding") is True and training("inpainting") is not None:
            message = "where padding is left out of the loss, engine 0.0.20 leaves out what inpainting keeps, too"
            yield Unequal(training.at("mask_padding"), message)
        if training("mask_padding") is True:
            message = "engine 0.0.20 averages the loss over each clip first: short clips count as much as long ones, unlike before"
            yield Unequal(training.at("mask_padding"), message, "note")
        yield from _weight_for_mask(training)
    elif old.complete and old.is_conditional and "arc" not in training and "mask_loss_weight" not in training:
        yield training.set("mask_loss_weight", 1.0)


def _weight_for_mask(training: Part) -> Iterator[Change]:
    if "mask_loss_weight" in training:
        yield training.remove("mask_padding")
        return
    yield training.rename("mask_padding", "mask_loss_weight")
    yield training.set("mask_loss_weight", 0.0 if training("mask_padding") is True else 1.0)


def mask_padding_down(new: Parts) -> Iterator[Change | Unequal]:
    """0 is `mask_padding: true`, 1 is none; 0.0.19 knows nothing between."""
    training = new.training
    if training is None:
        return
    weight = training("mask_loss_weight", 0.0)
    if "mask_loss_weight" not in training:
        if new.complete and new.is_conditional and "arc" not in training:
            yield training.set("mask_padding", True)
    elif weight == 1:
        yield training.remove("mask_loss_weight")
    else:
        if weight != 0:
            message = f"`mask_loss_weight` is {weight}, and engine 0.0.19 knows 0 (`mask_padding: true`) and 1 only"
            yield Unequal(training.at("mask_loss_weight"), message, help="the padding is masked there")
        yield training.rename("mask_loss_weight", "mask_padding")
        yield training.set("mask_padding", True)


def sampling_shift_up(old: Parts) -> Iterator[Change | Unequal]:
    """Generation goes on with the shift of before: that of training, or none."""
    diffusion = _diffusion(old)
    if diffusion is None or SAMPLING in diffusion or not old.complete:
        return
    shift = diffusion(SHIFT)
    yield diffusion.set(SAMPLING, {"type": "full", **shift} if isinstance(shift, dict) else {"type": "none"})


def sampling_shift_down(new: Parts) -> Iterator[Change | Unequal]:
    """One shift for both is what 0.0.19 does; two different ones it cannot."""
    diffusion = _diffusion(new)
    if diffusion is None:
        return
    if SAMPLING in diffusion:
        if _kind_and_values(diffusion(SAMPLING)) != _kind_and_values(diffusion(SHIFT)):
            message = f"engine 0.0.19 generates with the shift of training, and `{SAMPLING}` is another"
            yield Unequal(diffusion.at(SAMPLING), message)
        yield diffusion.remove(SAMPLING)
    elif new.complete:
        message = "engine 0.0.19 generates with the shift of training; it lacks the one that 0.0.20 takes by default"
        yield Unequal(diffusion.path, message, severity="note")
    shift = diffusion.group(SHIFT)
    if shift is not None and shift("type") == "full":
        yield shift.remove("type")


def _kind_and_values(shift: object) -> object:
    """A shift without a type is a full one, and none at all is type `none`."""
    return {"type": "full", **shift} if isinstance(shift, dict) else {"type": "none"}


def _diffusion(parts: Parts) -> Part | None:
    return parts.model.group("model", "diffusion") if parts.model is not None and parts.is_conditional else None


def inpaint_demos_up(old: Parts) -> Iterator[Change | Unequal]:
    """As many holes are shown as before."""
    demo = _inpaint_demo(old)
    if demo is not None and old.complete and not demo.tree.keys() & {"num_demos", "inpaint_demos"}:
        yield demo.set("num_demos", OLD_DEMOS)


def inpaint_demos_down(new: Parts) -> Iterator[Change | Unequal]:
    """0.0.19 shows 8 where nothing is said."""
    demo = _inpaint_demo(new)
    if demo is not None and new.complete and "num_demos" not in demo:
        yield demo.set("num_demos", 0)


def _inpaint_demo(parts: Parts) -> Part | None:
    inpaints = parts.model_type == "diffusion_cond_inpaint"
    return parts.training.group("demo") if inpaints and parts.training is not None else None
