"""The values that conditioners get: those of `demo_cond`, which stand in the config, and the keys that a dataset gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from ...report.finding import Path
from ..rule import WHOLE, Problem, rule
from ..setup import Setup
from ..supply import supplies
from ..view import Absent, Node
from ..wiring import own_wiring, wirings

FAILS = "the first demo would fail"
TEXT = ("t5", "t5gemma", "causal_lm", "lut", "clap_text", "sat_clap_text")
TENSORS = ("pretransform", "source_mix", "sat_clap_audio", "clap_audio")
Demo = tuple[Node, Any, Path]
"""Conditioner, value, and where the value stands."""


def written_demos(setup: Setup) -> Node:
    """The `demo` section, where `demo_cond` says what the demos are of.

    Raises:
        Absent: there is none, or the conditions come from the batch.
    """
    demo = setup.training.part("demo")
    if demo.tree.get("demo_cond_from_batch") is True:
        raise Absent(demo.path)
    return demo


def demo_values(setup: Setup) -> list[Demo]:
    """What `demo_cond` says to each conditioner."""
    demo, model = written_demos(setup), setup.model.part("model")
    entries, other_keys = demo.given("demo_cond"), model("conditioning.default_keys")
    found = []
    for name, conditioner in own_wiring(setup).nodes.items():
        for index, entry in enumerate(entries):
            key = next((key for key in (name, other_keys.get(name)) if key in entry), None) if isinstance(entry, Mapping) else None
            if key is not None:
                found.append((conditioner, entry[key], (*demo.at("demo_cond"), index, key)))
    return found


def _finished(conditioner: Node) -> bool:
    return conditioner("type") in TENSORS or conditioner("id") in conditioner.above("Conditioning")("pre_encoded_keys")


@rule("needs-audio", on=WHOLE, mirrors="training.diffusion.DiffusionCondDemoCallback", contract=("R-DM-2",))
def no_tensors_in_a_config(setup: Setup) -> Iterator[Problem]:
    """A conditioner that reads audio or tensors gets its demos from the batch.

    A config can hold texts and numbers, but no sound. With `demo_cond_from_batch: true` the conditions of a demo are those of the
    batch that was just trained on.
    """
    demo = written_demos(setup)
    for name, conditioner in own_wiring(setup).nodes.items():
        if _finished(conditioner) and demo("demo_cond"):
            message = f"the conditioner `{name}` reads audio or tensors, which `demo_cond` cannot hold: {FAILS}"
            from_batch = "demo_cond_from_batch" in demo.model.fields
            help = "set demo_cond_from_batch to true" if from_batch else "leave demo_cond out"
            yield Problem(demo.at("demo_cond"), message, help=help, related=((conditioner.path, f"id: {name}"),))


@rule("condition-type", on=WHOLE, mirrors="models.conditioners.MultiConditioner.forward", contract=("R-CO-10", "R-CO-11"))
def types(setup: Setup) -> Iterator[Problem]:
    """A condition has the type that its conditioner reads: a text, a whole number, a number.

    A wrong one fails when the first demo is made, after the first step. Of a list the engine takes the first item and drops the
    rest. `seconds_total` also says where a demo is cut, so it must be a number even where no conditioner reads it.
    """
    for conditioner, value, at in demo_values(setup):
        if not _finished(conditioner):
            yield from _type(conditioner, value, at)


def _type(conditioner: Node, value: Any, at: Path) -> Iterator[Problem]:
    name, kind = conditioner("id"), conditioner("type")
    if at[-1] == "seconds_total" and not isinstance(value, (int, float)):
        return  # The rule below speaks about it.
    if isinstance(value, (list, tuple)):
        if not value:
            yield Problem(at, f"`{name}` is an empty list: {FAILS}", help="write one value")
            return
        if len(value) > 1:
            message = f"`{name}` is a list of {len(value)}: the engine takes `{value[0]}` and drops the rest"
            yield Problem(at, message, help="write one value", severity="warning")
        value = value[0]
    wanted = wanted_type(kind, value)
    if wanted is not None:
        message = f"`{name}` is {_shown(value)}, but its `{kind}` conditioner reads {wanted}: {FAILS}"
        yield Problem(at, message, help=f"write {wanted}", related=((conditioner.at("type"), f"type: {kind}"),))


def wanted_type(kind: str, value: Any) -> str | None:
    """What should stand there, None where it does."""
    if kind in TEXT and not isinstance(value, str):
        return "a text"
    if kind == "int" and not isinstance(value, int):
        return "a whole number"
    if kind == "number" and not _is_number(value):
        return "a number"
    return None


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _shown(value: Any) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)


@rule("condition-type", on=WHOLE, mirrors="training.utils.compute_per_elem_trim", contract=("R-CO-11",))
def trims(setup: Setup) -> Iterator[Problem]:
    """A condition has the type that its conditioner reads: a text, a whole number, a number."""
    demo = written_demos(setup)
    for index, entry in enumerate(demo("demo_cond") or ()):
        if isinstance(entry, Mapping) and "seconds_total" in entry and not isinstance(entry["seconds_total"], (int, float)):
            at = (*demo.at("demo_cond"), index, "seconds_total")
            message = f"`seconds_total` is {_shown(entry['seconds_total'])}, but says where the demo is cut: {FAILS}"
            yield Problem(at, message, help="write a number")


@rule(
    "condition-range", on=WHOLE, severity="warning", mirrors="models.conditioners.NumberConditioner", contract=("R-CO-1", "R-CO-2")
)
def ranges(setup: Setup) -> Iterator[Problem]:
    """A number lies in the range of its conditioner.

    Outside, the nearest end of the range is taken without a word.
    """
    for conditioner, value, at in demo_values(setup):
        kind, number = conditioner("type"), isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or kind not in ("int", "number") or (kind == "int" and not isinstance(value, int)):
            continue
        low, high = conditioner("config.min_val"), conditioner("config.max_val")
        taken = min(max(value, low), high)
        name, related = conditioner("id"), ((conditioner.at("config"), f"min_val: {low:g}, max_val: {high:g}"),)
        if taken != value and low < high:
            message = f"`{name}` is {value:g}, but its conditioner knows {low:g} to {high:g} only: {taken:g} is taken"
            yield Problem(at, message, help=f"write a number up to {high:g}, or widen the range", related=related)


@rule("condition-option", on=WHOLE, severity="warning", mirrors="models.conditioners.ListConditioner.forward", contract=("R-CO-3",))
def options(setup: Setup) -> Iterator[Problem]:
    """A value is one of the `options` of its conditioner: all others share one vector, without a word."""
    for conditioner, value, at in demo_values(setup):
        if conditioner("type") == "list" and not isinstance(value, list) and value not in conditioner("config.options"):
            known = [str(option) for option in conditioner("config.options")]
            near = get_close_matches(str(value), known, n=1, cutoff=0.6)
            listed = ", ".join(f"`{option}`" for option in known)
            message = f"`{conditioner('id')}` is {_shown(value)}, which is none of its `options`: all such values look the same"
            help = f"did you mean `{near[0]}`?" if near else f"they are {listed}"
            yield Problem(at, message, help=help, related=((conditioner.at("config.options"), "options"),))


@rule("effective-length", on=WHOLE, severity="note", mirrors="data.utils", contract=("R-CO-12",))
def lengths_of_demos(setup: Setup) -> Iterator[Problem]:
    """With `mask_padding_attention` or `use_effective_length_for_schedule` every demo says its `seconds_total`.

    Both need the length of each sound. Where one demo of a batch does not say it, both are off for all of them.
    """
    diffusion, demo = setup.model.part("model.diffusion"), written_demos(setup)
    switches = ("mask_padding_attention", "use_effective_length_for_schedule")
    asking = next((key for key in switches if diffusion(key) is True), None)
    if asking is None:
        return
    entries = [entry for entry in demo.given("demo_cond") if isinstance(entry, Mapping)]
    silent = next((index for index, entry in enumerate(entries) if "seconds_total" not in entry), None)
    if silent is not None:
        message = f"`{asking}` needs the `seconds_total` of every demo, and is off for all of them without"
        yield Problem(
            (*demo.at("demo_cond"), silent), message, help="add seconds_total", related=((diffusion.at(asking), f"{asking}: true"),)
        )


@rule("missing-metadata", on=WHOLE, mirrors="models.conditioners.MultiConditioner.forward", contract=("R-CO-8",))
def keys_of_the_data(setup: Setup) -> Iterator[Problem]:
    """The metadata of the data hold every conditioner's key.

    A conditioner reads the key of its id, or the one that `default_keys` names for it; where an item has neither, the first step
    fails. `audio_dir` gives `path`, `relpath`, `timestamps`, `seconds_start`, `seconds_total`, `padding_mask`, `sample_rate` and
    `load_time`, and whatever the `custom_metadata_module` returns. What latents and tar files bring along stands in their own JSON.
    """
    explained = {wiring.ids[wiring.meant[name]] for wiring in wirings(setup) for name in wiring.misspelt}
    for lack in supplies(setup):
        missing = {name: at for name, at in lack.missing.items() if at not in explained}
        if missing:
            yield lack.problem(missing)
