"""The weights of the engine's transformers (`models.transformer`): blocks, and the stack that all networks share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..validation.view import Node
from .tensors import Shapes, linear, two_layers

_CONFORMER_KERNEL = 17


@dataclass(frozen=True)
class Attention:
    """How the attention layers of a block are built."""

    qk_norm: str = "none"
    differential: bool = False
    feat_scale: bool = False
    dim_context: int | None = None
    """Width of the keys and values of the self attention, where it is said apart."""


@dataclass(frozen=True)
class FeedForward:
    """How the feed-forward layer of a block is built."""

    mult: float = 4
    no_bias: bool = False
    glu: bool = True
    use_conv: bool = False
    conv_kernel_size: int = 3
    dim_out: int | None = None


@dataclass(frozen=True)
class Norm:
    """How the norms of a block are built."""

    kind: str = "layer_norm"
    bias: bool = False
    fix_scale: bool = False


@dataclass(frozen=True)
class Block:
    """One transformer layer."""

    dim: int
    dim_heads: int
    attention: Attention = field(default_factory=Attention)
    feed_forward: FeedForward = field(default_factory=FeedForward)
    norm: Norm = field(default_factory=Norm)
    cross_attends: bool = False
    context: int | None = None
    """Width of the tokens of the cross attention; None takes the block's own width."""
    conformer: bool = False
    layer_scale: bool = False
    scaled_by_condition: bool = False
    """Whether a global condition scales and shifts the layer."""
    local: int | None = None
    """Channels of the local conditions that are added up; None without them."""
    modular: tuple[int, ...] = ()
    """Channels of each local condition that has a projection of its own."""

    @property
    def head(self) -> int:
        """Width of one head."""
        return min(self.dim_heads, self.dim)


def block(of: Block) -> Shapes:
    """The weights of one layer (`TransformerBlock`)."""
    scale: Shapes = [(of.dim,)] if of.layer_scale else []
    own = of.attention.dim_context
    shapes = [*_norm(of.norm, of.dim), *_attention(of, own), *scale]
    if of.cross_attends:
        shapes += [*_norm(of.norm, of.dim), *_attention(of, of.context), *scale]
    shapes += [*_norm(of.norm, of.dim), *_feed_forward(of.dim, of.feed_forward), *scale]
    if of.conformer:
        shapes += [*_conformer(of.dim, of.norm), *scale]
    if of.scaled_by_condition:
        shapes.append((6 * of.dim,))
    for channels in (*(() if of.local is None else (of.local,)), *of.modular):
        shapes += [*linear(channels, of.dim), *linear(of.dim, of.dim)]
    return shapes


def _norm(norm: Norm, dim: int) -> Shapes:
    if norm.kind == "dyt":
        return [(1,), (dim,), (dim,)]
    return [*([] if norm.fix_scale else [(dim,)]), *([(dim,)] if norm.bias and norm.kind == "layer_norm" else [])]


def _attention(of: Block, context: int | None) -> Shapes:
    dim, twice = of.dim, of.attention.differential
    if context is None:
        shapes = linear(dim, dim * (5 if twice else 3), bias=False)
    else:
        queries, keys = (
            linear(dim, dim * (2 if twice else 1), bias=False),
            linear(context, context * (3 if twice else 2), bias=False),
        )
        shapes = [*queries, *keys]
    head = of.head
    heads: dict[str, Shapes] = {"ln": [(head,)] * 4, "rms": [(head,)] * 2, "dyt": [(1,), (head,), (head,)] * 2}
    shapes += [*linear(dim, dim, bias=False), *heads.get(of.attention.qk_norm, [])]
    return [*shapes, *([(dim,), (dim,)] if of.attention.feat_scale else [])]


def _feed_forward(dim: int, of: FeedForward) -> Shapes:
    """The gated first layer is linear and has a bias, whatever `use_conv` and `no_bias` say."""
    inner, out = int(dim * of.mult), dim if of.dim_out is None else of.dim_out
    first = linear(dim, inner * 2) if of.glu else _perhaps_conv(dim, inner, of)
    return [*first, *_perhaps_conv(inner, out, of)]


