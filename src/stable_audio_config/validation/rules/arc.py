"""ARC post-training: who plays, on which backbone, and what the warm-up needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..rule import WHOLE, Problem, rule, setting
from ..setup import Setup
from ..view import Absent, Node
from .diffusion_training import conditional

TEACHERS = ("teacher_model", "use_model_as_teacher", "teacher_model_config_path")
BACKBONES = ("discriminator_base_model", "use_model_as_discriminator", "discriminator_base_model_config_path")
FLOW_SAMPLERS = ("euler", "rk4", "dpmpp", "pingpong")

_UNBUILT = "no wrapper could be built"


def arc_of(setup: Setup) -> Node:
    """The ARC section of a conditional diffusion model.

    Raises:
        Absent: there is none.
    """
    conditional(setup)
    return setup.training.part("arc")


def named(arc: Node, keys: tuple[str, ...]) -> str | None:
    """The first of `keys` that is set."""
    return next((key for key in keys if arc(key)), None)


def teacher(arc: Node) -> str | None:
    """The key that names a teacher, if one does."""
    return "reuse_discriminator_as_teacher" if arc("reuse_discriminator_as_teacher") else named(arc, TEACHERS)


def warmup(arc: Node) -> int:
    """Steps of warm-up."""
    return max(int(arc("ode_warmup.warmup_steps")), 0) if arc.has("ode_warmup") else 0


def only_warms_up(setup: Setup, arc: Node) -> bool:
    """Whether the run ends before ARC proper begins."""
    try:
        steps = setup.run("max_steps")
    except Absent:
        return False
    return bool(0 < steps <= warmup(arc))


def backbone(setup: Setup, arc: Node) -> Node:
    """The `model` dictionary of the discriminator's backbone.

    Raises:
        Absent: there is none, or it stands in another file.
    """
    if not arc("model_self_discriminator") and arc.has("discriminator_base_model"):
        return arc.part("discriminator_base_model").part("model")
    if arc("model_self_discriminator") or arc("use_model_as_discriminator"):
        return setup.model.part("model")
    raise Absent(arc.path)


@rule("arc-players", on=WHOLE, mirrors="training.arc.ARCTrainingWrapper.training_step", contract=("R-AR-1",))
def someone_judges(setup: Setup) -> Iterator[Problem]:
    """After its warm-up ARC trains the generator against a `discriminator`, by the ear of a `clap_config`, or both.

    With neither there is no loss, and the first step after the warm-up fails.
    """
    arc = arc_of(setup)
    if not arc.has("discriminator") and not arc.has("clap_config") and not only_warms_up(setup, arc):
        when = "the first step after the warm-up" if warmup(arc) else "the first step"
        message = f"`arc` has neither `discriminator` nor `clap_config`: nothing would judge the generator, and {when} would fail"
        yield Problem(arc.path, message, help="add a discriminator")


@rule("arc-backbone", on=WHOLE, mirrors="training.factory.create_training_wrapper_from_config")
def backbone_named(setup: Setup) -> Iterator[Problem]:
    """A discriminator is a head on the hidden states of a diffusion model, which must be named and fit the latents.

    One of `use_model_as_discriminator`, `discriminator_base_model`, `discriminator_base_model_config_path` and
    `model_self_discriminator` names it. The generator's latents go through it.
    """
    arc = arc_of(setup)
    if arc.has("discriminator") and not arc("model_self_discriminator") and named(arc, BACKBONES) is None:
        message = f"the discriminator has no backbone: {_UNBUILT}"
        fix = setting(arc.at("use_model_as_discriminator"), True, sure=False)
        yield Problem(arc.at("discriminator"), message, help="set use_model_as_discriminator to true", fix=fix)


@rule("arc-backbone", on=WHOLE, mirrors="models.dit.DiffusionTransformer.forward")
def backbones_fit(setup: Setup) -> Iterator[Problem]:
    """A discriminator is a head on the hidden states of a diffusion model, which must be named and fit the latents."""
    arc, model = arc_of(setup), conditional(setup)
    own = model.part("diffusion.config")
    width, there = own.given("io_channels"), own.at("io_channels")
    users = {"discriminator_base_model": arc.has("discriminator"), "teacher_model": warmup(arc) > 0}
    for key, used in users.items():
        if used and arc.has(key):
            config = arc.part(key).part("model").part("diffusion.config")
            if config.given("io_channels") != width:
                message = f"`{key}` works on {config('io_channels')} channels, but the model on {width}: its first step would fail"
                at, related = config.at("io_channels"), ((there, f"io_channels: {width}"),)
                yield Problem(at, message, help="name a model over the same latents", related=related)


@rule("arc-teacher", on=WHOLE, mirrors="training.factory.create_training_wrapper_from_config")
def teachers_weights(setup: Setup) -> Iterator[Problem]:
    """A teacher needs its weights.

    Any teacher needs `teacher_model_ckpt`. With `reuse_discriminator_as_teacher` the discriminator's backbone is the teacher, so
    there must be a discriminator, and `discriminator_base_ckpt`.
    """
    arc = arc_of(setup)
    key = named(arc, TEACHERS)
    if arc("reuse_discriminator_as_teacher"):
        at = arc.at("reuse_discriminator_as_teacher")
        for missing in ("discriminator", "discriminator_base_ckpt"):
            if not arc.has(missing):
                message = f"`reuse_discriminator_as_teacher` needs `{missing}`: {_UNBUILT}"
                yield Problem(at, message, help=f"set {missing}, or leave it out")
                return
    elif key is not None and not arc.has("teacher_model_ckpt"):
        message = f"`{key}` names a teacher, but there is no `teacher_model_ckpt`: {_UNBUILT}"
        yield Problem(arc.at(key), message, help="set teacher_model_ckpt to its checkpoint")


@rule("update-interval", on=WHOLE, mirrors="training.arc.ARCTrainingWrapper.training_step", contract=("R-AR-4",))
def generator_never_trained(setup: Setup) -> Iterator[Problem]:
    """Every `disc_update_interval` steps one trains the discriminator, and the others the generator.

    With 1 all of them train the discriminator, and the generator stays as it is. (With `model_self_discriminator` both are the same
    network, which then learns to judge only.)
    """
    arc = arc_of(setup)
    if arc.has("discriminator") and arc("disc_update_interval") == 1 and not only_warms_up(setup, arc):
        at, same = arc.at("disc_update_interval"), arc("model_self_discriminator")
        severity: Any = "warning" if same else "error"
        message = "`disc_update_interval` is 1: every step would train the discriminator, and none the generator"
        yield Problem(at, message, help="set it to 2", fix=setting(at, 2), severity=severity)


@rule("objective", on=WHOLE, severity="warning", mirrors="training.arc.ARCTrainingWrapper.training_step", contract=("R-AR-7",))
def flow_under_arc(setup: Setup) -> Iterator[Problem]:
    """The objective that a config names is the one that is trained.

    ARC mixes noise and data along straight lines and steps along them, whatever `diffusion_objective` says: a model that was
    trained to predict `v` has to learn everything anew, and demos sample it as if it had not.
    """
    arc_of(setup)
    diffusion = conditional(setup).part("diffusion")
    if diffusion("diffusion_objective") == "v":
        at = diffusion.at("diffusion_objective")
        says = "is `v`" if diffusion.written("diffusion_objective") else "is `v`, the default"
        message = f"`diffusion_objective` {says}, but ARC trains every model as a rectified flow"
        yield Problem(at, message, help="start from a model with `rectified_flow` or `rf_denoiser`")


@rule("ode-warmup", on=WHOLE, mirrors="inference.sampling.sample_diffusion", contract=("R-AR-10",))
def sampler_of_the_teacher(setup: Setup) -> Iterator[Problem]:
    """The warm-up follows a teacher, by a sampler of the model's own objective.

    `euler`, `rk4`, `dpmpp` and `pingpong` are for rectified flow, and any other fails there at the first step. With the objective
    `v` these four all mean DDIM, and the others come into play. Without a teacher the generator learns to denoise the data, and no
    setting of the teacher is read. A warm-up as long as the run leaves no step for ARC.
    """
    arc = arc_of(setup)
    if teacher(arc) is None or not warmup(arc):
        return
    sampler, objective = arc.given("ode_warmup.sampler"), conditional(setup).part("diffusion")("diffusion_objective")
    at = arc.at("ode_warmup.sampler")
    if objective != "v" and sampler not in FLOW_SAMPLERS:
        message = f"`{sampler}` cannot sample a `{objective}` model: the first step would fail"
        yield Problem(at, message, help="use one of `dpmpp`, `euler`, `rk4`, `pingpong`")
    elif objective == "v" and sampler in FLOW_SAMPLERS and arc.written("ode_warmup.sampler"):
        message = f"`{sampler}` is for rectified flow: with the objective `v` the engine takes DDIM without a word"
        yield Problem(at, message, help="write v-ddim, or dpmpp-2m-sde", severity="warning")


@rule("ode-warmup", on=WHOLE, severity="warning", mirrors="training.arc.ARCTrainingWrapper.ode_warmup_step", contract=("R-AR-10",))
def whole_run_of_warmup(setup: Setup) -> Iterator[Problem]:
    """The warm-up follows a teacher, by a sampler of the model's own objective."""
    arc, run = arc_of(setup), setup.run
    if only_warms_up(setup, arc):
        at, steps = arc.at("ode_warmup.warmup_steps"), run("max_steps")
        message = f"the warm-up takes {warmup(arc)} steps, and the run ends after {steps}: ARC itself would never begin"
        yield Problem(at, message, help="raise max_steps", related=((run.at("max_steps"), f"max_steps: {steps}"),))


