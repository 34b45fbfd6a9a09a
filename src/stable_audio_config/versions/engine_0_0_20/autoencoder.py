"""What changed for autoencoders."""

from __future__ import annotations

from collections.abc import Iterator

from ...source.edit import Change
from ..step import Part, Parts, Unequal

INERT = ("warmup_mode", "clip_grad_norm")
"""What 0.0.19 takes and does not read."""


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
    """How strong the implicit loss was depends on the run, so that a person has to say what it shall be."""
    training = _training(old)
    if training is None or not old.complete or training("teacher_model") is None:
        return
    losses = training.group("loss_configs")
    if losses is not None and "latent_distillation" not in losses:
        message = "engine 0.0.19 held the latents to those of the teacher by itself; 0.0.20 does where it is asked to"
        yield Unequal(losses.path, message, help="write latent_distillation: {weights: {l2: 1.0}} in loss_configs")


def _training(parts: Parts) -> Part | None:
    return parts.training if parts.model_type == "autoencoder" else None
