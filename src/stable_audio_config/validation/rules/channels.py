"""Audio channels, from the data loader through pretransform, encoder and decoder to the losses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ...report.finding import Severity
from ..geometry import Width, audio_channels, counted, decoder_out, encoder_in, pretransform_ratio, ratio
from ..latents import encoded_width
from ..rule import WHOLE, Problem, rule, setting
from ..setup import Setup
from ..view import Absent, Node

_NAMES = {1: "mono", 2: "stereo"}


@dataclass(frozen=True)
class _Ends:
    """The audio channels of an autoencoder and its data; None where a number does not tell."""

    data: int
    encoder: int | None
    decoder: int | None
    stated: int

    @property
    def agreed(self) -> int:
        """What most of them say, as far as data can have it; among equals what the data have."""
        votes = Counter(value for value in (self.data, self.encoder, self.decoder, self.stated) if value in (1, 2))
        return max(votes, key=lambda value: (votes[value], value == self.data))


@dataclass(frozen=True)
class _Subject:
    """The autoencoder that the data go through."""

    model: Node
    trained: bool
    """False for the pretransform of another model."""
    mixed: bool
    """Whether its input is mixed down to mono first."""
    data: int

    @cached_property
    def ends(self) -> _Ends:
        """What each of its ends says."""
        folded = self.model.has("pretransform") and self.model.part("pretransform")("type") in ("patched", "wavelet")
        times = encoded_width(self.model.part("pretransform"), 1).value if folded else 1
        tells = folded or not self.model.has("pretransform")
        sides = (encoder_in(self.model.part("encoder")).value, decoder_out(self.model.part("decoder")).value)
        takes, gives = (side // times if tells and side % times == 0 else None for side in sides)
        return _Ends(self.data, None if self.mixed else takes, gives, out_channels(self.model).value)

    @cached_property
    def audio(self) -> int:
        """Channels of the sound, once every number agrees."""
        return self.ends.agreed

    @cached_property
    def misfolded(self) -> Problem | None:
        """What is wrong with the factor of its pretransform alone."""
        return misfolded(self.model)


def misfolded(model: Node) -> Problem | None:
    """The problem of a pretransform whose factor alone is wrong, because encoder, decoder and stated ratio agree on another."""
    if not model.has("pretransform"):
        return None
    pretransform, encoder = model.part("pretransform"), model.part("encoder")
    key = {"patched": "config.patch_size", "wavelet": "config.levels"}.get(pretransform("type"))
    takes, audio = encoder_in(encoder).value, out_channels(model).value
    if key is None or decoder_out(model.part("decoder")).value != takes or audio < 1 or takes % audio:
        return None
    factor, needed = pretransform_ratio(pretransform), takes // audio
    if factor == needed or needed * ratio(encoder) != model("downsampling_ratio"):
        return None
    value = needed if pretransform("type") == "patched" else needed.bit_length() - 1
    if pretransform("type") == "wavelet" and 2**value != needed:
        return None
    at, name = pretransform.at(key), key.rpartition(".")[2]
    folds = f"makes {factor * audio} channels of {audio}"
    message = f"`{name}` is {pretransform(key)}, so the pretransform {folds}, but encoder and decoder are built for {takes}"
    return Problem(at, f"{message}: the first step would fail", help=f"set it to {value}", fix=setting(at, value))


def out_channels(model: Node) -> Width:
    """The audio channels that an autoencoder says it gives back."""
    key = "out_channels" if model.has("out_channels") else "io_channels"
    return Width(model.given(key), model.at(key))


def _subject(setup: Setup) -> _Subject:
    """The autoencoder that this config trains, or encodes its data with.

    Raises:
        Absent: there is none, or its data are encoded already.
    """
    model, training, data = setup.model.part("model"), setup.training, audio_channels(setup.model)
    if setup.model_type == "autoencoder":
        return _Subject(model, True, training("force_input_mono") is True and data > 1, data)
    pretransform = _encoding(setup)
    if pretransform("type") != "autoencoder":
        raise Absent(pretransform.path)
    return _Subject(pretransform.part("config"), False, False, data)


def _encoding(setup: Setup) -> Node:
    """The pretransform that encodes the data of a model that is not an autoencoder."""
    if "pre_encoded" in setup.training.model.fields and setup.training("pre_encoded"):
        raise Absent(())
    return setup.model.part("model").part("pretransform")


@rule(
    "channels",
    on=WHOLE,
    mirrors="training.autoencoders.AutoencoderTrainingWrapper.training_step",
    contract=("R-AE-8", "R-AE-9", "R-AE-10", "R-DC-10"),
)
def same_channels(setup: Setup) -> Iterator[Problem]:
    """Data, encoder, decoder and losses must have the same audio channels.

    `audio_channels` decides what the data loader delivers: 1 is mono, any other number (2 if nothing is written) is stereo. The
    engine compares none of these numbers: the first step fails in a convolution or in a loss, or the first demo does.
    """
    subject = _subject(setup)
    yield from _data(setup, subject)
    yield from _encoder(subject)
    yield from _decoder(subject)
    yield from _statement(setup, subject)


def _data(setup: Setup, subject: _Subject) -> Iterator[Problem]:
    if subject.data == subject.audio:
        return
    at = setup.model.at("audio_channels")
    says = f"is {setup.model('audio_channels')}" if setup.model.written("audio_channels") else "is not set"
    built = "the model is" if subject.trained else "the pretransform is"
    yield Problem(
        at,
        f"`audio_channels` {says}, so the data are {_NAMES[subject.data]}, but {built} built for {_NAMES[subject.audio]}: "
        "the first step would fail",
        help=f"set it to {subject.audio}",
        related=(_there(encoder_in(subject.model.part("encoder"))),),
        fix=setting(at, subject.audio),
    )


def _encoder(subject: _Subject) -> Iterator[Problem]:
    audio = 1 if subject.mixed else subject.audio
    if subject.misfolded is not None:
        yield subject.misfolded
        return
    yield from _takes(subject.model, audio, "`force_input_mono` mixes down" if subject.mixed else "the data have")


@rule("channels", on=WHOLE, mirrors="models.autoencoders.DiffusionAutoencoder", contract=("R-AE-8", "R-AE-9"))
def latents_channels(setup: Setup) -> Iterator[Problem]:
    """Data, encoder, decoder and losses must have the same audio channels."""
    if setup.model_type != "diffusion_autoencoder":
        return
    model, audio = setup.model.part("model"), audio_channels(setup.model)
    takes = encoder_in(model.part("encoder")).value
    blamed = not model.has("pretransform") and takes in (1, 2) and takes == model("io_channels")
    if not blamed or takes == audio:  # Where network and encoder agree, `network-channels` blames the data.
        yield from _takes(model, audio, "the data have")


@rule("channels", on=WHOLE, mirrors="models.pretransforms.Pretransform.encode", contract=("R-DC-10",))
def pretransform_channels(setup: Setup) -> Iterator[Problem]:
    """Data, encoder, decoder and losses must have the same audio channels."""
    yield from _passes(_encoding(setup), audio_channels(setup.model), "the data have")


def _takes(model: Node, audio: int, source: str) -> Iterator[Problem]:
    """What is wrong with the way of `audio` channels into an autoencoder."""
    takes, comes, giver = encoder_in(model.part("encoder")), audio, source
    if model.has("pretransform"):
        yield from _passes(model.part("pretransform"), audio, source)
        comes, giver = encoded_width(model.part("pretransform"), audio).value, "its pretransform gives"
    if takes.value != comes:
        count = "to mono" if "mixes" in giver else str(comes)
        yield Problem(
            takes.at,
            f"the encoder takes {counted(takes.value, 'channel')}, but {giver} {count}: the first step would fail",
            help=f"set {takes.at[-1]} to {comes}",
            fix=setting(takes.at, comes),
        )


def _passes(pretransform: Node, audio: int, source: str) -> Iterator[Problem]:
    """What is wrong with a pretransform that gets `audio` channels, leaving autoencoders to `_takes`."""
    kind = pretransform("type")
    if kind == "wavelet" and pretransform.given("config.channels") != audio:
        at, built = pretransform.at("config.channels"), pretransform("config.channels")
        then = "the first step would fail" if built > audio else "the others would only be folded"
        message = f"the wavelet transform is built for {counted(built, 'channel')}, but {source} {audio}: {then}"
        severity: Severity = "error" if built > audio else "warning"
        yield Problem(at, message, help=f"set it to {audio}", fix=setting(at, audio), severity=severity)
    elif kind == "patched" and pretransform.given("config.channels") != audio:
        at, stated = pretransform.at("config.channels"), pretransform("config.channels")
        filters = pretransform("config.postfilter_channels") > 0
        then = "its filter would fail to decode" if filters else "the number of encoded channels is stated wrongly"
        wrong: Severity = "error" if filters else "warning"
        message = f"`channels` says {stated}, but {source} {audio}: {then}"
        yield Problem(at, message, help=f"set it to {audio}", fix=setting(at, audio), severity=wrong)
    elif kind == "dac_pretrained" and audio != 1:
        message = f"the published DAC models are mono, but {source} {audio} channels: the first step would fail"
        yield Problem(pretransform.at("type"), message, help="set audio_channels to 1")


def _decoder(subject: _Subject) -> Iterator[Problem]:
    if subject.misfolded is not None:
        return
    gives, wanted = decoder_out(subject.model.part("decoder")), subject.audio
    into = f"the data are {_NAMES[wanted]}"
    if subject.model.has("pretransform"):
        wanted, into = encoded_width(subject.model.part("pretransform"), wanted).value, "the pretransform decodes"
        into = f"{into} {wanted}"
    if gives.value != wanted:
        then = "the losses or the first demo would fail" if subject.trained else "demos have other channels than the data"
        yield Problem(
            gives.at,
            f"the decoder gives {counted(gives.value, 'channel')}, but {into}: {then}",
            help=f"set {gives.at[-1]} to {wanted}",
            fix=setting(gives.at, wanted),
            severity="error" if subject.trained else "warning",
        )


def _statement(setup: Setup, subject: _Subject) -> Iterator[Problem]:
    stated, audio = out_channels(subject.model), subject.audio
    if stated.value == audio:
        return
    reader = _reader(setup, subject.model, stated) if subject.trained else None
    effect = f"the {reader} would fail at the first step" if reader else "whoever uses the model would believe that"
    if subject.trained and not reader and audio == 2:
        effect = "the losses would treat it as mono"
    yield Problem(
        stated.at,
        f"`{stated.at[-1]}` says {stated.value}, but the sound is {_NAMES[audio]}: {effect}",
        help=f"set it to {audio}",
        related=(_there(decoder_out(subject.model.part("decoder"))),),
        fix=setting(stated.at, audio),
        severity="error" if reader else "warning",
    )


def _reader(setup: Setup, model: Node, stated: Width) -> str | None:
    """What fails where this statement is wrong: a network built for it, or a loss over left and right."""
    if not setup.training.has("loss_configs"):
        return "default discriminator"
    losses = setup.training.part("loss_configs")
    if losses.has("discriminator") and losses("discriminator").get("type") != "oobleck":
        return "discriminator"
    if losses.has("contrastive") and stated.at[-1] == "io_channels" and not model.has("in_channels"):
        return "`contrastive` loss"
    sides = [name for name in ("spectral", "semantic_regressors") if losses.has(name)]
    return f"`{sides[0]}` loss over left and right" if stated.value == 2 and sides else None


def _there(width: Width) -> tuple[tuple[str | int, ...], str]:
    return width.at, f"{width.at[-1]}: {width.value}"
