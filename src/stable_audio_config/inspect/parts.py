"""The parts of a model as the engine builds it, each with its weights: named as they are in the model and in its checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ..validation.conditions import ROBERTA
from ..validation.id_lists import conditioners
from ..validation.view import Absent, Node, Path
from .bottlenecks import bottleneck, tokens
from .coders import dac_decoder, dac_encoder, oobleck_decoder, oobleck_encoder, residual_unit, seanet_decoder, seanet_encoder
from .conditioners import Hidden, conditioner, note
from .networks import backbone, clap_audio, dit, joint_projection, modular_of, token_tables
from .presence import UNTOLD, present, readable
from .tensors import Shapes, Tensors, normed_conv, trained
from .transformer_coders import same_decoder, same_encoder, taae_decoder, taae_encoder
from .unets import unet

_ENCODERS: dict[str, Callable[[Node], Shapes | Tensors]] = {
    "oobleck": oobleck_encoder,
    "dac": dac_encoder,
    "seanet": seanet_encoder,
    "taae": taae_encoder,
    "same": same_encoder,
    "taae_v2": same_encoder,
}

_DECODERS: dict[str, Callable[[Node], Shapes | Tensors]] = {
    "oobleck": oobleck_decoder,
    "dac": dac_decoder,
    "seanet": seanet_decoder,
    "taae": taae_decoder,
    "same": same_decoder,
    "taae_v2": same_decoder,
}

_HIDDEN_PRETRANSFORMS = {
    "pqmf": "engine 0.0.20 cannot build it",
    "dac_pretrained": "its weights are downloaded",
    "audiocraft_pretrained": "its weights are downloaded",
}

UNKNOWN = "the config does not tell: it is a plugin's, or something in it is missing"


@dataclass(frozen=True)
class Part:
    """One part of a model."""

    name: str
    """Its name in the engine's model, with which the names of its weights begin in a checkpoint."""
    path: Path
    """Where the config describes it."""
    kind: str
    """Its type."""
    tensors: Tensors | None
    """Its weights; None where they cannot be told."""
    note: str = ""
    """Why they cannot be told, or what is not among them."""


def parts(config: Node) -> list[Part]:
    """The parts of the model that a model config describes.

    Raises:
        Absent: it does not say which model that is.
    """
    model, kind = config.part("model"), config("model_type")
    if kind == "autoencoder":
        return _autoencoder(model, "", None)
    if kind == "diffusion_autoencoder":
        return [*_autoencoder(model, "", None), _diffusion(model, "diffusion")]
    if kind == "diffusion_uncond":
        return [_network(model, "model"), *_pretransform_of(model)]
    if kind in ("diffusion_cond", "diffusion_cond_inpaint"):
        return [_diffusion(model, "model"), *_conditioners(model), *_pretransform_of(model)]
    if kind == "lm":
        return [*_language_model(model), *_conditioners(model), *_pretransform_of(model, gradients=False)]
    if kind == "clap":
        return [*_clap(model), *_pretransform_of(model)]
    raise Absent(config.at("model_type"))


def _part(name: str, node: Node, work: Callable[[], Shapes | Tensors], remark: str = "") -> Part:
    kind = str(node.tree.get("type", ""))
    try:
        found = work()
    except Hidden as hidden:
        return Part(name, node.path, kind, None, hidden.reason)
    except UNTOLD:
        return Part(name, node.path, kind, None, UNKNOWN)
    return Part(name, node.path, kind, found if isinstance(found, Tensors) else trained(found), remark)


def _autoencoder(model: Node, prefix: str, gradients: bool | None) -> list[Part]:
    """`gradients` says whether all of it is trained; None where each part says so itself."""
    found = []
    for key, known in (("encoder", _ENCODERS), ("decoder", _DECODERS)):
        if present(model, key):
            node = readable(model, key)
            name = f"{prefix}{key}"
            found.append(_unknown(model, key, name) if node is None else _coder(node, name, known, gradients))
    if present(model, "bottleneck"):
        found.append(_bottleneck(model, f"{prefix}bottleneck", gradients))
    # An autoencoder trains its own pretransform, whatever `enable_grad` says.
    return [*found, *_pretransform_of(model, prefix, True if gradients is None else gradients)]


def _unknown(holder: Node, key: str, name: str) -> Part:
    """A part that cannot be looked at."""
    written = holder.tree[key]
    return Part(name, holder.at(key), str(written.get("type", "")) if isinstance(written, dict) else "", None, UNKNOWN)


def _bottleneck(model: Node, name: str, gradients: bool | None) -> Part:
    node = readable(model, "bottleneck")
    if node is None:
        return _unknown(model, "bottleneck", name)
    return _part(name, node, lambda: _trainable(bottleneck(node), node, gradients))


