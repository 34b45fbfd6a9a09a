"""The discriminator `transformer`: a transformer over each of several views of the audio, all of them optional.

The view `chroma_kwargs` assumes audio of 44.1 kHz.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..absent import OrAbsent
from ..base import Count, Data, Positive, Sequence


class _TransformerView(Data):
    checkpointing: bool = False
    """Recompute activations in the backward pass: less memory, more time."""
    differential: bool = True
    """Differential attention: one attention map is subtracted from another."""
    max_depth_feature: int = 2
    """How many of each transformer's features enter the feature matching, counted from its input."""
    ff_mult: float = 1.5
    """Width of the feed-forward layers, in widths of the transformer."""
    dyt: bool = False
    """Dynamic tanh instead of RMS norm."""
    conformer: bool = False
    """Add a convolution to every block."""
    layer_scale: bool = False
    """A learnt factor on every branch."""
    feat_scale: bool = False
    """Learnt factors on the features of the attention."""
    sinusoidal_blocks: Count = 0
    """One more than the number of last blocks whose feed-forward layers are sinusoidal."""
    mapping_bias: bool = True
    """Bias in the projection to the transformer's width."""
    conv_mapping: bool = False
    """Project with a kernel of 3 instead of 1."""
    variable_stride: bool = False
    """Without effect: each chunk becomes one token anyway."""
    cross_attn: bool = False
    """Add a cross-attention that nothing feeds."""
    freeze_backbone: bool = False
    """`true` freezes the transformer blocks."""
    type: Literal["encoder", "decoder"] = "encoder"
    """Which half of an autoencoder the block is shaped like; only `encoder` makes sense here."""
    chunk_size: Positive = 128
    """Without effect: the attention slides."""
    chunk_midpoint_shift: bool = False
    """Without effect: the attention slides."""


class STFTViewConfig(_TransformerView):
    enabled: bool = False
    """Whether this view is judged."""
    n_ffts: Sequence[Positive] = (4096, 1024, 128)
    """Window lengths in audio samples, one transformer for each."""
    depths: Sequence[Count] = (3, 3, 3)
    """Blocks of each transformer; at least as many values as `n_ffts`."""
    strides: Sequence[Positive] = (2, 32, 2)
    """Frames that give one verdict; at least as many values as `n_ffts`."""
    sliding_window_widths: Sequence[Positive] = (2, 4, 3)
    """Reach of the attention to each side, in strides; at least as many values as `n_ffts`."""


class PatchedViewConfig(_TransformerView):
    enabled: bool = True
    """Whether this view is judged."""
    patch_sizes: Sequence[Positive] = (29, 443, 953)
    """Audio samples in a patch, one transformer for each."""
    depths: Sequence[Count] = (3, 3, 3)
    """Blocks of each transformer; at least as many values as `patch_sizes`."""
    strides: Sequence[Positive] = (2, 16, 2)
    """Patches that give one verdict; at least as many values as `patch_sizes`."""
    sliding_window_widths: Sequence[Positive] = (4, 8, 1)
    """Reach of the attention to each side, in strides; at least as many values as `patch_sizes`."""


class FilterBankViewConfig(_TransformerView):
    enabled: bool = False
    """Whether this view is judged."""
    use_HIL: bool = False  # noqa: N815 - the engine's spelling.
    """`true` uses the convolutions over filter banks of the `hil` discriminator; the keys of the transformers then have
    no effect. `false` uses transformers over wavelets; the keys of the filter banks then have no effect."""
    levels: Sequence[Positive] = (4, 8, 10)
    """Levels of the wavelet decomposition, one transformer for each."""
    depths: Sequence[Count] = (3, 3, 3)
    """Blocks of each transformer; at least as many values as `levels`."""
    strides: OrAbsent[Sequence[Positive]] = None
    """Wavelet frames that give one verdict, or with `use_HIL` the stride of each convolution. Left out, [2, 32, 2] or
    [3, 3, 3, 3, 1]."""
    sliding_window_widths: Sequence[Positive] = (3, 8, 1)
    """Reach of the attention to each side, in strides; at least as many values as `levels`."""
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
    channels: Sequence[Positive] = (32, 128, 512, 1024, 1024)
    """Channels of each convolution; as many as `kernel_sizes`."""
    norm: Literal["weight_norm"] = "weight_norm"
    """Normalisation of the convolutions' weights."""


class ChromaViewConfig(_TransformerView):
    enabled: bool = False
    """Whether this view is judged."""
    centres: Sequence[float] = (1.0, 5.0, 9.0)
    """Octave around which each chroma spectrogram is taken, one transformer for each."""
    octwidths: Sequence[float] = (1.0, 1.5, 1.0)
    """Width of each of them, in octaves; at least as many values as `centres`."""
    depths: Sequence[Count] = (3, 3, 3)
    """Blocks of each transformer; at least as many values as `centres`."""
    strides: Sequence[Positive] = (16, 8, 2)
    """Frames that give one verdict; at least as many values as `centres`."""
    sliding_window_widths: Sequence[Positive] = (3, 3, 3)
    """Reach of the attention to each side, in strides; at least as many values as `centres`."""


class NoiseConfig(Data):
    n_fft: Positive = 2048
    """Window length, in audio samples."""
    hop: Positive = 512
    """Step between two windows, in audio samples."""
    win: Positive | None = None
    """Length of the window inside the transform; `null` is `n_fft`."""
    alpha_tonality: float = 0.3
    """Smoothing over time of the measure of tonality."""
    tonal_masking_offset_db: float = -14.0
    """How far below a tone noise is masked, in dB."""
    noise_masking_offset_db: float = -6.0
    """How far below a noise noise is masked, in dB."""
    post_mask_time_ms: float = 30.0
    """How long masking lasts after a sound, in milliseconds."""
    enable_bmld: bool = True
    """Consider that two ears hear more than one."""
    bmld_max_db: float = 6.0
    """How much more, at most, in dB."""
    snr_below_threshold_db: float = 10.0
    """How far below the masking threshold the noise lies, in dB."""
    min_noise_floor_db: float = -96.0
    """Lowest level of the noise, in dB."""
    high_freq_boost_db: float = 3.0
    """How much more noise the highest frequencies get, in dB."""
    adaptive_temporal: bool = True
    """Let masking over time follow the signal."""


class TransformerDiscriminatorConfig(Data):
    normalize_losses: bool = False
    """Divide feature distances by the size of the features."""
    loss_type: Literal["hinge", "rpgan", "sigmoid_rpgan"] = "rpgan"
    """Adversarial loss: hinge, or relativistic pairing, plain or through a sigmoid."""
    add_noise: bool = False
    """Add noise that should be inaudible before judging."""
    noise_kwargs: NoiseConfig = Field(default_factory=NoiseConfig)
    """That noise; without effect unless `add_noise`."""
    stft_kwargs: STFTViewConfig = Field(default_factory=STFTViewConfig)
    """Transformers over spectrograms."""
    patched_kwargs: PatchedViewConfig = Field(default_factory=PatchedViewConfig)
    """Transformers over patches of the waveform; the only view that is on unless it is switched off."""
    mfb_kwargs: FilterBankViewConfig = Field(default_factory=FilterBankViewConfig)
    """Transformers over wavelets, or convolutions over filter banks."""
    chroma_kwargs: ChromaViewConfig = Field(default_factory=ChromaViewConfig)
    """Transformers over chroma."""
