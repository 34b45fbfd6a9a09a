"""What an encoder or decoder needs within itself: widths of attention heads, chunks, activations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..activations import ACTIVATIONS, ANYTHING
from ..geometry import coder_type
from ..rule import Problem, removing, rule, setting
from ..view import Node


@rule("head-width", on="NamedEncoder", mirrors="models.transformer.Attention", contract=("R-AE-11",))
@rule("head-width", on="NamedDecoder", mirrors="models.transformer.Attention", contract=("R-AE-11",))
def head_width(coder: Node) -> Iterator[Problem]:
    """The width of a stage must divide into attention heads.

    A stage is `channels` times its entry of `c_mults` wide. Heads have 128 channels in `taae` and `dim_heads` in `same`; a stage
    that is narrower has one head as wide as itself. The rotary embedding of the engine fails for heads of 4 or 5 channels. Stages
    without transformer blocks are free. The model is built; the first step fails.
    """
    kind, config = coder_type(coder), coder.part("config")
    if kind not in ("taae", "same", "taae_v2"):
        return
    heads = 128 if kind == "taae" else config("dim_heads")
    for index, (factor, depth) in enumerate(zip(config("c_mults"), config("transformer_depths"), strict=False)):
        width = config("channels") * factor
        head = min(heads, width)
        if depth <= 0 or (width % head == 0 and head not in (4, 5)):
            continue
        size = f"heads of {head} channels" + ("" if kind == "taae" else " (`dim_heads`)")
        why = f"does not divide into {size}" if width % head else f"makes {size}"
        message = f"stage {index + 1} is {width} wide (`channels` {config('channels')} times {factor}), which {why}"
        help = (
            "choose widths that are multiples of 128, or at most 128"
            if kind == "taae"
            else "choose dim_heads that divide every width"
        )
        at = config.at("channels") if kind == "taae" or not config.written("dim_heads") else config.at("dim_heads")
        help = help if width % head else "choose heads of 8 channels or more"
        others = [key for key in ("channels", "c_mults", "dim_heads") if key in config.model.fields and config.written(key)]
        related = tuple((config.at(key), f"{key}: {_listed(config(key))}") for key in others if key != at[-1])
        yield Problem(at, f"{message}: the first step would fail", help=help, related=related)
        return


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, (list, tuple)) else value


@rule("chunk-size", on="NamedEncoder", mirrors="models.autoencoders.TransformerResamplingBlock")
@rule("chunk-size", on="NamedDecoder", mirrors="models.autoencoders.TransformerResamplingBlock")
def chunk_size(coder: Node) -> Iterator[Problem]:
    """In `same` every stride must divide `chunk_size`, unless attention slides.

    The model cannot be built otherwise. With `chunk_midpoint_shift` half a chunk must be a whole number of steps too.
    """
    if coder_type(coder) not in ("same", "taae_v2"):
        return
    config = coder.part("config")
    if config("sliding_window") is not None:
        return
    chunk, at = config("chunk_size"), config.at("chunk_size")
    default = "" if config.written("chunk_size") else ", the default"
    used = list(zip(config("strides"), config("c_mults"), config("transformer_depths"), strict=False))
    for stride, _, depth in used:
        if chunk % stride:
            message = f"`chunk_size` is {chunk}{default}, which the stride {stride} does not divide: the model could not be built"
            yield Problem(at, message, help="choose a multiple of every stride", related=((config.at("strides"), str(stride)),))
            return
        if config("chunk_midpoint_shift") and depth and (chunk // stride * (stride + 1)) % 2:
            message = f"`chunk_midpoint_shift` cannot halve chunks of {chunk} at the stride {stride}: the first step would fail"
            yield Problem(at, message, help=f"choose a multiple of {2 * stride}")
            return


@rule("head-width", on="NamedEncoder", mirrors="models.autoencoders.TAAEBlock")
@rule("head-width", on="NamedDecoder", mirrors="models.autoencoders.TAAEBlock")
def unchanged_width(coder: Node) -> Iterator[Problem]:
    """The width of a stage must divide into attention heads."""
    if coder_type(coder) != "taae":
        return
    config = coder.part("config")
    widths = [config("channels") * factor for factor in config("c_mults")]
    if not widths:  # The rule `stages` says so.
        return
    side = "in_channels" if "in_channels" in config.model.fields else "out_channels"
    before = [config(side) if config("mapping_style") == "none" else widths[0], *widths]
    for index, (stride, narrow, wide) in enumerate(zip(config("strides"), before, widths, strict=False)):
        if stride <= 1 and narrow != wide:
            message = f"stage {index + 1} has the stride {stride}, so nothing maps its width from {narrow} to {wide}"
            help = "give it a stride of 2 or more, or equal widths"
            yield Problem(config.at("strides"), f"{message}: the first step would fail", help=help)
            return


@rule("activation", on="SEANetEncoder", mirrors="models.autoencoders.create_encoder_from_config")
@rule("activation", on="SEANetDecoder", mirrors="models.autoencoders.create_decoder_from_config")
@rule("activation", on="EncodecDiscriminator", mirrors="models.encodec.DiscriminatorSTFT")
@rule("activation", on="HILDiscriminator", mirrors="models.encodec.DiscriminatorSTFT")
def activation(part: Node) -> Iterator[Problem]:
    """An activation is a class of `torch.nn`, and its parameters are that class's own keywords.

    `alpha` belongs to ELU and `negative_slope` to LeakyReLU: another activation needs other parameters, if only an empty section.
    The model, or the training wrapper, cannot be built otherwise.
    """
    config = part.part("config")
    for key, given in (("activation", "activation_params"), ("final_activation", "final_activation_params")):
        name = config(key) if key in config.model.fields else None
        if name is None:
            continue
        if name not in ACTIVATIONS:
            message = f"`{key}` is `{name}`, which is no activation of torch.nn that works here: it could not be built"
            yield Problem(config.at(key), message, help="write ELU, LeakyReLU, GELU, SiLU, ... as torch spells them")
            continue
        unknown = sorted(set(config(given) or {}) - set(ACTIVATIONS[name]))
        if unknown and ANYTHING not in ACTIVATIONS[name]:
            default = "" if config.written(given) else " by default"
            message = f"`{given}` has `{unknown[0]}`{default}, which `{name}` does not take: it could not be built"
            takes = ", ".join(ACTIVATIONS[name]) or "nothing"
            yield Problem(config.at(given), message, help=f"{name} takes {takes}; an empty section will do")


@rule("causal", on="SEANetEncoder", mirrors="models.autoencoders.create_encoder_from_config")
@rule("causal", on="SEANetDecoder", mirrors="models.autoencoders.create_decoder_from_config")
def causal(coder: Node) -> Iterator[Problem]:
    """Two options of SEANet go only with or only without `causal`: the model cannot be built otherwise."""
    config = coder.part("config")
    if config("causal") and config("norm") == "time_group_norm":
        message = "`norm: time_group_norm` looks ahead and excludes `causal`: the model could not be built"
        yield Problem(config.at("norm"), message, help="choose another norm, such as weight_norm")
    if "trim_right_ratio" in config.model.fields and config("trim_right_ratio") != 1 and not config("causal"):
        at, value = config.at("trim_right_ratio"), config("trim_right_ratio")
        message = f"`trim_right_ratio` is {value}, which only a `causal` decoder can have: the model could not be built"
        yield Problem(at, message, help="leave it out, or set causal to true", fix=removing(at))


@rule("broken-in-engine", on="SEANetEncoder", mirrors="models.autoencoders.create_encoder_from_config")
@rule("broken-in-engine", on="SEANetDecoder", mirrors="models.autoencoders.create_decoder_from_config")
def layer_norm(coder: Node) -> Iterator[Problem]:
    """SEANet's `layer_norm` gives back nothing in the package that the engine takes it from."""
    if coder("config.norm") == "layer_norm":
        message = "`norm: layer_norm` gives back nothing in the package `encodec`: the first step would fail"
        yield Problem("config.norm", message, help="choose another norm, such as weight_norm")


