"""Conditioners that read a text."""

from __future__ import annotations

from typing import Annotated, Literal

from ..base import Positive, Sequence, Since
from .base import NamedConditioner, PaddingMode, ProjectedOptions

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


class _TextEncoderConfig(ProjectedOptions):
    max_length: Positive = 128
    """Tokens that every text is cut or padded to."""
    padding_mode: Annotated[PaddingMode, Since("0.0.20")] = "zero"
    """What stands at the padding tokens: raw embeddings, zeros or a learned vector. Cross attention sees them all:
    the DiT drops the mask."""
    model_path: Annotated[str | None, Since("0.0.20")] = None
    """Folder or name to load the weights from; null means the name of the model."""


class T5ConditionerConfig(_TextEncoderConfig):
    t5_model_name: T5Name = "t5-base"
    """Which T5 encoder; it decides the inner width, also with `model_path`."""
    enable_grad: bool = False
    """Trains the encoder too and saves it in the checkpoint."""


class T5Conditioner(NamedConditioner):
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


class T5GemmaConditioner(NamedConditioner):
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


class CausalLMConditioner(NamedConditioner):
    """A sequence of `max_length` tokens from a text: the last hidden states of a language model."""

    type: Literal["causal_lm"]
    """`causal_lm`."""
    config: CausalLMConditionerConfig
    """May be empty, but not left out."""


class PhonemeConditionerConfig(ProjectedOptions):
    max_length: int = 1024
    """Kept by the engine, but nothing reads it: texts are not cut."""


class PhonemeConditioner(NamedConditioner):
    """A sequence of phonemes from an English text; needs the package `g2p_en`."""

    type: Literal["phoneme"]
    """`phoneme`."""
    config: PhonemeConditionerConfig
    """May be empty, but not left out."""


class LUTConditionerConfig(ProjectedOptions):
    tokenizer_name: str
    """Hugging Face tokenizer whose vocabulary is embedded."""
    max_length: Positive = 1024
    """Tokens that every text is cut or padded to."""
    use_abs_pos_emb: bool = False
    """Adds a learned position embedding."""
    special_tokens: Sequence[str] = ()
    """Tokens added to the vocabulary."""
    model_path: Annotated[str | None, Since("0.0.20")] = None
    """Folder or name to load the tokenizer from; null means `tokenizer_name`."""


class LUTConditioner(NamedConditioner):
    """A sequence of `max_length` tokens from a text: one learned vector for each token of a tokenizer."""

    type: Literal["lut"]
    """`lut`."""
    config: LUTConditionerConfig
    """Its settings."""
