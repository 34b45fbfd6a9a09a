"""Demos that fill the holes of sounds from the dataset: what they need, and how many a batch can give."""

from __future__ import annotations

from collections.abc import Iterator

from ...report.finding import Path, Severity
from ..geometry import pretransform_ratio
from ..rule import WHOLE, Problem, rule
from ..setup import Setup
from ..view import Absent, Node
from .data import holds_latents
from .demo import KINDS_OF_HOLES, asked
from .inpainting import masks_named


def _demo(setup: Setup) -> tuple[Node, dict[str, int], Path]:
    """The demo section, how many sounds with which holes it asks for, and the key that does.

    Raises:
        Absent: it asks for none.
    """
    if setup.model_type != "diffusion_cond_inpaint":
        raise Absent(())
    demo = setup.training.part("demo")
    counts = asked(demo)
    if not sum(counts.values()):
        raise Absent(demo.path)
    return demo, counts, demo.at("inpaint_demos" if demo.has("inpaint_demos") else "num_demos")


@rule("inpaint-demo", on=WHOLE, mirrors="training.diffusion.DiffusionCondInpaintDemoCallback", contract=("R-TR-4",))
def masks_of_the_right_length(setup: Setup) -> Iterator[Problem]:
    """Demos of sounds from the dataset need `training.inpainting`, latents as data, and no more sounds than a batch holds.

    Holes are cut as `training.inpainting` says, into the data's own mask. It counts samples where the data are sounds, and latent
    frames where they are latents: with a pretransform the engine encodes the sounds and forgets the mask, and the first demo
    fails. It also fails where a kind of hole is left without a sound; otherwise there are fewer demos than asked for.
    """
    _, _, at = _demo(setup)
    training, model = setup.training, setup.model.part("model")
    if not training.has("inpainting"):
        if not masks_named(setup):  # Otherwise that is the mistake.
            message = "holes are cut as `training.inpainting` says, which is missing: the first demo would fail"
            help = "set training.inpainting (an empty section will do), or show demo_cond only"
            yield Problem(at, message, help=help, related=((setup.model.at("model_type"), f"model_type: {setup.model_type}"),))
        return
    if training("pre_encoded") or not model.has("pretransform") or any(holds_latents(data) for data in setup.datasets):
        return
    pretransform = model.part("pretransform")
    ratio = pretransform_ratio(pretransform)
    if ratio != 1:
        yield Problem(
            at,
            f"demos of the dataset need latents as data: masks of sounds are {ratio} times too long, and the first demo would fail",
            help="encode the data first (sat pre-encode), or show demo_cond only",
            related=((pretransform.path, f"1 frame for {ratio} samples"),),
        )


@rule("out-of-range", on="InpaintDemoCounts", mirrors="training.diffusion.DiffusionCondInpaintDemoCallback")
def fewer_than_none(counts: Node) -> Iterator[Problem]:
    """A probability or a share lies between 0 and 1, a weight is not below 0."""
    asked_for = {kind: int(counts(kind)) for kind in KINDS_OF_HOLES}
    fails = sum(asked_for.values()) != 0
    for kind, count in asked_for.items():
        if count < 0:
            message = f"`{kind}` is {count}, fewer than none" + (": the first demo would fail" if fails else "")
            yield Problem(kind, message, help="leave it out", severity="error" if fails else "warning")


@rule("inpaint-demo", on=WHOLE, mirrors="models.inpainting.random_inpaint_mask", contract=("R-TR-5",))
def as_many_as_a_batch(setup: Setup) -> Iterator[Problem]:
    """Demos of sounds from the dataset need `training.inpainting`, latents as data, and no more sounds than a batch holds."""
    demo, counts, at = _demo(setup)
    batch, total, taken = setup.run("batch_size"), sum(counts.values()), 0
    if total <= batch:
        return
    severity: Severity = "warning"
    then = f"the others are not shown: only {batch} are"
    for kind, count in counts.items():
        if count and taken >= batch:
            severity, then, at = (
                "error",
                f"none is left for `{kind}`, and the first demo would fail",
                demo.at(f"inpaint_demos.{kind}"),
            )
            break
        taken += count
    message = f"the demos ask for {total} sounds, but a batch holds {batch}: {then}"
    related = ((setup.run.at("batch_size"), f"batch_size: {batch}"),)
    yield Problem(at, message, help=f"ask for at most {batch}", related=related, severity=severity)
