"""Shapes worked out from a config alone: widths, ratios and lengths, for rules and for `sat inspect`.

Every function takes nodes of the view and raises `Absent` where a number that it needs is missing or broken.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal

from .view import Absent, Node, Path

SPLITTING = ("vae", "rvq_vae", "dac_rvq_vae")
"""Bottlenecks that split the encoder's channels into mean and scale."""

DISCRETE = ("rvq", "dac_rvq", "rvq_vae", "dac_rvq_vae", "fsq", "dithered_fsq")
"""Bottlenecks that give tokens."""


@dataclass(frozen=True)
class Width:
    """A number of channels, and the key that says so."""

    value: int
    at: Path
    """Key path of the number, or of the part that it follows from."""


STAGED = ("oobleck", "taae", "same", "taae_v2")
"""Encoders and decoders with one of `strides` for each of `c_mults`, both from the audio's side to the latent's."""


def coder_type(coder: Node) -> str:
    """The tag of an encoder or decoder of the engine.

    Raises:
        Absent: a plugin's part stands there, whose keys may mean anything.
    """
    kind = str(coder("type"))
    if kind not in (*STAGED, "seanet", "dac"):
        raise Absent(coder.path)
    return kind


def strides(coder: Node) -> list[int]:
    """The resampling factors that a coder really uses, in the order of its config.

    A longer list than there are stages is cut silently. A stage of `same` without transformer blocks does not resample.
    """
    kind = coder_type(coder)
    if kind not in STAGED:
        return list(coder(f"config.{strides_at(coder)[-1]}"))
    used = list(coder("config.strides"))[: len(coder("config.c_mults"))]
    if kind == "taae":
        return [max(factor, 1) for factor in used]  # 1 and less stands for no resampling.
    if kind in ("same", "taae_v2"):
        depths = coder("config.transformer_depths")
        used = [factor if depth else 1 for factor, depth in zip(used, depths, strict=False)]
    return used


def outward(coder: Node) -> list[int]:
    """The same factors from the audio's side to the latent's, whichever way the config lists them."""
    listed_from_the_latent = coder.path[-1] == "decoder" and coder("type") not in STAGED
    return strides(coder)[::-1] if listed_from_the_latent else strides(coder)


def ratio(coder: Node) -> int:
    """Samples (or frames of the pretransform) per latent frame of an encoder or decoder."""
    return prod(strides(coder))


def strides_at(coder: Node) -> Path:
    """The key that holds the resampling factors."""
    config = coder.part("config")
    name = next((name for name in ("strides", "ratios", "rates") if name in config.model.fields), None)
    if name is None:
        raise Absent(config.path)
    return config.at(name)


def encoder_out(encoder: Node) -> Width:
    """Channels that an encoder hands to the bottleneck."""
    kind = coder_type(encoder)
    if kind == "seanet":
        return Width(encoder("config.dimension"), encoder.at("config.dimension"))
    if kind == "dac" and encoder("config.latent_dim") is None:
        return Width(encoder("config.d_model") * 2 ** len(encoder("config.strides")), encoder.at("config.d_model"))
    return Width(encoder.given("config.latent_dim"), encoder.at("config.latent_dim"))


def decoder_in(decoder: Node) -> Width:
    """Channels that a decoder receives."""
    key = "config.dimension" if coder_type(decoder) == "seanet" else "config.latent_dim"
    return Width(decoder.given(key), decoder.at(key))


def audio_channels(config: Node) -> int:
    """Channels that the data loader delivers for a model config: any number but 1 means stereo."""
    return 1 if config("audio_channels") == 1 else 2


def encoder_in(encoder: Node) -> Width:
    """Channels that an encoder receives."""
    key = "config.channels" if coder_type(encoder) == "seanet" else "config.in_channels"
    return Width(encoder.given(key), encoder.at(key))


def decoder_out(decoder: Node) -> Width:
    """Channels that a decoder gives back."""
    key = "config.channels" if coder_type(decoder) == "seanet" else "config.out_channels"
    return Width(decoder.given(key), decoder.at(key))


def noise_dim(model: Node) -> int:
    """Channels of noise that the bottleneck of an autoencoder appends before the decoder."""
    if not model.has("bottleneck"):
        return 0
    config = model.part("bottleneck")
    try:
        return int(config("config.noise_augment_dim"))
    except Absent:
        return 0


def bottleneck_type(model: Node) -> str | None:
    """The tag of an autoencoder's bottleneck; None where it has none."""
    return str(model.part("bottleneck")("type")) if model.has("bottleneck") else None