def _coder(node: Node, name: str, known: dict[str, Callable[[Node], Shapes | Tensors]], gradients: bool | None) -> Part:
    def work() -> Tensors:
        found = known[node("type")](node.part("config"))
        return _trainable(found if isinstance(found, Tensors) else trained(found), node, gradients)

    return _part(name, node, work)


def _trainable(found: Tensors, node: Node, gradients: bool | None) -> Tensors:
    if gradients is not None:
        return found.with_gradients(gradients)
    frozen = "requires_grad" in node.model.fields and not node("requires_grad")
    return found.with_gradients(False) if frozen else found


def _pretransform_of(holder: Node, prefix: str = "", gradients: bool | None = None) -> list[Part]:
    name = f"{prefix}pretransform"
    if not present(holder, "pretransform"):
        return []
    node = readable(holder, "pretransform")
    return [_unknown(holder, "pretransform", name)] if node is None else _pretransform(node, name, gradients)


def _pretransform(node: Node, name: str, gradients: bool | None = None) -> list[Part]:
    """`gradients` as for an autoencoder, but what the pretransform itself says holds where it is None."""
    kind, trains = node("type"), node("enable_grad") if gradients is None else gradients
    if kind == "autoencoder":
        inside = readable(node, "config")
        unknown = Part(name, node.path, kind, None, UNKNOWN)
        return [unknown] if inside is None else _autoencoder(inside, f"{name}.model.", trains)

    def work() -> Tensors:
        if kind in _HIDDEN_PRETRANSFORMS:
            raise Hidden(_HIDDEN_PRETRANSFORMS[kind])
        if kind not in ("wavelet", "patched"):
            raise Absent(node.path)
        return trained(_postfilter(node.part("config")) if kind == "patched" else []).with_gradients(trains)

    return [_part(name, node, work)]


def _postfilter(config: Node) -> Shapes:
    audio, width = config("channels"), config("postfilter_channels")
    if width <= 0:
        return []
    return [*normed_conv(audio, width, 7), *residual_unit(width, True) * 3, *normed_conv(width, audio, 7, bias=False)]


def _diffusion(model: Node, name: str) -> Part:
    node = readable(model, "diffusion")
    return _network(node, name) if node is not None else Part(name, model.at("diffusion"), "", None, UNKNOWN)


def _network(node: Node, name: str) -> Part:
    """What denoises."""
    kind = node("type")

    def work() -> Shapes:
        config = node.part("config")
        if kind == "dit":
            channels = config("in_channels" if "in_channels" in config.model.fields else "io_channels")
            return dit(config, channels, modular_of(node) or modular_of(config))
        if kind == "DAU1d":
            raise Hidden("engine 0.0.20 cannot build it")
        if kind not in ("adp_1d", "adp_uncond_1d", "adp_cfg_1d"):
            raise Absent(node.path)
        return unet(config, own_guidance=kind == "adp_cfg_1d")

    return _part(name, node, work)


def _conditioners(model: Node) -> list[Part]:
    found = []
    for name, node in conditioners(model).items():
        where = f"conditioner.conditioners.{name}"
        found.append(_part(where, node, partial(conditioner, node), _note(node)))
        found += _saved(node, f"{where}.pretransform")
    return found


def _note(node: Node) -> str:
    try:
        return note(node)
    except Absent:
        return ""


def _saved(node: Node, name: str) -> list[Part]:
    """The pretransform that a conditioner saves with the model, if it has one of its own."""
    try:
        if node("type") not in ("pretransform", "source_mix") or not node("config.save_pretransform"):
            return []
        return [] if node("config.use_model_pretransform") else _pretransform(node.part("config.pretransform_config"), name)
    except Absent:
        return [Part(name, node.path, "", None, UNKNOWN)]


def _language_model(model: Node) -> list[Part]:
    node = model.part("lm")
    config = node.part("config")

    def tables(index: int) -> Shapes:
        books, entries = tokens(model.part("pretransform.config.bottleneck"))
        return token_tables(config("embed_dim"), books, entries)[index]

    return [
        _part("lm.backbone", node, lambda: backbone(config)),
        _part("lm.embeds", node, lambda: tables(0)),
        _part("lm.quantizer_heads", node, lambda: tables(1)),
    ]


def _clap(model: Node) -> list[Part]:
    audio, text, joint = model.part("audio.model"), model.part("text.model"), model("joint_embed_dim")
    hub = Part("text_branch", text.path, text("type"), None, "a RoBERTa from a hub")
    return [
        _part("audio_branch", audio, lambda: clap_audio(audio.part("config"))),
        _part("audio_projection", audio, lambda: joint_projection(audio("config.embed_dim"), joint)),
        hub,
        _part("text_projection", text, lambda: joint_projection(ROBERTA, joint)),
        _part("logit_scale_a", model, lambda: [()]),
    ]
