"""The format of numbers that a run computes in: what fails, or becomes no number at all."""

from __future__ import annotations

from collections.abc import Iterator

from ..rule import WHOLE, Problem, rule
from ..setup import Setup
from ..view import Absent, Node

_HALF = ("16-true", "bf16-true")
_PURE = (*_HALF, "64-true", "64")

_NOISED = (("discriminator", "discriminator"), ("clap", "clap_config"))
"""Part of ARC that draws timesteps of its own -> the key that makes it."""

_SPECTRAL = ("encodec", "hil")
"""Discriminators that take spectra of whatever they are given."""

_LOWEST_HALF = 2.0**-25
"""16 bit floats round anything smaller to 0."""


@rule("precision", on=WHOLE, mirrors="training.diffusion.DiffusionCondTrainingWrapper.training_step")
def pure_precision(setup: Setup) -> Iterator[Problem]:
    """The engine computes in 32 bit numbers, or in mixed precision; not every training can do without.

    The `-true` formats hold weights, data and random numbers in one format. torch draws even timesteps in 32 or 64 bits only, an
    autoencoder's demo hands 32 bit sound to weights of another format, and 16 bit floats round Adam's `eps` to 0, so that the loss
    is no number from the second step on.
    """
    run, precision = setup.run, setup.run("precision")
    if precision not in _PURE:
        return
    reason = (
        _drawn_timesteps(setup, precision)
        or _demo_of_sounds(setup)
        or _spectra(setup, precision)
        or _vanishing_eps(setup, precision)
    )
    if reason is not None:
        yield Problem(
            run.at("precision"), f"`precision` is {precision}, but {reason}", help=f"set precision to {_instead(precision)}"
        )


def _instead(precision: str) -> str:
    return {"16-true": "16-mixed", "bf16-true": "bf16-mixed"}.get(precision, "32-true")


def _drawn_timesteps(setup: Setup, precision: str) -> str | None:
    if precision in _HALF and draws_evenly(setup):
        return "torch cannot draw even timesteps in 16 bits: the first step would fail"
    return None


def draws_evenly(setup: Setup) -> bool:
    """Whether timesteps come from the engine's generator of even numbers (a Sobol sequence)."""
    if setup.model_type in ("diffusion_uncond", "diffusion_autoencoder"):
        return True
    if setup.model_type == "clap":
        return setup.model.has("model.audio.model.config.noise_config")
    if not setup.model_type.startswith("diffusion_cond"):
        return False
    if setup.training.has("arc"):
        arc = setup.training.part("arc")
        parts = ["generator", *(part for part, key in _NOISED if arc.has(key))]
        return any(arc(f"noise_dist.{part}") == "uniform" for part in parts)
    return bool(setup.training("timestep_sampler") == "uniform")


def _demo_of_sounds(setup: Setup) -> str | None:
    if setup.model_type == "autoencoder" and setup.training.has("demo"):
        return "demos are made of 32 bit sound: the first demo would fail"
    return None


def _spectra(setup: Setup, precision: str) -> str | None:
    if setup.model_type != "autoencoder":
        return None
    training = setup.training
    if training.has("loss_configs"):
        kind = training("loss_configs.discriminator.type") if training.has("loss_configs.discriminator") else None
    else:
        kind = "encodec"
    if kind in _SPECTRAL and (precision == "bf16-true" or (precision == "16-true" and setup.run("accelerator") == "cpu")):
        return f"the `{kind}` discriminator takes spectra, which torch cannot do in 16 bits: the first step would fail"
    return None


def _vanishing_eps(setup: Setup, precision: str) -> str | None:
    if precision == "16-true" and any(eps <= _LOWEST_HALF for eps in _epsilons(setup)):
        return "16 bit floats round the optimizer's `eps` to 0: the loss becomes no number"
    return None


def _epsilons(setup: Setup) -> list[float]:
    """`eps` of every optimizer that has one."""
    training = setup.training
    if "optimizer_configs" not in training.model.fields or not training.has("optimizer_configs"):
        return [1e-8]  # The engine's own Adam.
    groups = [node for node in training.part("optimizer_configs").children() if "optimizer" in node.model.fields]
    return [eps for eps in (_epsilon(group) for group in groups) if eps is not None]


def _epsilon(group: Node) -> float | None:
    try:
        return float(group.given("optimizer.config.eps"))
    except (Absent, TypeError, ValueError):
        return None
