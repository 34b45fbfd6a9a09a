"""A CLAP model: one embedding space for latents and text (engine: `create_clap_from_config`).

It stands in a model config of its own, inside the conditioners `sat_clap_text` and `sat_clap_audio`, and in ARC.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .absent import OrAbsent
from .base import Count, Data, Positive
from .kinds import Pretransform
from .model import ModelConfigBase
from .transformer import StandaloneTransformer


class ClapNoiseConfig(Data):
    """Tells the audio branch how noisy its latents are."""

    embed_dim: Positive = 64
    """Width of the noise level's embedding."""
    interp_type: Literal["linear"] = "linear"
    """How training mixes latents and noise; `linear` is the only way the engine knows."""


class ClapAudioTransformerConfig(StandaloneTransformer):
    """A transformer over latents that ends in one vector."""

    embed_dim: Positive
    """Width of the transformer and of the vector it ends in."""
    embed_type: Literal["cls_prepend", "avg_pool"] = "cls_prepend"
    """Where the vector comes from: a learned first token, or the mean over time."""
    noise_config: ClapNoiseConfig | None = None
    """Set to train on noised latents; overrides `global_cond_dim`. null means clean latents."""
    dim_in: Positive | None = None
    """Latent channels; null means that they equal `embed_dim`."""
    dim_out: Positive | None = None
    """Output width: null, or the same as `embed_dim`."""
    cross_attend: bool = False
    """Adds cross attention layers. Nothing feeds them here, so they only add weights."""
    cond_token_dim: int | None = None
    """Width of the tokens for `cross_attend`; without effect without it. null means `embed_dim`."""
    causal: bool = False
    """Every frame sees only the frames before it."""


class ClapAudioTransformer(Data):
    """The one audio network there is."""

    type: Literal["transformer"]
    """`transformer`."""
    config: ClapAudioTransformerConfig
    """Its settings."""


class ClapAudio(Data):
    """The audio branch."""

    model: ClapAudioTransformer
    """The network."""
    context_length: int = 1024
    """Kept by the engine, but nothing reads it."""


class RobertaConfig(Data):
    """Which weights of Hugging Face are loaded."""

    name: Literal["roberta-base"]
    """`roberta-base`; its vectors are 768 wide."""


class ClapRoberta(Data):
    """The one text network there is."""

    type: Literal["roberta"]
    """`roberta`."""
    config: RobertaConfig
    """Its settings."""


class ClapText(Data):
    """The text branch."""

    model: ClapRoberta
    """The network."""
    context_length: Annotated[int, Field(gt=0, le=512)] = 77
    """Tokens that every text is cut or padded to; RoBERTa has positions for 512."""


class ClapModel(Data):
    """The `model` dictionary of a CLAP model."""

    joint_embed_dim: Count
    """Width of the shared embedding. The contrastive loss on CUDA wants a multiple of 256."""
    audio: ClapAudio
    """The audio branch."""
    text: ClapText
    """The text branch."""
    pretransform: Pretransform | None = None
    """Turns audio into the latents that the audio branch sees. Without effect under `use_model_pretransform`; elsewhere
    leave the key out in the place of writing null, which the engine tries to build."""
    model_objective: Literal["clap", "slap"] = "clap"
    """Kept by the engine, but nothing reads it."""


class ClapSource(Data):
    """Where a CLAP model inside another config comes from."""

    model: ClapModel
    """The networks."""
    use_model_pretransform: bool = False
    """Shares the pretransform of the diffusion model, and ignores the one in `model`."""
    ckpt_path: str | None = None
    """File of pretrained weights; null means random weights."""


class NestedClap(ClapSource):
    """A CLAP model standing inside another config: the conditioner `sat_clap_text`, or ARC's `clap_config`."""

    sample_rate: Positive | None = None
    """Samples per second, in Hz; needed where `model.pretransform` is built."""


class StandaloneClapModel(ClapModel):
    """The `model` dictionary of a CLAP model of its own, which nobody lends a pretransform."""

    pretransform: OrAbsent[Pretransform] = None
    """Turns audio into the latents that the audio branch sees. Left out, the branch works on audio, or on whatever the dataset
    holds."""


class ClapConfig(ModelConfigBase):
    """A CLAP model, to be trained on sounds and their texts (`prompt` in the metadata). Its networks read `sample_rate` only for a
    pretransform, the data loader always."""

    model_type: Literal["clap"]
    """`clap`."""
    model: StandaloneClapModel
    """The two branches."""
