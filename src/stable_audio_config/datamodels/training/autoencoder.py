"""The `training` section of an autoencoder (engine: `AutoencoderTrainingWrapper`).

Steps are optimizer steps of both optimizers: with a discriminator, every other step trains the autoencoder.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..absent import OrAbsent
from ..autoencoder import NestedAutoencoderConfig
from ..base import Data, Name, Positive, Sequence, Since
from .losses import AutoencoderEvalLossConfigs, AutoencoderLossConfigs
from .optim import OptimizerGroup


class AutoencoderOptimizers(Data):
    """An optimizer for each of the two players."""

    autoencoder: OptimizerGroup
    """Trains the autoencoder and the networks of the losses over its latents (`contrastive`, `jepa`, `generative`,
    `semantic_regressors`)."""
    discriminator: OrAbsent[OptimizerGroup] = None
    """Trains the discriminator: needed if `loss_configs` has one (or is left out), without effect otherwise."""


class AutoencoderDemo(Data):
    demo_every: int = 2000
    """Steps between demos: pairs of original and reconstruction in the logger. One more comes after the first batch."""


class AutoencoderMetrics(Data):
    """Frechet audio distances between reference files and their reconstructions."""

    ref_audios_path: Name
    """Folder of the reference files."""
    ref_audios_ext: str = ".wav"
    """How their names end."""
    metrics_every: Positive = 1000
    """Steps between two measurements."""
    skip_first: bool = True
    """Leave out the measurement at step 0."""
    embedding_types: Sequence[Literal["clap", "panns", "vggish", "openl3", "latent"]] = ("clap",)
    """Networks in whose embeddings distances are measured; each is downloaded. `latent` has no effect here."""
    clap_model: Literal[
        "music_speech_audioset_epoch_15_esc_89.98.pt",
        "music_audioset_epoch_15_esc_90.14.pt",
        "music_speech_epoch_15_esc_89.25.pt",
        "630k-audioset-fusion-best.pt",
    ] = "music_speech_audioset_epoch_15_esc_89.98.pt"
    """The LAION CLAP weights; without effect unless `embedding_types` has `clap`."""
    show_progress: bool = False
    """Show a progress bar."""
    max_samples: int = 0
    """Most files to measure, chosen at random; 0 is all."""


class AutoencoderTraining(Data):
    """How an autoencoder is trained."""

    learning_rate: float | None = None
    """Learning rate of AdamW (betas 0.8, 0.99) for autoencoder and discriminator. Without effect if `optimizer_configs`
    is set; needed otherwise."""
    optimizer_configs: AutoencoderOptimizers | None = None
    """Optimizers and schedulers; `null` uses `learning_rate`."""
    clip_grad_norm: Annotated[float, Since("0.0.20")] = 0.0
    """Largest norm of the gradient; 0 does not clip. Use this instead of `gradient_clip_val`, which must stay 0."""

    loss_configs: AutoencoderLossConfigs | None = None
    """The losses; `null` is spectral (seven resolutions) and adversarial (`encodec`)."""
    eval_loss_configs: AutoencoderEvalLossConfigs | None = None
    """What a validation logs; `null` is nothing."""
    warmup_steps: int = 0
    """Steps before the autoencoder meets the adversarial losses; 0 or less has no warmup."""
    warmup_mode: Annotated[Literal["adv", "full"], Since("0.0.20")] = "adv"
    """The discriminator during warmup: `adv` trains it from the start, `full` leaves it alone until the end."""
    encoder_freeze_on_warmup: bool = False
    """Freeze the encoder once the warmup is over; with no warmup, from the start."""

    use_ema: bool = False
    """Keep a running average of the weights for demos, validation and export. It is a plain copy for the first 20000
    steps."""
    decoder_finetune: Annotated[bool, Since("0.0.20")] = False
    """Train the decoder (and pretransform) only."""
    decoder_loss: Annotated[bool, Since("0.0.20")] = False
    """Must stay `false`: no decoder of the engine can give this loss."""
    teacher_model: NestedAutoencoderConfig | None = None
    """Config of a trained autoencoder to distil from, with the same `latent_dim` and `downsampling_ratio`. Needs
    `teacher_model_ckpt`."""
    teacher_model_ckpt: Name | None = None
    """Checkpoint of `teacher_model`, a file with `state_dict`; every weight must fit. Without a teacher, no effect."""

    force_input_mono: bool = False
    """Mix the encoder's input down to one channel; the encoder's `in_channels` must then be 1."""
    latent_mask_ratio: float = 0.0
    """Share of latent values set to 0 before decoding, for robustness against noise."""
    num_synthetic_chirps: Annotated[int, Since("0.0.20")] = 0
    """Sine sweeps added to every batch, which grows by as many. Needs a `sample_rate` above 44000."""
    stride_curriculum: Annotated[Annotated[Sequence[float], Field(min_length=1)] | None, Since("0.0.20")] = None
    """Factors on the strides, one for 2000 steps each, applied in a ninth of the steps. Only for `same` (`taae_v2`)
    coders with `variable_stride`."""
    tail_masking_max_patches: Annotated[int, Since("0.0.20")] = 0
    """Most patches of silence put at the end of one example in twenty; 0 puts none. Without effect if the model has no
    `pretransform`."""

    log_every_n_steps: Annotated[int, Since("0.0.20")] = 10
    """Steps over which logged values are averaged."""
    demo: AutoencoderDemo | None = Field(default_factory=AutoencoderDemo)
    """What is reconstructed during training. `null` makes no demos."""
    metrics: Annotated[OrAbsent[AutoencoderMetrics], Since("0.0.20")] = None
    """Distances measured during training; left out, none are."""
