"""The pretransforms without a model of ours inside (engine: `create_pretransform_from_config`).

A pretransform turns audio into the channels that a model works on, and back. The one of type `autoencoder` and the
union `Pretransform` stand in `autoencoder.py`, because an autoencoder may itself hold a pretransform.
"""

from __future__ import annotations

from typing import Annotated, Literal

from .base import Count, Data, Name, Positive, Since


class PretransformCommon(Data):
    """What stands beside the `type` of every pretransform."""

    enable_grad: bool = False
    """`true` lets gradients through the pretransform and unfreezes its parameters. With `false` an autoencoder trained
    around it gets no gradient in its decoder."""


class WaveletConfig(Data):
    """What `wavelet` must set."""

    channels: Positive
    """Audio channels; the encoded channels are this times 2 to the power of `levels`."""
    levels: Count
    """How often the rate is halved: the downsampling ratio is 2 to the power of this."""
    wavelet: Literal["bior2.2", "bior2.4", "bior2.6", "bior2.8", "bior4.4", "bior6.8"]
    """Name of the wavelet; no other has filters of odd length, which the engine needs."""


class WaveletPretransform(PretransformCommon):
    """A discrete wavelet transform; nothing in it is trained."""

    type: Literal["wavelet"]
    """`wavelet`."""
    config: WaveletConfig
    """The transform."""


class PQMFConfig(Data):
    """What `pqmf` may set."""

    attenuation: float = 100
    """Attenuation of the rejected bands, in dB, usually 80 to 120."""
    num_bands: Positive = 16
    """Frequency bands, a power of 2."""
    channels: Positive = 1
    """Audio channels."""


class PQMFPretransform(PretransformCommon):
    """A bank of band filters. It cannot run in 0.0.20: it calls SciPy with an argument that SciPy has dropped, and it
    never states its downsampling ratio and encoded channels."""

    type: Literal["pqmf"]
    """`pqmf`."""
    config: PQMFConfig
    """Must be present, though it may be empty."""


class DACPretrainedConfig(Data):
    """What `dac_pretrained` may set."""

    model_type: Literal["44khz", "24khz", "16khz"] = "44khz"
    """Sample rate of the published model. The downsampling ratio is 512 for `44khz` and 320 for the others."""
    model_bitrate: Literal["8kbps", "16kbps"] = "8kbps"
    """Bitrate of the published model; `16kbps` exists for `44khz` only."""
    scale: float = 1.0
    """The latent is divided by this after encoding and multiplied by it before decoding."""
    quantize_on_decode: bool = True
    """`true` gives continuous latents and quantizes them before decoding, `false` quantizes after encoding."""
    chunked: bool = True
    """Stored, but nothing reads it."""


class DACPretrainedPretransform(PretransformCommon):
    """A published DAC model (mono, discrete), whose weights are downloaded when it is built."""

    type: Literal["dac_pretrained"]
    """`dac_pretrained`."""
    config: DACPretrainedConfig
    """Must be present, though it may be empty."""


class AudiocraftPretrainedConfig(Data):
    """What `audiocraft_pretrained` may set."""

    model_type: Name = "facebook/encodec_32khz"
    """Name under which audiocraft finds the model."""
    scale: float = 1.0
    """Stored, but nothing reads it."""
    quantize_on_decode: bool = True
    """Stored, but nothing reads it."""


class AudiocraftPretrainedPretransform(PretransformCommon):
    """A published EnCodec model through the package `audiocraft`, in half precision. It gives tokens only, for language
    models; encoding to and decoding from continuous latents always fails."""

    type: Literal["audiocraft_pretrained"]
    """`audiocraft_pretrained`."""
    config: AudiocraftPretrainedConfig
    """Must be present, though it may be empty."""


class PatchedConfig(Data):
    """What `patched` may set."""

    channels: int
    """Audio channels; the encoded channels are this times `patch_size`."""
    patch_size: Positive
    """Samples folded into channels at each step: the downsampling ratio."""
    oversampling: int = 1
    """Above 1, audio is resampled to this many times its rate first. The stated downsampling ratio leaves this out and
    is then too large by this factor."""
    postfilter_channels: Annotated[int, Since("0.0.20")] = 0
    """Width of a trained filter after decoding; 0 or less means none."""


class PatchedPretransform(PretransformCommon):
    """Folds runs of samples into channels. Without `postfilter_channels` nothing in it is trained."""

    type: Literal["patched"]
    """`patched`."""
    config: PatchedConfig
    """The transform. The engine ignores keys that it does not know here."""
