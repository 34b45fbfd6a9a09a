"""The conditioners: what turns metadata into tensors (engine: `create_multi_conditioner_from_conditioning_config`).

Shapes of the outputs: a token (batch, 1, width), a sequence (batch, tokens, width) or a signal (batch, channels,
frames). Which of them fits which id list is told in `diffusion.py`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .absent import OrAbsent
from .autoencoder import Pretransform
from .base import Count, Data, Positive, Sequence
from .clap import ClapSource, NestedClap
from .transformer import ModuleId

T5Name = Literal[
    "t5-small",
    "t5-base",
    "t5-large",
    "t5-3b",
    "t5-11b",
    "google/flan-t5-small",
    "google/flan-t5-base",
    "google/flan-t5-large",
    "google/flan-t5-xl",
    "google/flan-t5-xxl",
    "google/t5-v1_1-xl",
    "google/t5-v1_1-xxl",
]
"""The T5 encoders whose width the engine knows."""

PaddingMode = Literal["none", "zero", "learned"]
"""What stands at the places of padding tokens: their raw embeddings, zeros, or one learned vector."""


class _ConditionerConfig(Data):
    output_dim: OrAbsent[Positive] = None
    """Width of the output; left out, it is `cond_dim` of `conditioning`."""


class _ProjectedConfig(_ConditionerConfig):
    project_out: bool = False
    """Adds a linear layer at the end even where the widths agree; where they differ there always is one."""


class _Conditioner(Data):
    id: ModuleId
    """Name of the conditioner: the metadata key it reads, and what the id lists of `diffusion` refer to. No dot, and of
    two conditioners with one id only the last is built."""


class _TextEncoderConfig(_ProjectedConfig):
    max_length: Positive = 128
    """Tokens that every text is cut or padded to."""
    padding_mode: PaddingMode = "zero"
    """What stands at the padding tokens: raw embeddings, zeros or a learned vector. Cross attention sees them all:
    the DiT drops the mask."""
    model_path: str | None = None
    """Folder or name to load the weights from; null means the name of the model."""


class T5ConditionerConfig(_TextEncoderConfig):
    t5_model_name: T5Name = "t5-base"
    """Which T5 encoder; it decides the inner width, also with `model_path`."""
    enable_grad: bool = False
    """Trains the encoder too and saves it in the checkpoint."""


class T5Conditioner(_Conditioner):
    """A sequence of `max_length` tokens from a text, by a frozen T5 in half precision."""

    type: Literal["t5"]
    """`t5`."""
    config: T5ConditionerConfig
    """May be empty, but not left out."""


class T5GemmaConditionerConfig(_TextEncoderConfig):
    model_name: Literal["google/t5gemma-b-b-ul2"] = "google/t5gemma-b-b-ul2"
    """Which T5Gemma encoder; its inner width is 768."""
    enable_grad: bool = False
    """Saves the encoder in the checkpoint. It is not trained: the engine always runs it without gradients."""
    repo_id: str | None = None
    """Hugging Face repository to load from. Without effect with `model_path`."""
    subfolder: str | None = None
    """Folder inside the repository that holds the weights."""


class T5GemmaConditioner(_Conditioner):
    """A sequence of `max_length` tokens from a text, or from tokens made beforehand, by a frozen T5Gemma."""

    type: Literal["t5gemma"]
    """`t5gemma`."""
    config: T5GemmaConditionerConfig
    """May be empty, but not left out."""


class CausalLMConditionerConfig(_TextEncoderConfig):
    model_name: Literal["google/gemma-2-2b"] = "google/gemma-2-2b"
    """Which language model; its inner width is 2304."""
    enable_grad: bool = False
    """Trains the language model too and saves it in the checkpoint."""
    learned_scale: bool = True
    """Learns one gain (first 0.01) on the normed hidden states."""


class CausalLMConditioner(_Conditioner):
    """A sequence of `max_length` tokens from a text: the last hidden states of a language model."""

    type: Literal["causal_lm"]
    """`causal_lm`."""
    config: CausalLMConditionerConfig
    """May be empty, but not left out."""


class _LaionClapConfig(_ProjectedConfig):
    clap_ckpt_path: str
    """Checkpoint file of LAION CLAP."""
    audio_model_type: str = "HTSAT-base"
    """Name of LAION CLAP's audio network; must fit the checkpoint."""
    enable_fusion: bool = True
    """Whether the checkpoint was trained with feature fusion."""


