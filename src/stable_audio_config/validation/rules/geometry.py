"""Widths that parts of a model must agree on: latents, codebooks, the channels of a diffusion network."""

from __future__ import annotations

from collections.abc import Iterator

from ...report.finding import Edit, Fix
from ..geometry import Width, audio_channels, counted, decoder_in, encoder_out, noise_dim
from ..latents import Claims, claims, codebook_width, encoded_width, halves
from ..rule import WHOLE, Problem, rule, setting
from ..setup import Setup
from ..view import Absent, Node

_READING_LATENT_DIM = ("contrastive", "jepa", "generative", "semantic_regressors")
"""Losses whose networks are built for `latent_dim` as it is stated."""


@rule("latent-width", on="AutoencoderModel", mirrors="models.autoencoders.AudioAutoencoder.encode", contract=("R-AE-1", "R-AE-4"))
def widths(model: Node) -> Iterator[Problem]:
    """Encoder, bottleneck and decoder must agree on the width of the latent.

    The bottlenecks `vae`, `rvq_vae` and `dac_rvq_vae` split the encoder's channels into mean and scale, so it must give twice as
    many as the latent has; under every other bottleneck exactly as many. Bottlenecks with `noise_augment_dim` append that many
    channels, which the decoder must take besides. The engine builds whatever is written; the first step fails with an error about
    the channels of a convolution.
    """
    parts = claims(model)
    if parts.encoder != parts.agreed:
        yield _encoder(model, parts)
    if parts.decoder != parts.agreed:
        yield _decoder(model, parts)


def _encoder(model: Node, parts: Claims) -> Problem:
    out, width = encoder_out(model.part("encoder")), parts.agreed
    wanted, takes = width * halves(model), decoder_in(model.part("decoder"))
    message = (
        f"the encoder gives {counted(out.value, 'channel')}, but the decoder takes a latent of {takes.value - noise_dim(model)}"
    )
    if halves(model) == 2:
        kind = model.part("bottleneck")("type")
        then = "an odd number" if out.value % 2 else f"so the latent is {out.value // 2} wide, but the decoder takes {takes.value}"
        message = f"the `{kind}` bottleneck halves the encoder's channels: `{out.at[-1]}` is {out.value}, {then}"
    at = (*out.at[:-1], "latent_dim") if out.at[-1] == "d_model" else out.at  # DAC's encoder without a last map.
    return Problem(
        out.at,
        f"{message}: the first step would fail",
        label=f"an encoder for a latent of {width} needs {wanted}",
        help=f"set {at[-1]} to {wanted}",
        related=(_there(takes),),
        fix=setting(at, wanted),
    )


def _decoder(model: Node, parts: Claims) -> Problem:
    takes, noise = decoder_in(model.part("decoder")), noise_dim(model)
    wanted = parts.agreed + noise
    gets = f"a latent of {parts.agreed}" + (f" and {counted(noise, 'channel')} of noise (`noise_augment_dim`)" if noise else "")
    return Problem(
        takes.at,
        f"the decoder takes {counted(takes.value, 'channel')}, but gets {gets}: the first step would fail",
        help=f"set {takes.at[-1]} to {wanted}",
        related=(_there(encoder_out(model.part("encoder"))),),
        fix=setting(takes.at, wanted),
    )


@rule("latent-width", on=WHOLE, mirrors="models.autoencoders.create_autoencoder_from_config", contract=("R-AE-2",))
def stated_width(setup: Setup) -> Iterator[Problem]:
    """`latent_dim` beside the networks is a statement, which must be true.

    The engine never compares it with the networks. Around an autoencoder everything believes it: losses over the latents,
    conditioners, metrics, and whoever uses the trained model.
    """
    for model in setup.named("AutoencoderModel"):
        try:
            stated, width = model.given("latent_dim"), claims(model).agreed
            reader = _reader_of_latent_dim(setup, model)
        except Absent:
            continue
        if stated == width:
            continue
        effect = (
            f"the `{reader}` loss is built for {stated} and the first step would fail"
            if reader
            else "whoever uses it would believe that"
        )
        takes = decoder_in(model.part("decoder"))
        yield Problem(
            model.at("latent_dim"),
            f"`latent_dim` says {stated}, but the latent has {counted(width, 'channel')}: {effect}",
            help=f"set it to {width}",
            related=(_there(takes),),
            fix=setting(model.at("latent_dim"), width),
            severity="error" if reader else "warning",
        )


def _reader_of_latent_dim(setup: Setup, model: Node) -> str | None:
    """The loss that the trained autoencoder's `latent_dim` matters for."""
    if model.path != setup.model.at("model"):
        return None
    try:
        losses = setup.training.part("loss_configs")
    except Absent:
        return None
    return next((name for name in _READING_LATENT_DIM if losses.has(name)), None)


