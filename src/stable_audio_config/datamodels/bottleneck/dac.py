"""DAC's residual vector quantization (package `descript-audio-codec`)."""

from __future__ import annotations

from typing import Literal

from ..base import Data, Positive, Sequence
from . import NamedBottleneck, NoiseAugmented


class _DACQuantizer(Data):
    quantize_on_decode: bool = False
    """`true` leaves the latent continuous and quantizes it before the decoder; the quantizer losses are then absent."""
    input_dim: Positive = 512
    """Latent channels L, which must fit the width of the encoder and the decoder."""
    n_codebooks: Positive
    """Codebooks, each quantizing what the ones before it left: tokens per latent frame."""
    codebook_size: Positive
    """Entries of each codebook."""
    codebook_dim: Positive | Sequence[Positive] = 8
    """Width of the codebook entries: one number for all, or a list with one for each of `n_codebooks`."""
    quantizer_dropout: float = 0.0
    """Share of each batch that is trained with a random number of the codebooks, 0 to 1."""


class DACRVQConfig(NoiseAugmented, _DACQuantizer):
    """What `dac_rvq` may set (the quantizer's keywords: package `descript-audio-codec`)."""


class DACRVQVAEConfig(_DACQuantizer):
    """What `dac_rvq_vae` may set: the same without the added noise."""


class DACRVQBottleneck(NamedBottleneck):
    """Discrete latent: DAC's residual vector quantization with trained codebooks."""

    type: Literal["dac_rvq"]
    """`dac_rvq`."""
    config: DACRVQConfig
    """The quantizer."""


class DACRVQVAEBottleneck(NamedBottleneck):
    """Discrete latent: a Gaussian sample, as in `vae`, then DAC's residual vector quantization."""

    type: Literal["dac_rvq_vae"]
    """`dac_rvq_vae`."""
    config: DACRVQVAEConfig
    """The quantizer."""
