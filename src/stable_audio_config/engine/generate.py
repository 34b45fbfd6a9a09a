"""Generation (`sat generate`): a checkpoint and conditions become sound files."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..datamodels.base import plain
from ..datamodels.inference import InferenceConfig
from ..report.finding import Finding, refuse
from .loading import LoadedModel, config_of, load, look_into
from .record import effective, file_sha256, versions
from .request import (
    check_request,
    complete_conditions,
    fills_holes,
    noise_levels,
    objective_of,
    requested_samples,
    starts_below_noise,
)
from .sound_files import SoundFiles, next_files
from .spectrogram import write_spectrogram

MAKES_SOUNDS = ("diffusion_cond", "diffusion_cond_inpaint")
"""The model types that the engine can make sounds with."""

MAKES_NONE = {
    "diffusion_uncond": "engine 0.0.20 cannot make sounds with an unconditional model: its sampler asks for an objective it lacks",
    "lm": "engine 0.0.20 cannot make sounds with a language model: every step of its network fails",
    "clap": "a CLAP model compares sounds and texts; it makes none",
    "autoencoder": "an autoencoder only turns sounds into latents and back: give it as pretransform_ckpt_path",
    "diffusion_autoencoder": "a diffusion autoencoder only turns sounds into latents and back",
}
"""Why the other types cannot be asked for sounds."""


@dataclass(frozen=True)
class Generated:
    """What `generate` has written."""

    files: tuple[Path, ...]
    """Sounds, their spectrograms and the JSON file about them, in the order of writing."""
    seed: int
    """The seed that was used: the one asked for, or the one drawn for -1."""
    findings: tuple[Finding, ...] = ()
    """Warnings: what was asked for without effect."""


def generate(config: InferenceConfig) -> Generated:
    """One WAV file for each condition, with a spectrogram and a record of how it was made.

    Sounds are made `batch_size` at a time; the batch that begins with sound n is drawn with `seed + n`. Lengths are
    rounded up to what the model can make and cut back. What the engine prints goes to stderr.
    """
    own_config = plain(config.model) if config.model is not None else None
    file = look_into(Path(config.ckpt_path), own_config, MAKES_SOUNDS, "ckpt_path", instead=MAKES_NONE)
    model_config = config_of(file)
    findings = check_request(config, model_config)
    pretransform = None
    if config.pretransform_ckpt_path is not None:
        pretransform = look_into(Path(config.pretransform_ckpt_path), None, "autoencoder", "pretransform_ckpt_path")
    files = next_files(Path(config.output_path), config.name)
    with redirect_stdout(sys.stderr):
        device = _device(config)
        loaded = load(file, pretransform)
        seed = config.seed if config.seed != -1 else secrets.randbelow(2**32)
        _make_all(config, loaded, device, seed, files)
    return Generated(tuple(files.written), seed, findings)


def _device(config: InferenceConfig) -> Any:
    """`auto` is CUDA where it is there. Apple's `mps` is not taken unasked: the engine's guidance needs float64."""
    import torch

    name = ("cuda" if torch.cuda.is_available() else "cpu") if config.device == "auto" else config.device
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).strip().splitlines()[0]
        raise refuse("no-device", f"`{name}` cannot be used here: {reason}", "device", help="set device=auto") from None
    if device.type == "cpu" and config.model_half:
        raise refuse("half-on-cpu", "16 bit floats are not for a CPU", "model_half", help="set model_half=false")
    return device


def _make_all(config: InferenceConfig, loaded: LoadedModel, device: Any, seed: int, files: SoundFiles) -> None:
    model = _ready(loaded.model, device, config.model_half)
    start = _start_audio(config, model) if config.init_audio is not None else None
    about = {
        "config": effective(config),
        "model_config": loaded.config,
        "seed": seed,
        "checkpoint_sha256": file_sha256(Path(config.ckpt_path)),
        "versions": versions(),
        "device": str(device),
        "sample_rate": loaded.config["sample_rate"],
        "sounds": [],
    }
    for first, conditions, negative in _batches(config, loaded.config):
        batch = _make(config, loaded, device, seed + first, conditions, negative, start)
        for place, (audio, condition) in enumerate(zip(batch, conditions, strict=True)):
            sound = _save(config, files, audio, condition, loaded.config["sample_rate"])
            about["sounds"].append({**sound, "conditions": condition, "batch_seed": seed + first, "place_in_batch": place})
        files.write_about(about)


def _ready(model: Any, device: Any, half: bool) -> Any:
    import torch

    model = model.to(device)
    if half:
        model = model.to(torch.float16)
    if model.pretransform is not None and next(model.pretransform.parameters(), None) is None:
        from .compat import give_parameters  # Imported only here: it brings the engine's whole training room with it.

        give_parameters(model.pretransform)
    return model


def _batches(config: InferenceConfig, model_config: dict[str, Any]) -> Iterator[tuple[int, list[Any], list[Any] | None]]:
    """Number of the first sound, the conditions and the negative conditions of each batch."""
    conditions = complete_conditions(list(config.conditions), model_config)
    negative = None
    if config.negative_conditions is not None:
        negative = complete_conditions(list(config.negative_conditions), model_config)
        negative = negative * len(conditions) if len(negative) == 1 else negative
    for first in range(0, len(conditions), config.batch_size):
        last = first + config.batch_size
        yield first, conditions[first:last], negative[first:last] if negative is not None else None


def _start_audio(config: InferenceConfig, model: Any) -> tuple[int, Any]:
    """Sample rate and audio (channels, samples) of `init_audio`, in the model's rate and number format."""
    import soundfile
    import torch
    from torchaudio.functional import resample

    try:
        samples, rate = soundfile.read(str(config.init_audio), dtype="float32", always_2d=True)
    except (RuntimeError, OSError) as error:  # soundfile's own errors are RuntimeErrors.
        raise refuse("unreadable-audio", f"`{config.init_audio}` cannot be read: {error}", "init_audio") from None
    audio = resample(torch.from_numpy(samples.T), rate, model.sample_rate)
    encoder = model.pretransform if model.pretransform is not None else model.model
    return model.sample_rate, audio.to(next(encoder.parameters()).dtype)


