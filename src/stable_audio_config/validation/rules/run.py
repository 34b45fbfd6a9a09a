"""Run options that must agree with each other or with the training section."""

from __future__ import annotations

from collections.abc import Iterator

from ..rule import WHOLE, Problem, rule
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


@rule("broken-in-engine", on=WHOLE, mirrors="training.diffusion.DiffusionCondTrainingWrapper", contract=("R-TR-15",))
def loss_info_needs_devices(setup: Setup) -> Iterator[Problem]:
    """`log_loss_info` gathers the losses of several devices and fails on one."""
    training, run = setup.training, setup.run
    if training("log_loss_info") is True and run("devices") == 1 and run("num_nodes") == 1:
        yield Problem(training.at("log_loss_info"), "`log_loss_info` fails on a single device", help="set it to false")
