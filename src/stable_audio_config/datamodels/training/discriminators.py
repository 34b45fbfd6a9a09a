"""The discriminators of adversarial autoencoder training: `loss_configs.discriminator`.

The engine adds the audio channels (`out_channels`) and the sample rate itself, except for `oobleck`; a config must not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from ..absent import OrAbsent
from ..base import Count, Data, Gone, Name, Pair, Positive, Sequence, Since
from .transformer_discriminator import TransformerDiscriminatorConfig


class DiscriminatorWeights(Data):
    adversarial: float
    """Weight of fooling the discriminator."""
    feature_matching: float
    """Weight of the distance between the discriminator's features of real and reconstructed audio."""


class NamedDiscriminator(Data):
    """What every discriminator section looks like."""

    type: Any
    """Name of the discriminator."""
    config: Any
    """Its networks. Must be written, even if it is empty."""
    weights: DiscriminatorWeights
    """Weights in the training loss."""
    decay: Annotated[float, Since("0.0.20")] = 1.0
    """Factor on both weights at every generator step; 0.999 halves them in 700 steps."""


class OobleckDiscriminatorConfig(Data):
    in_channels: Positive = 1
    """Audio channels: here alone the engine does not fill them in. Must equal `out_channels` of the model."""


class OobleckDiscriminator(NamedDiscriminator):
    """Three time scales and five periods of the waveform."""

    type: Literal["oobleck"]
    config: OobleckDiscriminatorConfig


class _MultiScaleSTFT(Data):
    filters: Positive
    """Channels of the first convolution."""
    n_ffts: Sequence[Positive] = (1024, 2048, 512)
    """Window lengths in audio samples, one for each discriminator; none longer than the training crop."""
    hop_lengths: Sequence[Positive] = (256, 512, 128)
    """Steps between two windows; as many as `n_ffts`."""
    win_lengths: Sequence[Positive] = (1024, 2048, 512)
    """Lengths of the windows inside the transforms; as many as `n_ffts`, and none larger."""
    out_channels: Positive = 1
    """Channels of the verdict."""
    max_filters: Positive = 1024
    """Most channels that a convolution may have."""
    filters_scale: Positive = 1
    """Factor on the channels from one convolution to the next."""
    kernel_size: Pair[Positive] = (3, 9)
    """Kernel over time and frequency."""
    dilations: Sequence[Positive] = (1, 2, 4)
    """Dilation over time of each inner convolution."""
    stride: Pair[Positive] = (1, 1)
    """Stride over time and frequency of the inner convolutions."""
    normalized: bool | Literal["window", "frame_length"] = True
    """How the transform is normalised: `true` by the window's energy, `false` not at all, or as torchaudio names it."""
    activation: Name = "LeakyReLU"
    """Class of `torch.nn`; it must take `activation_params`."""
    activation_params: dict[str, Any] = Field(default_factory=lambda: {"negative_slope": 0.2})
    """Keyword arguments of `activation`; any that it takes."""
    spec_scale_pow: float = 0.0
    """The spectrogram is multiplied by its magnitude to this power; -0.5 lifts quiet parts."""
    normalize_losses: bool = False
    """Divide feature distances by the size of the features."""


class EncodecDiscriminatorConfig(_MultiScaleSTFT):
    gone: ClassVar[Mapping[str, Gone]] = {
        "window": Gone("0.0.19", "was removed in 0.0.19, and had no effect before", "take it out: the window is a Hann window"),
    }

    loss_type: Literal["hinge", "rpgan"] = "hinge"
    """Adversarial loss: hinge, or relativistic pairing."""


class EncodecDiscriminator(NamedDiscriminator):
    """Spectrograms of several resolutions, as in EnCodec. The engine's default."""

    type: Literal["encodec"]
    config: EncodecDiscriminatorConfig


class DACDiscriminatorConfig(Data):
    use_hinge: bool = False
    """Hinge loss instead of least squares."""
    rates: Sequence[Positive] = ()
    """Divisors of the sample rate. Must stay empty: the engine raises at the first step otherwise."""
    periods: Sequence[Positive] = (2, 3, 5, 7, 11)
    """Periods, in audio samples, into which the waveform is folded."""
    fft_sizes: Sequence[Positive] = (2048, 1024, 512)
    """Window lengths of the spectrograms, in audio samples."""
    bands: Sequence[Pair[float]] = ((0.0, 0.1), (0.1, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1.0))
    """Frequency bands, each from one share of the spectrum to another."""