@rule("no-effect", on=WHOLE, severity="warning", mirrors="training.arc.ARCTrainingWrapper.ode_warmup_step", contract=("R-AR-10",))
def teacher_without_warmup(setup: Setup) -> Iterator[Problem]:
    """Teacher and warm-up need each other: only the warm-up follows a teacher, and only with one it samples."""
    arc = arc_of(setup)
    key = teacher(arc)
    if key is not None and not warmup(arc):
        message = f"`{key}` names a teacher, but only the warm-up follows it, and there is none"
        yield Problem(arc.at(key), message, help="set ode_warmup.warmup_steps, or leave the teacher out")
    elif key is None and warmup(arc):
        section = arc.part("ode_warmup")
        for name in ("refresh_rate", "sampling_steps", "cfg", "sampler"):
            if section.written(name) and section(name) != section.model.fields[name].default:
                message = f"`{name}` is {section(name)}, but there is no teacher to sample"
                yield Problem(section.at(name), message, help="name a teacher, or leave it out")


@rule("no-effect", on=WHOLE, severity="warning", mirrors="training.arc.ARCTrainingWrapper.training_step")
def nothing_to_swap(setup: Setup) -> Iterator[Problem]:
    """`contrastive` gives each sound the condition of the next in the batch: a batch of 1 has no next."""
    arc, run = arc_of(setup), setup.run
    if arc.has("discriminator") and arc("discriminator.contrastive") and run("batch_size") == 1:
        at, related = arc.at("discriminator.contrastive"), ((run.at("batch_size"), "batch_size: 1"),)
        yield Problem(at, "`contrastive` is true, but a batch of 1 has nothing to swap", help="raise batch_size", related=related)
