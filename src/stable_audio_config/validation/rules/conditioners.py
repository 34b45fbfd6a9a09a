"""Each conditioner by itself: its range or options, its widths, the pretransform it encodes with."""

from __future__ import annotations

from collections.abc import Iterator

from ..conditions import ROBERTA, frames, has_projection, pretransform_of
from ..geometry import conditioner_width, encoded_channels, seconds
from ..rule import WHOLE, Problem, removing, rule, setting
from ..setup import Setup
from ..view import Absent, Node
from ..wiring import own_wiring, wirings
from .condition_values import Demo, demo_values

FAILS = "the first step would fail"
UNBUILT = "the model cannot be built"


@rule("int-range", on=WHOLE, mirrors="models.conditioners.IntConditioner", contract=("R-CO-1",))
def int_ranges(setup: Setup) -> Iterator[Problem]:
    """The range of an `int` conditioner begins at 0.

    The engine makes a table of `max_val` - `min_val` + 1 vectors and looks numbers up in it as they are, not from `min_val` on.
    With another `min_val` than 0, negative numbers and those above `max_val` - `min_val` end the run as soon as one comes along.
    That is an error where it is sure to happen: a demo has one, or almost all of the range is lost.
    """
    for conditioner in setup.named("IntConditioner"):
        low, high = conditioner("config.min_val"), conditioner("config.max_val")
        if low > high:
            at, related = conditioner.at("config.min_val"), ((conditioner.at("config.max_val"), f"max_val: {high}"),)
            message = f"`min_val` {low} is above `max_val` {high}: {UNBUILT if low > high + 1 else FAILS}"
            yield Problem(at, message, help="set it to 0", related=related, fix=setting(at, 0) if high >= 0 else None)
        elif low != 0:
            yield _shifted(setup, conditioner, low, high - low)


def _shifted(setup: Setup, conditioner: Node, low: int, last: int) -> Problem:
    """The table holds 0 to `last`; the numbers begin at `low`."""
    at, lost = conditioner.at("config.min_val"), f"numbers above {last}" if low > 0 else "negative numbers"
    clashing = next((demo for demo in _demos_of(setup, conditioner) if not 0 <= min(max(demo[1], low), low + last) <= last), None)
    then = f"the first demo, with {clashing[1]}, would fail" if clashing else f"{lost} would end the run"
    help = "set it to 0" if low > 0 else f"set it to 0, and add {-low} to every number in the metadata"
    return Problem(
        at,
        f"`min_val` is {low}, but numbers are looked up in the table as they are: {then}",
        help=help,
        related=((clashing[2], f"{clashing[2][-1]}: {clashing[1]}"),) if clashing else (),
        fix=setting(at, 0) if low > 0 else None,
        severity="error" if clashing or 10 * min(abs(low), last + 1) >= 9 * (last + 1) else "warning",
    )


def _demos_of(setup: Setup, conditioner: Node) -> list[Demo]:
    """The whole numbers that demos say to a conditioner."""
    try:
        said = demo_values(setup)
    except Absent:
        return []
    return [place for place in said if place[0].path == conditioner.path and type(place[1]) is int]


@rule("number-range", on="NumberConditioner", mirrors="models.conditioners.NumberConditioner", contract=("R-CO-2",))
def number_range(conditioner: Node) -> Iterator[Problem]:
    """The range of a `number` conditioner goes up, and reaches as far as the numbers do.

    Numbers outside are taken for the nearest end of the range, without a word. The default range is 0 to 1: all seconds from 1 on
    then look the same. With both ends equal the engine divides by zero, and the loss is NaN.
    """
    low, high = conditioner("config.min_val"), conditioner("config.max_val")
    at, name = conditioner.at("config.max_val"), conditioner("id")
    if low == high:
        message = f"`min_val` and `max_val` are both {low:g}: the embedding, and the loss, would be NaN"
        yield Problem(at, message, help="set it to the greatest number that occurs")
    elif low > high:
        message = f"`min_val` {low:g} is above `max_val` {high:g}: every number gets the same embedding"
        related = ((conditioner.at("config.min_val"), f"min_val: {low:g}"),)
        yield Problem(at, message, help=f"set it above {low:g}", related=related, severity="warning")
    elif name.startswith("seconds") and high <= 1:
        message = f"`max_val` is {high:g}: all clips of more than {high:g} s get the same embedding"
        yield Problem(at, message, help="set it to the longest duration, in seconds", severity="warning")


@rule("number-range", on=WHOLE, severity="warning", mirrors="models.conditioners.NumberConditioner", contract=("R-CO-2",))
def reaches_the_end(setup: Setup) -> Iterator[Problem]:
    """The range of a `number` conditioner goes up, and reaches as far as the numbers do."""
    size, rate = setup.model.given("sample_size"), setup.model.given("sample_rate")
    conditioner = own_wiring(setup).nodes.get("seconds_total")
    if conditioner is None or conditioner("type") not in ("number", "int"):
        return
    high, at = conditioner("config.max_val"), conditioner.at("config.max_val")
    if 1 < high < size // rate:
        message = f"`max_val` is {high:g}, but `sample_size` is {seconds(size, rate)}: longer clips are told to be {high:g} s long"
        related = ((setup.model.at("sample_size"), f"sample_size: {size}"),)
        yield Problem(at, message, help=f"set it to at least {-(-size // rate)}", related=related)


