"""What follows from a config and stands nowhere in it, for hover and hints: seconds, shapes, parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..inspect.flow import Signal, Step, Wire
from ..inspect.summary import Summary, summary
from ..report.finding import Path as Key
from ..validation.view import Absent
from .conditioners import DEMOS, is_id_place
from .scene import Scene

SHAPED = frozenset(
    (
        *("model_type", "model", "encoder", "decoder", "bottleneck", "pretransform", "diffusion", "lm"),
        *("strides", "c_mults", "ratios", "downsampling_ratio", "latent_dim", "io_channels", "patch_size", "audio_channels"),
    )
)
"""Keys that decide about the way of the signal."""

SAMPLES = frozenset(("sample_size", "latent_crop_length"))
"""Keys whose unit is audio samples, or latent frames."""


def summary_of(scene: Scene) -> Summary | None:
    """What `sat inspect` knows about the model; None where there is none, or too much of it is wrong."""
    try:
        return summary(scene.setup)
    except Absent:
        return None


def facts(scene: Scene, path: Key, value: Any) -> list[str]:
    """What follows from the value at `path` and those beside it, as lines of markdown."""
    known = summary_of(scene)
    if known is None:
        return []
    found = [line for line in (seconds(known, path, value),) if line]
    name = path[-1]
    if path in (("model", "sample_size"), ("model", "sample_rate")) or (name in SHAPED and path[0] == "model"):
        found.append(way(known))
    found += [
        parameters(part.tensors.trained_count, part.tensors.frozen_count)
        for part in known.parts
        if part.path == path and part.tensors
    ]
    if is_id_place(path) or name == "id" or path[:-2] == DEMOS:
        wanted = str(name if path[:-2] == DEMOS else value)
        found += [wire(one) for one in known.wires if one.id == wanted]
    return [line for line in found if line]


def seconds(known: Summary, path: Key, value: Any) -> str:
    """How long a number of samples or frames is; how much sound a step sees."""
    if not isinstance(value, int) or isinstance(value, bool) or not known.sample_rate:
        return ""
    if path[-1] == "sample_size":
        return f"{value / known.sample_rate:.2f} s at {known.sample_rate} Hz"
    if path[-1] == "latent_crop_length" and known.downsampling:
        return f"{value * known.downsampling / known.sample_rate:.2f} s"
    if path == ("batch_size",) and known.seconds:
        return f"{value * known.seconds:.1f} s of sound in a step of one process"
    return ""


def way(known: Summary) -> str:
    """The way of the signal on one line."""
    return " → ".join(_signal(item) if isinstance(item, Signal) else _step(item) for item in known.flow)


def _signal(of: Signal) -> str:
    shape = " x ".join(str(number) for number in (of.channels, of.frames) if number is not None)
    rate = f" ({of.rate:.2f}".rstrip("0").rstrip(".") + "/s)" if of.rate is not None else ""
    return f"{of.name} {shape}{rate}"


def _step(of: Step) -> str:
    return f"**{of.kind}**" + (f" {of.note}" if of.note else "")


def parameters(trained: int, frozen: int) -> str:
    """The size of a part."""
    if not frozen:
        return f"{trained:,} parameters"
    return f"{trained + frozen:,} parameters, {frozen:,} of them frozen"


def wire(of: Wire) -> str:
    """What one condition gives to one list."""
    width = "?" if of.width is None else str(of.width)
    given = f"{of.tokens} x {width}" if of.tokens is not None else width
    expected = f" (`{of.key}` {of.expected})" if of.key else ""
    return f"`{of.id}`, {of.kind}: {given} → `{of.where}`{expected}"


def hints(scene: Scene) -> list[tuple[Key, str]]:
    """Short notes that an editor shows beside values: local path -> seconds, or what an interpolation comes to."""
    from .scene import value_at

    known = summary_of(scene)
    found = []
    for local, place in scene.buffer.text.places.items():
        if not place.scalar or local[0] == "defaults":
            continue
        path = scene.whole(local)
        try:
            value, written = value_at(scene.tree, path), value_at(scene.buffer.tree or {}, local)
        except LookupError:
            continue
        if isinstance(written, str) and "${" in written and value != written and not isinstance(value, (Mapping, list)):
            found.append((local, f"= {value}"))
        elif known is not None and path[-1] == "sample_size" and (words := seconds(known, path, value)):
            found.append((local, words.partition(" at ")[0]))
    return found
