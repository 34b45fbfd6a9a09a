"""Resampling: the factors of encoder and decoder, what is stated about them, and lengths that must divide by them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from math import prod

from ...report.finding import Path, Severity
from ..geometry import STAGED, coder_type, counted, inner_ratio, outward, ratio, strides_at
from ..lengths import complete, decoded_frames, latent_frames
from ..rule import WHOLE, Problem, rule, setting
from ..setup import Setup
from ..view import Absent, Node
from .channels import misfolded
from .sample_size import agree, network_unit

_LISTS = ("strides", "transformer_depths", "sinusoidal_blocks")


@rule("stages", on="NamedEncoder", mirrors="models.autoencoders.OobleckEncoder", contract=("R-AE-11",))
@rule("stages", on="NamedDecoder", mirrors="models.autoencoders.OobleckDecoder", contract=("R-AE-11",))
def stage_lists(coder: Node) -> Iterator[Problem]:
    """Every list of an encoder or decoder has one entry for each stage; `c_mults` decides how many stages there are.

    Where a list is shorter, the model cannot be built. Where `strides` is longer, the engine leaves the further ones out without a
    word: the model then has another ratio than the list seems to say.
    """
    if coder_type(coder) not in STAGED:
        return
    config = coder.part("config")
    stages, counts = len(config("c_mults")), _counts(config)
    yield from _wrong_count(config, stages, counts) or _wrong_lists(coder, stages, counts)


def _wrong_count(config: Node, stages: int, counts: dict[str, int]) -> list[Problem]:
    """The problem of `c_mults`, where all other lists agree with each other and not with it."""
    if not stages and not _has_first_width(config):
        message = "`c_mults` is empty: the model could not be built"
        return [Problem(config.at("c_mults"), message, help="write one entry for each stage")]
    others = {name: count for name, count in counts.items() if config.written(name) or count < stages}
    if len(others) < 2 or len(set(others.values())) != 1 or stages in others.values():
        return []
    (count,), few = set(others.values()), stages < min(others.values())
    then = "the engine leaves out the rest of them" if few else "the model could not be built"
    message = f"`c_mults` {_has(config, 'c_mults', stages)}, but {_and(list(others))} have {count}: {then}"
    related = tuple((config.at(name), counted(count, "entry", "entries")) for name in others)
    severity: Severity = "warning" if few else "error"
    help = "write one entry for each stage in every list"
    return [Problem(config.at("c_mults"), message, help=help, related=related, severity=severity)]


def _has_first_width(config: Node) -> bool:
    """Whether a coder has a width of its own before the first stage; those of `taae` begin with that of the first."""
    return "_TAAE" not in config.model.names


def _wrong_lists(coder: Node, stages: int, counts: dict[str, int]) -> Iterator[Problem]:
    config = coder.part("config")
    for name, count in counts.items():
        related = ((config.at("c_mults"), counted(stages, "entry", "entries")),)
        says = f"`{name}` {_has(config, name, count)}, but `c_mults` {_has(config, 'c_mults', stages)}"
        if count < stages:
            message = f"{says}: the model could not be built"
            yield Problem(config.at(name), message, help="write one entry for each stage", related=related)
        elif count > stages and config.written(name) and name != "sinusoidal_blocks":
            lost = ", ".join(map(str, config(name)[stages:]))
            then = f", so the ratio is {ratio(coder)}" if name == "strides" else ""
            message = f"{says}: the engine leaves out {lost}{then}"
            yield Problem(config.at(name), message, help="write one for each stage", related=related, severity="warning")


def _counts(config: Node) -> dict[str, int]:
    """How many entries the lists beside `c_mults` have."""
    names = [name for name in _LISTS if name in config.model.fields and not isinstance(config(name), int)]
    return {name: len(config(name)) for name in names}


def _has(config: Node, name: str, count: int) -> str:
    return f"has {counted(count, 'entry', 'entries')}" + ("" if config.written(name) else " by default")


def _and(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names[:-1]) + f" and `{names[-1]}`"


@rule("downsampling-ratio", on=WHOLE, mirrors="models.autoencoders.AudioAutoencoder", contract=("R-AE-5", "R-AE-6"))
def ratios(setup: Setup) -> Iterator[Problem]:
    """Encoder, decoder and `downsampling_ratio` must have the same ratio.

    It is the product of the resampling factors, times the ratio of the autoencoder's own pretransform. The engine never compares
    the three. A decoder with another ratio than the encoder gives sound of another length, which training fills up with silence or
    compares with silence. `downsampling_ratio` is a statement: demo lengths, masks, chunks and generation believe it.
    """
    for model in setup.named("AutoencoderModel"):
        with suppress(Absent):
            yield from _ratios(setup, model)


def _ratios(setup: Setup, model: Node) -> Iterator[Problem]:
    encoder, decoder = model.part("encoder"), model.part("decoder")
    inner = inner_ratio(model)
    down, up, stated = ratio(encoder) * inner, ratio(decoder) * inner, model.given("downsampling_ratio")
    if down == up == stated or not complete(encoder, decoder) or misfolded(model) is not None:
        return
    votes = Counter((down, up, stated))
    agreed = max(votes, key=lambda value: (votes[value], value == down))
    behind = f", times {inner} of the pretransform" if inner > 1 else ""
    if stated != agreed:
        yield from _wrong_statement(setup, model, agreed, f"{_product(encoder)}{behind}")
    if down != agreed:
        makes = f"{counted(down, 'sample')} ({_product(encoder)}{behind})"
        message = f"the encoder makes one latent frame of {makes}, but the decoder makes {agreed} of one"
        help, other = f"choose factors whose product is {agreed // inner}", (strides_at(decoder), _product(decoder))
        yield Problem(strides_at(encoder), message, help=help, related=(other,), severity="warning")
    if up != agreed:
        message = (
            f"the decoder makes {up} samples of one latent frame ({_product(decoder)}{behind}), but the encoder takes {agreed}"
        )
        help, other = f"choose factors whose product is {agreed // inner}", (strides_at(encoder), _product(encoder))
        yield Problem(strides_at(decoder), message, help=help, related=(other,), severity="warning")


def _wrong_statement(setup: Setup, model: Node, actual: int, product: str) -> Iterator[Problem]:
    stated, at = model.given("downsampling_ratio"), model.at("downsampling_ratio")
    failure = _failure_of_ratio(setup, model, stated)
    effect = failure or "lengths, masks and durations would be counted with it"
    yield Problem(
        at,
        f"`downsampling_ratio` says {stated}, but one latent frame stands for {counted(actual, 'sample')} ({product}): {effect}",
        help=f"set it to {actual}",
        related=((strides_at(model.part("encoder")), product),),
        fix=setting(at, actual),
        severity="error" if failure else "warning",
    )


def _failure_of_ratio(setup: Setup, model: Node, stated: int) -> str | None:
    """What would fail with a wrong ratio, in a diffusion model around this autoencoder."""
    try:
        pretransform, config = model.above("AutoencoderPretransform"), model.above("ModelConfigBase")
        size = config.given("sample_size")
    except Absent:
        return None
    if pretransform.path != config.at("model.pretransform"):
        return None
    if stated < 1:
        return "demos would have no length at all" if setup.decodes else None
    if size < stated:
        return f"demos of {size} samples would have no frame at all" if setup.decodes else None
    unit, why = network_unit(config.part("model"))
    if size // stated % unit and setup.decodes:
        return f"demos of {size // stated} frames would not divide by {unit} ({why})"
    if pretransform("chunked") is True and size >= 128 * stated:
        return "`chunked` would cut and join in the wrong places"
    return None


def _product(coder: Node) -> str:
    factors = outward(coder)
    return " x ".join(map(str, factors)) if len(factors) > 1 else str(prod(factors))


@rule("downsampling-ratio", on=WHOLE, mirrors="training.diffusion.DiffusionAutoencoderDemoCallback.on_train_batch_end")
def diffusion_ratio(setup: Setup) -> Iterator[Problem]:
    """In a diffusion autoencoder `downsampling_ratio` is the encoder's alone, without that of a pretransform.

    Decoding makes that many frames of noise for every latent frame, and the pretransform stretches them once more. The first demo
    puts sound and reconstruction side by side, which must be equally long.
    """
    if setup.model_type != "diffusion_autoencoder":
        return
    model = setup.model.part("model")
    encoder, stated, at = model.part("encoder"), model.given("downsampling_ratio"), model.at("downsampling_ratio")
    actual = ratio(encoder)
    if _lacks_strides(encoder) or stated == actual:
        return
    fails = _has_demos(setup)
    says = f"`downsampling_ratio` says {stated}, but the encoder makes one latent frame of {counted(actual, 'frame')}"
    then = "the first demo would fail" if fails else "decoded sound would have another length"
    related: tuple[tuple[Path, str], ...] = ((strides_at(encoder), _product(encoder)),)
    if coder_type(encoder) in STAGED and encoder.written("config.c_mults"):
        related += ((encoder.at("config.c_mults"), f"c_mults: {list(encoder('config.c_mults'))}"),)
    severity: Severity = "error" if fails else "warning"
    help = f"set it to {actual}"
    yield Problem(at, f"{says}: {then}", help=help, related=related, fix=setting(at, actual), severity=severity)


def _lacks_strides(encoder: Node) -> bool:
    """Whether an encoder cannot be built, because it has fewer strides than stages."""
    return coder_type(encoder) in STAGED and len(encoder("config.strides")) < len(encoder("config.c_mults"))


def _has_demos(setup: Setup) -> bool:
    try:
        return setup.training.has("demo")
    except Absent:
        return False


@rule("decoder-mirror", on="AutoencoderModel", severity="warning", mirrors="models.autoencoders.create_decoder_from_config")
def mirrored(model: Node) -> Iterator[Problem]:
    """The decoder's factors should be the encoder's, backwards.

    Which way a list runs depends on the type: `oobleck`, `taae` and `same` write both lists from the audio's side to the latent's;
    `seanet` and `dac` write the decoder's from the latent's side to the audio's. Any order works, but the same factors in another
    order are usually a slip.
    """
    encoder, decoder = model.part("encoder"), model.part("decoder")
    down, up = outward(encoder), outward(decoder)
    if down == up or sorted(down) != sorted(up) or not complete(encoder, decoder):  # Other factors are no slip of the order.
        return
    ours = down[::-1] if strides_at(decoder)[-1] != "strides" else down
    at = strides_at(decoder)
    message = f"the decoder resamples by {_arrow(up[::-1])} from the latent on, the encoder by {_arrow(down)} towards it"
    yield Problem(
        at,
        f"{message}: the decoder is not its mirror",
        help=f"write {at[-1]}: {ours}, if they are meant to mirror each other",
        related=((strides_at(encoder), str(list(down))),),
        fix=setting(at, ours, sure=False) if len(ours) == len(up) else None,
    )


def _arrow(factors: list[int]) -> str:
    return ", ".join(map(str, factors))


@rule("odd-stride", on="AutoencoderModel", severity="warning", mirrors="models.autoencoders.DecoderBlock", contract=("R-AE-13",))
def odd_strides(model: Node) -> Iterator[Problem]:
    """Transposed convolutions lose a sample wherever a stride is odd.

    The decoders of `oobleck` (without `use_nearest_upsample`), `taae` and `dac` then give back less than went in. Training fills up
    with zeros, and what is decoded stays short. SEANet and `same` have no such trouble.
    """
    encoder, decoder = model.part("encoder"), model.part("decoder")
    odd = [factor for factor in outward(decoder) if factor > 1 and factor % 2]
    if not odd or not complete(encoder, decoder) or not agree(model):
        return
    whole = 64 * ratio(encoder)
    short = whole - decoded_frames(decoder, latent_frames(encoder, whole))
    if short > 0:
        message = (
            f"the decoder's stride {odd[0]} is odd: what it gives back is {counted(short, 'sample')} shorter than what went in"
        )
        yield Problem(strides_at(decoder), message, help="use even strides" + _nearest_help(decoder))


def _nearest_help(decoder: Node) -> str:
    return ", or use_nearest_upsample: true" if decoder("type") == "oobleck" else ""
