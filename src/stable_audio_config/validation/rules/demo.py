"""What would fail only when the first demo runs, and demos that never appear."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from ...report.finding import Edit, Fix, Path
from ..geometry import seconds
from ..rule import WHOLE, Problem, rule, setting
from ..setup import Setup
from ..view import Absent, Node
from ..wiring import Wiring, own_wiring
from .condition_values import TENSORS, written_demos
from .diffusion_training import CONDITIONAL
from .prompt import plain_entries


@rule("demo-count", on=WHOLE, mirrors="training.diffusion.DiffusionCondDemoCallback", contract=("R-DM-1",))
def demo_counts(setup: Setup) -> Iterator[Problem]:
    """A demo draws `num_demos` noises for as many conditions as there are.

    Both numbers must agree: the first demo, after step 1, puts noise and conditions side by side and fails if they do not.
    """
    if setup.model_type != "diffusion_cond":
        return
    demo = setup.training.part("demo")
    wanted, at = demo("num_demos"), demo.at("num_demos")
    if demo("demo_cond_from_batch"):
        batch = setup.run("batch_size")
        if wanted > batch:
            message = f"`num_demos` is {wanted}, but a batch holds only {batch} conditions"
            yield Problem(at, message, help=f"set it to at most {batch}", fix=setting(at, batch))
        return
    count = len(demo("demo_cond") or ())
    if wanted != count:
        message = f"`num_demos` is {wanted}, but `demo_cond` has {count} entries: the first demo would fail"
        fix, related = setting(at, count) if count else None, [(demo.at("demo_cond"), f"{count} entries")]
        if demo.written("demo_cond_from_batch"):
            related.append((demo.at("demo_cond_from_batch"), "demo_cond_from_batch: false"))
        yield Problem(at, message, help=f"set it to {count}", fix=fix, related=tuple(related))


def demo_of(setup: Setup) -> Node:
    """The demo section of a conditional diffusion model.

    Raises:
        Absent: the model is of another type, or no demos are made.
    """
    if setup.model_type not in CONDITIONAL:
        raise Absent(())
    return setup.training.part("demo")


def from_batch(demo: Node) -> bool:
    """Whether the conditions of demos are those of the batch."""
    return "demo_cond_from_batch" in demo.model.fields and demo("demo_cond_from_batch") is True


@rule("no-effect", on=WHOLE, severity="warning", mirrors="training.diffusion.DiffusionCondDemoCallback", contract=("R-DM-2",))
def conditions_unread(setup: Setup) -> Iterator[Problem]:
    """With `demo_cond_from_batch` demos take the conditions of the batch, and nothing reads `demo_cond`."""
    demo = demo_of(setup)
    if from_batch(demo) and demo("demo_cond"):
        at, switch = demo.at("demo_cond"), demo.at("demo_cond_from_batch")
        message = "`demo_cond` is set, but `demo_cond_from_batch` takes the conditions from the batch"
        related, fix = ((switch, "demo_cond_from_batch: true"),), setting(switch, False, sure=False)
        yield Problem(at, message, help="set demo_cond_from_batch to false", related=related, fix=fix)


@rule("demo-cond", on=WHOLE, mirrors="models.conditioners.MultiConditioner.forward", contract=("R-DM-2",))
def conditions_of_demos(setup: Setup) -> Iterator[Problem]:
    """Every entry of `demo_cond` has a value for every conditioner.

    All conditioners run for a demo, also those that no list of the network names; where one finds neither its id nor the other key
    that `default_keys` names for it, the first demo fails, after step 1. Keys that mean no conditioner are ignored.
    """
    demo_of(setup)
    demo, wiring = written_demos(setup), own_wiring(setup)
    entries = [(index, entry) for index, entry in enumerate(demo("demo_cond") or ()) if isinstance(entry, Mapping)]
    at, known = demo.at("demo_cond"), _keys(wiring)
    spare = _spare(entries, demo, wiring, known)
    for name, other in known.items():
        lacking = [(index, entry) for index, entry in entries if name not in entry and other not in entry]
        if lacking:
            near = [
                key for key in get_close_matches(name, list(spare), n=1, cutoff=0.6) if all(key in entry for _, entry in lacking)
            ]
            meant = spare.pop(near[0]) if near else []
            yield _lacking(at, name, other, [index for index, _ in lacking], len(entries), near[0] if meant else None)
    for key, places in spare.items():
        message = f"`demo_cond` has `{key}`, but no conditioner has this id: nothing reads it"
        yield Problem((*at, places[0], key), message, help="leave it out", severity="warning")


def _keys(wiring: Wiring) -> dict[str, str | None]:
    """Key that a conditioner reads -> the other key that will do, as `default_keys` says."""
    right = {conditioner: listed for listed, conditioner in wiring.meant.items() if listed in wiring.misspelt}
    others, finished = wiring.model("conditioning.default_keys"), wiring.model("conditioning.pre_encoded_keys")
    kinds = {name: node.tree.get("type") for name, node in wiring.nodes.items()}
    told = [name for name in wiring.ids if name not in finished and kinds.get(name) not in TENSORS]  # `needs-audio` has the others.
    return {right.get(name, name): others.get(name) for name in told}


def _spare(
    entries: list[tuple[int, Mapping[str, Any]]], demo: Node, wiring: Wiring, known: dict[str, str | None]
) -> dict[str, list[int]]:
    """Key that nothing reads -> the entries that have it. `seconds_total` is always read: sounds are cut by it."""
    shown = [display("id") for display in demo.parts("cond_display_configs")]
    read = {*known, *known.values(), *wiring.ids, *shown, "seconds_total", "audio"}
    found: dict[str, list[int]] = {}
    for index, entry in entries:
        for key in entry:
            if key not in read:
                found.setdefault(str(key), []).append(index)
    return found


def _lacking(at: Path, name: str, other: str | None, indices: list[int], count: int, typo: str | None) -> Problem:
    where = "an entry of `demo_cond`" if len(indices) == 1 else f"{len(indices)} of {count} entries of `demo_cond`"
    verb = "lacks" if len(indices) == 1 else "lack"
    key = f"`{name}`" + (f" (or `{other}`)" if other else "")
    edits = tuple(Edit(op="rename", path=(*at, index, typo), value=name) for index in indices) if typo else ()
    return Problem(
        (*at, indices[0], typo) if typo else (*at, indices[0]),
        f"{where} {verb} {key}, which a conditioner reads: the first demo would fail",
        help=f"did you mean `{name}` in the place of `{typo}`?" if typo else f"give every entry a value for `{name}`",
        fix=Fix(edits=edits) if edits else None,
    )


@rule("demo-audio", on=WHOLE, mirrors="training.diffusion.DiffusionCondDemoCallback", contract=("R-DM-7", "R-DM-8"))
def tensors_to_show(setup: Setup) -> Iterator[Problem]:
    """`display_audio_cond` and `cond_display_configs` show sounds that only a batch can hold.

    They look for tensors among the conditions of the demo: under `audio`, and under the ids that they name. A config cannot hold
    tensors, so they work with `demo_cond_from_batch` only, and need a metadata module (or tar files) that gives such sounds.
    """
    demo = demo_of(setup)
    if "display_audio_cond" not in demo.model.fields:
        return
    displays = demo.parts("cond_display_configs")
    wanted: list[tuple[Path, str, Node | None]] = [(display.at("id"), display("id"), display) for display in displays]
    if demo("display_audio_cond"):
        wanted.append((demo.at("display_audio_cond"), "audio", None))
    for at, name, display in wanted:
        if not from_batch(demo) and not _silent(demo, name, display):
            message = f"`{name}` must hold sounds, which `demo_cond` cannot: the first demo would fail"
            switch = demo.at("demo_cond_from_batch")
            yield Problem(at, message, help="set demo_cond_from_batch to true", fix=setting(switch, True, sure=False))
        elif from_batch(demo) and _gives_nothing_else(setup, name):
            message = f"nothing in the data is called `{name}`: the first demo would fail"
            yield Problem(at, message, help="give the dataset a custom_metadata_module that returns it")
        elif display is not None and display("config.pre_encoded") and not setup.model.part("model").has("pretransform"):
            message = "`pre_encoded` says that there are latents to decode, but the model has no `pretransform`"
            yield Problem(display.at("config.pre_encoded"), f"{message}: the first demo would fail", help="set it to false")


def _gives_nothing_else(setup: Setup, name: str) -> bool:
    """Whether nothing in the batch can be called `name`; what conditioners read is no business of demos."""
    if name in own_wiring(setup).ids:
        return False
    entries = setup.dataset.parts("datasets")
    return len(plain_entries(setup.dataset)) == len(entries) > 0


def _silent(demo: Node, name: str, display: Node | None) -> bool:
    """Whether every entry has an empty dictionary there, which stands for silence."""
    if display is None or display("type") != "audio_dict":
        return False
    return all(isinstance(entry, Mapping) and entry.get(name) == {} for entry in demo("demo_cond") or ())


@rule("demo-length", on=WHOLE, severity="note", mirrors="training.utils.compute_per_elem_trim", contract=("R-DM-9",))
def longer_than_a_demo(setup: Setup) -> Iterator[Problem]:
    """A demo is as long as `sample_size`, whatever `seconds_total` says.

    Only what is shorter is cut, 2 seconds after its `seconds_total`. (Models that are also conditioned on `seconds_start` hear a
    window of a longer sound, so there nothing is said.)
    """
    demo_of(setup)
    demo, wiring = written_demos(setup), own_wiring(setup)
    size, rate = setup.model.given("sample_size"), setup.model.given("sample_rate")
    if "seconds_start" in wiring.ids:
        return
    for index, entry in enumerate(demo("demo_cond") or ()):
        asked = entry.get("seconds_total") if isinstance(entry, Mapping) else None
        if isinstance(asked, (int, float)) and size / rate < asked <= _greatest(wiring):
            at = (*demo.at("demo_cond"), index, "seconds_total")
            message = f"`seconds_total` asks for {asked:g} s, but a demo has {seconds(size, rate)} (`sample_size` {size})"
            yield Problem(at, message, help="ask for less", related=((setup.model.at("sample_size"), f"sample_size: {size}"),))


def _greatest(wiring: Wiring) -> float:
    """The greatest `seconds_total` that its conditioner tells from others."""
    for conditioner in wiring.model.part("conditioning").parts("configs"):
        if conditioner("id") == "seconds_total" and conditioner("type") in ("number", "int"):
            return float(conditioner("config.max_val"))
    return float("inf")


@rule("no-demos", on=WHOLE, severity="warning", mirrors="training.diffusion.DiffusionUncondDemoCallback", contract=("R-UN-1",))
def unconditional(setup: Setup) -> Iterator[Problem]:
    """A demo section should make demos.

    For `diffusion_uncond` engine 0.0.20 never makes any: its sampler asks the model for a `diffusion_objective` that such a model
    does not have. It prints the error and trains on. The demos of `diffusion_cond_inpaint` are those of `demo_cond`, and sounds of
    the dataset whose holes are filled: where neither is asked for, there are none.
    """
    if setup.model_type == "diffusion_uncond" and setup.training.has("demo"):
        message = "engine 0.0.20 makes no demos of `diffusion_uncond`: each try prints an error, and training goes on"
        yield Problem(setup.training.at("demo"), message, help="leave it out, and listen to checkpoints with sat generate")


@rule(
    "no-demos", on=WHOLE, severity="warning", mirrors="training.diffusion.DiffusionCondInpaintDemoCallback", contract=("R-DM-10",)
)
def nothing_to_show(setup: Setup) -> Iterator[Problem]:
    """A demo section should make demos."""
    if setup.model_type != "diffusion_cond_inpaint":
        return
    demo = setup.training.part("demo")
    if not demo("demo_cond") and not sum(asked(demo).values()):
        message = "no demos are asked for: there is neither a `demo_cond` nor any of `inpaint_demos`"
        yield Problem(demo.path, message, help="add demo_cond or inpaint_demos, or leave demo out")


@rule("no-demos", on=WHOLE, severity="note", mirrors="training.diffusion.DiffusionCondDemoCallback", contract=("R-DM-11",))
def teachers_demo(setup: Setup) -> Iterator[Problem]:
    """A demo section should make demos."""
    training = setup.training
    if setup.model_type != "diffusion_cond" or not training.has("arc") or not training.has("demo"):
        return
    arc = training.part("arc")
    named = ("teacher_model", "use_model_as_teacher", "teacher_model_config_path", "reuse_discriminator_as_teacher")
    key = next((name for name in named if arc(name)), None)
    if key is not None:
        message = "the teacher's own demo is never made for `diffusion_cond`: the engine prints an error once, and trains on"
        yield Problem(training.at("demo"), message, related=((arc.at(key), key),))


KINDS_OF_HOLES = ("num_random_segments", "num_full_mask", "num_causal", "num_random_spans")
"""Keys of `inpaint_demos`, in the order in which the engine takes sounds from the batch."""


def asked(demo: Node) -> dict[str, int]:
    """Sounds of the dataset that the demos of an inpainting model show, by kind of hole; `num_demos` for any kind."""
    if not demo.has("inpaint_demos"):
        return {"num_demos": max(int(demo("num_demos")), 0)}
    counts = demo.part("inpaint_demos")
    return {kind: max(int(counts(kind)), 0) for kind in KINDS_OF_HOLES}