class ClapTextConditionerConfig(_LaionClapConfig):
    use_text_features: bool = False
    """A sequence of hidden states (768 wide) in the place of one embedding (512 wide)."""
    feature_layer_ix: int = -1
    """Which layer's hidden states, negative from the end. Without effect unless `use_text_features`."""
    finetune: bool = False
    """Leaves the text network trainable and saves it in the checkpoint."""
    padding_mode: PaddingMode = "none"
    """What stands at the padding tokens. Without effect unless `use_text_features`."""


class ClapTextConditioner(_Conditioner):
    """A token, or a sequence of 77, from a text by LAION CLAP."""

    type: Literal["clap_text"]
    """`clap_text`."""
    config: ClapTextConditionerConfig
    """Its settings."""


class ClapAudioConditionerConfig(_LaionClapConfig):
    """Nothing beyond what both LAION CLAP conditioners share."""


class ClapAudioConditioner(_Conditioner):
    """A token from audio by LAION CLAP. Cannot be built in 0.0.20: it reads `finetune`, which it does not have."""

    type: Literal["clap_audio"]
    """`clap_audio`."""
    config: ClapAudioConditionerConfig
    """Its settings."""


class IntConditionerConfig(_ConditionerConfig):
    min_val: int = 0
    """Smallest number; smaller ones are raised to it. Only 0 works: the table of embeddings is not shifted by it."""
    max_val: int = 512
    """Greatest number; greater ones are lowered to it."""


class IntConditioner(_Conditioner):
    """A token from a whole number: one learned vector for each."""

    type: Literal["int"]
    """`int`."""
    config: IntConditionerConfig
    """May be empty, but not left out."""


class NumberConditionerConfig(_ConditionerConfig):
    min_val: float = 0
    """The number that becomes 0; smaller ones are raised to it."""
    max_val: float = 1
    """The number that becomes 1, greater than `min_val`; greater ones are lowered to it. For seconds, the longest
    duration."""
    fourier_features_type: Literal["learned", "expo"] = "learned"
    """`learned` learns its frequencies; `expo` has fixed ones, evenly spaced in octaves."""


class NumberConditioner(_Conditioner):
    """A token from a number, such as `seconds_total`."""

    type: Literal["number"]
    """`number`."""
    config: NumberConditionerConfig
    """May be empty, but not left out."""


class ListConditionerConfig(_ConditionerConfig):
    options: Sequence[str | int | float | bool]
    """The values that have a vector of their own. All others share one, without a word."""


class ListConditioner(_Conditioner):
    """A token from a value out of a list."""

    type: Literal["list"]
    """`list`."""
    config: ListConditionerConfig
    """Its settings."""


class PhonemeConditionerConfig(_ProjectedConfig):
    max_length: int = 1024
    """Kept by the engine, but nothing reads it: texts are not cut."""


class PhonemeConditioner(_Conditioner):
    """A sequence of phonemes from an English text; needs the package `g2p_en`."""

    type: Literal["phoneme"]
    """`phoneme`."""
    config: PhonemeConditionerConfig
    """May be empty, but not left out."""


class LUTConditionerConfig(_ProjectedConfig):
    tokenizer_name: str
    """Hugging Face tokenizer whose vocabulary is embedded."""
    max_length: Positive = 1024
    """Tokens that every text is cut or padded to."""
    use_abs_pos_emb: bool = False
    """Adds a learned position embedding."""
    special_tokens: Sequence[str] = ()
    """Tokens added to the vocabulary."""
    model_path: str | None = None
    """Folder or name to load the tokenizer from; null means `tokenizer_name`."""


class LUTConditioner(_Conditioner):
    """A sequence of `max_length` tokens from a text: one learned vector for each token of a tokenizer."""

    type: Literal["lut"]
    """`lut`."""
    config: LUTConditionerConfig
    """Its settings."""


