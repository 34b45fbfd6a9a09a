"""Conditional diffusion: the networks and how they are conditioned (engine: `create_diffusion_cond_from_config`).

How a conditioner's output reaches the network is decided by the id list that names it. Tokens and sequences fit
`cross_attention_cond_ids` and `prepend_cond_ids`, tokens fit `global_cond_ids`, and signals fit `input_concat_ids`,
`local_add_cond_ids` and `modular_local_cond_configs`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from .absent import OrAbsent
from .autoencoder import Pretransform
from .base import Count, Data, Positive, PositiveFloat, Sequence
from .conditioning import Conditioning
from .transformer import ModularLocalCond, TransformerOptions

DiffusionObjective = Literal["v", "rectified_flow", "rf_denoiser"]
"""What the network predicts: the velocity of a cosine schedule, the flow of straight paths, or such a flow treated as a
denoiser (ARC)."""


class DiT(TransformerOptions):
    """A diffusion transformer, without its channel count, which has another name in unconditional models."""

    patch_size: Positive = 1
    """Latent frames folded into one token. The latent length must be a multiple of it; masks and local conditioning
    work with 1 only."""
    embed_dim: Positive = 768
    """Width of the transformer."""
    depth: Count = 12
    """Number of layers."""
    num_heads: Positive = 8
    """Attention heads; `embed_dim` must be a multiple of `embed_dim // num_heads`, which must be at least 32 with
    `rotary_pos_emb`."""
    cond_token_dim: Count = 0
    """Width of the cross attention tokens (`cond_dim` or `output_dim` of every conditioner in
    `cross_attention_cond_ids`); 0 means no cross attention."""
    project_cond_tokens: bool = True
    """Projects the cross attention tokens to `embed_dim`; `false` keeps `cond_token_dim`, which must then divide into
    the heads."""
    global_cond_dim: Count = 0
    """Width of the global conditioning: the widths of all conditioners in `global_cond_ids` added up; 0 means none."""
    project_global_cond: bool = True
    """Projects the global conditioning to `embed_dim`; `false` needs `global_cond_dim` to equal `embed_dim`."""
    input_concat_dim: Count = 0
    """Channels that are put beside the input: those of all `input_concat_ids` added up (`inpaint_mask` has 1,
    `inpaint_masked_input` as many as the latents)."""
    prepend_cond_dim: Count = 0
    """Width of the tokens put before the sequence, the same for all `prepend_cond_ids`; 0 means none."""
    transformer_type: Literal["continuous_transformer"] = "continuous_transformer"
    """`continuous_transformer` is the only one the engine has."""
    global_cond_type: Literal["prepend", "adaLN"] = "prepend"
    """How timestep and global conditioning enter: as a first token, or by scaling and shifting every layer."""
    timestep_cond_type: Literal["global", "input_concat"] = "global"
    """How the timestep enters: with the global conditioning, or as channels beside the input."""
    timestep_embed_dim: Count | None = None
    """Channels of the timestep for `timestep_cond_type` `input_concat`, which needs them. Without effect for
    `global`."""
    timestep_features_type: Literal["learned", "expo"] = "learned"
    """Frequencies that describe the timestep: random ones (saved, but not trained), or fixed ones from 0.5 to 10000
    evenly spaced in octaves."""
    timestep_features_dim: Annotated[int, Field(ge=0, multiple_of=2)] = 256
    """Number of features that describe the timestep, a sine and a cosine for each frequency; 0 hides it."""
    timestep_features_logsnr: bool = False
    """Describes the timestep by its log signal-to-noise ratio."""
    causal: bool = False
    """Every frame sees only the frames before it."""


class DiTConfig(DiT):
    """The DiT of a conditional model; objective and modular conditioning stand beside its `config`."""

    io_channels: Positive = 32
    """Channels in and out: the latent channels of the pretransform, or audio channels without one. Must equal
    `model.io_channels`."""


class ADPUNet(Data):
    """A one-dimensional U-Net (engine: `UNet1d`), without its cross attention width. Level 0 is the input's resolution,
    and every further level has an entry in `factors`, `num_blocks` and `attentions`."""

    in_channels: Positive
    """Channels in."""
    channels: Positive
    """Channels that `multipliers` multiply; even, unless `use_context_time` is off."""
    multipliers: Sequence[Positive]
    """Channels of every level, as multiples of `channels`: one entry more than `factors`."""
    factors: Sequence[Positive]
    """Downsampling between one level and the next."""
    num_blocks: Sequence[Count]
    """Residual blocks per level: as many entries as `factors`."""
    attentions: Sequence[Count]
    """Transformer layers per level: at least as many entries as `factors`; the last entry is also the bottleneck's."""
    patch_size: Positive = 1
    """Samples folded into channels at the input."""
    resnet_groups: Positive = 8
    """Groups of every group norm; must divide `channels` times each of `multipliers`."""
    use_context_time: bool = True
    """Tells the network the timestep."""
    kernel_multiplier_downsample: Annotated[int, Field(gt=0, multiple_of=2)] = 2
    """Kernel of a downsampling convolution as a multiple of its factor."""
    use_nearest_upsample: bool = False
    """Upsamples by repetition and a convolution in the place of a transposed convolution."""
    use_skip_scale: bool = True
    """Scales the skip connections by the root of one half."""
    use_stft: bool = False
    """Works on a spectrogram of the input; needs `stft_num_fft`. Cannot run in 0.0.20: torch refuses
    what it is to transform back."""
    use_stft_context: bool = False
    """Turns the first `context_channels` into a spectrogram too. Without effect unless `use_stft`."""
    out_channels: Positive | None = None
    """Channels out; null means `in_channels`."""
    context_features: Positive | None = None
    """Width of the global conditioning; null means none."""
    context_features_multiplier: Count = 4
    """Width of the embedding of timestep and global conditioning, as a multiple of `channels`."""
    context_channels: Sequence[Count] | None = None
    """Channels put beside the input of every level, starting with level 0; null means none."""
    attention_heads: Positive | None = None
    """Heads of every transformer layer. Where `attentions` are above 0, this or `attention_features` is needed."""
    attention_features: Positive | None = None
    """Width of one head; null means the level's channels divided by `attention_heads`."""
    attention_multiplier: Positive | None = None
    """Hidden width of the feed-forward layers as a multiple of the level's channels. Needed where `attentions` are
    greater than 0."""
    stft_num_fft: OrAbsent[Positive] = None
    """Length of the Fourier transform in samples. Like all keys that begin with `stft_`, only with `use_stft`, which
    needs it."""
    stft_hop_length: Positive | None = 256
    """Samples from one frame to the next; null means a quarter of `stft_num_fft`."""
    stft_window_length: Positive | None = None
    """Samples of the window; null means `stft_num_fft`."""
    stft_length: Positive | None = None
    """Samples that the inverse transform gives back; null means the power of 2 that is nearest."""
    stft_use_complex: bool = False
    """Real and imaginary part in the place of magnitude and phase."""