class DACDiscriminator(NamedDiscriminator):
    """Periods and spectral bands, as in the Descript audio codec."""

    type: Literal["dac"]
    config: DACDiscriminatorConfig


class BigVGANDiscriminatorConfig(Data):
    use_hinge: bool = False
    """Hinge loss instead of least squares, for the periods."""
    periods: Sequence[Positive] = (2, 3, 5, 7, 11)
    """Periods, in audio samples, into which the waveform is folded."""
    cqtd_filters: Positive = 32
    """Channels of the first convolution over the constant-Q transform."""
    cqtd_max_filters: Positive = 1024
    """Most channels that a convolution may have."""
    cqtd_filters_scale: Positive = 1
    """Factor on the channels from one convolution to the next."""
    cqtd_dilations: Sequence[Positive] = (1, 2, 4)
    """Dilation over time of each inner convolution."""
    cqtd_in_channels: OrAbsent[Positive] = None
    """Audio channels; left out, `out_channels` of the model, which it must equal."""
    cqtd_out_channels: Positive = 1
    """Channels of the verdict."""
    cqtd_hop_lengths: Sequence[Positive] = (512, 256, 256)
    """Hop of each transform, in samples of twice the sample rate; one discriminator for each."""
    cqtd_n_octaves: Sequence[Positive] = (9, 9, 9)
    """Octaves of each transform, upwards from `fmin`; at least as many values as `cqtd_hop_lengths`."""
    cqtd_bins_per_octaves: Sequence[Positive] = (24, 36, 48)
    """Bins in an octave of each transform; at least as many values as `cqtd_hop_lengths`."""
    fmin: float = 32.7
    """Lowest frequency of the transforms, in Hz."""
    cqtd_normalize_volume: bool = False
    """Take out the mean and scale the peak to 0.8 first."""
    sampling_rate: OrAbsent[Positive] = None
    """Samples per second that the transforms assume, in Hz; left out, the model's."""


class BigVGANDiscriminator(NamedDiscriminator):
    """Periods and constant-Q transforms, as in BigVGAN."""

    type: Literal["big_vgan"]
    config: BigVGANDiscriminatorConfig


class HILDiscriminatorConfig(_MultiScaleSTFT):
    """`kernel_sizes`, `strides`, `channels` and `norm` shape the filter banks (and chroma), not the spectrograms."""

    loss_type: Literal["hinge", "rpgan", "sigmoid_rpgan"] = "rpgan"
    """Adversarial loss: hinge, or relativistic pairing, plain or through a sigmoid."""
    add_noise: bool = False
    """Add noise that should be inaudible before judging."""
    n_chroma: Count = 0
    """Bins of a further discriminator on chroma; 0 turns it off."""
    periods: Sequence[Positive] = (1, 2, 3, 5, 7, 11)
    """Bands of each filter bank; 1 is the waveform itself."""
    taps: int = 256
    """Length of the filters; above 0 for every period but 1."""
    beta: float = 8.0
    """Shape of the filters' Kaiser window; above 0 for every period but 1."""
    cutoff_freqs: Sequence[float] = (0.0, 0.253881, 0.170546, 0.103881, 0.075310, 0.049338)
    """Cutoff of each filter bank, as a share of the band. Periods that have none are dropped silently."""
    kernel_sizes: Sequence[Positive] = (5, 5, 5, 5, 5)
    """Kernel of each convolution over time."""
    strides: Sequence[Positive] = (3, 3, 3, 3, 1)
    """Stride of each convolution over time; as many as `kernel_sizes`."""
    channels: Sequence[Positive] = (32, 128, 512, 1024, 1024)
    """Channels of each convolution; as many as `kernel_sizes`."""
    norm: Literal["weight_norm"] = "weight_norm"
    """Normalisation of the weights."""


class HILDiscriminator(NamedDiscriminator):
    """Spectrograms, as `encodec`, and filter banks."""

    type: Literal["hil"]
    config: HILDiscriminatorConfig


class TransformerDiscriminator(NamedDiscriminator):
    """Transformers over up to four views of the audio."""

    type: Literal["transformer"]
    config: TransformerDiscriminatorConfig
