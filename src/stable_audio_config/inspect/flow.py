"""The way of the signal through a model: what every part gets and gives, and which conditions arrive where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from ..validation.geometry import (
    audio_channels,
    decoder_out,
    encoded_channels,
    encoder_out,
    inner_ratio,
    latent,
    pretransform_ratio,
    ratio,
)
from ..validation.lengths import decoded_frames, encoded_frames, latent_frames
from ..validation.setup import Setup
from ..validation.view import Node
from ..validation.wiring import own_wiring
from .bottlenecks import tokens
from .presence import UNTOLD, present

T = TypeVar("T")


@dataclass(frozen=True)
class Signal:
    """What goes from one part to the next."""

    name: str
    channels: int | None
    """Channels; None where the config does not tell them."""
    frames: int | None
    """Length of one training example, in samples or frames."""
    rate: float | None
    """Frames per second."""
    codebooks: int | None = None
    """Tokens per frame, for signals that are rounded to codebooks."""


@dataclass(frozen=True)
class Step:
    """A part that a signal passes."""

    name: str
    kind: str
    """Its type."""
    note: str = ""


@dataclass(frozen=True)
class Wire:
    """A condition, and one list that names it."""

    id: str
    kind: str
    """Type of the conditioner, or `inpainting`."""
    tokens: int | None
    """How many tokens it gives; None for signals, and where that depends on the text."""
    width: int | None
    where: str
    """The list that names it."""
    key: str
    """The key that holds the width which the network expects, if the network has one."""
    expected: int | None


def told(work: Callable[[], T]) -> T | None:
    """What `work` gives; None where the config does not tell."""
    try:
        return work()
    except UNTOLD:
        return None


def flow(setup: Setup) -> list[Signal | Step]:
    """Signals and parts in turn, from the audio on. Where a part cannot be looked at, the audio alone.

    Raises:
        Absent: there is no model.
    """
    config = setup.model
    audio = Signal(
        "audio",
        told(lambda: audio_channels(config)),
        told(lambda: config.given("sample_size")),
        told(lambda: config("sample_rate")),
    )
    return told(lambda: _way(config, audio)) or [audio]


def _way(config: Node, audio: Signal) -> list[Signal | Step]:
    model, kind = config.part("model"), config("model_type")
    if kind == "autoencoder":
        return _autoencoder(model, audio)
    way: list[Signal | Step] = [audio]
    if present(model, "pretransform"):
        way += _encoded(model.part("pretransform"), audio)
    if kind == "diffusion_autoencoder":
        return [*way, *_denoised_audio(model, way[-1])]
    holder = {"diffusion_uncond": "", "lm": "lm", "clap": "audio.model"}.get(kind, "diffusion")
    node = told(lambda: model.part(holder)) if holder else model
    return [*way, _network(node, way[-1])] if node is not None else way


def wires(setup: Setup) -> list[Wire]:
    """Every place where a condition enters the model's network."""
    wiring = told(lambda: own_wiring(setup))
    if wiring is None:
        return []
    found = []
    for use in wiring.uses:
        output, node, port = wiring.outputs.get(use.id), wiring.nodes.get(use.id), wiring.ports.get(use.where)
        kind = str(node("type")) if node is not None else "inpainting" if output is not None else "unknown"
        tokens_given = None if output is None else output.tokens
        width = None if output is None else output.width
        key, expected = ("", None) if port is None else (port.key, port.expected)
        found.append(Wire(use.id, kind, tokens_given, width, use.where, key, expected))
    return found


def _encoded(node: Node, audio: Signal) -> list[Signal | Step]:
    """A pretransform, and what it gives."""
    factor = told(lambda: pretransform_ratio(node))
    frames = _length(audio, lambda frames: encoded_frames(node, frames))
    discrete = told(lambda: tokens(node.part("config.bottleneck")))
    given = Signal(
        "latent",
        told(lambda: encoded_channels(node).value),
        frames,
        _slower(audio, factor),
        None if discrete is None else discrete[0],
    )
    inside = told(lambda: str(node("config.encoder.type"))) if node("type") == "autoencoder" else None
    kind = f"autoencoder ({inside})" if inside else str(node("type"))
    return [Step("pretransform", kind, "" if factor is None else f"{factor} : 1"), given]


