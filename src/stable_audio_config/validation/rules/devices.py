"""What is computed where, and in which format of numbers: accelerator, devices, strategy, precision."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from ..rule import WHOLE, Problem, rule, setting
from ..setup import Setup
from ..view import Absent, Node
from .training import steps_by_hand

_STARTS = ("ddp", "ddp_spawn", "ddp_fork", "ddp_notebook")

STRATEGIES = (
    "auto",
    *(f"{start}{unused}" for unused in ("", "_find_unused_parameters_false", "_find_unused_parameters_true") for start in _STARTS),
    "fsdp", "fsdp_cpu_offload",
    "deepspeed", "deepspeed_stage_1", "deepspeed_stage_2", "deepspeed_stage_2_offload",
    "deepspeed_stage_3", "deepspeed_stage_3_offload", "deepspeed_stage_3_offload_nvme",
    "single_device", "single_tpu", "single_xla", "xla", "xla_debug",
)  # fmt: skip
"""The strategies of Lightning 2.5."""

_SHARDED_PRECISIONS = ("32-true", "32", "16-true", "bf16-true", "16-mixed", "16", "bf16-mixed", "bf16")


@rule("devices", on="ExperimentConfig", mirrors="pytorch_lightning.Trainer")
def countable_devices(run: Node) -> Iterator[Problem]:
    """`devices` is a number above 0, -1 or `auto` for all, or a list of different numbers of GPUs.

    Lightning refuses everything else when training starts, after the model has been built.
    """
    devices, accelerator = run("devices"), run("accelerator")
    if devices in (0, []):
        yield Problem("devices", f"`devices` is {devices}: training would find no device to run on", help="write auto to take all")
    elif isinstance(devices, list) and len(set(devices)) < len(devices):
        yield Problem("devices", f"`devices` is {devices}: a device can be taken only once", help=f"write {sorted(set(devices))}")
    elif isinstance(devices, list) and accelerator == "cpu":
        help = f"write the number of processes: {len(devices)}"
        message = f"`devices` is {devices}, but the processes on a CPU have no numbers to choose from"
        yield Problem("devices", message, help=help, fix=setting(run.at("devices"), len(devices)))


@rule("strategy", on="ExperimentConfig", mirrors="pytorch_lightning.Trainer")
def known_strategy(run: Node) -> Iterator[Problem]:
    """`strategy` is one of Lightning's.

    Lightning refuses a name that it does not know when training starts, after the model has been built.
    """
    name = run("strategy").lower()
    if name not in STRATEGIES:
        near = get_close_matches(name, STRATEGIES, n=1)
        help = f"did you mean `{near[0]}`?" if near else "auto, ddp, ddp_find_unused_parameters_true, fsdp and deepspeed are usual"
        fix = setting(run.at("strategy"), near[0], sure=False) if near else None
        yield Problem("strategy", f"there is no strategy `{run('strategy')}`", help=help, fix=fix)


@rule("strategy", on="ExperimentConfig", mirrors="pytorch_lightning.Trainer")
def startable_strategy(run: Node) -> Iterator[Problem]:
    """A strategy needs its accelerator, and processes that can be started.

    `fsdp` and `deepspeed` share a model out over GPUs. The `spawn` strategies hand a copy of everything to new processes, and a
    model of the engine cannot be copied so: some of its tensors come out of a computation.
    """
    name, accelerator = run("strategy").lower(), run("accelerator")
    family = name.partition("_")[0]
    place = (run.at("accelerator"), f"accelerator: {accelerator}")
    if family == "fsdp" and accelerator not in ("gpu", "cuda"):
        message = f"`strategy` is {name}, which needs GPUs, but `accelerator` is {accelerator}: training would not start"
        yield Problem("strategy", message, help="set accelerator to gpu, or strategy to auto", related=(place,))
    elif family == "deepspeed" and accelerator not in ("auto", "gpu", "cuda"):
        message = f"`strategy` is {name}, which needs GPUs, but `accelerator` is {accelerator}: training would not start"
        yield Problem("strategy", message, help="set strategy to auto", related=(place,))
    elif family in ("ddp", "deepspeed") and accelerator == "mps":
        yield Problem("strategy", f"`strategy` is {name}, but `mps` is always one device", help="set strategy to auto")
    elif "spawn" in name:
        instead = name.replace("_spawn", "")
        message = f"`strategy` is {name}, but a run cannot be copied into spawned processes: training would not start"
        yield Problem("strategy", message, help=f"write {instead}", fix=setting(run.at("strategy"), instead))


@rule("strategy", on=WHOLE, mirrors="training.autoencoders.AutoencoderTrainingWrapper.configure_optimizers")
def one_optimizer_for_deepspeed(setup: Setup) -> Iterator[Problem]:
    """`deepspeed` takes one optimizer; a discriminator needs a second one."""
    name, who = setup.run("strategy").lower(), adversarial(setup)
    if name.startswith("deepspeed"):
        at = setup.run.at("strategy")
        message = f"`strategy` is {name}, which takes one optimizer, but {who} trains with two: training would not start"
        yield Problem(at, message, help="set strategy to ddp_find_unused_parameters_true")


@rule("strategy", on=WHOLE, mirrors="training.autoencoders.AutoencoderTrainingWrapper.training_step")
def parameters_by_turns(setup: Setup) -> Iterator[Problem]:
    """Generator and discriminator take turns, so on several devices `ddp` must look for parameters without gradient.

    Plain `ddp` (what `auto` becomes) takes a parameter that got no gradient in a step for a mistake and ends the run at the next.
    """
    name, who, many = setup.run("strategy").lower(), adversarial(setup), several_devices(setup.run)
    if name in STRATEGIES and name in ("auto", "ddp", "ddp_fork", "ddp_notebook") and many:
        at, better = setup.run.at("strategy"), "ddp_find_unused_parameters_true"
        message = f"`strategy` is {name} on several devices, but {who} trains its parameters by turns: the second step would fail"
        yield Problem(at, message, help=f"write {better}", fix=setting(at, better))


def several_devices(run: Node) -> bool:
    """Whether the run says that it takes several devices; `auto` says nothing."""
    devices = run("devices")
    count = len(devices) if isinstance(devices, list) else devices
    return run("num_nodes") > 1 or (isinstance(count, int) and count > 1)


def adversarial(setup: Setup) -> str:
    """Who trains against a discriminator, as words for messages.

    Raises:
        Absent: nobody does.
    """
    who, training = steps_by_hand(setup), setup.training
    if setup.model_type == "autoencoder":
        has = not training.has("loss_configs") or training.has("loss_configs.discriminator")
    else:
        has = training.has("arc.discriminator")
    if not has:
        raise Absent(())
    return f"{who} with a discriminator"


@rule("strategy", on=WHOLE, mirrors="pytorch_lightning.plugins.precision.FSDPPrecision")
def clipping_under_fsdp(setup: Setup) -> Iterator[Problem]:
    """Under `fsdp` no process holds whole gradients, so that Lightning cannot clip their norm."""
    run = setup.run
    if run("strategy").lower().startswith("fsdp") and run("gradient_clip_val") > 0:
        message = f"`gradient_clip_val` is {run('gradient_clip_val'):g}, but Lightning cannot clip under {run('strategy')}"
        place = (run.at("strategy"), f"strategy: {run('strategy')}")
        yield Problem(run.at("gradient_clip_val"), f"{message}: the first step would fail", help="set it to 0", related=(place,))


@rule("precision", on="ExperimentConfig", mirrors="pytorch_lightning.Trainer")
def precision_of_the_strategy(run: Node) -> Iterator[Problem]:
    """`fsdp` and `deepspeed` know 32 bit and 16 bit numbers only."""
    family = run("strategy").lower().partition("_")[0]
    if family in ("fsdp", "deepspeed") and run("precision") not in _SHARDED_PRECISIONS:
        message = f"`precision` is {run('precision')}, which {run('strategy')} does not know: training would not start"
        yield Problem("precision", message, help="write 32-true, 16-mixed or bf16-mixed")
