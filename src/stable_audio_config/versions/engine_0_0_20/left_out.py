"""Keys without a successor, and what changed although no key decides about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...source.edit import Change
from ..step import Part, Parts, Unequal


def left_out_up(old: Parts) -> Iterator[Change | Unequal]:
    """What 0.0.20 does not know is taken out; where it did something, that is said."""
    training = old.training
    if training is None:
        return
    if "mask_padding_dropout" in training:
        message = "engine 0.0.20 cannot drop the mask of padding at random: `mask_padding_dropout` is taken out"
        yield Unequal(training.at("mask_padding_dropout"), message)
        yield training.remove("mask_padding_dropout")
    arc, measured = training.group("arc"), training.group("eval_loss_configs")
    if arc is not None and "sampling" in arc:  # Nothing read it in 0.0.19 either.
        yield arc.remove("sampling")
    if measured is not None and "pesq" in measured:
        yield Unequal(measured.at("pesq"), "engine 0.0.20 does not measure PESQ: `pesq` is taken out")
        yield measured.remove("pesq")
    yield from _quiet_schedulers(training)


def _quiet_schedulers(training: Part) -> Iterator[Change]:
    """`verbose` printed the learning rate."""
    for part in training.below():
        if part.path[-1:] == ("scheduler",) and part("type") == "InverseLR":
            config = part.group("config")
            if config is not None and "verbose" in config:
                yield config.remove("verbose")


def not_in_a_config_up(old: Parts) -> Iterator[Change | Unequal]:
    """A note where the run goes otherwise than before."""
    if old.complete:
        yield from _differences(old, NEW, OLD)


def not_in_a_config_down(new: Parts) -> Iterator[Change | Unequal]:
    """The same the other way."""
    if new.complete:
        yield from _differences(new, OLD, NEW)


@dataclass(frozen=True)
class Fixed:
    """What a version of the engine has decided itself."""

    version: str
    decay: float
    """Of the moving average of the weights."""
    spread: int
    """Of the Fourier features that a new `number` conditioner starts with."""
    tanh: int
    """Where the tanh starts that `qk_norm: dyt` puts in the place of norms."""


OLD, NEW = Fixed("0.0.19", 0.9999, 1, 10), Fixed("0.0.20", 0.999, 16, 4)


def _differences(parts: Parts, there: Fixed, here: Fixed) -> Iterator[Unequal]:
    training, model = parts.training, parts.model
    averaged = parts.is_conditional or parts.model_type == "autoencoder"
    if training is not None and averaged and "arc" not in training and training("use_ema", parts.is_conditional) is True:
        message = (
            f"the moving average of the weights decays by {there.decay} in engine {there.version} ({here.decay} in {here.version})"
        )
        yield Unequal(training.path, message, "note")
    conditioning = model.group("model", "conditioning") if model is not None else None
    for part in conditioning.items("configs") if conditioning is not None else ():
        if part("type") == "number":
            message = (
                f"a new `number` conditioner starts with Fourier features of spread {there.spread} in engine {there.version}, "
                f"and {here.spread} in {here.version}; those of a checkpoint are kept"
            )
            yield Unequal(part.path, message, "note")
    for part in model.below() if model is not None else ():
        if part("qk_norm") == "dyt":
            message = f"`qk_norm: dyt` starts at {there.tanh} in engine {there.version}, and at {here.tanh} in {here.version}"
            yield Unequal(part.at("qk_norm"), message, "note")