class SATClapTextConditionerConfig(NestedClap, _ProjectedConfig):
    use_text_features: bool = False
    """A sequence of hidden states (768 wide) in the place of one embedding (`joint_embed_dim` wide)."""
    feature_layer_ix: int = -2
    """Which layer's hidden states, negative from the end. Without effect unless `use_text_features`."""


class SATClapTextConditioner(_Conditioner):
    """A token, or a sequence, from a text by a CLAP of the engine's own. The projection expects 768 channels, so where
    a token is wanted `joint_embed_dim` must be 768 too."""

    type: Literal["sat_clap_text"]
    """`sat_clap_text`."""
    config: SATClapTextConditionerConfig
    """Its settings."""


class SATClapAudioConditionerConfig(ClapSource, _ProjectedConfig):
    sample_rate: Positive
    """Samples per second, in Hz. Always needed, but read only where `model.pretransform` is built."""


class SATClapAudioConditioner(_Conditioner):
    """A token from latents by a CLAP of the engine's own."""

    type: Literal["sat_clap_audio"]
    """`sat_clap_audio`."""
    config: SATClapAudioConditionerConfig
    """Its settings."""


class _PretransformedConfig(_ConditionerConfig):
    sample_rate: Positive
    """Samples per second, in Hz. Always needed, but read only where `pretransform_config` is built."""
    use_model_pretransform: bool = False
    """Shares the pretransform of the diffusion model; then `pretransform_config` must be left out."""
    pretransform_config: OrAbsent[Pretransform] = None
    """The encoder. Needed unless `use_model_pretransform`, and must be left out with it."""
    pretransform_ckpt_path: OrAbsent[str] = None
    """File of the encoder's weights; left out, its weights are random. With `use_model_pretransform` it is loaded into
    the model's own pretransform."""
    save_pretransform: bool = False
    """Saves the encoder in the checkpoint."""


class PretransformConditionerConfig(_PretransformedConfig):
    """Nothing beyond what both encoders of audio share. `output_dim` must equal the encoder's latent channels."""


class PretransformConditioner(_Conditioner):
    """A signal: the latents of audio. For `input_concat_ids` and the local lists, not for the token lists."""

    type: Literal["pretransform"]
    """`pretransform`."""
    config: PretransformConditionerConfig
    """Its settings."""


class SourceMixConditionerConfig(_PretransformedConfig):
    """`output_dim` must differ from the encoder's latent channels: the engine needs the projection to have weights."""

    source_keys: Sequence[str] = ()
    """Names of the sources in the metadata's dictionary; each has a projection of its own."""
    pre_encoded: bool = False
    """The metadata holds latents already."""
    allow_null_source: bool = False
    """An item without any source gets a learned vector in the place of an error; needs `source_length`."""
    source_length: Count | None = None
    """Latent frames of that learned vector. Without effect unless `allow_null_source`."""


class SourceMixConditioner(_Conditioner):
    """A signal: the sum of the projected latents of several sources."""

    type: Literal["source_mix"]
    """`source_mix`."""
    config: SourceMixConditionerConfig
    """Its settings."""


Conditioner = Annotated[
    T5Conditioner
    | T5GemmaConditioner
    | CausalLMConditioner
    | ClapTextConditioner
    | ClapAudioConditioner
    | IntConditioner
    | NumberConditioner
    | ListConditioner
    | PhonemeConditioner
    | LUTConditioner
    | SATClapTextConditioner
    | SATClapAudioConditioner
    | PretransformConditioner
    | SourceMixConditioner,
    Field(discriminator="type"),
]
"""Any conditioner, told apart by `type`."""


class Conditioning(Data):
    """All conditioners of a model."""

    cond_dim: Positive
    """Width of every conditioner's output that sets no `output_dim`; must agree with `cond_token_dim`,
    `prepend_cond_dim` and `global_cond_dim` of the network."""
    configs: Sequence[Conditioner]
    """The conditioners; all of them run, also those that no id list names."""
    default_keys: dict[str, str] = Field(default_factory=dict)
    """Conditioner id to the metadata key that is read where the id itself is missing."""
    pre_encoded_keys: Sequence[str] = ()
    """Ids whose metadata are finished tensors: they are stacked, without a mask, and their conditioner is not run. Not
    for cross attention or prepend ids."""
