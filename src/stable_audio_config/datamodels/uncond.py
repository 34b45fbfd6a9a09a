"""Unconditional diffusion: a network that makes sound from noise alone (engine: `create_diffusion_uncond_from_config`).

The engine trains it to predict `v` at evenly drawn timesteps, and makes neither demos nor sounds with it in 0.0.20: its sampler
asks the model for a `diffusion_objective` that such a model does not have.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .adp import ADPUNetConfig
from .base import Count, Data, Positive, Sequence, Since
from .diffusion import DiffusionObjective
from .dit import DiT
from .kinds import Pretransform, UncondModel
from .model import ModelConfigBase
from .transformer import ModularLocalCond


class UnconditionedDiT(DiT):
    """A DiT that no conditioner feeds: every width of a condition is accepted, and most of them only add weights."""

    cond_token_dim: int = 0
    """Width of cross attention tokens. Nothing feeds them here, so above 0 this only adds weights."""
    cross_attn_rotary_pos_emb: Annotated[bool, Since("0.0.20")] = False
    """Must stay `false`: there are no cross attention tokens that it could number, and the first step fails."""
    global_cond_dim: int = 0
    """Width of a global condition. Nothing feeds it here, so above 0 this only adds weights."""
    prepend_cond_dim: int = 0
    """Width of tokens before the sequence. Nothing feeds them here, so above 0 this only adds weights."""
    local_add_cond_dim: Annotated[Count | None, Since("0.0.20")] = None
    """Channels of signals that are added in every layer. Nothing feeds them here, so they only add weights."""
    modular_local_cond_configs: Annotated[Sequence[ModularLocalCond] | None, Since("0.0.20")] = None
    """Signals added in every layer. Nothing feeds them here, so they only add weights."""


class DiTUncondConfig(UnconditionedDiT):
    """The DiT of an unconditional model."""

    in_channels: Positive
    """Channels in and out: the latent channels of the pretransform, or audio channels without one."""
    input_concat_dim: Count = 0
    """Must stay 0: nothing is put beside the input, and the first step would miss it."""
    diffusion_objective: DiffusionObjective = "v"
    """Without effect: training predicts `v` whatever stands here."""


class DAU1dConfig(Data):
    """The U-Net with self attention of Dance Diffusion (engine: `DiffusionAttnUnet1D`), which 0.0.20 cannot build. Level 1 is
    the input's resolution."""

    io_channels: Positive = 2
    """Channels in and out."""
    depth: Positive = 14
    """Number of levels."""
    n_attn_layers: Count = 6
    """How far self attention reaches from the innermost level outwards: that level and as many more; 0 means none at all."""
    channels: Sequence[Positive] = (128, 128, 256, 256, *[512] * 10)
    """Channels of every level, from level 1: at least `depth` entries. A multiple of 32 where there is self attention."""
    cond_dim: Count = 0
    """Channels that are put beside the input: 0 in an unconditional model, the latent's in a diffusion autoencoder."""
    cond_noise_aug: bool = False
    """Adds noise to what is put beside the input, and tells the network how much."""
    kernel_size: Positive = 5
    """Kernel of every convolution in frames; odd."""
    learned_resample: bool = False
    """Trains what lies between two levels in the place of fixed filters, which know a stride of 2 only."""
    strides: Sequence[Positive] = (2,) * 13
    """Downsampling between one level and the next: at least `depth` - 1 entries."""
    conv_bias: bool = True
    """Learns an offset in every convolution."""
    use_snake: bool = False
    """Without effect. It is handed on, written or not, to a block that does not take it: that is why nothing is built."""


class _Uncond(Data):
    pretransform: Pretransform | None = None
    """Turns audio into latents; null means that the network works on audio."""


class DiTUncondModel(_Uncond):
    """The `model` dictionary of an unconditional model with a diffusion transformer."""

    type: Literal["dit"]
    """`dit`."""
    config: DiTUncondConfig
    """The network."""


class ADPUncondModel(_Uncond):
    """The `model` dictionary of an unconditional model with a U-Net. Audio or latents must be as long as a multiple of the
    product of its `factors`."""

    type: Literal["adp_uncond_1d"]
    """`adp_uncond_1d`."""
    config: ADPUNetConfig
    """The network. Nothing conditions it: with `context_features`, `context_channels`, or `context_embedding_features` beside
    `attentions` above 0, the first step fails; `out_channels` must equal `in_channels`."""


class DAU1dUncondModel(_Uncond):
    """The `model` dictionary of Dance Diffusion. It can no longer be built: engine 0.0.20 (like 0.0.19) hands its blocks a
    keyword that they do not take, whatever the config says. Its successor is `dit`."""

    type: Literal["DAU1d"]
    """`DAU1d`."""
    config: DAU1dConfig = Field(default_factory=DAU1dConfig)
    """The network; may be left out."""


class DiffusionUncondConfig(ModelConfigBase):
    """An unconditional diffusion model, over audio or over the latents of a frozen autoencoder (its `pretransform`)."""

    model_type: Literal["diffusion_uncond"]
    """`diffusion_uncond`."""
    model: UncondModel
    """The network. Its channels are stated in its own config alone."""
    sample_size: Positive
    """Training crop and demo length, in audio samples (also when the data are latents). The model is not built without it."""
