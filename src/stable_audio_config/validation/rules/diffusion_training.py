"""Switches of a diffusion model's training section, and what each needs or excludes."""

from __future__ import annotations

from collections.abc import Iterator

from ...report.finding import Edit, Fix, Path
from ..id_lists import network
from ..rule import WHOLE, Problem, rule, setting
from ..setup import Setup
from ..view import Absent, Node

CONDITIONAL = ("diffusion_cond", "diffusion_cond_inpaint")


def conditional(setup: Setup) -> Node:
    """The `model` dictionary of a conditional diffusion model.

    Raises:
        Absent: the model is of another type.
    """
    if setup.model_type not in CONDITIONAL:
        raise Absent(())
    return setup.model.part("model")


@rule("out-of-range", on="DiffusionCondTraining", severity="warning", mirrors="training.diffusion.DiffusionCondTrainingWrapper")
def odd_numbers(training: Node) -> Iterator[Problem]:
    """A probability or a share lies between 0 and 1, a weight is not below 0.

    The engine does not check these: more than 1 means always, less than 0 never, and a negative weight rewards errors.
    """
    if not training.has("arc"):
        yield from _probability(training, "p_one_shot", "item would be trained on pure noise")
    else:
        yield from _probability(training, "arc.forward_sample_prob", "step would start from the generator's own sample")
        if training.has("trim_config"):
            yield from _probability(training, "trim_config.trim_prob", "batch would be cut")
    weight = training("mask_loss_weight")
    if weight < 0:
        message = f"`mask_loss_weight` is {weight:g}: below 0 it rewards errors in the padding"
        yield Problem("mask_loss_weight", message, help="set it to 0 or more")


def _probability(training: Node, key: str, what: str) -> Iterator[Problem]:
    value, name = training(key), key.rpartition(".")[2]
    if not 0 <= value <= 1:
        most = "at most 1: every" if value > 1 else "at least 0: no"
        yield Problem(key, f"`{name}` is {value:g}, but a probability is {most} {what}", help="set it between 0 and 1")


@rule("base-precision", on=WHOLE, mirrors="models.lora.utils.cast_base_to_precision")
def cast_and_not_mixed(setup: Setup) -> Iterator[Problem]:
    """`base_precision` needs mixed precision.

    It casts the frozen weights, and only those, to 16 bits. Where the computation is not mixed, 32 bit numbers then meet 16 bit
    weights, and the first step fails.
    """
    training, run = setup.training, setup.run
    if setup.model_type not in CONDITIONAL or training.has("arc") or not training.has("lora_config"):
        return
    base, precision = training.given("base_precision"), run("precision")
    on_cpu = run("accelerator") == "cpu" and precision in ("16-mixed", "16")
    if precision in ("32-true", "32", "64-true", "64") or on_cpu:
        says = f"the run computes in `{precision}`" if not on_cpu else f"on a CPU `{precision}` computes in 32 bits"
        yield Problem(
            training.at("base_precision"),
            f"`base_precision` is `{base}`, but {says}: the first step would fail",
            help="set precision to bf16-mixed, or leave base_precision out",
            related=((run.at("precision"), f"precision: {precision}"),),
        )


@rule(
    "trained-pretransform",
    on=WHOLE,
    severity="warning",
    mirrors="training.diffusion.DiffusionCondTrainingWrapper.configure_optimizers",
    contract=("R-TR-18",),
)
def latents_on_the_move(setup: Setup) -> Iterator[Problem]:
    """A diffusion model works on the latents of a pretransform that stays as it is.

    With `enable_grad` the optimizer takes the pretransform's weights too. The encoder then learns to make latents that are easy to
    predict, and the decoder, which gets no gradient, no longer fits them.
    """
    training = setup.training
    if setup.model_type not in (*CONDITIONAL, "diffusion_uncond") or training("pre_encoded") or training.has("lora_config"):
        return
    pretransform = setup.model.part("model").part("pretransform")
    if pretransform("type") == "autoencoder" and pretransform("enable_grad") and not _under_arc(training):
        at = pretransform.at("enable_grad")
        message = "`enable_grad` trains the encoder of the pretransform together with the network, and its decoder not"
        yield Problem(at, message, help="set it to false", fix=setting(at, False, sure=False))


def _under_arc(training: Node) -> bool:
    return "arc" in training.model.fields and training.has("arc")


@rule("no-effect", on=WHOLE, severity="warning", mirrors="training.utils.compute_masked_loss", contract=("R-TR-7",))
def weight_of_padding(setup: Setup) -> Iterator[Problem]:
    """`mask_loss_weight` is what padding counts in the loss. `mask_padding_attention` takes padding out of the loss altogether."""
    model, training = conditional(setup), setup.training
    weight = training("mask_loss_weight")
    if weight and not training.has("inpainting") and (masking := _masks_padding(model, training)) is not None:
        yield Problem(
            training.at("mask_loss_weight"),
            f"`mask_loss_weight` is {weight:g}, but `mask_padding_attention` takes padding out of the loss altogether",
            help="leave one of the two out",
            related=((masking, "mask_padding_attention: true"),),
        )


def _masks_padding(model: Node, training: Node) -> Path | None:
    """The key that keeps attention off the padding, if one does."""
    holders = (training, network(model))
    return next((node.at("mask_padding_attention") for node in holders if node("mask_padding_attention") is True), None)


_EFFECTIVE = "use_effective_length_for_schedule"


@rule(
    "no-effect",
    on=WHOLE,
    severity="warning",
    mirrors="training.diffusion.DiffusionCondTrainingWrapper.training_step",
    contract=("R-TR-9",),
)
def length_of_no_shift(setup: Setup) -> Iterator[Problem]:
    """`use_effective_length_for_schedule` says which length the distribution shift goes by, which takes a shift that does."""
    diffusion, training = network(conditional(setup)), setup.training
    if _shifts_by_length(diffusion):
        return
    for node in (training, diffusion):
        if node(_EFFECTIVE) is True:
            message = f"`{_EFFECTIVE}` is true, but no distribution shift of the model goes by a length"
            yield Problem(
                node.at(_EFFECTIVE), message, help="set model.model.diffusion.distribution_shift_options, or leave it out"
            )


def _shifts_by_length(diffusion: Node) -> bool:
    return any(_goes_by_length(diffusion, key) for key in ("distribution_shift_options", "sampling_distribution_shift_options"))


def _goes_by_length(diffusion: Node, key: str) -> bool:
    if not diffusion.has(key):
        return False
    shift = diffusion.part(key)
    return bool(shift("type") != "none" if shift("type") != "logsnr" else shift("rate") != 0)


@rule("deprecated", on=WHOLE, severity="note", mirrors="training.diffusion.DiffusionCondTrainingWrapper")
def moved_to_the_model(setup: Setup) -> Iterator[Problem]:
    """`mask_padding_attention` and `use_effective_length_for_schedule` belong to the model.

    The engine still takes them from the training section and warns. Only in the model does generation know about them.
    """
    diffusion, training = network(conditional(setup)), setup.training
    for key in ("mask_padding_attention", *((_EFFECTIVE,) if _shifts_by_length(diffusion) else ())):
        if training(key) is True:
            at, there = training.at(key), diffusion.at(key)
            edits = (Edit(op="remove", path=at), Edit(op="set", path=there, value=True))
            message = f"`{key}` in the training section is deprecated: generation does not know about it there"
            yield Problem(at, message, help="set it in model.diffusion", fix=Fix(edits=edits))
