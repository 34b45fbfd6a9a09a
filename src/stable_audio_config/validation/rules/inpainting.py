"""Training to fill holes: masks, the lists that ask for them, and the model type whose demos make them."""

from __future__ import annotations

from collections.abc import Iterator

from ..geometry import counted
from ..id_lists import INPAINT, Use, network
from ..rule import WHOLE, Problem, rule, setting
from ..setup import Setup
from ..view import Node
from ..wiring import own_wiring
from .diffusion_training import conditional


def masks_named(setup: Setup) -> list[Use]:
    """Where the network asks for what inpainting makes; conditioners of the same name would give it otherwise."""
    wiring = own_wiring(setup)
    return [use for use in wiring.uses if use.id in INPAINT and use.id not in wiring.ids]


@rule(
    "inpainting",
    on=WHOLE,
    mirrors="models.diffusion.ConditionedDiffusionModelWrapper.get_conditioning_inputs",
    contract=("R-TR-2",),
)
def masks_missing(setup: Setup) -> Iterator[Problem]:
    """Masks are made where `training.inpainting` stands, and reach the network where a list names them: one needs the other.

    `inpaint_mask` and `inpaint_masked_input` are conditions that only inpainting makes. A list that names them without it fails at
    the first step. With `training.inpainting`, and no list that names them, the network is trained to fill holes that it is not
    shown: the loss counts what is missing only.
    """
    conditional(setup)
    training = setup.training
    named = [] if training.has("inpainting") else masks_named(setup)
    if not named:
        return
    first, skipped = named[0], all(use.where == "modular_local_cond_configs" for use in named)
    then = "it is skipped, and its projection never trained" if skipped else "the first step would fail"
    at = training.at("inpainting")
    yield Problem(
        first.at,
        f"`{first.where}` names `{first.id}`, but there is no `training.inpainting`: {then}",
        help="set training.inpainting (an empty section will do), or take the id out of the list",
        related=tuple((use.at, f"{use.where}: {use.id}") for use in named[1:]),
        fix=setting(at, {}, sure=False),
    )


@rule("inpainting", on=WHOLE, mirrors="training.diffusion.DiffusionCondTrainingWrapper.training_step", contract=("R-TR-2",))
def masks_unused(setup: Setup) -> Iterator[Problem]:
    """Masks are made where `training.inpainting` stands, and reach the network where a list names them: one needs the other."""
    model, training = conditional(setup), setup.training
    if not training.has("inpainting") or _list_left_out(model):
        return
    uses = own_wiring(setup).uses
    named = {use.id for use in uses}
    at, (mask, masked) = training.at("inpainting"), INPAINT
    if mask not in named and masked not in named:
        message = f"`inpainting` makes masks, but no list of the network names `{mask}` or `{masked}`"
        help = "name both in input_concat_ids or local_add_cond_ids of the model, or leave inpainting out"
        yield Problem(at, f"{message}: it would be trained to fill holes that it is not shown", help=help)
    elif masked not in named:
        place = next(use for use in uses if use.id == mask)
        message = f"the network is told where the holes are (`{mask}`), but not what is around them (`{masked}`)"
        yield Problem(place.at, message, help=f"name `{masked}` too", severity="warning")


def _list_left_out(model: Node) -> bool:
    """Whether the network expects signals of an empty list: a finding of its own."""
    lists = {"input_concat_ids": "config.input_concat_dim", "local_add_cond_ids": "config.local_add_cond_dim"}
    return any(not network(model)(name) and network(model)(width) for name, width in lists.items())


@rule("inpainting", on=WHOLE, mirrors="training.diffusion.DiffusionCondDemoCallback", contract=("R-TR-3",))
def type_for_demos(setup: Setup) -> Iterator[Problem]:
    """Only the demos of `diffusion_cond_inpaint` make masks; those of `diffusion_cond` fail where the network asks for them."""
    training = setup.training
    if setup.model_type != "diffusion_cond" or not training.has("inpainting") or not training.has("demo"):
        return
    named = [use for use in masks_named(setup) if use.where != "modular_local_cond_configs"]
    if named:
        at = setup.model.at("model_type")
        yield Problem(
            at,
            f"the demos of `diffusion_cond` make no masks, but `{named[0].where}` names `{named[0].id}`: the first demo would fail",
            help="set model_type to diffusion_cond_inpaint",
            related=((named[0].at, f"{named[0].where}: {named[0].id}"),),
            fix=setting(at, "diffusion_cond_inpaint", sure=False),
        )


@rule("mask-probabilities", on="MaskKwargs", mirrors="models.inpainting.random_inpaint_mask")
def probabilities_of_masks(section: Node) -> Iterator[Problem]:
    """The probabilities of the kinds of masks add up to 1, as decimal numbers.

    The engine draws a mask for every item of every batch, and compares the sum first: it fails at the first step. It compares
    numbers of one type only, so that whole numbers (`[0, 1, 0]`) fail too.
    """
    values = section("mask_type_probabilities")
    if values is None:
        return
    at, total = section.at("mask_type_probabilities"), sum(values)
    if abs(total - 1) > 1e-5:
        message = f"`mask_type_probabilities` add up to {total:g}, not to 1: the first step would fail"
        yield Problem(at, message, help="change one of them")
    elif all(isinstance(value, int) for value in values):
        message = "`mask_type_probabilities` are whole numbers, which the engine cannot compare with 1: the first step would fail"
        decimal = [float(value) for value in values]
        yield Problem(at, message, help=f"write {decimal}", fix=setting(at, decimal))


@rule("mask-probabilities", on="MaskKwargs", mirrors="models.inpainting._generate_random_spans_mask")
def weights_of_spans(section: Node) -> Iterator[Problem]:
    """The probabilities of the kinds of masks add up to 1, as decimal numbers."""
    weights, values = section("span_count_weights"), list(section("mask_type_probabilities") or ())
    if weights is None or len(values) != 4 or values[3] <= 0 or section("max_spans") < 1:
        return
    if sum(weights[: section("max_spans")]) <= 0:
        none = not any(weights[: section("max_spans")])
        said = "every one of `span_count_weights` is 0" if none else "`span_count_weights` add up to 0 or less"
        message = f"{said}: the first step would fail"
        yield Problem("span_count_weights", message, help="give at least one number of spans a weight above 0")


def _no_range(section: Node) -> Problem:
    values, drawn = list(section("mask_ratio_range")), list(section("mask_type_probabilities") or ())
    fails = len(drawn) == 4 and drawn[3] > 0
    message = f"`mask_ratio_range` has {counted(len(values), 'number')}, and a range has two"
    then = ": the first step that draws random spans would fail" if fails else ""
    return Problem(
        "mask_ratio_range", message + then, help="write the lowest and the highest share", severity="error" if fails else "warning"
    )


@rule("out-of-range", on="MaskKwargs", severity="warning", mirrors="models.inpainting._generate_random_spans_mask")
def range_of_ratios(section: Node) -> Iterator[Problem]:
    """A probability or a share lies between 0 and 1, a weight is not below 0."""
    if len(section("mask_ratio_range")) != 2:
        yield _no_range(section)
        return
    low, high = section("mask_ratio_range")
    if min(low, high) < 0 or max(low, high) > 1:
        message = f"`mask_ratio_range` [{low:g}, {high:g}] goes beyond 0 and 1, which is none and all of the sound"
        yield Problem("mask_ratio_range", message, help="set it to shares between 0 and 1")