def _perhaps_conv(inputs: int, outputs: int, of: FeedForward) -> Shapes:
    weight = (outputs, inputs, of.conv_kernel_size) if of.use_conv else (outputs, inputs)
    return [weight, *([] if of.no_bias else [(outputs,)])]


def _conformer(dim: int, norm: Norm) -> Shapes:
    """Its norms are layer norms, whichever kind the rest of the block has."""
    inside = Norm("layer_norm", norm.bias, norm.fix_scale)
    mixing: Shapes = [(dim, dim, 1)]
    depthwise: Shapes = [(dim, 1, _CONFORMER_KERNEL)]
    return [*_norm(inside, dim), *mixing, *linear(dim, dim * 2), *depthwise, *_norm(inside, dim), *mixing]


def attention_of(config: Node) -> Attention:
    """What `attn_kwargs` says."""
    options = config.part("attn_kwargs")
    return Attention(options("qk_norm"), options("differential"), options("feat_scale"), options("dim_context"))


def feed_forward_of(config: Node) -> FeedForward:
    """What `ff_kwargs` says."""
    options = config.part("ff_kwargs")
    return FeedForward(
        options("mult"), options("no_bias"), options("glu"), options("use_conv"), options("conv_kernel_size"), options("dim_out")
    )


@dataclass(frozen=True)
class Stack:
    """What a network says about its transformer, beside the options that all share."""

    dim: int
    depth: int
    dim_heads: int
    dim_in: int | None = None
    dim_out: int | None = None
    cross_attends: bool = False
    context: int | None = None
    global_width: int | None = None
    """Width of the embedding that scales and shifts every layer; None without one."""
    modular: tuple[Mapping[str, Any], ...] = ()
    """The local conditions that have projections of their own."""


def stack(of: Stack, options: Node) -> Shapes:
    """The weights of a whole transformer (`ContinuousTransformer`) with the shared `options` of a config."""
    layers = Block(
        dim=of.dim,
        dim_heads=of.dim_heads,
        attention=attention_of(options),
        feed_forward=feed_forward_of(options),
        norm=Norm(options("norm_type"), options("norm_kwargs.bias"), options("norm_kwargs.fix_scale")),
        context=of.context,
        conformer=options("conformer"),
        layer_scale=options("layer_scale"),
        scaled_by_condition=of.global_width is not None,
        local=options("local_add_cond_dim"),
        modular=tuple({entry["id"]: entry["dim"] for entry in of.modular}.values()),
    )
    last = options("final_cross_attn_ix")
    crossing = 0 if not of.cross_attends else of.depth if last == -1 else min(max(last + 1, 0), of.depth)
    with_cross = Block(**{**vars(layers), "cross_attends": True})
    return [*_around(of, options), *block(with_cross) * crossing, *block(layers) * (of.depth - crossing)]


def _around(of: Stack, options: Node) -> Shapes:
    """What stands before and after the layers."""
    shapes: Shapes = [] if of.dim_in is None else linear(of.dim_in, of.dim, bias=False)
    shapes += [] if of.dim_out is None else linear(of.dim, of.dim_out, bias=False)
    memory = options("num_memory_tokens")
    shapes += [(memory, of.dim)] if memory > 0 else []
    if options("use_abs_pos_emb"):  # It takes the place of the sinusoidal one.
        shapes.append((options("abs_pos_emb_max_length") + memory, of.dim))
    elif options("use_sinusoidal_emb"):
        shapes.append((1,))
    if of.global_width is not None:
        shapes += [*linear(of.global_width, of.dim), *linear(of.dim, of.dim * 6)]
    return shapes


def projected(inputs: int, width: int) -> Shapes:
    """The projection of conditions before the transformer; nothing where there are none."""
    return two_layers(inputs, width) if inputs > 0 else []
