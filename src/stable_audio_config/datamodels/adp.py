"""The one-dimensional U-Nets (engine: `UNet1d`, `UNetCFG1d`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from .absent import OrAbsent
from .base import Count, Data, Gone, Positive, Sequence


class ADPUNet(Data):
    """A one-dimensional U-Net (engine: `UNet1d`), without its cross attention width. Level 0 is the input's resolution,
    and every further level has an entry in `factors`, `num_blocks` and `attentions`."""

    gone: ClassVar[Mapping[str, Gone]] = {
        "use_snake": Gone("0.0.17", "was removed in 0.0.17", "take it out: nothing takes its place"),
    }

    in_channels: Positive
    """Channels in."""
    channels: Positive
    """Channels that `multipliers` multiply; even, unless `use_context_time` is off."""
    multipliers: Sequence[Positive]
    """Channels of every level, as multiples of `channels`: one entry more than `factors`."""
    factors: Sequence[Positive]
    """Downsampling between one level and the next."""
    num_blocks: Sequence[int]
    """Residual blocks per level: as many entries as `factors`."""
    attentions: Sequence[Count]
    """Transformer layers per level: at least as many entries as `factors`; the last entry is also the bottleneck's."""
    patch_size: Positive = 1
    """Samples folded into channels at the input."""
    resnet_groups: Positive = 8
    """Groups of every group norm; must divide `channels` times each of `multipliers`."""
    use_context_time: bool = True
    """Tells the network the timestep."""
    kernel_multiplier_downsample: Annotated[int, Field(gt=0, multiple_of=2)] = 2
    """Kernel of a downsampling convolution as a multiple of its factor."""
    use_nearest_upsample: bool = False
    """Upsamples by repetition and a convolution in the place of a transposed convolution."""
    use_skip_scale: bool = True
    """Scales the skip connections by the root of one half."""
    use_stft: bool = False
    """Works on a spectrogram of the input; needs `stft_num_fft`. Cannot run in 0.0.20: torch refuses
    what it is to transform back."""
    use_stft_context: bool = False
    """Turns the first `context_channels` into a spectrogram too. Without effect unless `use_stft`."""
    out_channels: Positive | None = None
    """Channels out; null means `in_channels`."""
    context_features: Positive | None = None
    """Width of the global conditioning; null means none."""
    context_features_multiplier: Count = 4
    """Width of the embedding of timestep and global conditioning, as a multiple of `channels`."""
    context_channels: Sequence[Count] | None = None
    """Channels put beside the input of every level, starting with level 0; null means none."""
    attention_heads: Positive | None = None
    """Heads of every transformer layer. Where `attentions` are above 0, this or `attention_features` is needed."""
    attention_features: Positive | None = None
    """Width of one head; null means the level's channels divided by `attention_heads`."""
    attention_multiplier: Count | None = None
    """Hidden width of the feed-forward layers as a multiple of the level's channels. Needed where `attentions` are
    greater than 0."""
    stft_num_fft: OrAbsent[Positive] = None
    """Length of the Fourier transform in samples. Like all keys that begin with `stft_`, only with `use_stft`, which
    needs it."""
    stft_hop_length: Positive | None = 256
    """Samples from one frame to the next; null means a quarter of `stft_num_fft`."""
    stft_window_length: Positive | None = None
    """Samples of the window; null means `stft_num_fft`."""
    stft_length: Positive | None = None
    """Samples that the inverse transform gives back; null means the power of 2 that is nearest."""
    stft_use_complex: bool = False
    """Real and imaginary part in the place of magnitude and phase."""


class ADPUNetConfig(ADPUNet):
    """The U-Net of `adp_1d`."""

    context_embedding_features: int | None = None
    """Width of the cross attention tokens; null means no cross attention."""


class ADPCFGUNetConfig(ADPUNet):
    """The U-Net of `adp_cfg_1d`, which is trained for classifier-free guidance (engine: `UNetCFG1d`)."""

    context_embedding_features: Positive
    """Width of the cross attention tokens."""
    context_embedding_max_length: Positive
    """Greatest number of cross attention tokens."""
    use_xattn_time: bool = False
    """Adds the timestep as one more cross attention token."""