def _autoencoder(model: Node, audio: Signal) -> list[Signal | Step]:
    way: list[Signal | Step] = [audio]
    before = audio
    if present(model, "pretransform"):
        step, before = _encoded(model.part("pretransform"), audio)[0], _within(model, audio)
        way += [step, before]
    way += _through_encoder(model, before)
    inner = way[-1]
    assert isinstance(inner, Signal)
    decoder = model.part("decoder")
    frames = _length(inner, lambda frames: decoded_frames(decoder, frames))
    out = Signal("decoded", told(lambda: decoder_out(decoder).value), frames, before.rate)
    way += [Step("decoder", str(decoder("type")), _ratio_of(decoder, "1 : {}")), out]
    if present(model, "pretransform"):
        made = told(lambda: frames * inner_ratio(model)) if frames else None
        way += [Step("pretransform", "back"), replace(audio, name="audio", frames=made)]
    return way


def _within(model: Node, audio: Signal) -> Signal:
    """What an autoencoder's own pretransform hands to the encoder."""
    given = _encoded(model.part("pretransform"), audio)[1]
    assert isinstance(given, Signal)
    return replace(given, name="frames")


def _through_encoder(model: Node, before: Signal) -> list[Signal | Step]:
    """Encoder and bottleneck, as far as there are any."""
    way: list[Signal | Step] = []
    if present(model, "encoder"):
        encoder = model.part("encoder")
        factor = told(lambda: ratio(encoder))
        frames = _length(before, lambda frames: latent_frames(encoder, frames))
        before = Signal("encoded", told(lambda: encoder_out(encoder).value), frames, _slower(before, factor))
        way += [Step("encoder", str(encoder("type")), _ratio_of(encoder, "{} : 1")), before]
    if present(model, "bottleneck"):
        bottleneck = model.part("bottleneck")
        books = told(lambda: tokens(bottleneck))
        note = "" if books is None else f"{books[0]} x {books[1]} entries"
        channels = told(lambda: latent(model).value)
        before = replace(before, name="latent", channels=channels, codebooks=None if books is None else books[0])
        way += [Step("bottleneck", str(bottleneck("type")), note), before]
    return way


def _denoised_audio(model: Node, before: Signal | Step) -> list[Signal | Step]:
    """A diffusion autoencoder: its latent is a condition of the network that makes the audio."""
    assert isinstance(before, Signal)
    way = _through_encoder(model, before)
    return [*way, _network(model.part("diffusion"), before), replace(before, name="decoded")]


def _network(node: Node, given: Signal | Step) -> Step:
    kind, config = str(node("type")), told(lambda: node.part("config"))
    if config is None:
        return Step("network", kind)
    facts = []
    if "depth" in config.model.fields and "embed_dim" in config.model.fields:
        facts.append(f"{told(lambda: config('depth'))} layers of {told(lambda: config('embed_dim'))}")
    patch = told(lambda: int(config("patch_size"))) if kind == "dit" else None
    if patch and isinstance(given, Signal) and given.frames:
        facts.append(f"{given.frames // patch} tokens")
    if "multipliers" in config.model.fields:
        widths = told(lambda: [config("channels") * factor for factor in config("multipliers")])
        facts.append(f"{widths} channels")
    return Step("network", kind, ", ".join(facts))


def _length(signal: Signal, work: Callable[[int], int]) -> int | None:
    """What `work` makes of the signal's length, where that is known."""
    frames = signal.frames
    return told(lambda: work(frames)) if frames else None


def _slower(signal: Signal, factor: int | None) -> float | None:
    return None if factor is None or signal.rate is None else signal.rate / factor


def _ratio_of(coder: Node, words: str) -> str:
    factor = told(lambda: ratio(coder))
    return "" if factor is None else words.format(factor)
