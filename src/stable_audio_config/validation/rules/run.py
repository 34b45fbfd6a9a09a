"""Run options that must agree with each other, with the training section or with the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...report.finding import Path
from ..rule import WHOLE, Problem, removing, rule, setting
from ..setup import Setup
from ..view import Node

DEFAULT_NAME = "stable_audio_tools"


@rule("validation", on="ExperimentConfig")
def validation_without_data(run: Node) -> Iterator[Problem]:
    """`val_every` and `val_dataset` do nothing without each other."""
    every = run("val_every")
    if every > 0 and not run.has("val_dataset"):
        help = "choose one, for example val_dataset=/data/held_out"
        yield Problem("val_every", f"`val_every` is {every}, but there is no `val_dataset`", help=help)


@rule("validation", on="ExperimentConfig", severity="warning")
def validation_never(run: Node) -> Iterator[Problem]:
    """`val_every` and `val_dataset` do nothing without each other."""
    every = run("val_every")
    if every <= 0 and run.has("val_dataset"):
        message = f"`val_dataset` is only used for demos: `val_every` is {every}"
        yield Problem("val_dataset", message, help="set val_every to validate, for example val_every=1000")


@rule("validation", on="ExperimentConfig", severity="warning")
def validation_too_late(run: Node) -> Iterator[Problem]:
    """`val_every` counts batches; a run that ends before never validates.

    Every optimizer step takes `accum_batches` batches.
    """
    every, steps, batches = run("val_every"), run("max_steps"), run("max_steps") * run("accum_batches")
    if run.has("val_dataset") and 0 < batches < every:
        message = f"`val_every` is {every}, but training ends after {batches} batches: it would never validate"
        place = (run.at("max_steps"), f"max_steps: {steps}")
        yield Problem("val_every", message, help=f"set it to at most {batches}", related=(place,))


@rule("checkpoint", on="ExperimentConfig")
def one_start(run: Node) -> Iterator[Problem]:
    """A run goes on from one place."""
    if run("recover") and run("ckpt_path"):
        message = "`recover` and `ckpt_path` both say where to go on from"
        yield Problem("ckpt_path", message, help="leave one of them out")


@rule("checkpoint", on="ExperimentConfig", severity="warning")
def own_name(run: Node) -> Iterator[Problem]:
    """`recover` goes on with the newest run of a name: under the default name that may be another experiment's."""
    if run("recover") is True and run("name") == DEFAULT_NAME:
        message = f"`recover` goes on with the newest run named `{DEFAULT_NAME}`, the default, which may be another experiment's"
        yield Problem("name", message, help="give this experiment a name of its own: name=my_experiment")


@rule("checkpoint", on="ExperimentConfig", severity="note")
def nothing_kept(run: Node) -> Iterator[Problem]:
    """With `save_top_k: 0` no checkpoint is written, not even when training ends."""
    if run("save_top_k") == 0:
        message = "`save_top_k` is 0: no checkpoint is written, not even when training ends"
        yield Problem("save_top_k", message, help="set it to 1 to keep the newest one")


@rule("checkpoint", on=WHOLE, mirrors="models.pretransforms.AutoencoderPretransform.load_state_dict")
def weights_for_a_pretransform(setup: Setup) -> Iterator[Problem]:
    """`pretransform_ckpt_path` fills the autoencoder in `model.pretransform`: without one there is nothing to fill."""
    at = setup.run.at("pretransform_ckpt_path")
    kind = _pretransform_type(setup)
    if setup.run("pretransform_ckpt_path") and kind != "autoencoder":
        has = "no pretransform" if kind is None else f"a `{kind}` pretransform"
        message = f"`pretransform_ckpt_path` is set, but the model has {has} to load it into"
        yield Problem(at, message, help="leave it out", fix=removing(at))


def _pretransform_type(setup: Setup) -> str | None:
    model = setup.model.part("model")
    return str(model.part("pretransform")("type")) if model.has("pretransform") else None


@rule("weight-norm", on=WHOLE, mirrors="models.utils.remove_weight_norm_from_model")
def weight_norm_to_fold(setup: Setup) -> Iterator[Problem]:
    """`remove_pretransform_weight_norm` folds the weight normalisation of the pretransform, which must have some.

    The run would end when the model has been built.
    """
    at, kind = setup.run.at("remove_pretransform_weight_norm"), _pretransform_type(setup)
    if setup.run("remove_pretransform_weight_norm") and kind in (None, "wavelet", "patched", "pqmf"):
        has = "no pretransform" if kind is None else f"a `{kind}` pretransform, which has none"
        message = f"`remove_pretransform_weight_norm` is set, but the model has {has}"
        yield Problem(at, message, help="leave it out", fix=removing(at))


@rule("max-steps", on="ExperimentConfig", severity="warning")
def no_steps(run: Node) -> Iterator[Problem]:
    """`max_steps` is the number of optimizer steps; -1 trains until stopped, and 0 does not train at all."""
    if run("max_steps") == 0:
        message = "`max_steps` is 0: training ends before its first step"
        yield Problem("max_steps", message, help="set it to -1 to train until stopped")


@rule("broken-in-engine", on=WHOLE, mirrors="training.diffusion.DiffusionCondTrainingWrapper", contract=("R-TR-15",))
def loss_info_needs_devices(setup: Setup) -> Iterator[Problem]:
    """`log_loss_info` gathers the losses of several devices and fails on one."""
    training, run = setup.training, setup.run
    if training("log_loss_info") is True and run("devices") == 1 and run("num_nodes") == 1 and not training.has("arc"):
        yield Problem(training.at("log_loss_info"), "`log_loss_info` fails on a single device", help="set it to false")


@rule("accept-unknown", on="ExperimentConfig", severity="warning")
def accepted_but_absent(run: Node) -> Iterator[Problem]:
    """`accept_unknown` names keys of a fork of the engine that this experiment sets; a name that no key has accepts nothing.

    The path is written from the top, with `*` for the number of a list item: `model.model.conditioning.configs.*.my_key`.
    """
    for index, name in enumerate(run("accept_unknown")):
        if not _reaches(run.tree, name.split(".")):
            at: Path = (*run.path, "accept_unknown", index)
            yield Problem(at, f"`accept_unknown` names `{name}`, but there is no such key", help="check its path, or leave it out")


def _reaches(tree: Any, steps: list[str]) -> bool:
    if not steps:
        return True
    if isinstance(tree, Mapping):
        return steps[0] in tree and _reaches(tree[steps[0]], steps[1:])
    if isinstance(tree, (list, tuple)):
        chosen = tree if steps[0] == "*" else [item for index, item in enumerate(tree) if str(index) == steps[0]]
        return any(_reaches(item, steps[1:]) for item in chosen)
    return False


@rule("wrong-type", on="TorchOptimizer", mirrors="training.utils.create_optimizer_from_config", contract=("R-DS-13",))
@rule("wrong-type", on="TorchScheduler", mirrors="training.utils.create_scheduler_from_config", contract=("R-DS-13",))
def number_in_quotes(part: Node) -> Iterator[Problem]:
    """Numbers are numbers, also in the settings of an optimizer or scheduler that has no data model here.

    torch takes `"1e-4"` for a text and fails when training starts.
    """
    for key, value in part("config").items():
        number = _number(value) if isinstance(value, str) else None
        if number is not None:
            at = (*part.at("config"), key)
            message = f'`{key}` must be a number, not "{value}"'
            yield Problem(at, message, help=f"write {number:g} without quotes", fix=setting(at, number))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
