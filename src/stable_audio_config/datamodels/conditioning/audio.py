"""Conditioners that encode audio from the metadata."""

from __future__ import annotations

from typing import Literal

from ..absent import OrAbsent
from ..base import Sequence
from ..kinds import Pretransform
from .base import ConditionerOptions, NamedConditioner


class _PretransformedConfig(ConditionerOptions):
    sample_rate: int
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


class PretransformConditioner(NamedConditioner):
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
    source_length: int | None = None
    """Latent frames of that learned vector. Without effect unless `allow_null_source`."""


class SourceMixConditioner(NamedConditioner):
    """A signal: the sum of the projected latents of several sources."""

    type: Literal["source_mix"]
    """`source_mix`."""
    config: SourceMixConditionerConfig
    """Its settings."""
