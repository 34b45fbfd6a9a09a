"""The `training` section of a `clap` model (engine: `CLAPTrainingWrapper`). Every item needs a `prompt` in its metadata."""

from __future__ import annotations

from pydantic import Field

from ..base import Data
from .optim import OptimizerGroup


class ClapOptimizers(Data):
    """One optimizer, for both branches."""

    model: OptimizerGroup
    """For both branches, and the pretransform where it has `enable_grad`."""


class ClapLossConfig(Data):
    """The losses between sounds and texts. A key that is left out keeps its default, so a loss is turned off by writing 0."""

    contrastive: float = 1.0
    """Above 0 each sound must find its own text in the batch, and each text its sound; 0 or less turns it off. A switch only, no
    weight. Needs CUDA and a `joint_embed_dim` that is a multiple of 256."""
    uniformity: float = 0.1
    """Weight of spreading sounds, and texts, evenly; 0 or less turns it off. Needs a `batch_size` above 1: the loss is no number
    otherwise."""
    cross_uniformity: float = 0.1
    """Weight of spreading sounds and texts away from each other; 0 or less turns it off."""
    alignment: float = 0.1
    """Weight of bringing every sound close to its own text; 0 or less turns it off."""


class ClapDemo(Data):
    """Stands for a callback of the engine's that does nothing."""

    demo_every: int = 2000
    """Optimizer steps between two calls. Without effect."""


class ClapTraining(Data):
    """How a `clap` model is trained. Needs `learning_rate` or `optimizer_configs`."""

    learning_rate: float | None = None
    """Rate of an Adam optimizer. Ignored beside `optimizer_configs`."""
    optimizer_configs: ClapOptimizers | None = None
    """Optimizer and scheduler; null makes one from `learning_rate`."""
    loss_config: ClapLossConfig | None = Field(default_factory=ClapLossConfig)
    """The losses; null keeps all defaults. (Autoencoders call theirs `loss_configs`.)"""
    htsat_dataset: bool = False
    """Must stay `false`: no audio network of 0.0.20 takes what it hands over."""
    pre_encoded: bool = False
    """The data are latents. Must agree with the dataset. Without effect unless the model has a `pretransform`."""
    mask_padding_attention: bool = False
    """Keeps the audio branch's self attention, and the mean of `avg_pool`, off the padding. With `avg_pool`, `num_memory_tokens`
    must then be 0."""
    demo: ClapDemo | None = None
    """Accepted, but nothing is made: the engine has no demos for this type."""
