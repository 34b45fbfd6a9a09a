"""The weights of the transformer encoders and decoders: TAAE, and SAME, which is also called `taae_v2`."""

from __future__ import annotations

from ..validation.view import Node
from .coders import residual_unit, snake
from .tensors import Shapes, Tensors, linear, normed_conv, normed_transposed
from .transformers import Attention, Block, FeedForward, Norm, block

_TAAE_HEAD = 128
"""Width of a head of TAAE, which no key sets."""


def taae_encoder(config: Node) -> Shapes:
    """`TAAEEncoder`."""
    style, snakes, latent = config("mapping_style"), config("use_snake"), config("latent_dim")
    inputs, widths = config("in_channels"), _taae_widths(config, config("in_channels"))
    into = {"conv": normed_conv(inputs, widths[0], 7), "linear": linear(inputs, widths[0])}
    shapes = into.get(style, [])
    for width, wider, stride, depth in _stages(config, widths):
        shapes += residual_unit(width, snakes) * 3 if config("use_dilated_conv") else []
        shapes += [*snake(width, snakes), *(normed_conv(width, wider, 2 * stride) if stride > 1 else [])]
        shapes += _taae_block(config, wider) * depth
    if style == "conv":
        return [*shapes, *snake(widths[-1], snakes), *normed_conv(widths[-1], latent, 3)]
    return [*shapes, *linear(widths[-1], latent)]


def taae_decoder(config: Node) -> Shapes:
    """`TAAEDecoder`."""
    style, snakes, latent = config("mapping_style"), config("use_snake"), config("latent_dim")
    outputs, widths = config("out_channels"), _taae_widths(config, config("out_channels"))
    shapes = normed_conv(latent, widths[-1], 3) if style == "conv" else linear(latent, widths[-1])
    for narrower, width, stride, depth in reversed(_stages(config, widths)):
        shapes += _taae_block(config, width) * depth
        shapes += [*snake(narrower, snakes), *(normed_transposed(width, narrower, 2 * stride) if stride > 1 else [])]
        shapes += residual_unit(narrower, snakes) * 3 if config("use_dilated_conv") else []
    if style == "conv":
        return [*shapes, *snake(widths[0], snakes), *normed_conv(widths[0], outputs, 7, bias=False)]
    return [*shapes, *(linear(widths[0], outputs) if style == "linear" else [])]


def _taae_widths(config: Node, audio: int) -> list[int]:
    widths = [config("channels") * factor for factor in config("c_mults")]
    return [audio if config("mapping_style") == "none" else widths[0], *widths]


def _stages(config: Node, widths: list[int]) -> list[tuple[int, int, int, int]]:
    """(channels at the audio's side, at the latent's side, stride, transformer layers) of every stage."""
    return list(zip(widths, widths[1:], config("strides"), config("transformer_depths"), strict=False))


def _taae_block(config: Node, dim: int) -> Shapes:
    attention = Attention(qk_norm="ln")
    return block(Block(dim, _TAAE_HEAD, attention, conformer=config("conformer"), layer_scale=config("layer_scale")))


def same_encoder(config: Node) -> Tensors:
    """`SAMEEncoder`."""
    widths = [config("in_channels"), *(config("channels") * factor for factor in config("c_mults"))]
    parts = [_same_stage(config, stage, decodes=False) for stage in _stages(config, widths)]
    return sum(parts, Tensors()) + _backbone(config, linear(widths[-1], config("latent_dim")))


def same_decoder(config: Node) -> Tensors:
    """`SAMEDecoder`."""
    widths = [config("out_channels"), *(config("channels") * factor for factor in config("c_mults"))]
    parts = [_same_stage(config, stage, decodes=True) for stage in reversed(_stages(config, widths))]
    return sum(parts, _backbone(config, linear(config("latent_dim"), widths[-1])))


def _same_stage(config: Node, stage: tuple[int, int, int, int], decodes: bool) -> Tensors:
    """One `TransformerResamplingBlock`; only its mapping between widths is trained with `freeze_backbone`."""
    outer, dim, stride, depth = stage
    inputs, outputs = (dim, outer) if decodes else (outer, dim)
    kernel = 3 if config("conv_mapping") else 1
    mapping = [] if inputs == outputs else normed_conv(inputs, outputs, kernel, bias=config("mapping_bias"))
    tokens = stride if decodes and not config("variable_stride") else 1
    return Tensors(tuple(mapping)) + _backbone(config, [(1, tokens, dim), *_same_block(config, dim) * depth])


def _same_block(config: Node, dim: int) -> Shapes:
    tanh = config("dyt")
    return block(
        Block(
            dim,
            config("dim_heads"),
            Attention("dyt" if tanh else "rms", config("differential"), config("feat_scale")),
            FeedForward(config("ff_mult")),
            Norm("dyt" if tanh else "rms_norm"),
            cross_attends=config("cross_attn"),
            conformer=config("conformer"),
            layer_scale=config("layer_scale"),
        )
    )


def _backbone(config: Node, shapes: Shapes) -> Tensors:
    return Tensors(tuple(shapes)).with_gradients(not config("freeze_backbone"))
