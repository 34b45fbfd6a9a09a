"""The model of a first experiment: a preset fitted to the sound, or a network put around an autoencoder that is already there."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from ..report.finding import refuse
from .commented import Tree, Value
from .folder import SoundFolder, channels_told, seconds_told
from .having import Having

PRESETS = {
    ("autoencoder", False): ("tiny_autoencoder", "small enough for a CPU: no GPU was found here"),
    ("autoencoder", True): ("stable_audio_2_0_vae", "Stable Audio 2.0's; tiny_autoencoder is a hundred times smaller"),
    ("unconditional", False): ("tiny_diffusion_uncond", "small enough for a CPU: no GPU was found here"),
    ("unconditional", True): ("tiny_diffusion_uncond", "small; make it wider and deeper once it runs"),
    ("text-to-audio", False): ("tiny_diffusion_cond", "small enough for a CPU: no GPU was found here"),
    ("text-to-audio", True): ("stable_audio_open_small_base", "Stable Audio Open Small, as it was before it learnt to hurry"),
}
"""(what is wanted, whether there is a GPU) -> the preset to begin with, and why."""

TRAINING = {"stable_audio_2_0_vae": "autoencoder_adversarial"}
"""Preset -> a training section with its figures, but without the keys that had no effect when it was published."""

FEWEST = 8192
"""Samples of a training example at least: the losses of an autoencoder look at windows of 2048."""

FRAMES = (32, 1024)
"""Latent frames of a training example at least and at most, where a network is put around an autoencoder."""

LONGEST_SECONDS = 512
"""The longest sound that a new network is told the length of."""


@dataclass(frozen=True)
class Model:
    """A model as it will stand in the experiment: the name of a preset, or a whole section."""

    model_type: str
    why: str
    preset: str | None = None
    """A preset of group `model`, or a file."""
    tree: Mapping[str, Any] | None = None
    """The section itself, where no preset has it."""
    changes: Tree = field(default_factory=dict)
    """What differs from the preset."""
    reads: frozenset[str] = frozenset()
    """Metadata that its conditioners read."""
    frames: int | None = None
    """Latent frames of one training example."""
    training: str | None = None
    """A training preset in the place of the one that belongs to the model."""
    has_training: bool = False
    """Whether the model's file brings its training section."""


def fitted(having: Having, want: str, gpu: bool) -> Model:
    """The model for what is wanted.

    Raises:
        Refused: the model that was named is of another type.
    """
    if want == "fine-tune" or having.model is not None:
        return _as_it_is(having, want)
    preset, why = PRESETS[want, gpu]
    base = section_of(preset)
    if want == "autoencoder":
        assert having.sounds is not None
        return Model("autoencoder", why, preset, changes=_fitted_to(having.sounds, base, preset), training=TRAINING.get(preset))
    latent = having.inside if having.model_type == "autoencoder" else None
    if latent is None and (want == "unconditional" or gpu):
        return _described(base, why, preset=preset)
    whole = deepcopy(base)
    if want == "text-to-audio" and not gpu:
        _read_texts(whole["model"])
    if latent is not None:
        _around(whole, latent, _frames_for(having, latent))
        why = f"{preset}, around the autoencoder in {having.checkpoint}"
    else:
        why = f"{preset}, with texts for conditions (t5-small, which is fetched when the model is first built); {why}"
    return _described(whole, why, tree=whole)


def section_of(preset: str) -> dict[str, Any]:
    """The model section of a preset or file, without its training section."""
    from ..compose.composer import Request, compose

    section: dict[str, Any] = compose(Request((f"model={preset}",))).tree["model"]
    return section


_TYPES = {
    "autoencoder": ("autoencoder", "diffusion_autoencoder"),
    "text-to-audio": ("diffusion_cond", "diffusion_cond_inpaint"),
    "unconditional": ("diffusion_uncond",),
}
"""What is wanted -> the model types that do it."""


def _as_it_is(having: Having, want: str) -> Model:
    """The model that was named, or that the checkpoint carries: its numbers are somebody's decision, or belong to its weights."""
    if having.model is not None:
        tree, why = section_of(having.model), ""
    else:
        assert having.inside is not None
        tree, why = dict(having.inside), f"as it stands in {having.checkpoint}"
    kind = str(tree.get("model_type"))
    if want in _TYPES and kind not in _TYPES[want]:
        named = having.model or having.checkpoint
        raise refuse("usage", f"`{named}` is of type `{kind}`, but {want} needs `{_TYPES[want][0]}`", help=_other_want(kind))
    if having.model is None:
        return _described(tree, why, tree=tree)
    return _described(tree, why, preset=having.model, has_training=_brings_training(having.model))


def _brings_training(model: str) -> bool:
    """Whether a file of the engine holds its training section, which is then taken as it is."""
    from pathlib import Path

    from ..source.reading import plain_tree

    file = Path(model).expanduser()
    return file.is_file() and isinstance(plain_tree(file).get("training"), dict)


def _other_want(kind: str) -> str:
    fits = [want for want, kinds in _TYPES.items() if kind in kinds]
    return f"write --want {fits[0]}" if fits else "begin from its own preset: sat presets list model"


