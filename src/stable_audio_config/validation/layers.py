"""The layers of a diffusion model that adapters can be put on, each Linear and Conv1d, with name and size, from a config alone.

The functions take nodes of the view and raise `Absent` where a number that they need is missing or broken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .conditions import has_projection, inner_width
from .geometry import conditioner_width
from .view import Absent, Node

_POSITIONS = {"learned": 257, "expo": 256}
"""Features that a `number` conditioner makes of its number, by `fourier_features_type`."""


@dataclass(frozen=True)
class Layer:
    """One layer with a weight of two dimensions (a convolution's kernel counts into `fan_in`)."""

    name: str
    """As the engine's modules are called: `model.transformer.layers.0.self_attn.to_qkv`."""
    fan_in: int
    fan_out: int

    @property
    def smaller(self) -> int:
        """The greatest rank that the weight can have."""
        return min(self.fan_in, self.fan_out)


def dit_layers(config: Node) -> Iterator[Layer]:
    """Those of a DiT, from its `config` (engine: `DiffusionTransformer`)."""
    width, patch = int(config.given("embed_dim")), int(config.given("patch_size"))
    channels = int(config.given("io_channels" if "io_channels" in config.model.fields else "in_channels"))
    beside = int(config.given("input_concat_dim"))
    stamp = width
    if config("timestep_cond_type") == "input_concat":
        stamp = int(config.given("timestep_embed_dim"))
        beside += stamp
    yield from _embedding("model.to_timestep_embed", int(config.given("timestep_features_dim")), stamp)
    yield from _conditions(config, width)
    if config("global_cond_type") == "adaLN":
        yield Layer("model.transformer.global_cond_embedder.0", width, width)
        yield Layer("model.transformer.global_cond_embedder.2", width, 6 * width)
    for index in range(config.given("depth")):
        yield from _block(config, f"model.transformer.layers.{index}", index, width)
    yield Layer("model.transformer.project_in", (channels + beside) * patch, width)
    yield Layer("model.transformer.project_out", width, channels * patch)
    yield Layer("model.preprocess_conv", channels + beside, channels + beside)
    yield Layer("model.postprocess_conv", channels, channels)


def _embedding(name: str, takes: int, gives: int) -> Iterator[Layer]:
    yield Layer(f"{name}.0", takes, gives)
    yield Layer(f"{name}.2", gives, gives)


def _conditions(config: Node, width: int) -> Iterator[Layer]:
    """The projections of cross attention, global and prepended conditions."""
    switches = (("cond", "project_cond_tokens"), ("global", "project_global_cond"), ("prepend", None))
    for name, switch in switches:
        takes = int(config.given("cond_token_dim" if name == "cond" else f"{name}_cond_dim"))
        if takes > 0:
            yield from _embedding(f"model.to_{name}_embed", takes, width if switch is None or config(switch) else takes)


def _block(config: Node, name: str, index: int, width: int) -> Iterator[Layer]:
    """One layer of the transformer."""
    pairs = 2 if config("attn_kwargs.differential") else 1
    yield Layer(f"{name}.self_attn.to_qkv", width, (1 + 2 * pairs) * width)
    yield Layer(f"{name}.self_attn.to_out", width, width)
    tokens, last = int(config.given("cond_token_dim")), config.given("final_cross_attn_ix")
    if tokens > 0 and (last == -1 or index <= last):
        inner = width if config("project_cond_tokens") else tokens
        yield Layer(f"{name}.cross_attn.to_q", width, pairs * width)
        yield Layer(f"{name}.cross_attn.to_kv", inner, (1 + pairs) * inner)
        yield Layer(f"{name}.cross_attn.to_out", width, width)
    yield from _feed_forward(config, f"{name}.ff.ff", width)
    if config("conformer"):
        yield Layer(f"{name}.conformer.pointwise_conv", width, width)
        yield Layer(f"{name}.conformer.glu.proj", width, 2 * width)
        yield Layer(f"{name}.conformer.depthwise_conv", 17, width)  # One kernel for each channel.
        yield Layer(f"{name}.conformer.pointwise_conv_2", width, width)
    if config.has("local_add_cond_dim"):
        yield from _embedding(f"{name}.to_local_embed", int(config("local_add_cond_dim")), width)
    for entry in _modular(config):
        yield from _embedding(f"{name}.modular_local_embeds.{entry('id')}", int(entry.given("dim")), width)


def _feed_forward(config: Node, name: str, width: int) -> Iterator[Layer]:
    options = "ff_kwargs"
    inner = int(width * config.given(f"{options}.mult"))
    kernel = int(config.given(f"{options}.conv_kernel_size")) if config(f"{options}.use_conv") else 1
    if config(f"{options}.glu"):
        yield Layer(f"{name}.0.proj", width, 2 * inner)
    else:
        yield Layer(f"{name}.0.1", width * kernel, inner)
    yield Layer(f"{name}.2", inner * kernel, config(f"{options}.dim_out") or width)


def _modular(config: Node) -> list[Node]:
    """The signals with projections of their own: they stand in an unconditional DiT's config, and beside a conditional one's."""
    holder = config if "modular_local_cond_configs" in config.model.fields else config.parent
    return holder.parts("modular_local_cond_configs") if holder is not None else []


def conditioner_layers(conditioner: Node) -> Iterator[Layer]:
    """Those of one conditioner. Frozen text models are no part of it.

    Raises:
        Absent: which they are cannot be told, because it holds a whole model, or comes from a plugin.
    """
    kind, name = conditioner("type"), f"conditioners.{conditioner('id')}"
    width = conditioner_width(conditioner).value
    if kind == "number":
        yield Layer(f"{name}.embedder.embedding.1", _POSITIONS[conditioner("config.fourier_features_type")], width)
    elif kind in ("t5", "t5gemma", "causal_lm", "clap_text"):
        if any(conditioner.part("config").tree.get(key) for key in ("enable_grad", "finetune")):
            raise Absent(conditioner.path)
        inner = inner_width(conditioner)
        if inner is not None and has_projection(conditioner):
            yield Layer(f"{name}.proj_out", inner, width)
    elif kind in ("phoneme", "lut"):
        if conditioner("config.project_out"):
            yield Layer(f"{name}.proj_out", width, width)
    elif kind not in ("int", "list"):
        raise Absent(conditioner.path)