def _make(
    config: InferenceConfig,
    loaded: LoadedModel,
    device: Any,
    seed: int,
    conditions: list[Any],
    negative: list[Any] | None,
    start: tuple[int, Any] | None,
) -> Any:
    """An array (sounds, channels, samples) of the length that was asked for. To a model that fills holes everything is one."""
    import torch
    from stable_audio_tools.inference.generation import generate_diffusion_cond, generate_diffusion_cond_inpaint
    from stable_audio_tools.inference.sampling import IdentityDistributionShift

    wanted, unit = requested_samples(config, loaded.config), loaded.model.min_input_length
    options: dict[str, Any] = {
        "steps": config.steps,
        "cfg_scale": config.cfg_scale,
        "conditioning": conditions,
        "negative_conditioning": negative,
        "batch_size": len(conditions),
        "sample_size": -(-wanted // unit) * unit,
        "seed": seed,
        "device": device,
        "init_audio": start,
        "init_noise_level": config.init_noise_level,
        "sampler_type": config.sampler_type,  # None is the engine's choice for the objective.
        **noise_levels(config, objective_of(loaded.config)),
    }
    if starts_below_noise(config):
        options["dist_shift"] = IdentityDistributionShift()
    sample = generate_diffusion_cond_inpaint if fills_holes(loaded.config) else generate_diffusion_cond
    try:
        audio = sample(loaded.model, **options)
    except torch.OutOfMemoryError:
        message = f"`{device}` has no memory left for {len(conditions)} sounds of {wanted} samples"
        raise refuse("out-of-memory", message, "batch_size", help="set a smaller batch_size, or fewer seconds") from None
    audio = audio[..., :wanted].float().cpu()
    if not bool(torch.isfinite(audio).all()):
        message = "the model gave numbers that are no sound (NaN or infinite)"
        help_text = "its weights may be damaged" if not config.model_half else "set model_half=false"
        raise refuse("not-finite", message, "ckpt_path", help=help_text)
    return audio.numpy()


def _save(config: InferenceConfig, files: SoundFiles, audio: Any, condition: Any, sample_rate: int) -> dict[str, Any]:
    path, about = files.write_sound(audio, sample_rate)
    if config.spectrogram:
        picture = path.with_suffix(".png")
        title = ", ".join(f"{key}: {value}" for key, value in condition.items())
        write_spectrogram(picture, audio, sample_rate, title)
        files.written.append(picture)
    return about
