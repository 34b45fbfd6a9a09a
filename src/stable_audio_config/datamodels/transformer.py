"""The transformer that the DiT, the LM backbone and the CLAP audio branch share (engine: `ContinuousTransformer`).

Keys that a network fills in by itself (`dim`, and for the DiT also `dim_heads` and every conditioning width) are absent
from its config: the engine refuses them there as given twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from .base import Count, Data, Gone, NonNegativeFloat, Pair, Positive, Sequence, Since

ModuleId = Annotated[str, Field(min_length=1, pattern=r"^[^.]+$")]
"""An id that names a part of the network: torch allows no dot in such a name."""


class AttentionConfig(Data):
    """How every attention layer, self and cross alike, is built (engine: `Attention`)."""

    gone: ClassVar[Mapping[str, Gone]] = {
        "sliding_window": Gone(
            "0.0.19", "was moved in 0.0.19", "write `sliding_window` beside `attn_kwargs`; for no window take it out"
        ),
        "natten_kernel_size": Gone("0.0.19", "was removed in 0.0.19", "write `sliding_window` beside `attn_kwargs`"),
    }

    dim_context: Positive | None = None
    """Width of the keys and values of the self attention: only the transformer's own width can work, and with cross
    attention layers the key is refused as given twice. null means the transformer's width."""
    qk_norm: Literal["none", "l2", "ln", "rms", "dyt"] = "none"
    """Normalisation of queries and keys per head: `l2` (cosine similarity), `ln` (layer norm), `rms`, `dyt` (tanh)."""
    qk_norm_eps: Annotated[float, Since("0.0.20")] = 1e-6
    """Smallest divisor of `qk_norm`; without effect for `none` and `dyt`."""
    differential: bool = False
    """Differential attention: a second set of queries and keys whose result is subtracted."""
    feat_scale: bool = False
    """Learns one gain for the mean over time and one for the rest of every attention output."""


class FeedForwardConfig(Data):
    """How every feed-forward layer is built (engine: `FeedForward`)."""

    dim_out: Positive | None = None
    """Output width: only the transformer's own width can work, since the result is added to the input. null means
    that width."""
    mult: NonNegativeFloat = 4
    """Hidden width as a multiple of the transformer's width."""
    no_bias: bool = False
    """Leaves the bias out of the linear layers, but not out of the gated one (`glu`)."""
    glu: bool = True
    """Gated linear unit, which doubles the weights of the first layer; `false` is a plain two-layer network."""
    use_conv: bool = False
    """Convolutions over time in the place of linear layers."""
    conv_kernel_size: int = 3
    """Kernel of the convolutions in frames, odd; without effect unless `use_conv`."""
    sinusoidal: Annotated[bool, Since("0.0.20")] = False
    """sin(pi x) as the activation in the place of SiLU."""


class NormConfig(Data):
    """Settings of the layer norms; which keys are accepted depends on `norm_type`."""

    bias: bool = False
    """Learns an offset too. Only for `norm_type` `layer_norm`, refused by `rms_norm`, ignored by `dyt`."""
    fix_scale: bool = False
    """Keeps the gain at 1 in the place of learning it. Ignored by `norm_type` `dyt`."""
    force_fp32: bool = False
    """Computes the norm in 32 bit also under mixed precision. Ignored by `norm_type` `dyt`."""
    eps: float = 1e-5
    """Added to the variance. Ignored by `norm_type` `dyt`."""
    init_alpha: Annotated[float, Since("0.0.20")] = 4.0
    """First value of the slope inside the tanh. Only for `norm_type` `dyt`, refused by the others."""


class ModularLocalCond(Data):
    """One conditioning signal that is projected and added to every frame in every layer."""

    id: ModuleId
    """Conditioner id. An id that no conditioner has is skipped without a word."""
    dim: Count
    """Channels of that conditioner's output (`cond_dim`, or the encoded channels of a pretransform)."""


class TransformerOptions(Data):
    """The keys that all three networks hand on to the transformer."""

    gone: ClassVar[Mapping[str, Gone]] = {
        "remove_norms": Gone(
            "0.0.20",
            "was removed in 0.0.20",
            "for true write `norm_type: dyt`, with `norm_kwargs: {init_alpha: 10.0}` to start as 0.0.19 did; for false take it out",
        ),
    }

    final_cross_attn_ix: int = -1
    """Index of the last layer with cross attention, counted from 0; -1 means every layer."""
    local_add_cond_dim: Annotated[Count | None, Since("0.0.20")] = None
    """Channels that the `local_add_cond_ids` conditioners give together; null means none, and then those ids are
    ignored."""
    rotary_pos_emb: bool = True
    """Rotary position embedding in the self attention; needs heads at least 32 wide."""
    cross_attn_rotary_pos_emb: Annotated[bool, Since("0.0.20")] = False
    """Rotary position embedding in the cross attention too. The engine takes the width of the cross attention tokens
    for their number, so the positions fit only where both are equal."""
    zero_init_branch_outputs: bool = True
    """Starts every attention and feed-forward layer with zero output. Without effect with `layer_scale`."""
    conformer: bool = False
    """Adds a convolution module (kernel of 17 frames) to every layer."""
    use_sinusoidal_emb: bool = False
    """Adds a sinusoidal position embedding to the input. Without effect with `use_abs_pos_emb`."""
    use_abs_pos_emb: bool = False
    """Adds a learned position embedding to the input."""
    abs_pos_emb_max_length: int = 10000
    """Longest sequence for `use_abs_pos_emb`, in frames, prepended tokens included; a longer one stops the run."""
    num_memory_tokens: int = 0
    """Learned tokens put before the sequence and cut off at the end."""
    sliding_window: Pair[int] | None = None
    """How far the self attention sees to the left and to the right, in frames; null means everywhere."""
    add_rope: bool = False
    """Gives every layer a rotary embedding of its own. Without effect with `rotary_pos_emb`."""
    layer_scale: bool = False
    """Learns a small gain (first 1e-5) on every branch, and turns `zero_init_branch_outputs` off."""
    norm_type: Annotated[Literal["layer_norm", "rms_norm", "dyt"], Since("0.0.20")] = "layer_norm"
    """The normalisation before every branch; `dyt` is a learned tanh without statistics."""
    attn_kwargs: AttentionConfig = Field(default_factory=AttentionConfig)
    """Settings of the attention layers."""
    ff_kwargs: FeedForwardConfig = Field(default_factory=FeedForwardConfig)
    """Settings of the feed-forward layers."""
    norm_kwargs: NormConfig = Field(default_factory=NormConfig)
    """Settings of the normalisation, as far as `norm_type` has them."""


class StandaloneTransformer(TransformerOptions):
    """What the LM backbone and the CLAP audio branch say about the transformer and a DiT fills in by itself."""

    depth: int
    """Number of layers."""
    dim_heads: Positive = 64
    """Width of one attention head; `embed_dim` must be a multiple of it."""
    global_cond_dim: Count | None = None
    """Width of a global embedding that scales and shifts every layer; null means none."""
    modular_local_cond_configs: Annotated[Sequence[ModularLocalCond] | None, Since("0.0.20")] = None
    """Signals added in every layer. Nothing feeds them here, so they only add weights."""
