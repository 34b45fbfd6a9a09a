"""The weights of the convolutional encoders and decoders: Oobleck, DAC and SEANet."""

from __future__ import annotations

from ..validation.view import Absent, Node
from .tensors import Shapes, conv, normed_conv, normed_transposed, scale_and_shift, transposed

_INTO, _OUT = 7, 3
"""Kernels of the first and last convolution of an encoder; a decoder has 7 at both ends."""


def snake(channels: int, wanted: bool = True) -> Shapes:
    """The engine's snake activation learns a frequency and a size for every channel; others learn nothing."""
    return [(channels,), (channels,)] if wanted else []


def residual_unit(channels: int, snakes: bool) -> Shapes:
    """The engine's unit of two convolutions; its dilation changes no shape."""
    activation = snake(channels, snakes)
    return [*activation, *normed_conv(channels, channels, 7), *activation, *normed_conv(channels, channels, 1)]


def oobleck_encoder(config: Node) -> Shapes:
    """`OobleckEncoder`."""
    widths, snakes = _widths(config), config("use_snake")
    shapes = normed_conv(config("in_channels"), widths[0], _INTO)
    for width, wider, stride in zip(widths, widths[1:], config("strides"), strict=False):
        shapes += residual_unit(width, snakes) * 3
        shapes += [*snake(width, snakes), *normed_conv(width, wider, 2 * stride)]
    return [*shapes, *snake(widths[-1], snakes), *normed_conv(widths[-1], config("latent_dim"), _OUT)]


def oobleck_decoder(config: Node) -> Shapes:
    """`OobleckDecoder`."""
    widths, snakes = _widths(config), config("use_snake")
    shapes = normed_conv(config("latent_dim"), widths[-1], 7)
    for narrower, width, stride in reversed(list(zip(widths, widths[1:], config("strides"), strict=False))):
        repeats = config("use_nearest_upsample")
        up = normed_conv(width, narrower, 2 * stride, bias=False) if repeats else normed_transposed(width, narrower, 2 * stride)
        shapes += [*snake(width, snakes), *up, *residual_unit(narrower, snakes) * 3]
    return [*shapes, *snake(widths[0], snakes), *normed_conv(widths[0], config("out_channels"), 7, bias=False)]


def _widths(config: Node) -> list[int]:
    """Channels before the first stage and after each."""
    return [config("channels") * factor for factor in (1, *config("c_mults"))]


def _dac_unit(channels: int) -> Shapes:
    alpha: Shapes = [(1, channels, 1)]
    return [*alpha, *normed_conv(channels, channels, 7), *alpha, *normed_conv(channels, channels, 1)]


def dac_encoder(config: Node) -> Shapes:
    """`DACEncoderWrapper`: the encoder of the package `dac`, and a projection where `latent_dim` is given."""
    width = config("d_model")
    shapes = normed_conv(config("in_channels"), width, 7)
    for stride in config("strides"):
        shapes += [*_dac_unit(width) * 3, (1, width, 1), *normed_conv(width, width * 2, 2 * stride)]
        width *= 2
    shapes += [(1, width, 1), *normed_conv(width, width, 3)]
    latent = config("latent_dim")
    return shapes if latent is None else [*shapes, *conv(width, latent, 1)]


def dac_decoder(config: Node) -> Shapes:
    """`DACDecoderWrapper`: the decoder of the package `dac`."""
    channels = config("channels")
    shapes, width = normed_conv(config("latent_dim"), channels, 7), channels
    for index, stride in enumerate(config("rates")):
        width, wider = channels // 2 ** (index + 1), channels // 2**index
        shapes += [(1, wider, 1), *normed_transposed(wider, width, 2 * stride), *_dac_unit(width) * 3]
    return [*shapes, (1, width, 1), *normed_conv(width, config("out_channels"), 7)]


def seanet_encoder(config: Node) -> Shapes:
    """`SEANetEncoder` of the package `encodec`, which the engine hands the ratios in their own order."""
    width = config("n_filters")
    shapes = _seanet_conv(config, config("channels"), width, config("kernel_size"))
    for ratio in config("ratios"):
        shapes += [*_seanet_units(config, width), *_seanet_conv(config, width, width * 2, ratio * 2)]
        width *= 2
    shapes += _lstm(width, config("lstm"))
    return [*shapes, *_seanet_conv(config, width, config("dimension"), config("last_kernel_size"))]


def seanet_decoder(config: Node) -> Shapes:
    """`SEANetDecoder` of the package `encodec`."""
    width = config("n_filters") * 2 ** len(config("ratios"))
    shapes = _seanet_conv(config, config("dimension"), width, config("kernel_size"))
    shapes += _lstm(width, config("lstm"))
    for ratio in config("ratios"):
        shapes += _seanet_conv(config, width, width // 2, ratio * 2, backwards=True)
        width //= 2
        shapes += _seanet_units(config, width)
    return [*shapes, *_seanet_conv(config, config("n_filters"), config("channels"), config("last_kernel_size"))]


def _seanet_units(config: Node, width: int) -> Shapes:
    hidden = width // config("compress")
    unit = [
        *_seanet_conv(config, width, hidden, config("residual_kernel_size")),
        *_seanet_conv(config, hidden, width, 1),
        *([] if config("true_skip") else _seanet_conv(config, width, width, 1)),
    ]
    layers: int = config("n_residual_layers")
    return unit * layers


def _seanet_conv(config: Node, inputs: int, outputs: int, kernel: int, backwards: bool = False) -> Shapes:
    kind = config("norm")
    if config("norm_params") or config("activation") == "PReLU":  # Options of torch's own layers may add or take away weights.
        raise Absent(config.at("norm_params"))
    if kind == "weight_norm":
        return normed_transposed(inputs, outputs, kernel) if backwards else normed_conv(inputs, outputs, kernel)
    plain = transposed(inputs, outputs, kernel) if backwards else conv(inputs, outputs, kernel)
    return [*plain, *(scale_and_shift(outputs) if kind in ("layer_norm", "time_group_norm") else [])]


def _lstm(width: int, layers: int) -> Shapes:
    layer: Shapes = [(4 * width, width), (4 * width, width), (4 * width,), (4 * width,)]
    return layer * layers
