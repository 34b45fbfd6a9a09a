"""The losses of an autoencoder: `loss_configs`, `eval_loss_configs` (engine: `AutoencoderTrainingWrapper`).

A section that is left out is no loss; one that is written must be complete. A loss whose input is missing at a step
drops out silently.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from ..absent import OrAbsent
from ..base import Count, Data, Gone, Positive, Sequence, Since
from ..kinds import DiscriminatorLoss
from .spectral import MelEvalConfig, SISDREvalConfig, SpectralLoss, STFTEvalConfig

ClapCheckpoint = Literal[
    "music_speech_audioset_epoch_15_esc_89.98.pt",
    "music_audioset_epoch_15_esc_90.14.pt",
    "music_speech_epoch_15_esc_89.25.pt",
]
"""The LAION CLAP weights without fusion, downloaded when they are first needed."""


class _Decaying(Data):
    decay: float = 1.0
    """Factor on the weight at every step the loss is computed; 0.999 halves it in 700 steps."""


class _WarmingUp(_Decaying):
    warmup: int = 10000
    """Optimizer steps (of both optimizers) during which this loss trains its own networks, but not the encoder."""


class TimeWeights(Data):
    l1: float = 0.0
    """Weight of the mean absolute difference; 0 or less turns it off."""
    l2: float = 0.0
    """Weight of the mean squared difference; 0 or less turns it off."""
    mmd: Annotated[float, Since("0.0.20")] = 0.0
    """Weight of the maximum mean discrepancy; 0 or less turns it off."""


class TimeLoss(_Decaying):
    """Distance of the waveforms."""

    type: Any = None
    """Never read; usually `l1`."""
    config: Any = None
    """Never read."""
    weights: TimeWeights
    """Weights in the training loss. Must be written, even if it is empty."""


class MultiResolutionMelConfig(Data):
    n_mels: Sequence[Positive]
    """Mel bands of each resolution; as many as `window_lengths`."""
    window_lengths: Sequence[Positive]
    """Window lengths in audio samples; the hop is a quarter."""
    pow: float
    """Exponent of the magnitudes before the logarithm; usually 2."""
    log_weight: float
    """Weight of the logarithmic distance."""
    mag_weight: float
    """Weight of the linear distance."""


class MultiResolutionMelWeights(Data):
    mrmel: float
    """Weight in the training loss; 0 or less turns it off, and `config` is then not read."""


class MultiResolutionMelLoss(Data):
    """Distance of mel spectrograms, as in the Descript audio codec. There is no `decay`."""

    config: OrAbsent[MultiResolutionMelConfig] = None
    """The resolutions; needed if the weight is above 0."""
    weights: MultiResolutionMelWeights
    """Weight in the training loss."""


class HubertConfig(Data):
    model_name: Literal["HUBERT_LARGE", "WAVLM_LARGE", "WAV2VEC2_LARGE_LV60K"] = "HUBERT_LARGE"
    """The speech model of torchaudio; downloaded when it is first needed."""
    feature_ids: Sequence[int] | None = None
    """Layers to compare, counted from 0; `null` is all, `[-1]` only the convolutions before them."""


class HubertWeights(Data):
    hubert: float
    """Weight in the training loss; 0 or less turns it off."""


class HubertLoss(_Decaying):
    """Distance of the features that a speech model finds."""

    config: HubertConfig = Field(default_factory=HubertConfig)
    """Which model, which layers."""
    weights: HubertWeights
    """Weight in the training loss."""


class ClapLossConfig(Data):
    clap_model: ClapCheckpoint = "music_audioset_epoch_15_esc_90.14.pt"
    """The CLAP weights; the fusion ones are refused by the engine."""
    feature_ids: Sequence[int] | None = None
    """Stages to compare, 0 to 3; `null` is all."""


class ClapWeights(Data):
    clap: float
    """Weight in the training loss; 0 or less turns it off."""


class ClapLoss(_Decaying):
    """Distance of the features that CLAP's audio branch finds in the first ten seconds."""

    config: ClapLossConfig = Field(default_factory=ClapLossConfig)
    """Which model, which stages."""
    weights: ClapWeights
    """Weight in the training loss."""


class ContrastiveConfig(Data):
    transformer_dim: Positive
    """Width of the critic; a multiple of 64."""
    depth: Count
    """Blocks of the critic."""
    use_text: bool = False
    """Bring in the `prompt` of the metadata too; downloads T5Gemma."""
    dyt: bool = True
    """Dynamic tanh instead of RMS norm."""
    requires_grad: bool = True
    """`false` freezes the critic."""


class ContrastiveWeights(Data):
    contrastive: float
    """Weight in the training loss."""


class ContrastiveLoss(Data):
    """A critic tells which latents belong to which audio."""

    config: ContrastiveConfig
    """The critic."""
    weights: ContrastiveWeights
    """Weight in the training loss."""
    warmup: int = 10000
    """Optimizer steps (of both optimizers) during which this loss trains the critic, but not the encoder."""
    decay_contrastive: float = 1.0
    """Factor on the weight at every step the loss is computed. Only this section spells `decay` so."""


