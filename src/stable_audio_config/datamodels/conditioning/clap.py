"""Conditioners that are CLAP models: LAION's (`clap_*`) and the engine's own (`sat_clap_*`)."""

from __future__ import annotations

from typing import Annotated, Literal

from ..base import Positive, Since
from ..clap import ClapSource, NestedClap
from .base import NamedConditioner, PaddingMode, ProjectedOptions

AudioNetwork = Literal[
    "HTSAT-tiny", "HTSAT-base", "HTSAT-large", "HTSAT-tiny-win-1536", "PANN-6", "PANN-10", "PANN-14", "PANN-14-fmax-8k-20s",
    "PANN-14-fmax-18k", "PANN-14-tiny-transformer", "PANN-14-win-1536",
]  # fmt: skip
"""The audio networks that LAION CLAP has a config for."""


class _LaionClapConfig(ProjectedOptions):
    clap_ckpt_path: str
    """Checkpoint file of LAION CLAP."""
    audio_model_type: AudioNetwork = "HTSAT-base"
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
    padding_mode: Annotated[PaddingMode, Since("0.0.20")] = "none"
    """What stands at the padding tokens. Without effect unless `use_text_features`."""


class ClapTextConditioner(NamedConditioner):
    """A token, or a sequence of 77, from a text by LAION CLAP."""

    type: Literal["clap_text"]
    """`clap_text`."""
    config: ClapTextConditionerConfig
    """Its settings."""


class ClapAudioConditionerConfig(_LaionClapConfig):
    """Nothing beyond what both LAION CLAP conditioners share."""


class ClapAudioConditioner(NamedConditioner):
    """A token from audio by LAION CLAP. Cannot be built in 0.0.20: it reads `finetune`, which it does not have."""

    type: Literal["clap_audio"]
    """`clap_audio`."""
    config: ClapAudioConditionerConfig
    """Its settings."""


class SATClapTextConditionerConfig(NestedClap, ProjectedOptions):
    use_text_features: bool = False
    """A sequence of hidden states (768 wide) in the place of one embedding (`joint_embed_dim` wide)."""
    feature_layer_ix: int = -2
    """Which layer's hidden states, negative from the end. Without effect unless `use_text_features`."""


class SATClapTextConditioner(NamedConditioner):
    """A token, or a sequence, from a text by a CLAP of the engine's own. The projection expects 768 channels, so where
    a token is wanted `joint_embed_dim` must be 768 too."""

    type: Literal["sat_clap_text"]
    """`sat_clap_text`."""
    config: SATClapTextConditionerConfig
    """Its settings."""


class SATClapAudioConditionerConfig(ClapSource, ProjectedOptions):
    sample_rate: Positive
    """Samples per second, in Hz. Always needed, but read only where `model.pretransform` is built."""


class SATClapAudioConditioner(NamedConditioner):
    """A token from latents by a CLAP of the engine's own."""

    type: Literal["sat_clap_audio"]
    """`sat_clap_audio`."""
    config: SATClapAudioConditionerConfig
    """Its settings."""