@rule("hidden-width", on="SEANetEncoder", mirrors="models.autoencoders.create_encoder_from_config")
@rule("hidden-width", on="SEANetDecoder", mirrors="models.autoencoders.create_decoder_from_config")
def hidden_width(coder: Node) -> Iterator[Problem]:
    """The inside of a residual block is `n_filters // compress` wide, which must be 1 at least."""
    config = coder.part("config")
    if config("n_residual_layers") and config("compress") > config("n_filters"):
        message = f"`compress` is {config('compress')}, more than `n_filters` {config('n_filters')}: nothing would be left inside"
        related = ((config.at("n_filters"), f"n_filters: {config('n_filters')}"),)
        yield Problem(config.at("compress"), message, help=f"set it to {config('n_filters')} or less", related=related)


@rule("hidden-width", on="DACDecoder", mirrors="models.autoencoders.DACDecoderWrapper")
def dac_width(decoder: Node) -> Iterator[Problem]:
    """DAC's decoder halves its width at every stage, which must leave at least 1."""
    config = decoder.part("config")
    if not len(config("rates")):
        yield Problem(
            "config.rates", "`rates` is empty: the model could not be built", help="write the encoder's strides backwards"
        )
    needed = 2 ** len(config("rates"))
    if config("channels") < needed:
        at, count = config.at("channels"), len(config("rates"))
        message = f"`channels` is {config('channels')}, which cannot be halved {count} times: the model could not be built"
        yield Problem(at, message, help=f"set it to {needed} or more", fix=setting(at, needed, sure=False))
