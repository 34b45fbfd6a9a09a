"""What must be called `prompt` in the metadata, whether or not a conditioner reads it."""

from __future__ import annotations

from collections.abc import Iterator

from ...report.finding import Path
from ..rule import WHOLE, Problem, rule
from ..setup import Setup
from ..view import Absent, Node


def plain_entries(dataset: Node) -> list[Node]:
    """The folders of sounds whose metadata are the loader's own: `path`, `timestamps`, `seconds_start`, `seconds_total`, ...

    Latents and tar files bring metadata in files of their own, which are not known here.
    """
    if dataset("dataset_type") != "audio_dir":
        return []
    return [entry for entry in dataset.parts("datasets") if not entry.has("custom_metadata_module")]


def _readers(setup: Setup) -> Iterator[tuple[Path, str, str]]:
    """What reads `prompt`: the key that decides it, what stands there, and why it is read."""
    if setup.model_type == "clap":
        yield setup.model.at("model_type"), "model_type: clap", "CLAP learns from sounds and their texts"
    elif setup.training.has("arc"):
        arc = setup.training.part("arc")
        if arc.has("discriminator") and arc("discriminator.contrastive"):
            yield arc.at("discriminator.contrastive"), "contrastive: true", "`contrastive` swaps the texts of sounds"
        if arc.has("clap_config") and arc("clap_loss_type") == "audio_text_distance":
            yield (
                arc.at("clap_loss_type"),
                "clap_loss_type: audio_text_distance",
                "`audio_text_distance` compares sounds with their texts",
            )


def _conditioned_on_prompt(setup: Setup) -> bool:
    return any(node("id") == "prompt" for node in setup.named("NamedConditioner"))


def _validates(setup: Setup) -> bool:
    """Whether the sounds of `val_dataset` are compared with their texts too."""
    return setup.model_type == "clap" and setup.run("val_every") > 0


@rule(
    "prompt",
    on=WHOLE,
    mirrors="training.clap.CLAPTrainingWrapper.training_step",
    contract=("R-CL-3", "R-AR-6", "R-AR-11"),
)
def texts_in_the_data(setup: Setup) -> Iterator[Problem]:
    """CLAP, and ARC where it compares sounds with texts, need `prompt` in the metadata of every sound.

    The loader of sounds knows no texts: a `custom_metadata_module` must return them. (For `audio_text_distance`, `clap_prompt` or
    `prompt_text` will do.) Without them the first step fails.
    """
    if setup.model_type not in ("clap", "diffusion_cond", "diffusion_cond_inpaint"):
        raise Absent(())
    for at, words, why in _readers(setup):
        for dataset in setup.datasets if _validates(setup) else [setup.dataset]:
            for entry in [] if _conditioned_on_prompt(setup) else plain_entries(dataset)[:1]:
                yield Problem(
                    entry.path,
                    f"{why}, but these sounds have no `prompt`: the first step would fail",
                    help="give them a custom_metadata_module that returns it",
                    related=((at, words),),
                )
