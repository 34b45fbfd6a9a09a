"""The bottlenecks of an autoencoder: what stands between encoder and decoder (engine: `create_bottleneck_from_config`).

Widths: with L = decoder `latent_dim` less `noise_augment_dim`, the encoder must give 2 L channels for `vae`, `rvq_vae`
and `dac_rvq_vae` (mean and scale), and L for all others.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from .base import Count, Data, Positive, Probability, Sequence


class _Bottleneck(Data):
    requires_grad: bool = True
    """`false` freezes the bottleneck's parameters; the optimizer still receives them."""


class _NoiseAugmented(Data):
    noise_augment_dim: Count = 0
    """Channels of fresh Gaussian noise appended to the latent before the decoder, whose `latent_dim` must be larger by
    this number."""


class TanhConfig(Data):
    """What `tanh` may set."""

    scale: float = 1.0
    """The latent is held within minus this to plus this: it is divided by it before the tanh and multiplied after."""


class TanhBottleneck(_Bottleneck):
    """Squashes the latent into a fixed range."""

    type: Literal["tanh"]
    """`tanh`."""
    config: TanhConfig = Field(default_factory=TanhConfig)
    """May be absent."""


class VAEBottleneck(_Bottleneck):
    """Gaussian latent: the encoder's channels are split into mean and scale, so it is twice as wide as the latent."""

    type: Literal["vae"]
    """`vae`."""
    config: dict[str, Any] | None = None
    """Never read by the engine, whatever it holds."""


class L2NormBottleneck(_Bottleneck):
    """Scales each latent frame to length 1, once after the encoder and once more before the decoder."""

    type: Literal["l2_norm"]
    """`l2_norm`."""
    config: dict[str, Any] | None = None
    """Never read by the engine, whatever it holds."""


class WassersteinConfig(_NoiseAugmented):
    """What `wasserstein` may set."""

    bypass_mmd: bool = False
    """`true` reports a discrepancy of 0, so that the `mmd` loss has no effect."""
    use_tanh: bool = False
    """`true` squashes the latent with a tanh after the discrepancy has been measured."""
    tanh_scale: float = 5.0
    """Range of that tanh: minus this to plus this. Without effect unless `use_tanh`."""


class WassersteinBottleneck(_Bottleneck):
    """Continuous latent drawn towards a standard normal by the maximum mean discrepancy (the `mmd` loss)."""

    type: Literal["wasserstein"]
    """`wasserstein`."""
    config: WassersteinConfig = Field(default_factory=WassersteinConfig)
    """May be absent."""


class SoftNormConfig(_NoiseAugmented):
    """What `softnorm` may set."""

    dim: Positive = 32
    """Latent channels L: one trained factor and offset each. Must equal the encoder's `latent_dim`, or be 1."""
    noise_regularize: bool = False
    """`true` adds a little noise to the latent before the decoder: 5 % of its deviation in training, else 0.1 %."""
    auto_scale: bool = False
    """`true` divides the latent by a running standard deviation and multiplies it back before the decoder."""
    freeze: bool = False
    """`true` stops the training of factors and offsets and the updates of the running deviation."""


class SoftNormBottleneck(_Bottleneck):
    """Continuous latent, scaled and shifted per channel, drawn towards mean 0 and variance 1 by a loss."""

    type: Literal["softnorm"]
    """`softnorm`."""
    config: SoftNormConfig
    """Must be present, though it may be empty."""


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
    quantize_dropout_multiple_of: Positive = 1
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
    orthogonal_reg_max_codes: Positive | None = None
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


class RVQBottleneck(_Bottleneck):
    """Discrete latent: residual vector quantization."""

    type: Literal["rvq"]
    """`rvq`."""
    config: RVQConfig
    """Must be present, though it may be empty."""


class RVQVAEBottleneck(_Bottleneck):
    """Discrete latent: a Gaussian sample, as in `vae`, then residual vector quantization."""

    type: Literal["rvq_vae"]
    """`rvq_vae`."""
    config: RVQConfig
    """Must be present, though it may be empty."""


