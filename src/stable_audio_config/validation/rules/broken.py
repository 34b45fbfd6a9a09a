"""Parts that the engine lists and cannot run."""

from __future__ import annotations

from collections.abc import Iterator

from ..rule import Problem, rule
from ..view import Node

_BROKEN = {
    "DAU1dUncondModel": ("its class cannot be built (`use_snake` reaches a block that does not take it)", "use `dit`"),
    "DAU1dDecoder": ("its class cannot be built (`use_snake` reaches a block that does not take it)", "use `dit`"),
    "ADPDiffusion": ("every forward pass fails (`modular_local_cond` reaches a network that does not take it)", "use `dit`"),
    "ADPCFGDiffusion": (
        "every forward pass fails (`modular_local_cond` reaches a network that does not take it)",
        "use `dit`, or engine 0.0.19",
    ),
    "PQMFPretransform": ("it needs a scipy older than 1.13, and never says its ratio", "use `wavelet` or `patched`"),
    "ClapAudioConditioner": ("it reads an attribute `finetune` that it never sets", "use `sat_clap_audio`"),
}
"""Data model -> (why it cannot run, what to use instead)."""


@rule("broken-in-engine", on="Data", mirrors="models.diffusion.create_diffusion_cond_from_config", contract=("R-DIT-23",))
def broken_part(part: Node) -> Iterator[Problem]:
    """Some parts that engine 0.0.20 lists cannot be built, or fail at the first step.

    The engine builds what it is told and fails with an error about a keyword or an attribute that no config mentions.
    """
    reason = _BROKEN.get(part.model.name)
    if reason is not None:
        yield Problem("type", f"`{part('type')}` cannot run in engine 0.0.20: {reason[0]}", help=reason[1])


@rule("broken-in-engine", on="AutoencoderTraining", mirrors="training.autoencoders.AutoencoderTrainingWrapper")
def decoder_loss(training: Node) -> Iterator[Problem]:
    """`decoder_loss` calls every decoder of the engine with an argument that none takes."""
    if training("decoder_loss") is True:
        yield Problem("decoder_loss", "`decoder_loss` fails with every decoder of engine 0.0.20", help="leave it out")
