"""Residual vector quantization (package `vector-quantize-pytorch`)."""

from __future__ import annotations

from typing import Literal

from ..base import Count, Data, Positive, Probability
from . import NamedBottleneck


class RVQConfig(Data):
    """The keywords of a residual vector quantizer (package `vector-quantize-pytorch`: ResidualVQ, VectorQuantize)."""

    dim: Positive = 128
    """Latent channels L. Must equal the decoder's `latent_dim`."""
    codebook_size: Positive = 1024
    """Entries of each codebook."""
    num_quantizers: Positive = 8
    """Codebooks, each quantizing what the ones before it left: tokens per latent frame."""
    decay: float = 0.99
    """How much of the moving average of the codebook is kept at each step. Without effect unless `ema_update`."""
    kmeans_init: bool = True
    """`true` starts the codebooks from clusters of the first batch instead of random numbers."""
    kmeans_iters: Count = 50
    """Rounds of that clustering. Without effect unless `kmeans_init`."""
    threshold_ema_dead_code: float = 2
    """An entry whose average use per step falls below this is replaced by a sample of the batch; 0 replaces none.
    Without effect unless `ema_update`."""
    codebook_dim: Positive | None = None
    """Width of the codebook entries; null means `dim`, any other number adds a linear map before and after."""
    shared_codebook: bool = False
    """`true` makes all quantizers use one codebook."""
    heads: Literal[1] = 1
    """Residual quantizers accept no other number."""
    quantize_dropout: bool = False
    """`true` trains with a random number of the codebooks at each step, so that fewer can be used later. In `rvq` it
    also turns `sync_codebook` off unless that is set."""
    quantize_dropout_cutoff_index: Count = 0
    """Index of the first codebook that may be the last one in use; below `num_quantizers`. Without effect unless
    `quantize_dropout`."""
    quantize_dropout_multiple_of: int = 1
    """The random number of codebooks is rounded up to a multiple of this. Without effect unless `quantize_dropout`."""
    accept_image_fmap: bool = False
    """For images; an autoencoder's latents are sequences, so `true` fails at the first encode."""
    separate_codebook_per_head: bool = False
    """Without effect, as `heads` is always 1."""
    eps: float = 1e-5
    """Small number that keeps the average use of an entry away from 0."""
    freeze_codebook: bool = False
    """Nothing reads it."""
    sync_kmeans: bool = True
    """`true` clusters over the batches of all processes. Without effect unless `sync_codebook`."""
    use_cosine_sim: bool = False
    """`true` looks entries up by angle instead of distance. Excludes `affine_param`."""
    layernorm_after_project_in: bool = False
    """Without effect: the linear map that it would follow stands outside the single quantizers."""
    channel_last: bool = True
    """Order of the axes; the engine hands over sequences with the channels last, so `false` mixes up the axes."""
    commitment_weight: float = 1.0
    """Weight of the loss that draws the latent to its codebook entry, within the quantizer loss."""
    commitment_use_cross_entropy_loss: bool = False
    """`true` measures that loss as a cross entropy over the distances to all entries."""
    orthogonal_reg_weight: float = 0.0
    """Weight of a loss that makes the entries orthogonal; above 0 it also makes the codebook a trained parameter."""
    orthogonal_reg_active_codes_only: bool = False
    """`true` takes only the entries used in the batch into that loss. Without effect unless `orthogonal_reg_weight`."""
    orthogonal_reg_max_codes: int | None = None
    """Most entries, drawn at random, taken into that loss; null means all."""
    codebook_diversity_loss_weight: float = 0.0
    """Weight of a loss that spreads the use over all entries; 0 switches it off."""
    codebook_diversity_temperature: float = 100.0
    """Factor on the distances within that loss. Without effect unless `codebook_diversity_loss_weight`."""
    stochastic_sample_codes: bool = False
    """`true` draws entries at random by their distance in training, instead of the nearest."""
    sample_codebook_temp: float = 1.0
    """Temperature of that draw and of `straight_through`; 0 switches both off."""
    straight_through: bool = False
    """`true` lets gradients flow through the choice of entries."""
    distributed_replace_codes: bool = True
    """`true` replaces dead entries with samples from all processes. Needs `sync_codebook` and `sync_kmeans`."""
    reinmax: bool = False
    """`true` estimates the gradient of `straight_through`, which it requires, to second order."""
    sync_codebook: bool | None = None
    """`true` keeps one codebook over all processes; null means yes when there is more than one process."""
    sync_affine_param: bool = False
    """`true` measures the batch over all processes for `affine_param`."""
    ema_update: bool = True
    """`true` learns the codebooks as moving averages. Excludes `learnable_codebook`."""
    learnable_codebook: bool = False
    """`true` learns the codebooks by gradients. Needs `ema_update: false`."""
    affine_param: bool = False
    """`true` shifts and scales the codebook to the mean and deviation of the latents. Excludes `use_cosine_sim`."""
    affine_param_batch_decay: float = 0.99
    """How much of the running statistics of the latents is kept at each step. Without effect unless `affine_param`."""
    affine_param_codebook_decay: float = 0.9
    """The same for the statistics of the codebook. Without effect unless `affine_param`."""
    sync_update_v: Probability = 0.0
    """Between an optimistic (0) and a pessimistic (1) codebook update; above 0 it needs `learnable_codebook`."""


class RVQBottleneck(NamedBottleneck):
    """Discrete latent: residual vector quantization."""

    type: Literal["rvq"]
    """`rvq`."""
    config: RVQConfig
    """Must be present, though it may be empty."""


class RVQVAEBottleneck(NamedBottleneck):
    """Discrete latent: a Gaussian sample, as in `vae`, then residual vector quantization."""

    type: Literal["rvq_vae"]
    """`rvq_vae`."""
    config: RVQConfig
    """Must be present, though it may be empty."""
