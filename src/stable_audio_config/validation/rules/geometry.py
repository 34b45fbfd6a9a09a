"""Widths that parts of a model must agree on: latents, codebooks, the channels of a diffusion network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from ...report.finding import Edit, Fix, Path
from ..geometry import Width, audio_channels, counted, decoder_in, encoder_out, noise_dim
from ..latents import Claims, claims, codebook_width, encoded_width, halves, is_pre_encoded
from ..rule import WHOLE, Problem, rule, setting
from ..setup import Setup
from ..view import Absent, Node
from .data import holds_latents

_READING_LATENT_DIM = ("contrastive", "jepa", "generative", "semantic_regressors")
"""Losses whose networks are built for `latent_dim` as it is stated."""


SHORTEST_PICTURE = 512
"""Samples that the picture of a demo mirrors at its ends: the sound must be longer."""

NOISE = "demos would be latents played as sound"


@dataclass(frozen=True)
class _Use:
    """What a run does with an autoencoder, in words; None where it never does it."""

    encodes: str | None
    decodes: str | None


def _use(setup: Setup, model: Node) -> _Use:
    top = setup.model.at("model.pretransform")
    if model.path[: len(top)] == top:
        kind = setup.model_type
        step = None if is_pre_encoded(setup) else "the first step"
        return _Use(step, None if kind in ("diffusion_uncond", "clap") or not setup.decodes else "the first demo")
    listens_only = "conditioning" in model.path or "clap_config" in model.path
    return _Use("the first step", None if listens_only else "the first step")


@rule("latent-width", on=WHOLE, mirrors="models.autoencoders.AudioAutoencoder.encode", contract=("R-AE-1", "R-AE-4"))
def widths(setup: Setup) -> Iterator[Problem]:
    """Encoder, bottleneck and decoder must agree on the width of the latent.

    The bottlenecks `vae`, `rvq_vae` and `dac_rvq_vae` split the encoder's channels into mean and scale, so it must give twice as
    many as the latent has; under every other bottleneck exactly as many. Bottlenecks with `noise_augment_dim` append that many
    channels, which the decoder must take besides. The engine builds whatever is written; the first step fails with an error about
    the channels of a convolution.
    """
    for model in setup.named("AutoencoderModel"):
        with suppress(Absent):
            parts = claims(model)
            if parts.encoder != parts.agreed:
                yield _encoder(model, parts, _use(setup, model).encodes)
            if parts.decoder != parts.agreed:
                yield _decoder(model, parts, _use(setup, model).decodes)


def _encoder(model: Node, parts: Claims, when: str | None) -> Problem:
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
        f"{message}: {when or 'encoding'} would fail",
        label=f"an encoder for a latent of {width} needs {wanted}",
        help=f"set {at[-1]} to {wanted}",
        related=(_there(takes), *_bottleneck(model), *_no_halves(model, out.value, takes.value)),
        fix=setting(at, wanted),
        severity="error" if when else "warning",
    )


def _bottleneck(model: Node) -> Iterator[tuple[Path, str]]:
    """The keys of a bottleneck that have a say in the width."""
    if model.has("bottleneck"):
        bottleneck = model.part("bottleneck")
        yield bottleneck.at("type"), f"type: {bottleneck('type')}"
        if noise_dim(model):
            yield bottleneck.at("config.noise_augment_dim"), f"noise_augment_dim: {noise_dim(model)}"


def _no_halves(model: Node, given: int, taken: int) -> Iterator[tuple[Path, str]]:
    """Channels that a bottleneck would halve, and there is none."""
    if given == 2 * taken and not model.has("bottleneck"):
        yield model.at("bottleneck"), "no bottleneck halves them"


def _decoder(model: Node, parts: Claims, when: str | None) -> Problem:
    takes, noise = decoder_in(model.part("decoder")), noise_dim(model)
    wanted = parts.agreed + noise
    gets = f"a latent of {parts.agreed}" + (f" and {counted(noise, 'channel')} of noise (`noise_augment_dim`)" if noise else "")
    return Problem(
        takes.at,
        f"the decoder takes {counted(takes.value, 'channel')}, but gets {gets}: {when or 'decoding'} would fail",
        help=f"set {takes.at[-1]} to {wanted}",
        related=(_there(encoder_out(model.part("encoder"))), *_bottleneck(model)),
        fix=setting(takes.at, wanted),
        severity="error" if when else "warning",
    )


@rule("latent-width", on=WHOLE, mirrors="models.autoencoders.create_autoencoder_from_config", contract=("R-AE-2",))
def stated_width(setup: Setup) -> Iterator[Problem]:
    """`latent_dim` beside the networks is a statement, which must be true.

    The engine never compares it with the networks. Around an autoencoder everything believes it: losses over the latents,
    conditioners, metrics, and whoever uses the trained model.
    """
    for model in setup.named("AutoencoderModel"):
        with suppress(Absent):
            stated, width = model.given("latent_dim"), claims(model).agreed
            if stated != width:
                yield _statement(model, width, _reader_of_latent_dim(setup, model))


def _statement(model: Node, width: int, reader: str | None) -> Problem:
    stated, at = model("latent_dim"), model.at("latent_dim")
    built = f"the `{reader}` loss is built for {stated} and the first step would fail"
    return Problem(
        at,
        f"`latent_dim` says {stated}, but the latent has {counted(width, 'channel')}: "
        + (built if reader else "whoever uses it would believe that"),
        help=f"set it to {width}",
        related=(_there(decoder_in(model.part("decoder"))),),
        fix=setting(at, width),
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


@rule("codebook-width", on=WHOLE, mirrors="models.bottleneck.RVQBottleneck.encode", contract=("R-AE-3",))
def quantizer_width(setup: Setup) -> Iterator[Problem]:
    """A quantizer is built for latents of one width, which must be that of the encoder.

    `rvq` and `rvq_vae` say it as `dim` (128 if nothing is written), the DAC quantizers as `input_dim` (512), `softnorm` as `dim`
    (32). In `fsq` it is `dim`, or else the number of `levels` times `num_codebooks`; in `dithered_fsq` it is `dim` times
    `num_codebooks`. The model is built in any case; the first step fails.
    """
    for model in (*setup.named("AutoencoderModel"), *setup.named("DiffusionAutoencoderModel")):
        with suppress(Absent):
            yield from _codebook(model, _use(setup, model).encodes)


def _codebook(model: Node, when: str | None) -> Iterator[Problem]:
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
        f"the `{kind}` bottleneck gets latents of {counted(width, 'channel')}, but {makes}{default}: "
        f"{when or 'encoding'} would fail",
        help=f"set {key} to {width}" if exact else f"choose them so that they make {width}",
        related=(_there(out), *(() if exact else _factors(bottleneck, key)), (bottleneck.at("type"), f"type: {kind}")),
        fix=setting(takes.at, width) if exact else None,
        severity="error" if when else "warning",
    )


def _factors(bottleneck: Node, key: str) -> Iterator[tuple[Path, str]]:
    """The other keys that a width is made of, as far as they are written."""
    for name in ("levels", "dim", "num_codebooks"):
        if name != key and bottleneck.written(f"config.{name}"):
            yield bottleneck.at(f"config.{name}"), f"{name}: {bottleneck(f'config.{name}')}"


def _levels_fit(bottleneck: Node, width: int) -> bool:
    levels = bottleneck("config.levels")
    return not isinstance(levels, int) and len(levels) * bottleneck("config.num_codebooks") == width


@rule("network-channels", on=WHOLE, mirrors="models.dit.DiffusionTransformer.forward", contract=("R-DC-1", "R-DC-2"))
def network_channels(setup: Setup) -> Iterator[Problem]:
    """A diffusion network works on as many channels as its pretransform gives, or on those of the audio.

    The network has them in its own `config`; `io_channels` beside it says how many channels of noise demos and generation start
    from. Training fails at the first step where the network differs, and at the first demo where only `io_channels` does.
    """
    model, audio = setup.model.part("model"), audio_channels(setup.model)
    network, stated = _network(model), _stated(model)
    encoded = encoded_width(model.part("pretransform"), audio) if model.has("pretransform") else None
    if encoded is None and network.value != audio:
        if not _latents_come(setup):
            yield _of_audio(setup, network, stated, audio)
        elif setup.decodes:
            yield _never_decoded(setup, network)
    elif encoded is not None and network.value != encoded.value:
        yield _of_latents(network, stated, encoded)
    elif stated is not None and stated.value != network.value:
        then = "the first demo would fail" if setup.decodes else "generating would fail"
        yield Problem(
            stated.at,
            f"`io_channels` is {stated.value}, but the network works on {network.value}: {then}",
            help=f"set it to {network.value}",
            related=(_there(network),),
            fix=setting(stated.at, network.value),
            severity="error" if setup.decodes else "warning",
        )


def _latents_come(setup: Setup) -> bool:
    """Whether the dataset itself holds what the network works on; of a model file alone, its training section says so."""
    return any(map(holds_latents, setup.datasets)) if setup.datasets else is_pre_encoded(setup)


def _never_decoded(setup: Setup, network: Width) -> Problem:
    """Training on latents needs no pretransform; the sounds of demos do. Inpainting makes them of the data, however short."""
    short = setup.model_type == "diffusion_cond_inpaint" and any(
        data.has("latent_crop_length") and data("latent_crop_length") <= SHORTEST_PICTURE for data in setup.datasets
    )
    then = f"the first demo would fail (latents of {SHORTEST_PICTURE} frames or fewer have no picture)" if short else NOISE
    return Problem(
        setup.model.at("model.pretransform"),
        f"the data are latents of {counted(network.value, 'channel')}, and there is no pretransform to decode them: {then}",
        help="set `pretransform` to the autoencoder that made them, or take `demo` out",
        related=(_there(network),),
        severity="error" if short else "warning",
    )


def _of_audio(setup: Setup, network: Width, stated: Width | None, audio: int) -> Problem:
    """A network that works on the audio itself: where `io_channels` says the same, `audio_channels` is to blame."""
    at = setup.model.at("audio_channels")
    if network.value in (1, 2) and (stated is None or stated.value == network.value):
        message = f"the data have {counted(audio, 'channel')}, but the network works on {network.value}: the first step would fail"
        help = f"set audio_channels to {network.value}"
        return Problem(at, message, help=help, related=(_there(network),), fix=setting(at, network.value))
    problem = _mended(network, stated, audio, "the audio has", (at, f"{audio} channels"))
    lacks = (setup.model.at("model.pretransform"), "no pretransform stands between the audio and the network")
    return replace(problem, related=(*problem.related, lacks))


def _of_latents(network: Width, stated: Width | None, encoded: Width) -> Problem:
    """A network that works on what a pretransform gives, which is trained already and right."""
    return _mended(network, stated, encoded.value, "the pretransform gives", (encoded.at, f"{encoded.value} channels"))


def _mended(network: Width, stated: Width | None, given: int, source: str, place: tuple[Path, str]) -> Problem:
    wrong = [width for width in (network, stated) if width is not None and width.value != given]
    return Problem(
        network.at,
        f"the network works on {counted(network.value, 'channel')}, but {source} {given}: the first step would fail",
        help=f"set {' and '.join(dict.fromkeys(str(width.at[-1]) for width in wrong))} to {given}",
        related=(place, *(_there(width) for width in wrong[1:])),
        fix=Fix(edits=tuple(Edit(op="set", path=width.at, value=given) for width in wrong), sure=len(wrong) == 1),
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


def _there(width: Width) -> tuple[Path, str]:
    return width.at, f"{width.at[-1]}: {width.value}"