class ADPUNetConfig(ADPUNet):
    """The U-Net of `adp_1d`."""

    context_embedding_features: Positive | None = None
    """Width of the cross attention tokens; null means no cross attention."""


class ADPCFGUNetConfig(ADPUNet):
    """The U-Net of `adp_cfg_1d`, which is trained for classifier-free guidance (engine: `UNetCFG1d`)."""

    context_embedding_features: Positive
    """Width of the cross attention tokens."""
    context_embedding_max_length: Positive
    """Greatest number of cross attention tokens."""
    use_xattn_time: bool = False
    """Adds the timestep as one more cross attention token."""


class FullShift(Data):
    """Shifts timesteps towards noise by an amount that grows with the length; what an absent `type` means."""

    type: Literal["full"] = "full"
    """`full`, or left out."""
    base_shift: float = 0.5
    """Shift at `min_length`, as an exponent of e."""
    max_shift: float = 1.15
    """Shift at `max_length`, as an exponent of e."""
    max_length: float = 4096
    """Length in latent frames from which the shift stays; must differ from `min_length`."""
    min_length: float = 256
    """Length in latent frames up to which the shift stays."""
    use_sine: bool = False
    """Bends the shifted timesteps by a quarter of a sine."""


class FluxShift(Data):
    """Shifts timesteps by a factor that is interpolated between two lengths; with the defaults nothing is shifted."""

    type: Literal["flux"]
    """`flux`."""
    min_length: PositiveFloat = 256
    """Length in latent frames up to which the factor is `alpha_min`."""
    max_length: PositiveFloat = 4096
    """Length in latent frames from which the factor is `alpha_max`."""
    alpha_min: float = 1.0
    """Factor at `min_length`; above 1 shifts towards noise, 1 shifts nothing."""
    alpha_max: float = 1.0
    """Factor at `max_length`; above 1 shifts towards noise, 1 shifts nothing."""


