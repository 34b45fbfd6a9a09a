"""Generation: a checkpoint and conditions become sound files (`sat generate`)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from .base import Data, Name, NonNegativeFloat, Positive, PositiveFloat, Sequence
from .kinds import NestedDiffusion


class InferenceConfig(Data):
    """What `sat generate` makes, and how. One sound is made for each entry of `conditions`."""

    ckpt_path: Name
    """Checkpoint of the diffusion model: a model checkpoint, or a training checkpoint (its weights are taken out, EMA first)."""
    model: NestedDiffusion | None = None
    """Config of the model; `null` takes the one inside the checkpoint."""
    pretransform_ckpt_path: Name | None = None
    """Model checkpoint of the autoencoder, where the diffusion checkpoint does not hold its weights."""
    conditions: Annotated[Sequence[dict[str, Any]], Field(min_length=1)]
    """One entry per sound: conditioner id -> value, for example `{prompt: "soft rain", seconds_start: 0, seconds_total: 10}`."""
    negative_conditions: Sequence[dict[str, Any]] | None = None
    """What to steer away from: one entry for all sounds, or one per sound."""
    output_path: Name = "generated"
    """Folder for the WAV files and their spectrograms."""
    name: Name = "sound"
    """Beginning of the file names."""
    steps: Positive = 100
    """Sampling steps."""
    cfg_scale: float = 6.0
    """Strength of the conditions (classifier-free guidance); 1 is none. Acts on cross-attention and prepended conditions only."""
    sampler_type: Name | None = None
    """Sampler; `null` takes the engine's for the model's objective. `v`: dpmpp-2m-sde, dpmpp-3m-sde, dpmpp-2m,
    k-heun, k-lms, k-dpmpp-2s-ancestral, k-dpm-2, k-dpm-adaptive, k-dpm-fast, v-ddim, ...; rectified flow: euler, rk4,
    dpmpp, pingpong."""
    sigma_min: PositiveFloat | None = None
    """Lowest noise level, for the `v` objective; `null` is the engine's."""
    sigma_max: PositiveFloat | None = None
    """Highest noise level; `null` is the engine's."""
    seconds: PositiveFloat | None = None
    """Length of the sounds; `null` is the length that the model was trained on (`sample_size`)."""
    batch_size: Positive = 4
    """Sounds made at once."""
    seed: Annotated[int, Field(ge=-1)] = 42
    """Start of the random numbers; -1 is new every time."""
    init_audio: Name | None = None
    """Sound file to start from instead of noise (a variation)."""
    init_noise_level: NonNegativeFloat = 1.0
    """How much noise is laid over `init_audio`."""
    model_half: bool = False
    """Compute in 16 bit floats. Not on a CPU."""
    device: Name = "auto"
    """`auto`, `cpu`, `cuda`, `cuda:1`, `mps`."""
    spectrogram: bool = True
    """Also write a picture of the spectrogram beside each sound."""
    schema_version: Literal[1] = 1
    """Version of this format."""