def latent(model: Node) -> Width:
    """Channels of an autoencoder's latent, from its decoder (an `AutoencoderModel`)."""
    width = decoder_in(model.part("decoder"))
    return Width(width.value - noise_dim(model), width.at)


def pretransform_ratio(pretransform: Node) -> int:
    """Audio samples per frame that a pretransform gives, as the engine believes it."""
    kind = pretransform("type")
    if kind == "autoencoder":
        return _positive(pretransform, "config.downsampling_ratio")
    if kind == "wavelet":
        return int(2 ** pretransform.given("config.levels"))
    if kind == "patched":
        return int(pretransform.given("config.patch_size"))
    if kind == "dac_pretrained":
        return 512 if pretransform("config.model_type") == "44khz" else 320
    raise Absent(pretransform.path)


def _positive(node: Node, keys: str) -> int:
    """A stated number that others are divided by; where it is senseless a finding says so."""
    value = int(node.given(keys))
    if value < 1:
        raise Absent(node.at(keys))
    return value


def encoded_channels(pretransform: Node) -> Width:
    """Channels that a pretransform gives, as the engine believes it."""
    kind = pretransform("type")
    if kind == "autoencoder":
        return Width(pretransform.given("config.latent_dim"), pretransform.at("config.latent_dim"))
    if kind == "wavelet":
        return Width(pretransform.given("config.channels") * 2 ** pretransform.given("config.levels"), pretransform.at("config"))
    if kind == "patched":
        return Width(pretransform.given("config.channels") * pretransform.given("config.patch_size"), pretransform.at("config"))
    if kind == "dac_pretrained":
        return Width(1024, pretransform.at("config"))  # Of all three published models.
    raise Absent(pretransform.path)


def model_ratio(model: Node) -> int:
    """Audio samples per step of whatever the `model` dictionary of a model config works on."""
    if "downsampling_ratio" in model.model.fields:
        return _positive(model, "downsampling_ratio")
    return pretransform_ratio(model.part("pretransform")) if model.has("pretransform") else 1


def autoencoder_ratio(model: Node) -> int:
    """Audio samples per latent frame of an autoencoder, from its networks."""
    return ratio(model.part("encoder")) * inner_ratio(model)


def inner_ratio(model: Node) -> int:
    """Audio samples per frame that the pretransform before a model really gives; 1 where there is none."""
    if not model.has("pretransform"):
        return 1
    pretransform = model.part("pretransform")
    return (
        autoencoder_ratio(pretransform.part("config"))
        if pretransform("type") == "autoencoder"
        else pretransform_ratio(pretransform)
    )


Shape = Literal["token", "sequence", "signal"]
"""What a conditioner gives: (batch, 1, width), (batch, tokens, width) or (batch, channels, frames)."""

_SHAPES: dict[str, Shape] = {
    "t5": "sequence",
    "t5gemma": "sequence",
    "causal_lm": "sequence",
    "phoneme": "sequence",
    "lut": "sequence",
    "int": "token",
    "number": "token",
    "list": "token",
    "clap_audio": "token",
    "sat_clap_text": "token",
    "sat_clap_audio": "token",
    "pretransform": "signal",
    "source_mix": "signal",
}


def conditioner_shape(conditioner: Node) -> Shape:
    """What the conditioner gives."""
    kind = conditioner("type")
    if kind == "clap_text":
        return "sequence" if conditioner("config.use_text_features") else "token"
    if kind not in _SHAPES:
        raise Absent(conditioner.path)
    return _SHAPES[kind]


def conditioner_width(conditioner: Node) -> Width:
    """Width (channels, for a signal) of what a conditioner gives: its `output_dim`, else `cond_dim`."""
    if conditioner.written("config.output_dim"):
        return Width(conditioner.given("config.output_dim"), conditioner.at("config.output_dim"))
    conditioning = conditioner.above("Conditioning")
    return Width(conditioning.given("cond_dim"), conditioning.at("cond_dim"))


def seconds(samples: int, rate: int) -> str:
    """`47.55 s`, for messages."""
    return f"{samples / rate:.2f} s".replace(".00 s", " s")


def nearest(value: int, unit: int) -> str:
    """`nearest: 999424, 1001472`, the multiples of `unit` around `value`."""
    below = value // unit * unit
    return f"nearest: {below}, {below + unit}" if below else f"nearest: {unit}"


def counted(number: int, one: str, many: str = "") -> str:
    """`1 channel`, `2 channels`, for messages."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"
