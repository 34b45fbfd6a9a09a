"""The convolutional coders of Stable Audio (engine: `OobleckEncoder`, `OobleckDecoder`)."""

from __future__ import annotations

from typing import Literal

from . import DecoderWidths, EncoderWidths, NamedDecoder, NamedEncoder, Stages


class _Oobleck(Stages):
    use_snake: bool = False
    """`true` uses the periodic Snake activation, `false` ELU."""


class OobleckEncoderConfig(EncoderWidths, _Oobleck):
    """The convolutional encoder of Stable Audio."""

    antialias_activation: bool = False
    """`true` filters the last activation against aliasing; in an encoder the others stay as they are."""


class OobleckDecoderConfig(DecoderWidths, _Oobleck):
    """The convolutional decoder of Stable Audio."""

    antialias_activation: bool = False
    """`true` filters the activations between the stages and the last one against aliasing."""
    use_nearest_upsample: bool = False
    """`true` upsamples by repeating samples and a convolution, `false` by a transposed convolution, which loses a
    sample where a stride is odd."""
    final_tanh: bool = True
    """`true` puts a tanh on the decoder's output, which holds it within -1 to 1."""


class OobleckEncoder(NamedEncoder):
    """Convolutions with residual blocks."""

    type: Literal["oobleck"]
    """`oobleck`."""
    config: OobleckEncoderConfig
    """The network."""


class OobleckDecoder(NamedDecoder):
    """Convolutions with residual blocks."""

    type: Literal["oobleck"]
    """`oobleck`."""
    config: OobleckDecoderConfig
    """The network."""
