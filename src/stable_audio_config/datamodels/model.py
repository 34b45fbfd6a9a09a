"""The top of a model config: `model_type` and what every type shares (engine: `create_model_from_config`).

Holds what the engine's model JSON holds, without its `training` section, which is a group of its own.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from .autoencoder import AutoencoderModel
from .base import Data, Name, Positive
from .diffusion import DiffusionCondModel


class _ModelConfig(Data):
    sample_rate: Positive
    """Samples per second of everything that goes in and out, in Hz."""
    sample_size: Positive | None = None
    """Training crop and demo length, in audio samples (also when the data are latents). Needed to train."""
    audio_channels: Positive = 2
    """Channels the data loader delivers: 1 is mono, any other number is stereo."""


class AutoencoderConfig(_ModelConfig):
    """An autoencoder: audio to latents and back."""

    model_type: Literal["autoencoder"]
    """`autoencoder`."""
    model: AutoencoderModel
    """The networks."""


class DiffusionCondConfig(_ModelConfig):
    """A conditional diffusion model, usually over the latents of a frozen autoencoder (its `pretransform`)."""

    model_type: Literal["diffusion_cond"]
    """`diffusion_cond`."""
    model: DiffusionCondModel
    """The networks and how they are conditioned."""
    svd_bases_path: Name | None = None
    """File of SVD bases for the `-xs` LoRA adapters; read only when `training.lora_config` is set."""


ModelConfig = Annotated[AutoencoderConfig | DiffusionCondConfig, Field(discriminator="model_type")]
"""Any model config, told apart by `model_type`."""


class NestedAutoencoderConfig(AutoencoderConfig):
    """A whole autoencoder config standing inside another config (a teacher)."""

    training: dict[str, Any] | None = None
    """Never read here."""


class NestedDiffusionCondConfig(DiffusionCondConfig):
    """A whole diffusion config standing inside another config (a teacher, the base of a discriminator)."""

    training: dict[str, Any] | None = None
    """Never read here."""