class _DACQuantizer(Data):
    quantize_on_decode: bool = False
    """`true` leaves the latent continuous and quantizes it before the decoder; the quantizer losses are then absent."""
    input_dim: Positive = 512
    """Latent channels L, which must fit the width of the encoder and the decoder."""
    n_codebooks: Positive
    """Codebooks, each quantizing what the ones before it left: tokens per latent frame."""
    codebook_size: Positive
    """Entries of each codebook."""
    codebook_dim: Positive | Sequence[Positive] = 8
    """Width of the codebook entries: one number for all, or a list with one for each of `n_codebooks`."""
    quantizer_dropout: float = 0.0
    """Share of each batch that is trained with a random number of the codebooks, 0 to 1."""


class DACRVQConfig(_NoiseAugmented, _DACQuantizer):
    """What `dac_rvq` may set (the quantizer's keywords: package `descript-audio-codec`)."""


class DACRVQVAEConfig(_DACQuantizer):
    """What `dac_rvq_vae` may set: the same without the added noise."""


class DACRVQBottleneck(_Bottleneck):
    """Discrete latent: DAC's residual vector quantization with trained codebooks."""

    type: Literal["dac_rvq"]
    """`dac_rvq`."""
    config: DACRVQConfig
    """The quantizer."""


class DACRVQVAEBottleneck(_Bottleneck):
    """Discrete latent: a Gaussian sample, as in `vae`, then DAC's residual vector quantization."""

    type: Literal["dac_rvq_vae"]
    """`dac_rvq_vae`."""
    config: DACRVQVAEConfig
    """The quantizer."""


class FSQConfig(_NoiseAugmented):
    """What `fsq` may set (package `vector-quantize-pytorch`: FSQ)."""

    levels: Sequence[Positive]
    """Steps of each quantized dimension; their product is the codebook size."""
    dim: Positive | None = None
    """Latent channels L; null means the length of `levels` times `num_codebooks`, any other number adds a linear map
    before and after."""
    num_codebooks: Positive = 1
    """Codebooks: tokens per latent frame."""
    keep_num_codebooks_dim: bool | None = None
    """Whether tokens keep an axis for the codebooks; null means only with several codebooks. The engine needs that
    axis, so one codebook needs `true`, and `false` always fails."""
    scale: float | None = None
    """Nothing reads it."""
    channel_first: bool = False
    """Order of the axes; the engine hands over sequences with the channels last, so `true` mixes up the axes."""
    projection_has_bias: bool = True
    """Whether the linear maps that `dim` may add have a bias."""
    return_indices: bool = True
    """Whether tokens are made; the engine needs them, so `false` fails at the first encode."""


class FSQBottleneck(_Bottleneck):
    """Discrete latent: every dimension is rounded to a few levels (finite scalar quantization)."""

    type: Literal["fsq"]
    """`fsq`."""
    config: FSQConfig
    """The quantizer."""


class DitheredFSQConfig(Data):
    """What `dithered_fsq` may set."""

    dim: Positive
    """Quantized dimensions of one codebook; times `num_codebooks` it is the number of latent channels L."""
    levels: Positive | Sequence[Positive]
    """Steps of each dimension: one number for all, or a list of `dim` numbers."""
    num_codebooks: Positive = 1
    """Codebooks: tokens per latent frame."""
    dither_inference: bool = True
    """Stored, but nothing reads it."""
    noise_dropout: Probability = 0.05
    """In training, the share of examples that are not rounded, and of those that get no dither noise."""


class DitheredFSQBottleneck(_Bottleneck):
    """Discrete latent: finite scalar quantization, trained with rounding and uniform noise in random turns."""

    type: Literal["dithered_fsq"]
    """`dithered_fsq`."""
    config: DitheredFSQConfig
    """The quantizer."""


Bottleneck = Annotated[
    TanhBottleneck
    | VAEBottleneck
    | RVQBottleneck
    | RVQVAEBottleneck
    | DACRVQBottleneck
    | DACRVQVAEBottleneck
    | L2NormBottleneck
    | WassersteinBottleneck
    | FSQBottleneck
    | DitheredFSQBottleneck
    | SoftNormBottleneck,
    Field(discriminator="type"),
]
"""Any bottleneck, told apart by `type`."""