@rule("list-options", on="ListConditioner", severity="warning", mirrors="models.conditioners.ListConditioner", contract=("R-CO-3",))
def options(conditioner: Node) -> Iterator[Problem]:
    """`options` names each value once.

    Every option has a vector of its own; all values that are not among them share one, without a word. Of two equal options the
    second is never used.
    """
    values, at = list(conditioner("config.options")), conditioner.at("config.options")
    if not values:
        yield Problem(at, "`options` is empty: every value gets the same embedding", help="name the values")
    twice = next((value for index, value in enumerate(values) if value in values[:index]), None)
    if twice is not None:
        yield Problem(at, f"`options` has `{twice}` twice: the second is never used", help="leave it out")


@rule(
    "conditioner-width", on="PretransformConditioner", mirrors="models.conditioners.PretransformConditioner", contract=("R-CO-4",)
)
def pretransform_width(conditioner: Node) -> Iterator[Problem]:
    """The `output_dim` of a conditioner fits what it is made from.

    `pretransform` gives latents as they are: with another width than theirs the engine puts a projection on the frames in the place
    of the channels, and fails. `source_mix` is the other way round: it asks its projection for its weights, and with the same width
    there is none, so that the first step ends with StopIteration, which Lightning may take for the end of the data. `sat_clap_text`
    projects from 768, the text branch's width, though its embedding is `joint_embed_dim` wide.
    """
    width, latents = conditioner_width(conditioner), encoded_channels(pretransform_of(conditioner))
    if width.value != latents.value:
        at = conditioner.at("config.output_dim")
        message = f"`{width.at[-1]}` is {width.value}, but its latents have {latents.value} channels: {FAILS}"
        related = ((latents.at, f"{latents.value} channels"),)
        yield Problem(at, message, help=f"set output_dim to {latents.value}", related=related, fix=setting(at, latents.value))


@rule(
    "conditioner-width", on="SourceMixConditioner", mirrors="models.conditioners.SourceMixConditioner.forward", contract=("R-CO-5",)
)
def source_mix_width(conditioner: Node) -> Iterator[Problem]:
    """The `output_dim` of a conditioner fits what it is made from."""
    width, latents = conditioner_width(conditioner), encoded_channels(pretransform_of(conditioner))
    if width.value == latents.value:
        at = conditioner.at("config.output_dim")
        message = (
            f"`{width.at[-1]}` is {width.value}, like the channels of its latents, but `source_mix` needs another width: {FAILS}"
        )
        yield Problem(at, message, help="set output_dim to another number, and the width of its list too")


@rule("conditioner-width", on="SATClapTextConditioner", mirrors="models.conditioners.SATCLAPTextConditioner", contract=("R-CO-7",))
def clap_text_width(conditioner: Node) -> Iterator[Problem]:
    """The `output_dim` of a conditioner fits what it is made from."""
    joint = conditioner.given("config.model.joint_embed_dim")
    if joint == ROBERTA or conditioner("config.use_text_features") or not has_projection(conditioner):
        return
    message = f"`joint_embed_dim` is {joint}, but the projection to `output_dim` takes {ROBERTA}: {FAILS}"
    help = f"use a CLAP with a joint_embed_dim of {ROBERTA}, or use_text_features: true"
    yield Problem("config.model.joint_embed_dim", message, help=help)


@rule("conditioner-pretransform", on="PretransformConditioner", mirrors="inference.utils.set_audio_channels")
@rule("conditioner-pretransform", on="SourceMixConditioner", mirrors="inference.utils.set_audio_channels")
def mono_or_stereo(conditioner: Node) -> Iterator[Problem]:
    """A conditioner for audio has one pretransform: its own, or the model's.

    The engine makes sound mono or stereo for it, and no more.
    """
    pretransform = pretransform_of(conditioner)
    if pretransform("type") in ("patched", "wavelet") and pretransform.given("config.channels") not in (1, 2):
        at, stated = pretransform.at("config.channels"), pretransform("config.channels")
        message = f"`channels` is {stated}, but sound is made mono or stereo: {FAILS}"
        yield Problem(at, message, help="set it to 1 or 2", related=((conditioner.at("type"), f"type: {conditioner('type')}"),))


@rule("source-mix", on="SourceMixConditioner", mirrors="models.conditioners.SourceMixConditioner", contract=("R-CO-6",))
def sources(conditioner: Node) -> Iterator[Problem]:
    """A mix has sources, and a length for when there are none.

    `source_keys` are the names of the sources in the metadata. An item without any of them ends the run, unless `allow_null_source`
    puts a learned vector in their place, `source_length` frames long; without that length the model is not built.
    """
    config = conditioner.part("config")
    keys, null = config("source_keys"), config("allow_null_source")
    if null and config("source_length") is None:
        message = f"`source_length` is missing, but `allow_null_source` needs it: {UNBUILT}"
        yield Problem("config.source_length", message, help="set it to the latent frames of `sample_size`")
    if not keys:
        message = f"`source_keys` names no source: {'every item gets the learned vector' if null else FAILS}"
        yield Problem("config.source_keys", message, help="name the sources", severity="warning" if null else "error")


