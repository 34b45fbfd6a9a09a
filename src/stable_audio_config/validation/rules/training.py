"""What a training section needs, whatever the model type."""

from __future__ import annotations

from collections.abc import Iterator

from ...report.finding import Severity
from ..rule import WHOLE, Problem, rule, setting
from ..setup import Setup
from ..view import Absent

WITH_GROUPS = ("autoencoder", "diffusion_cond", "diffusion_cond_inpaint", "lm", "clap")
"""Model types whose wrapper takes `optimizer_configs`; the others always use Adam."""


def steps_by_hand(setup: Setup) -> str:
    """Who steps its optimizers by hand (engine: `automatic_optimization = False`), as a word for messages.

    Raises:
        Absent: Lightning steps them.
    """
    if setup.model_type == "autoencoder":
        return "an autoencoder"
    if setup.model_type.startswith("diffusion_cond") and setup.training.has("arc"):
        return "ARC"
    raise Absent(())


@rule("manual-optimisation", on=WHOLE, mirrors="training.autoencoders.AutoencoderTrainingWrapper", contract=("R-AE-19", "R-AR-9"))
def clipping(setup: Setup) -> Iterator[Problem]:
    """Manual optimisation allows no `gradient_clip_val` and no `accum_batches`.

    Autoencoders and ARC step two optimizers by hand. Lightning then refuses to clip or accumulate for them when training starts;
    `training.clip_grad_norm` clips inside.
    """
    who, value, at = steps_by_hand(setup), setup.run("gradient_clip_val"), setup.run.at("gradient_clip_val")
    if value > 0:
        message = f"`gradient_clip_val` is {value}, but {who} steps its optimizers by hand and Lightning refuses to clip for it"
        yield Problem(at, message, help=f"write training.clip_grad_norm={value} gradient_clip_val=0")


@rule("manual-optimisation", on=WHOLE, mirrors="training.autoencoders.AutoencoderTrainingWrapper", contract=("R-AE-19", "R-AR-9"))
def accumulation(setup: Setup) -> Iterator[Problem]:
    """Manual optimisation allows no `gradient_clip_val` and no `accum_batches`."""
    who, value, at = steps_by_hand(setup), setup.run("accum_batches"), setup.run.at("accum_batches")
    if value > 1:
        message = f"`accum_batches` is {value}, but {who} steps its optimizers by hand and cannot accumulate: it must be 1"
        yield Problem(at, message, help="raise batch_size instead", fix=setting(at, 1))


@rule("missing-key", on=WHOLE, mirrors="training.diffusion.DiffusionCondTrainingWrapper.training_step", contract=("R-TR-1",))
def conditioning_present(setup: Setup) -> Iterator[Problem]:
    """Training a conditional model needs a `conditioning` section, if only an empty one.

    The model builds without it; the first step calls it.
    """
    _ = setup.training  # Only training needs it.
    if setup.model_type.startswith("diffusion_cond") and not setup.model.part("model").has("conditioning"):
        at = setup.model.at("model.conditioning")
        help = "an empty one will do: {cond_dim: 1, configs: []}"
        yield Problem(at, "`conditioning` is missing: the first training step would fail", help=help)


@rule("missing-key", on=WHOLE, mirrors="training.factory.create_training_wrapper_from_config")
def sample_size_given(setup: Setup) -> Iterator[Problem]:
    """Training crops and demos need `sample_size`."""
    _ = setup.training
    if not setup.model.has("sample_size"):
        help = "audio samples per training example, a multiple of the model's ratio"
        yield Problem(setup.model.at("sample_size"), "`sample_size` is missing: training needs it", help=help)


@rule("missing-key", on=WHOLE, mirrors="training.factory.create_training_wrapper_from_config")
def optimizer_given(setup: Setup) -> Iterator[Problem]:
    """Every wrapper needs `learning_rate` or `optimizer_configs`; ARC, of which `optimizers` speaks, the latter."""
    training = setup.training
    if "arc" in training.model.fields and training.has("arc"):
        return
    if setup.model_type in WITH_GROUPS and not training.has("learning_rate") and not training.has("optimizer_configs"):
        help = "for example training.learning_rate=1e-4"
        related = ((training.at("optimizer_configs"), "no optimizer_configs"),)
        message = "neither `learning_rate` nor `optimizer_configs` is set"
        yield Problem(training.at("learning_rate"), message, help=help, related=related)


@rule("pre-encoded", on=WHOLE, mirrors="training.diffusion.DiffusionCondTrainingWrapper.training_step", contract=("R-DC-3",))
def latents_on_both_sides(setup: Setup) -> Iterator[Problem]:
    """`training.pre_encoded` says whether the batches hold latents; the dataset decides whether they do.

    The engine has two independent switches. Where they disagree, latents go through the encoder once more, or audio goes to the
    network unencoded: an error about channels at the first step, or, where the counts happen to agree, training on the wrong thing.
    A model without a pretransform takes both as they are.
    """
    if "pre_encoded" not in setup.training.model.fields:
        return
    trains_on = setup.training("pre_encoded")
    for data in setup.datasets:
        latents = data("dataset_type") == "pre_encoded" or (data.has("pre_encoded") and data("pre_encoded") is True)
        if latents != trains_on:
            holds, expects = ("latents", "audio") if latents else ("audio", "latents")
            at = setup.training.at("pre_encoded")
            written = f"`training.pre_encoded` is {str(trains_on).lower()}"
            message = f"`{data.path[-1]}` holds {holds}, but {written}: training expects {expects}"
            help, severity = f"set training.pre_encoded={str(latents).lower()}", _without_pretransform(setup)
            related = ((data.at("dataset_type"), f"dataset_type: {data('dataset_type')}"),)
            yield Problem(at, message, help=help, related=related, fix=setting(at, latents, sure=False), severity=severity)


def _without_pretransform(setup: Setup) -> Severity:
    """Nothing is encoded without a pretransform, so that the switch is not needed there."""
    return "error" if setup.model.part("model").has("pretransform") else "warning"
