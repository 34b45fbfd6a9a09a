"""The weights of the one-dimensional U-Nets (`models.adp`)."""

from __future__ import annotations

from ..validation.view import Node
from .tensors import Shapes, conv, embedding, linear, scale_and_shift, transposed


def unet(config: Node, own_guidance: bool = False) -> Shapes:
    """`UNet1d`; with `own_guidance` `UNetCFG1d`, which learns what stands in the place of conditions that are left out."""
    channels, mapping = config("channels"), _mapping_width(config)
    widths = [channels * factor for factor in config("multipliers")]
    audio, beside, out = _ends(config)
    patch = config("patch_size")
    shapes = [*_conditions(config, mapping), *_resnet(audio + beside[0], widths[0] // patch, mapping)]
    levels = list(zip(widths, widths[1:], config("factors"), config("num_blocks"), config("attentions"), beside[1:], strict=False))
    for width, wider, factor, blocks, layers, extra in levels:
        shapes += conv(width, wider, factor * config("kernel_multiplier_downsample") + 1)
        shapes += _first_wider(wider + extra, wider, blocks, mapping)
        shapes += _transformer(config, wider, layers)
    middle = _resnet(widths[-1], widths[-1], mapping)
    shapes += [*middle, *_transformer(config, widths[-1], config("attentions")[-1]), *middle]
    for width, wider, factor, blocks, layers, _ in reversed(levels):
        shapes += _resnet(wider * 2, wider, mapping) * (blocks + (1 if layers else 0))
        shapes += [*_transformer(config, wider, layers), *_upsample(config, wider, width, factor)]
    shapes += _resnet(widths[0] // patch, out, mapping)
    return [*shapes, *(_guidance(config) if own_guidance else [])]


def _mapping_width(config: Node) -> int | None:
    """Width of the embedding of timestep and global condition; None where there is neither."""
    wanted = config("use_context_time") or config("context_features") is not None
    return config("channels") * config("context_features_multiplier") if wanted else None


def _ends(config: Node) -> tuple[int, list[int], int]:
    """Channels in, those put beside them at every level, and channels out."""
    audio = config("in_channels")
    out = audio if config("out_channels") is None else config("out_channels")
    beside = list(config("context_channels") or ())
    beside += [0] * (len(config("multipliers")) - len(beside))
    if config("use_stft"):
        bins = (config.given("stft_num_fft") // 2 + 1) * 2
        audio, out = audio * bins, out * bins
        beside[0] *= bins if config("use_stft_context") else 1
    return audio, beside, out


def _conditions(config: Node, mapping: int | None) -> Shapes:
    if mapping is None:
        return []
    shapes = linear(mapping, mapping) * 2
    shapes += _position(config("channels"), mapping) if config("use_context_time") else []
    features = config("context_features")
    return shapes if features is None else [*shapes, *linear(features, mapping)]


def _position(dim: int, outputs: int) -> Shapes:
    return [(dim // 2,), *linear(dim + 1, outputs)]


def _guidance(config: Node) -> Shapes:
    width, tokens = config("context_embedding_features"), config("context_embedding_max_length")
    timed = config("use_xattn_time")
    return [*(_position(config("channels"), width) if timed else []), *embedding(tokens + (1 if timed else 0), width)]


def _resnet(inputs: int, outputs: int, mapping: int | None) -> Shapes:
    return [
        *scale_and_shift(inputs),
        *conv(inputs, outputs, 3),
        *([] if mapping is None else linear(mapping, outputs * 2)),
        *scale_and_shift(outputs),
        *conv(outputs, outputs, 3),
        *([] if inputs == outputs else conv(inputs, outputs, 1)),
    ]


def _first_wider(inputs: int, width: int, blocks: int, mapping: int | None) -> Shapes:
    """Blocks of one level, of which the first also takes what is put beside the input."""
    return [*_resnet(inputs, width, mapping), *_resnet(width, width, mapping) * (blocks - 1)] if blocks else []


def _upsample(config: Node, inputs: int, outputs: int, factor: int) -> Shapes:
    if factor == 1 or config("use_nearest_upsample"):
        return conv(inputs, outputs, 3)
    return transposed(inputs, outputs, factor * 2)


def _transformer(config: Node, channels: int, layers: int) -> Shapes:
    if layers <= 0:
        return []
    heads, width = config("attention_heads"), config("attention_features")
    width = channels // heads if width is None else width
    inner = width * (channels // width if heads is None else heads)
    context, wide = config("context_embedding_features"), channels * config.given("attention_multiplier")
    layer = _attention(channels, channels, inner)
    layer += _attention(channels, context, inner) if context else []
    layer += [*linear(channels, wide), *linear(wide, channels)]
    return [*scale_and_shift(channels), *conv(channels, channels, 1), *layer * layers, *conv(channels, channels, 1)]


def _attention(features: int, context: int, inner: int) -> Shapes:
    return [
        *scale_and_shift(features),
        *scale_and_shift(context),
        *linear(features, inner, bias=False),
        *linear(context, inner * 2, bias=False),
        *linear(inner, features),
    ]