@rule("source-mix", on=WHOLE, severity="warning", mirrors="models.conditioners.SourceMixConditioner.forward", contract=("R-CO-6",))
def as_long_as_the_sources(setup: Setup) -> Iterator[Problem]:
    """A mix has sources, and a length for when there are none."""
    for conditioner in own_wiring(setup).nodes.values():
        if (
            conditioner("type") == "source_mix"
            and conditioner("config.allow_null_source")
            and conditioner.has("config.source_length")
        ):
            length, needed = conditioner("config.source_length"), frames(setup)
            at, related = conditioner.at("config.source_length"), ((setup.model.at("sample_size"), f"{needed} latent frames"),)
            if length != needed and conditioner("config.source_keys"):
                message = (
                    f"`source_length` is {length}, but `sample_size` makes {needed} latent frames: batches with both would fail"
                )
                yield Problem(at, message, help=f"set it to {needed}", related=related, fix=setting(at, needed))


@rule("conditioner-pretransform", on=WHOLE, mirrors="models.conditioners.create_multi_conditioner_from_conditioning_config")
def own_pretransforms(setup: Setup) -> Iterator[Problem]:
    """A conditioner for audio has one pretransform: its own, or the model's.

    `use_model_pretransform` shares the one of the diffusion model, which must then exist, and `pretransform_config` must be left
    out. Without it, `pretransform_config` must be there. The model is not built otherwise.
    """
    for wiring in wirings(setup):
        for conditioner in wiring.nodes.values():
            if conditioner("type") in ("pretransform", "source_mix"):
                yield from _own_pretransform(wiring.model, conditioner)


def _own_pretransform(model: Node, conditioner: Node) -> Iterator[Problem]:
    shares, own = conditioner("config.use_model_pretransform"), conditioner.written("config.pretransform_config")
    switch, config = conditioner.at("config.use_model_pretransform"), conditioner.at("config.pretransform_config")
    related = ((switch, f"use_model_pretransform: {str(shares).lower()}"),)
    if shares and own:
        message = f"`pretransform_config` stands beside `use_model_pretransform`: {UNBUILT}"
        yield Problem(config, message, help="leave one of the two out", related=related)
    elif shares and not model.has("pretransform"):
        yield Problem(
            switch, f"`use_model_pretransform` is true, but the model has no `pretransform`: {UNBUILT}", help="set it to false"
        )
    elif not shares and not own:
        message = f"`pretransform_config` is missing: {UNBUILT}"
        help = "write the pretransform there, or use_model_pretransform: true"
        yield Problem(config, message, help=help, related=related)


@rule("conditioner-pretransform", on="ClapSource", mirrors="models.clap.create_clap_from_config")
def clap_pretransform(clap: Node) -> Iterator[Problem]:
    """A conditioner for audio has one pretransform: its own, or the model's."""
    if not clap.written("model.pretransform") or _borrowed(clap):
        return
    at = clap.at("model.pretransform")
    if clap("model.pretransform") is None:
        yield Problem(
            at, f"`pretransform` is null, which the engine tries to build: {UNBUILT}", help="leave it out", fix=removing(at)
        )
    elif not clap.has("sample_rate"):
        yield Problem("sample_rate", f"`sample_rate` is missing, but `pretransform` needs it: {UNBUILT}", help="set it")


def _borrowed(clap: Node) -> bool:
    """Whether the diffusion model lends its pretransform."""
    if not clap("use_model_pretransform"):
        return False
    try:
        return clap.above("DiffusionCondModel").has("pretransform")
    except Absent:
        return True


@rule("conditioner-sample-rate", on=WHOLE, severity="warning", mirrors="models.pretransforms.AutoencoderPretransform")
def sample_rates(setup: Setup) -> Iterator[Problem]:
    """A conditioner's `sample_rate` is the model's.

    The audio in the metadata has the sample rate of the data, which is the model's. The engine asks a conditioner for a rate of its
    own and never compares the two: an encoder that was trained for another rate then hears everything too fast or too slow.
    """
    rate = setup.model.given("sample_rate")
    for conditioner in own_wiring(setup).nodes.values():
        if not conditioner.written("config.sample_rate") or conditioner("config.use_model_pretransform"):
            continue
        own, at = conditioner("config.sample_rate"), conditioner.at("config.sample_rate")
        if conditioner("type") in ("pretransform", "source_mix") and own != rate:
            message = f"`sample_rate` is {own}, but the model's, and that of the data, is {rate}"
            related = ((setup.model.at("sample_rate"), f"sample_rate: {rate}"),)
            yield Problem(at, message, help=f"set it to {rate}", related=related, fix=setting(at, rate, sure=False))
