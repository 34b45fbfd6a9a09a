"""The weights of the networks that are built around a transformer: DiT, language model and CLAP's audio branch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..validation.view import Node
from .presence import present
from .tensors import Shapes, conv, embedding, linear
from .transformers import Stack, projected, stack

_NOISE_FEATURES = 256


def dit(config: Node, channels: int, modular: tuple[Mapping[str, Any], ...] = ()) -> Shapes:
    """`DiffusionTransformer`. `channels` go in and out; `modular` are the local conditions with projections of their own."""
    dim, patch, conditions = config("embed_dim"), config("patch_size"), config("cond_token_dim")
    apart = config("timestep_cond_type") == "input_concat"
    step = config.given("timestep_embed_dim") if apart else dim
    inputs = channels + config("input_concat_dim") + (step if apart else 0)
    tokens = dim if config("project_cond_tokens") else conditions
    whole = dim if config("project_global_cond") else config("global_cond_dim")
    shapes = [*linear(config("timestep_features_dim"), step), *linear(step, step)]
    shapes += [*projected(conditions, tokens), *projected(config("global_cond_dim"), whole)]
    shapes += projected(config("prepend_cond_dim"), dim)
    inside = Stack(
        dim=dim,
        depth=config("depth"),
        dim_heads=dim // config("num_heads"),
        dim_in=inputs * patch,
        dim_out=channels * patch,
        cross_attends=conditions > 0,
        context=tokens if conditions > 0 else 0,
        global_width=dim if config("global_cond_type") == "adaLN" else None,
        modular=modular,
    )
    ends = [*conv(inputs, inputs, 1, bias=False), *conv(channels, channels, 1, bias=False)]
    return [*shapes, *stack(inside, config), *ends]


def modular_of(holder: Node) -> tuple[Mapping[str, Any], ...]:
    """The local conditions with projections of their own that stand in this dictionary, if it has such a key."""
    key = "modular_local_cond_configs"
    return tuple(holder(key) or ()) if key in holder.model.fields else ()


def backbone(config: Node) -> Shapes:
    """`ContinuousTransformerAudioLMBackbone`."""
    dim, conditions, projects = config("embed_dim"), config("cross_attn_cond_dim"), config("project_cross_attn_cond")
    inside = Stack(
        dim=dim,
        depth=config("depth"),
        dim_heads=config("dim_heads"),
        dim_in=dim,
        dim_out=dim,
        cross_attends=conditions > 0,
        context=dim if projects else conditions,
        global_width=config("global_cond_dim"),
        modular=modular_of(config),
    )
    shapes = [*stack(inside, config), *projected(config("prepend_cond_dim"), dim)]
    return [*shapes, *(projected(conditions, dim) if projects else [])]


def token_tables(dim: int, codebooks: int, entries: int) -> tuple[Shapes, Shapes]:
    """What a language model learns for its tokens: the embeddings, with one more entry for the mask, and the heads."""
    return embedding(entries + 1, dim) * codebooks, linear(dim, entries) * codebooks


def clap_audio(config: Node) -> Shapes:
    """`LatentTransformerCLAPAudioBranch`."""
    dim, noisy = config("embed_dim"), present(config, "noise_config")
    noise = config("noise_config.embed_dim") if noisy else config("global_cond_dim")
    inside = Stack(
        dim=dim,
        depth=config("depth"),
        dim_heads=config("dim_heads"),
        dim_in=config("dim_in"),
        dim_out=config("dim_out"),
        cross_attends=config("cross_attend"),
        context=config("cond_token_dim"),
        global_width=noise,
        modular=modular_of(config),
    )
    shapes = linear(_NOISE_FEATURES, noise) if noisy else []
    return [*shapes, *stack(inside, config), *([(1, 1, dim)] if config("embed_type") == "cls_prepend" else [])]


def joint_projection(inputs: int, width: int) -> Shapes:
    """How CLAP brings a branch to the width that both share."""
    return [*linear(inputs, width), *linear(width, width)]