def _described(section: Mapping[str, Any], why: str, **more: Any) -> Model:
    """The model with what the experiment around it must know."""
    inside = section.get("model") or {}
    conditioners = (inside.get("conditioning") or {}).get("configs") or []
    reads = frozenset(str(each.get("id")) for each in conditioners if isinstance(each, Mapping))
    ratio = ((inside.get("pretransform") or {}).get("config") or {}).get("downsampling_ratio")
    size = section.get("sample_size")
    frames = size // ratio if isinstance(size, int) and isinstance(ratio, int) and ratio > 0 else None
    return Model(str(section.get("model_type")), why, reads=reads, frames=frames, **more)


def _fitted_to(sounds: SoundFolder, base: Mapping[str, Any], preset: str) -> dict[str, Any]:
    """What a new autoencoder takes from the sound: its rate, its length, and one channel where there is no second."""
    rate = sounds.rate or base["sample_rate"]
    changes: dict[str, Any] = {}
    if rate != base["sample_rate"]:
        changes["sample_rate"] = Value(rate, "that of your sounds; others are resampled to it")
    size, ratio = base["sample_size"], base["model"]["downsampling_ratio"]
    if sounds.seconds is not None:
        while size > sounds.seconds[1] * rate and size // 2 >= FEWEST and size // 2 % ratio == 0:
            size //= 2
    if size != base["sample_size"] or rate != base["sample_rate"]:
        changes["sample_size"] = Value(size, f"{seconds_told(size / rate)}, {size // ratio} latent frames")
    if sounds.is_mono and preset == "tiny_autoencoder":  # The discriminators of others count channels too.
        changes["audio_channels"] = Value(1, "your sounds are mono")
        changes["model"] = {
            "io_channels": Value(1),
            "encoder": {"config": {"in_channels": Value(1)}},
            "decoder": {"config": {"out_channels": Value(1)}},
        }
    return changes


def _read_texts(inside: dict[str, Any]) -> None:
    """The small network of the presets, conditioned on a prompt in the place of a number for the kind of sound."""
    inside["conditioning"]["configs"] = [
        {"id": "prompt", "type": "t5", "config": {"t5_model_name": "t5-small", "max_length": 64}},
        {"id": "seconds_total", "type": "number", "config": {"min_val": 0, "max_val": LONGEST_SECONDS}},
    ]
    width = inside["conditioning"]["cond_dim"]
    network = inside["diffusion"]
    network["cross_attention_cond_ids"] = ["prompt", "seconds_total"]
    network["global_cond_ids"] = ["seconds_total"]
    network["config"] |= {"cond_token_dim": width, "global_cond_dim": width}


def _around(section: dict[str, Any], autoencoder: Mapping[str, Any], frames: int) -> None:
    """The network takes the latents of this autoencoder, and the sound that it was made for."""
    inside = section["model"]
    config = dict(autoencoder["model"])
    inside["pretransform"] = {"type": "autoencoder", "iterate_batch": True, "config": config}
    width = config["latent_dim"]
    if section["model_type"] == "diffusion_uncond":
        inside["config"]["in_channels"] = width
    else:
        inside["io_channels"] = inside["diffusion"]["config"]["io_channels"] = width
    section["sample_rate"] = autoencoder["sample_rate"]
    section["audio_channels"] = autoencoder.get("audio_channels", config.get("io_channels", 2))
    section["sample_size"] = frames * config["downsampling_ratio"]


def _frames_for(having: Having, autoencoder: Mapping[str, Any]) -> int:
    """Frames of a training example: those of the latents, or as many as half of the sounds have."""
    if having.latents is not None and having.latents.frames is not None:
        return having.latents.frames
    wanted: float = FRAMES[0]
    if having.sounds is not None and having.sounds.seconds is not None:
        wanted = having.sounds.seconds[1] * autoencoder["sample_rate"] / autoencoder["model"]["downsampling_ratio"]
    frames = FRAMES[0]
    while frames * 2 <= min(wanted, FRAMES[1]):
        frames *= 2
    return frames


def recipe(having: Having, want: str, model: Model, demo_every: int) -> dict[str, Any]:
    """What the training section says that its recipe does not. A file that brings its own section is left alone."""
    section: dict[str, Any] = {}
    if having.latents is not None:
        section["pre_encoded"] = Value(True, "the data are latents")
    if model.has_training:
        return section
    if want == "fine-tune" and model.model_type.startswith("diffusion_cond"):
        rate = Value(1e-5, "small steps: the weights are good already")
        section["optimizer_configs"] = {"diffusion": {"optimizer": {"config": {"lr": rate}}}}
    elif want == "fine-tune" and model.model_type == "autoencoder":
        section["learning_rate"] = Value(1e-5, "small steps: the weights are good already")
    if model.model_type in ("autoencoder", "diffusion_cond"):
        section["demo"] = {"demo_every": Value(demo_every, "steps between sounds that you can listen to")}
    return section


def told(sounds: SoundFolder) -> list[str]:
    """What is worth a remark about the sound, one line each."""
    lines = []
    if len(sounds.rates) > 1:
        lines.append(f"your sounds have {len(sounds.rates)} sample rates: the engine resamples them while it trains")
    if len(sounds.channels) > 1:
        kinds = " and ".join(channels_told(count) for count, _ in sounds.channels)
        lines.append(f"your sounds are {kinds}: the engine gives all the channels of the model")
    if sounds.unreadable:
        more = f", and {len(sounds.unreadable) - 1} more" if len(sounds.unreadable) > 1 else ""
        lines.append(f"`{sounds.unreadable[0]}` has a header that says nothing{more}: it may be broken")
    return lines
