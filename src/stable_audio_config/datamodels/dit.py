"""The diffusion transformer (engine: `DiffusionTransformer`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .base import Positive, Since
from .transformer import TransformerOptions


class DiT(TransformerOptions):
    """A diffusion transformer, without its channel count, which has another name in unconditional models."""

    patch_size: Positive = 1
    """Latent frames folded into one token. The latent length must be a multiple of it; masks and local conditioning
    work with 1 only."""
    embed_dim: Positive = 768
    """Width of the transformer."""
    depth: int = 12
    """Number of layers."""
    num_heads: Positive = 8
    """Attention heads; `embed_dim` must be a multiple of `embed_dim // num_heads`, which must be at least 32 with
    `rotary_pos_emb`."""
    cond_token_dim: int = 0
    """Width of the cross attention tokens (`cond_dim` or `output_dim` of every conditioner in
    `cross_attention_cond_ids`); 0 means no cross attention."""
    project_cond_tokens: bool = True
    """Projects the cross attention tokens to `embed_dim`; `false` keeps `cond_token_dim`, which must then divide into
    the heads."""
    global_cond_dim: int = 0
    """Width of the global conditioning: the widths of all conditioners in `global_cond_ids` added up; 0 means none."""
    project_global_cond: bool = True
    """Projects the global conditioning to `embed_dim`; `false` needs `global_cond_dim` to equal `embed_dim`."""
    input_concat_dim: int = 0
    """Channels that are put beside the input: those of all `input_concat_ids` added up (`inpaint_mask` has 1,
    `inpaint_masked_input` as many as the latents)."""
    prepend_cond_dim: int = 0
    """Width of the tokens put before the sequence, the same for all `prepend_cond_ids`; 0 means none."""
    transformer_type: Literal["continuous_transformer"] = "continuous_transformer"
    """`continuous_transformer` is the only one the engine has."""
    global_cond_type: Literal["prepend", "adaLN"] = "prepend"
    """How timestep and global conditioning enter: as a first token, or by scaling and shifting every layer."""
    timestep_cond_type: Literal["global", "input_concat"] = "global"
    """How the timestep enters: with the global conditioning, or as channels beside the input."""
    timestep_embed_dim: int | None = None
    """Channels of the timestep for `timestep_cond_type` `input_concat`, which needs them. Without effect for
    `global`."""
    timestep_features_type: Annotated[Literal["learned", "expo"], Since("0.0.20")] = "learned"
    """Frequencies that describe the timestep: random ones (saved, but not trained), or fixed ones from 0.5 to 10000
    evenly spaced in octaves."""
    timestep_features_dim: Annotated[int, Field(ge=0, multiple_of=2), Since("0.0.20")] = 256
    """Number of features that describe the timestep, a sine and a cosine for each frequency; 0 hides it."""
    timestep_features_logsnr: Annotated[bool, Since("0.0.20")] = False
    """Describes the timestep by its log signal-to-noise ratio."""
    causal: bool = False
    """Every frame sees only the frames before it."""


class DiTConfig(DiT):
    """The DiT of a conditional model; objective and modular conditioning stand beside its `config`."""

    io_channels: Positive = 32
    """Channels in and out: the latent channels of the pretransform, or audio channels without one. Must equal
    `model.io_channels`."""