class LogSNRShift(Data):
    """Spaces timesteps evenly in the log signal-to-noise ratio, from a start that falls with the length."""

    type: Literal["logsnr"]
    """`logsnr`."""
    anchor_length: PositiveFloat = 2000
    """Length in latent frames at which the noisy end is `anchor_logsnr`. Without effect if `rate` is 0."""
    anchor_logsnr: float = -6.2
    """Log signal-to-noise ratio of the noisy end."""
    rate: float = 1.0
    """How much the noisy end falls with every doubling of the length."""
    logsnr_end: float = 2.0
    """Log signal-to-noise ratio of the clean end."""


class NoShift(Data):
    """Leaves the timesteps as they are."""

    type: Literal["none"]
    """`none`."""


def _shift_type(value: Any) -> str:
    """What `type` says; everything that is no dictionary goes to `full`, which then says what it wants."""
    return str(value.get("type", "full") if isinstance(value, dict) else getattr(value, "type", "full"))


DistributionShift = Annotated[
    Annotated[FullShift, Tag("full")]
    | Annotated[FluxShift, Tag("flux")]
    | Annotated[LogSNRShift, Tag("logsnr")]
    | Annotated[NoShift, Tag("none")],
    Discriminator(_shift_type),
]
"""How timesteps are warped, told apart by `type`, where an absent `type` means `full`."""


class _Diffusion(Data):
    diffusion_objective: DiffusionObjective = "v"
    """What the network predicts: `v`, `rectified_flow` or `rf_denoiser`."""
    cross_attention_cond_ids: Sequence[str] = ()
    """Conditioners whose tokens the cross attention sees, one after the other. Needs `cond_token_dim`."""
    global_cond_ids: Sequence[str] = ()
    """Conditioners whose tokens are put beside each other into one vector. Needs `global_cond_dim`."""
    input_concat_ids: Sequence[str] = ()
    """Conditioners whose signals are put beside the input, stretched to its length; also `inpaint_mask` and
    `inpaint_masked_input`. Needs `input_concat_dim`."""
    local_add_cond_ids: Sequence[str] = ()
    """Conditioners whose signals are projected and added in every layer, cut or padded at the front to the length; also
    `inpaint_mask` and `inpaint_masked_input`. Needs `local_add_cond_dim`."""
    modular_local_cond_configs: Sequence[ModularLocalCond] = ()
    """Signals added in every layer, each with a projection of its own. `model.generate` fails with them."""
    prepend_cond_ids: Sequence[str] = ()
    """Conditioners whose tokens are put before the sequence. Needs `prepend_cond_dim`."""
    distribution_shift_options: DistributionShift | None = None
    """Warps the timesteps of training; null means none."""
    sampling_distribution_shift_options: DistributionShift | None = None
    """Warps the timesteps of demos, metrics and generation; null means `logsnr` with a `rate` of 0, and `none` a plain
    linear schedule."""
    mask_padding_attention: bool = False
    """Keeps the self attention off the padding; works with `patch_size` 1 only."""
    use_effective_length_for_schedule: bool = False
    """Shifts by every item's own length (`seconds_total`) in the place of the padded one. In training without effect
    unless `distribution_shift_options` is set."""


class DiTDiffusion(_Diffusion):
    """A diffusion transformer."""

    type: Literal["dit"]
    """`dit`."""
    config: DiTConfig
    """The network; may be empty, but not left out."""


class ADPDiffusion(_Diffusion):
    """A U-Net. It is built, but cannot run in 0.0.20: every step hands it a keyword it does not take."""

    type: Literal["adp_1d"]
    """`adp_1d`."""
    config: ADPUNetConfig
    """The network."""


class ADPCFGDiffusion(_Diffusion):
    """A U-Net with guidance. It is built, but cannot run in 0.0.20: every step hands it a keyword it does not take."""

    type: Literal["adp_cfg_1d"]
    """`adp_cfg_1d`."""
    config: ADPCFGUNetConfig
    """The network."""


CondDiffusion = Annotated[DiTDiffusion | ADPDiffusion | ADPCFGDiffusion, Field(discriminator="type")]
"""The `diffusion` section of a conditional model, told apart by `type`."""


class DiffusionCondModel(Data):
    """The `model` dictionary of a conditional diffusion model, with or without inpainting."""

    diffusion: CondDiffusion
    """The network, and which conditioner reaches it how."""
    io_channels: Positive
    """Channels of the noise that demos and generation start from; must equal the network's own channels."""
    pretransform: Pretransform | None = None
    """Turns audio into latents and back; null means that the network works on audio."""
    conditioning: Conditioning | None = None
    """The conditioners. Training needs the section, if only with an empty list of `configs`."""
