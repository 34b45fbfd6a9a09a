"""Language models over the tokens of a frozen autoencoder (engine: `create_audio_lm_from_config`).

Such a model is built, but can neither be trained nor asked for sounds in 0.0.20: every step hands the transformer's layers a
keyword that they do not take.
"""

from __future__ import annotations

from typing import Literal

from .base import Count, Data, Positive, Sequence
from .conditioning import Conditioning
from .kinds import LMBackbone, Pretransform
from .model import ModelConfigBase
from .transformer import StandaloneTransformer


class TransformerBackboneConfig(StandaloneTransformer):
    """A transformer in which every token sees only the tokens before it."""

    embed_dim: Positive
    """Width of the transformer, and of the embedding of every codebook's tokens."""
    cross_attn_cond_dim: Count = 0
    """Width of the cross attention tokens (`cond_dim` or `output_dim` of every conditioner in `cross_attention_cond_ids`); 0 means
    no cross attention."""
    prepend_cond_dim: Count = 0
    """Width of the tokens put before the sequence, the same for all `prepend_cond_ids`; 0 means none."""
    project_cross_attn_cond: bool = False
    """Projects the cross attention tokens to `embed_dim`. Must be `true` where `cross_attention_cond_ids` names any: the first step
    fails without."""
    global_cond_dim: Count | None = None
    """Width of a global embedding. The backbone drops what `global_cond_ids` give, so this only adds weights; null means none."""


class TransformerBackbone(Data):
    """A transformer, and which conditioner reaches it how."""

    type: Literal["continuous_transformer"]
    """`continuous_transformer`."""
    config: TransformerBackboneConfig
    """The network."""
    codebook_pattern: Literal["parallel", "delay", "unroll", "musiclm"] = "delay"
    """In which order the codebooks of one frame are predicted: all at once (`parallel`), each one step after the one before it
    (`delay`), one after the other (`unroll`), or in pairs, each pair over the whole length (`musiclm`, for an even number only)."""
    cross_attention_cond_ids: Sequence[str] = ()
    """Conditioners whose tokens the cross attention sees, one after the other. Needs `cross_attn_cond_dim`."""
    prepend_cond_ids: Sequence[str] = ()
    """Conditioners whose tokens are put before the sequence. Needs `prepend_cond_dim`."""
    global_cond_ids: Sequence[str] = ()
    """Conditioners whose tokens are put beside each other into one vector, which the backbone then drops: without effect."""


class LMModel(Data):
    """The `model` dictionary of a language model."""

    pretransform: Pretransform
    """Turns audio into tokens and back: `autoencoder` with a discrete bottleneck, or `audiocraft_pretrained`. With `dac_pretrained`
    nothing is built: the engine looks for its number of codebooks under a name that it does not have. Always frozen."""
    lm: LMBackbone
    """The network that predicts the next token."""
    conditioning: Conditioning | None = None
    """The conditioners; null means none."""


class LMConfig(ModelConfigBase):
    """A language model over audio tokens. It is built, but cannot run in 0.0.20: every step fails."""

    model_type: Literal["lm"]
    """`lm`."""
    model: LMModel
    """The networks and how they are conditioned."""
