"""The `training` section, one data model per model type (engine: `create_training_wrapper_from_config`)."""

from __future__ import annotations

from .autoencoder import AutoencoderTraining
from .diffusion import DiffusionCondTraining

AnyTraining = AutoencoderTraining | DiffusionCondTraining
"""The training section of any model type; the section has no tag of its own, `model_type` decides."""

_BY_MODEL_TYPE: dict[str, type[AnyTraining]] = {
    "autoencoder": AutoencoderTraining,
    "diffusion_cond": DiffusionCondTraining,
}


def training_class(model_type: str) -> type[AnyTraining]:
    """The data model of the training section that belongs to `model_type`."""
    return _BY_MODEL_TYPE[model_type]
