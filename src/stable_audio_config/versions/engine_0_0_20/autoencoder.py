"""What changed for autoencoders."""

from __future__ import annotations

from collections.abc import Iterator

from ...source.edit import Change
from ..step import Part, Parts, Unequal

INERT = ("warmup_mode", "clip_grad_norm")
"""What 0.0.19 takes and does not read."""

DISTILLATION = "latent_distillation"

QUARTER = 0.25
"""Of the spectral loss's weight goes to each of a teacher's losses, in both versions."""


def inert_keys_up(old: Parts) -> Iterator[Change | Unequal]:
    """What was without effect stays so."""
    training = _training(old)
    if training is None or not old.complete:
        return
    for key in INERT:
        if key in training:
            message = f"`{key}` had no effect in engine 0.0.19, and would have one: it is taken out"
            yield Unequal(training.at(key), message, "note", "leave it in if it was meant")
            yield training.remove(key)


def teacher_latents_up(old: Parts) -> Iterator[Change | Unequal]:
    """The latents are held to those of the teacher as strongly as before: with a quarter of the spectral loss's weight."""
    losses = _losses_beside_a_teacher(old)
    if losses is None or not old.complete or DISTILLATION in losses:
        return
    spectral = losses.group("spectral")
    weight = spectral("weights", {}).get("mrstft") if spectral is not None else None
    if spectral is not None and isinstance(weight, (int, float)):
        yield losses.set(DISTILLATION, _distillation(weight, spectral("decay", 1.0)))


def teacher_latents_down(new: Parts) -> Iterator[Change | Unequal]:
    """That weight is what 0.0.19 takes by itself; it knows no other."""
    losses = _losses_beside_a_teacher(new)
    if losses is None or not (new.complete or DISTILLATION in losses):
        return
    spectral = losses.group("spectral")
    weight = spectral("weights", {}).get("mrstft") if spectral is not None else None
    said = losses(DISTILLATION)
    if spectral is None or not isinstance(weight, (int, float)):
        message = "engine 0.0.19 cannot have a teacher without a `spectral` loss"
        yield Unequal(losses.path, message, "error", "give it a spectral loss")
    elif said != _distillation(weight, spectral("decay", 1.0)):
        message = f"engine 0.0.19 holds the latents to the teacher's with a weight of {weight * QUARTER:g}, a quarter of `mrstft`"
        yield Unequal(losses.at(DISTILLATION) if said is not None else losses.path, message)
    if said is not None:
        yield losses.remove(DISTILLATION)


def _distillation(weight: float, decay: float) -> dict[str, object]:
    return {"weights": {"l2": weight * QUARTER}, "decay": decay}


def _losses_beside_a_teacher(parts: Parts) -> Part | None:
    training = _training(parts)
    has_teacher = training is not None and training("teacher_model") is not None
    return training.group("loss_configs") if training is not None and has_teacher else None


def _training(parts: Parts) -> Part | None:
    return parts.training if parts.model_type == "autoencoder" else None
