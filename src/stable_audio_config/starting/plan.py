"""From what somebody has and wants to the experiment that does it: the model, fitted to the sound, and the run options."""

from __future__ import annotations

import os
import platform
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..report.finding import refuse
from .commented import Block, Gap, Tree, Value
from .folder import LatentFolder, SoundFolder
from .having import Having
from .models import Model, fitted, recipe

WANTS = {
    "autoencoder": "sound to latents and back, the first step of everything else",
    "text-to-audio": "sound from a text (a diffusion model over an autoencoder's latents)",
    "unconditional": "sound like yours, from nothing (a diffusion model over an autoencoder's latents)",
    "fine-tune": "go on with a trained model, on your own sound",
}
"""What can be wanted -> what that is."""

DEMO_EVERY = 500
"""Steps between demos and between checkpoints: often enough to hear in the first hour whether anything is learnt."""


@dataclass(frozen=True)
class Plan:
    """An experiment that is not written yet."""

    name: str
    headline: str
    """What it is, in one line."""
    tree: Tree
    prompts: Path | None
    """Where a metadata module with the prompts has to stand; None where the model reads none."""


def natural_want(having: Having) -> str:
    """What somebody with these things most likely wants."""
    if having.checkpoint is not None:
        return "text-to-audio" if having.model_type == "autoencoder" else "fine-tune"
    if having.latents is not None:
        return "text-to-audio"
    return "autoencoder"


def has_gpu() -> bool:
    """Whether this machine seems to have a GPU that torch can train on; nothing is loaded to find out."""
    return shutil.which("nvidia-smi") is not None or (platform.system() == "Darwin" and platform.machine() == "arm64")


def name_for(having: Having, want: str) -> str:
    """A name that tells the data and the purpose: `music_autoencoder`."""
    stem = _folder_name(having) if having.sounds or having.latents else "my"
    return re.sub(r"[^\w]+", "_", f"{stem}_{want}").strip("_")


def plan(having: Having, want: str, name: str, gpu: bool, folder: Path) -> Plan:
    """The experiment.

    Args:
        having: what there is.
        want: one of `WANTS`.
        name: of the experiment.
        gpu: whether it is to run on one.
        folder: where it will stand; a metadata module stands beside it.

    Raises:
        Refused: something is missing without which nothing can be trained.
    """
    _check(having, want)
    model = fitted(having, want, gpu)
    prompts = folder / f"{name}_prompts.py" if having.sounds is not None and "prompt" in model.reads else None
    defaults = _defaults(model)
    tree: dict[str, Any] = {"defaults": defaults, "": Gap()} if defaults else {}
    tree |= {**_options(having, want, name, gpu), " ": Gap()}
    section = dict(model.changes)
    if model.tree is not None:
        tree["model"] = Block(model.tree, model.why)
    elif section:
        tree["model"] = section
    tree |= {"training": recipe(having, want, model, DEMO_EVERY), "dataset": _dataset(having, model, prompts)}
    data = _data(having)
    headline = f"{HEADLINES[want]}, from {data.told()} in {data.path}"
    return Plan(name, headline, {key: item for key, item in tree.items() if item != {}}, prompts)


def _defaults(model: Model) -> list[Tree]:
    """The presets that it chooses."""
    found: list[Tree] = []
    if model.preset is not None:
        found.append({"override /model": Value(model.preset, model.why)})
    if model.training is not None:
        found.append({"override /training": Value(model.training, "with a discriminator: slower, and sharper")})
    return found


HEADLINES = {
    "autoencoder": "an autoencoder",
    "text-to-audio": "a text-to-audio model",
    "unconditional": "an unconditional model",
    "fine-tune": "fine-tuning a trained model",
}


def _check(having: Having, want: str) -> None:
    if having.sounds is None and having.latents is None:
        raise refuse("usage", "there is nothing to train on", help="name a folder of sound: sat init FOLDER")
    if having.sounds is not None and having.latents is not None:
        message = f"`{having.sounds.path}` holds sound and `{having.latents.path}` latents: an experiment trains on one of them"
        raise refuse("usage", message, help="name one of the two folders")
    if want == "autoencoder" and having.sounds is None:
        raise refuse("usage", "an autoencoder learns from sound, not from latents", help="name a folder of sound")
    if want == "fine-tune" and having.checkpoint is None:
        raise refuse(
            "usage",
            "fine-tuning goes on with a trained model, but no checkpoint is named",
            help="name it: sat init FOLDER MODEL.ckpt",
        )
    if want == "fine-tune" and having.model is None and having.inside is None:
        message = f"`{having.checkpoint}` does not say which model it holds"
        raise refuse("no-model-config", message, help="name its config too: sat init FOLDER MODEL.ckpt model_config.json")
    if want == "autoencoder" and having.checkpoint is not None:
        message = f"`{having.checkpoint}` holds a trained model, which a new autoencoder has no use for"
        raise refuse("usage", message, help="to go on with it write --want fine-tune")


def _data(having: Having) -> SoundFolder | LatentFolder:
    data = having.sounds or having.latents
    assert data is not None
    return data


def _folder_name(having: Having) -> str:
    return Path(_data(having).path).expanduser().resolve().name


def _options(having: Having, want: str, name: str, gpu: bool) -> Tree:
    """The run options that one changes first, each with its reason."""
    files = _data(having).files
    batch = max(1, min(8 if gpu else 4, files))
    workers = max(1, min(6, os.cpu_count() or 1))
    few = f"you have {files} files" if batch == files and files < 4 else "raise it until the memory is full"
    return {
        "name": Value(name, f"every run gets a folder: runs/{name}/<when>"),
        "batch_size": Value(batch, few),
        "max_steps": Value(100_000 if gpu else 10_000, "-1 trains until you stop it (Ctrl-C writes a checkpoint first)"),
        "precision": Value("16-mixed" if gpu else "32-true", "for GPUs" if gpu else "for CPUs; on a GPU 16-mixed is faster"),
        "num_workers": Value(workers, "processes that read sound"),
        "checkpoint_every": Value(DEMO_EVERY),
        "save_top_k": Value(3, "keep so many checkpoints, the newest"),
        "logger": Value("csv", "a file in the run's folder; wandb, comet and tensorboard show more"),
        **_weights(having, want),
    }


def _weights(having: Having, want: str) -> Tree:
    if having.checkpoint is None:
        return {}
    if want != "fine-tune":
        return {"pretransform_ckpt_path": Value(having.checkpoint, "the weights of the autoencoder; they stay as they are")}
    return {"pretrained_ckpt_path": Value(having.checkpoint, "the weights to begin with")}


def _dataset(having: Having, model: Model, prompts: Path | None) -> Tree:
    if having.latents is not None:
        entry: Tree = {"id": Value(_folder_name(having)), "path": Value(having.latents.path)}
        crop = {"latent_crop_length": Value(model.frames, "frames; sample_size / downsampling_ratio")} if model.frames else {}
        return {"dataset_type": Value("pre_encoded"), "datasets": [entry], **crop}
    sounds = having.sounds
    assert sounds is not None
    entry = {"id": Value(_folder_name(having)), "path": Value(sounds.path, sounds.told())}
    if prompts is not None:
        entry = {**entry, "custom_metadata_module": Value(prompts.as_posix(), "where the prompts come from: read it")}
    return {
        "dataset_type": Value("audio_dir"),
        "datasets": [entry],
        "random_crop": Value(True, "longer sounds are cut at random places, shorter ones filled up with silence"),
    }