@rule("codebook-width", on="AutoencoderModel", mirrors="models.bottleneck.RVQBottleneck.encode", contract=("R-AE-3",))
@rule("codebook-width", on="DiffusionAutoencoderModel", mirrors="models.bottleneck.RVQBottleneck.encode", contract=("R-AE-3",))
def quantizer_width(model: Node) -> Iterator[Problem]:
    """A quantizer is built for latents of one width, which must be that of the encoder.

    `rvq` and `rvq_vae` say it as `dim` (128 if nothing is written), the DAC quantizers as `input_dim` (512), `softnorm` as `dim`
    (32). In `fsq` it is `dim`, or else the number of `levels` times `num_codebooks`; in `dithered_fsq` it is `dim` times
    `num_codebooks`. The model is built in any case; the first step fails.
    """
    bottleneck = model.part("bottleneck")
    takes, width = codebook_width(bottleneck), claims(model).agreed
    if takes is None or takes.value == width:
        return
    kind, key, out = bottleneck("type"), str(takes.at[-1]), encoder_out(model.part("encoder"))
    if kind == "dithered_fsq" and _levels_fit(bottleneck, width):  # Then `quantizer` speaks: `dim` alone is wrong.
        return
    exact = key != "levels" and kind != "dithered_fsq"
    makes = f"`{key}` is {takes.value}" if exact else f"`{key}` and `num_codebooks` make {takes.value}"
    default = "" if bottleneck.written(f"config.{key}") else ", the default"
    yield Problem(
        takes.at,
        f"the `{kind}` bottleneck gets latents of {counted(width, 'channel')}, but {makes}{default}: the first step would fail",
        help=f"set {key} to {width}" if exact else f"choose them so that they make {width}",
        related=(_there(out),),
        fix=setting(takes.at, width) if exact else None,
    )


def _levels_fit(bottleneck: Node, width: int) -> bool:
    levels = bottleneck("config.levels")
    return not isinstance(levels, int) and len(levels) * bottleneck("config.num_codebooks") == width


@rule("network-channels", on=WHOLE, mirrors="models.dit.DiffusionTransformer.forward", contract=("R-DC-1", "R-DC-2"))
def network_channels(setup: Setup) -> Iterator[Problem]:
    """A diffusion network works on as many channels as its pretransform gives, or on those of the audio.

    The network has them in its own `config`; `io_channels` beside it says how many channels of noise demos and generation start
    from. Training fails at the first step where the network differs, and at the first demo where only `io_channels` does.
    """
    model = setup.model.part("model")
    network, stated = _network(model), _stated(model)
    audio = audio_channels(setup.model)
    encoded = encoded_width(model.part("pretransform"), audio) if model.has("pretransform") else None
    given = audio if encoded is None else encoded.value
    from_where = (setup.model.at("audio_channels"), f"{audio} channels") if encoded is None else (encoded.at, f"{given} channels")
    source = "the audio has" if encoded is None else "the pretransform gives"
    if network.value != given:
        at = [network.at, *([stated.at] if stated is not None and stated.value != given else [])]
        yield Problem(
            network.at,
            f"the network works on {counted(network.value, 'channel')}, but {source} {given}: the first step would fail",
            help=f"set {' and '.join(dict.fromkeys(str(path[-1]) for path in at))} to {given}",
            related=(from_where, *((_there(stated),) if len(at) > 1 and stated is not None else ())),
            fix=Fix(edits=tuple(Edit(op="set", path=path, value=given) for path in at), sure=len(at) == 1),
        )
    elif stated is not None and stated.value != network.value:
        yield Problem(
            stated.at,
            f"`io_channels` is {stated.value}, but the network works on {network.value}: the first demo would fail",
            help=f"set it to {network.value}",
            related=(_there(network),),
            fix=setting(stated.at, network.value),
        )


def _network(model: Node) -> Width:
    """The channels that a diffusion network is built for."""
    diffusion = model.part("diffusion") if "diffusion" in model.model.fields else model
    config = diffusion.part("config")
    key = next((name for name in ("io_channels", "in_channels") if name in config.model.fields), None)
    if key is None:
        raise Absent(config.path)
    return Width(config.given(key), config.at(key))


def _stated(model: Node) -> Width | None:
    """The channels of noise that demos start from, where they are stated."""
    if "io_channels" not in model.model.fields:
        return None
    return Width(model.given("io_channels"), model.at("io_channels"))


def _there(width: Width) -> tuple[tuple[str | int, ...], str]:
    return width.at, f"{width.at[-1]}: {width.value}"
