"""The loss between spectrograms, as a training loss and as two validation losses (engine: `auraloss.py`).

Values that the engine knows but cannot use are left out: `scale: chroma` and `output: full` stop every training.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ..base import Count, Data, Name, Positive, Sequence, Since

Reduction = Literal["mean", "sum", "none"]
"""How many values become one."""


class _STFTTerms(Data):
    window: Name = "hann_window"
    """Must name a window of torch or SciPy, but has no effect: the engine uses a window of its own."""
    w_sc: float = 1.0
    """Weight of the spectral contrast: the distance of the magnitudes, relative to their sum."""
    w_log_mag: float = 1.0
    """Weight of the distance between logarithmic magnitudes."""
    w_lin_mag: float = 0.0
    """Weight of the distance between magnitudes."""
    w_phs: float = 0.0
    """Weight of the phase terms."""
    w_cep: Annotated[float, Since("0.0.20")] = 0.0
    """Weight of the distance between cepstra."""
    perceptual_weighting: bool = False
    """Filter both signals as the ear does (K-weighting) before they are compared."""
    scale_invariance: bool = False
    """Scale the target to the level of the reconstruction first."""
    eps: float = 1e-8
    """Smallest magnitude."""
    output: Literal["loss"] = "loss"
    """What is given back; the engine can use only the sum."""
    reduction: Reduction = "mean"
    """How the values of a term become one. `none` leaves many and stops a training."""
    mag_distance: Literal["L1", "L2"] = "L1"
    """Distance of the two magnitude terms."""
    device: str | None = None
    """Where the filterbank of `scale` lives at first; it follows the audio anyway."""
    retain_batch_dim: bool = False
    """Keep one value for each example. A training needs one for all: leave it `false`."""
    residual_loss: Annotated[bool, Since("0.0.20")] = False
    """Compare the difference of the signals with silence, instead of one with the other."""
    log_eps: float = 0.0
    """Nothing uses it: the logarithm's offset comes from the signals."""
    log_fac: float = 1.0
    """Nothing uses it."""


class SpectralConfig(_STFTTerms):
    """A sum over several resolutions. The three lists of lengths must be equally long."""

    fft_sizes: Sequence[Positive] = (1024, 2048, 512)
    """Window lengths in audio samples: even, and none longer than the training crop. Must be written for stereo."""
    hop_sizes: Sequence[Positive] = (120, 240, 50)
    """Steps between two windows, at most half of the `fft_sizes` beside them. Must be written for stereo."""
    win_lengths: Sequence[Count] = (600, 1200, 240)
    """As many as `fft_sizes`, but their values have no effect. Must be written for stereo."""
    scale: Literal["mel"] | None = None
    """`mel` compares mel spectrograms; it needs `n_bins`."""
    n_bins: Sequence[int] | None = None
    """Mel bands of each resolution, at most its `fft_sizes`. Without effect unless `scale` is `mel`."""


class STFTEvalConfig(_STFTTerms):
    """One resolution."""

    fft_size: Positive = 1024
    """Window length in audio samples; even."""
    hop_size: Positive = 256
    """Step between two windows, at most half of `fft_size`."""
    win_length: Positive = 1024
    """Without effect."""
    sample_rate: float | None = None
    """Samples per second, in Hz. Needed by `perceptual_weighting` and `scale`; not taken from the model."""
    scale: Literal["mel"] | None = None
    """`mel` compares mel spectrograms; it needs `n_bins` and `sample_rate`."""
    n_bins: Positive | None = None
    """Mel bands, at most `fft_size`. Without effect unless `scale` is `mel`."""


class MelEvalConfig(_STFTTerms):
    """One resolution, on a mel scale; the sample rate is the model's."""

    fft_size: Positive = 1024
    """Window length in audio samples; even."""
    hop_size: Positive = 256
    """Step between two windows, at most half of `fft_size`."""
    win_length: Positive = 1024
    """Without effect."""
    n_mels: Positive = 128
    """Mel bands, at most `fft_size`."""


class SISDREvalConfig(Data):
    """Scale-invariant ratio of signal to distortion, in dB; logged so that more is better."""

    zero_mean: bool = True
    """Take the mean out of both signals first."""
    eps: float = 1e-8
    """Added to denominators, for numerical stability."""
    reduction: Reduction = "mean"
    """How the values of a batch become one."""


class SpectralWeights(Data):
    mrstft: float
    """Weight of the loss; a teacher takes part in three more terms, and all four get a quarter of it."""


class SpectralLoss(Data):
    """Distance of the spectrograms; for stereo of sum and difference, and without a teacher of left and right too."""

    type: Any = None
    """Never read; usually `mrstft`."""
    config: SpectralConfig
    """The resolutions and the terms."""
    weights: SpectralWeights
    """Weight in the training loss."""
    decay: float = 1.0
    """Factor on the weight at every generator step; 0.999 halves it in 700 steps."""
