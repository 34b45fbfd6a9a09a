"""The top of a model config: what every `model_type` shares (engine: `create_model_from_config`).

A model config holds what the engine's model JSON holds, without its `training` section, which is a group of its own.
Each type stands in the file of its networks.
"""

from __future__ import annotations

from .base import Data, Positive


class ModelConfigBase(Data):
    """What stands beside `model_type` and `model`."""

    sample_rate: Positive
    """Samples per second of everything that goes in and out, in Hz."""
    sample_size: Positive | None = None
    """Training crop and demo length, in audio samples (also when the data are latents). Needed to train."""
    audio_channels: int = 2
    """Channels the data loader delivers: 1 is mono, any other number is stereo."""