class JEPAConfig(Data):
    transformer_dim: Positive
    """Width of the predictor; a multiple of 64."""
    depth: Count
    """Blocks of the predictor."""
    mask_rate: float = 0.4
    """Nothing uses it: the rate is always 0.4."""
    mask_block_size: int = 8
    """Nothing uses it: blocks are always 8 frames long."""
    dyt: bool = True
    """Dynamic tanh instead of RMS norm."""
    requires_grad: bool = True
    """`false` freezes the predictor."""


class JEPAWeights(Data):
    jepa: float
    """Weight in the training loss."""


class JEPALoss(_WarmingUp):
    """A predictor fills in masked latents."""

    config: JEPAConfig
    """The predictor."""
    weights: JEPAWeights
    """Weight in the training loss."""


class GenerativeConfig(Data):
    embed_dim: Positive
    """Width of the transformer: a multiple of 8, at least 256."""
    depth: Count
    """Its blocks."""


class GenerativeWeights(Data):
    diffusion: float
    """Weight in the training loss."""


class GenerativeLoss(_WarmingUp):
    """A small diffusion model learns the latents."""

    type: Literal["diffusion"]
    """`diffusion`."""
    config: GenerativeConfig
    """The diffusion model."""
    weights: GenerativeWeights
    """Weight in the training loss."""


class SemanticRegressorsWeights(Data):
    semantic_regressors_l1: float
    """Weight in the training loss, shared out among chroma bands and the stereo image."""


class SemanticRegressorsLoss(_WarmingUp):
    """Linear maps read chroma, and for stereo the level differences, out of the latents."""

    weights: SemanticRegressorsWeights
    """Weight in the training loss."""


class LatentDistillationWeights(Data):
    l1: float = 0.0
    """Weight of the mean absolute difference; 0 or less turns it off."""
    l2: float = 0.0
    """Weight of the mean squared difference; 0 or less turns it off."""


class LatentDistillationLoss(_Decaying):
    """Distance to the latents of the teacher. Without effect unless `teacher_model` is set."""

    weights: LatentDistillationWeights = Field(default_factory=LatentDistillationWeights)
    """Weights in the training loss."""


class BottleneckWeights(Data):
    kl: float = 1e-6
    """Weight of the KL divergence of `vae`, `rvq_vae` and `dac_rvq_vae`."""
    mmd: float = 100.0
    """Weight of the maximum mean discrepancy of `wasserstein`."""
    softnorm: Annotated[float, Since("0.0.20")] = 1e-5
    """Weight of the norm's loss of `softnorm`."""


class BottleneckLoss(Data):
    """What the bottleneck adds to the loss. Quantizer losses have fixed weights."""

    type: Any = None
    """Never read; usually `kl`."""
    weights: BottleneckWeights = Field(default_factory=BottleneckWeights)
    """Weights in the training loss; those of other bottlenecks have no effect."""


class AutoencoderLossConfigs(Data):
    """The sum of these is trained. At least one must be active."""

    time: TimeLoss
    """Distance of the waveforms. The engine demands this section, even with all weights 0."""
    spectral: OrAbsent[SpectralLoss] = None
    """Distance of the spectrograms."""
    mrmel: OrAbsent[MultiResolutionMelLoss] = None
    """Distance of the mel spectrograms."""
    hubert: OrAbsent[HubertLoss] = None
    """Distance of speech features."""
    clap: Annotated[OrAbsent[ClapLoss], Since("0.0.20")] = None
    """Distance of CLAP features."""
    discriminator: OrAbsent[DiscriminatorLoss] = None
    """Adversarial training: every other step trains the discriminator, with an optimizer group of its own."""
    contrastive: Annotated[OrAbsent[ContrastiveLoss], Since("0.0.20")] = None
    """Latents and audio must belong together."""
    jepa: Annotated[OrAbsent[JEPALoss], Since("0.0.20")] = None
    """Latents must be predictable from their neighbours."""
    generative: Annotated[OrAbsent[GenerativeLoss], Since("0.0.20")] = None
    """Latents must be learnable for a diffusion model."""
    semantic_regressors: Annotated[OrAbsent[SemanticRegressorsLoss], Since("0.0.20")] = None
    """Latents must tell pitch and stereo image."""
    latent_distillation: Annotated[OrAbsent[LatentDistillationLoss], Since("0.0.20")] = None
    """Latents must be those of the teacher."""
    bottleneck: BottleneckLoss = Field(default_factory=BottleneckLoss)
    """What the bottleneck adds."""


class AutoencoderEvalLossConfigs(Data):
    """What a validation logs as `val/stft`, `val/sisdr` and `val/mel`; without effect if there is no validation."""

    gone: ClassVar[Mapping[str, Gone]] = {
        "pesq": Gone("0.0.20", "was removed in 0.0.20", "take it out: `stft`, `sisdr` and `mel` are left"),
    }

    stft: OrAbsent[STFTEvalConfig] = None
    """Distance of the spectrograms."""
    sisdr: OrAbsent[SISDREvalConfig] = None
    """Ratio of signal to distortion."""
    mel: OrAbsent[MelEvalConfig] = None
    """Distance of the mel spectrograms."""
