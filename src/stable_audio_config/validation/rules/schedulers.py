"""Learning rate schedulers: those that a config can ask for, what they need, and how long they last."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from ...datamodels.shapes import kind
from ..rule import WHOLE, Problem, removing, rule, setting
from ..setup import Setup
from ..view import Absent, Node
from .optimizers import config_of, groups, has_discriminator, is_muon

NEEDS_PYTHON = {
    "LambdaLR": "a function",
    "MultiplicativeLR": "a function",
    "SequentialLR": "other schedulers",
    "ChainedScheduler": "other schedulers",
    "LRScheduler": "a class of your own",
    "_LRScheduler": "a class of your own",
}
"""Schedulers of torch 2.7 that take what a config cannot hold."""

WITHOUT_MOMENTUM = ("Adagrad", "Adadelta", "ASGD", "Rprop", "Adafactor", "LBFGS")
"""Optimizers that have neither a momentum nor betas."""

_FAILS = "training would fail when it starts"


@rule("unknown-type", on="TorchScheduler", mirrors="training.utils.create_scheduler_from_config")
def known_scheduler(scheduler: Node) -> Iterator[Problem]:
    """A `type` is `InverseLR`, or a class of `torch.optim.lr_scheduler` that a config can ask for.

    The engine looks the name up when training starts, after the model has been built.
    """
    name, known = scheduler("type"), list(kind("scheduler").tags)
    if name in NEEDS_PYTHON:
        message = f"`{name}` takes {NEEDS_PYTHON[name]}, which a config cannot hold: {_FAILS}"
        yield Problem("type", message, help="use another scheduler, such as `InverseLR`")
        return
    near = get_close_matches(name, known, n=1) or [each for each in known if each.lower() == name.lower()]
    help = f"did you mean `{near[0]}`?" if near else f"use one of {', '.join(f'`{each}`' for each in known[:5])}, ..."
    fix = setting(scheduler.at("type"), near[0]) if near else None
    yield Problem("type", f"there is no scheduler `{name}` in torch 2.7 or the engine: {_FAILS}", help=help, fix=fix)


@rule("scheduler", on="NamedScheduler", mirrors="torch.optim.lr_scheduler", contract=("R-TR-17",))
def settings_of_schedulers(scheduler: Node) -> Iterator[Problem]:
    """A scheduler has what it needs, and begins at the beginning.

    `ReduceLROnPlateau` watches a number that the engine has no key for. `last_epoch` is for optimizers that have been scheduled
    before, which those of a new run never were; a run that goes on restores its own count. `OneCycleLR` needs to know its length.
    `InverseLR` divides by `inv_gamma`.
    """
    kind, config = scheduler("type"), config_of(scheduler)
    if kind == "ReduceLROnPlateau":
        message = f"`ReduceLROnPlateau` must be told which number to watch, and the engine has no key for it: {_FAILS}"
        yield Problem("type", message, help="use another scheduler, such as `InverseLR`")
    elif config.get("last_epoch", -1) != -1:
        at = scheduler.at("config.last_epoch")
        message = f"`last_epoch` is {config['last_epoch']}, but no optimizer has been scheduled before: {_FAILS}"
        yield Problem(at, message, help="leave it out", fix=removing(at))
    elif kind == "OneCycleLR":
        yield from _cycle(scheduler, config)


def _cycle(scheduler: Node, config: dict[str, Any]) -> Iterator[Problem]:
    total, start = length_of_cycle(scheduler), scheduler("config.pct_start")
    if total is None:
        message = f"`OneCycleLR` needs `total_steps`, or `epochs` and `steps_per_epoch`: {_FAILS}"
        yield Problem("config.total_steps", message, help="set total_steps to the length of the training")
    if isinstance(start, int) and not isinstance(start, bool):
        at = scheduler.at("config.pct_start")
        message = f"`pct_start` is {start}, and torch takes numbers with a decimal point only: {_FAILS}"
        yield Problem(at, message, help=f"write {float(start)}", fix=setting(at, float(start)))
    elif total is not None and float(start * total) == 1:
        message = f"`pct_start` {start:g} of {total} steps is one step, which leaves none to rise in: {_FAILS}"
        yield Problem("config.pct_start", message, help="give the rise at least two steps")
    for key in ("div_factor", "final_div_factor"):
        if config.get(key) == 0:
            yield Problem(f"config.{key}", f"`{key}` is 0, and the rate is divided by it: {_FAILS}", help="leave it out")


def length_of_cycle(scheduler: Node) -> int | None:
    """Steps of a `OneCycleLR`; None where it does not say."""
    total, epochs, each = (scheduler(f"config.{key}") for key in ("total_steps", "epochs", "steps_per_epoch"))
    if total is not None:
        return int(total)
    return int(epochs * each) if epochs is not None and each is not None else None


@rule("scheduler", on="OptimizerGroup", mirrors="torch.optim.lr_scheduler.OneCycleLR")
def scheduler_of_its_optimizer(group: Node) -> Iterator[Problem]:
    """A scheduler has what it needs, and begins at the beginning.

    `OneCycleLR` and `CyclicLR` also move the momentum (Adam: the first beta), which the optimizer must have, unless
    `cycle_momentum` is off. Where they take a list, it has one entry for each set of parameters: one, and for `MuonAdamW` two.
    """
    scheduler, optimizer = group.part("scheduler"), group.part("optimizer")
    kind = scheduler("type")
    if kind not in ("OneCycleLR", "CyclicLR"):
        return
    place = (optimizer.at("type"), f"type: {optimizer('type')}")
    if optimizer("type") in WITHOUT_MOMENTUM and scheduler("config.cycle_momentum"):
        at = scheduler.at("config.cycle_momentum")
        message = f"`{kind}` moves the momentum, but `{optimizer('type')}` has none: {_FAILS}"
        yield Problem(at, message, help="set cycle_momentum to false", related=(place,), fix=setting(at, False))
    sets = 2 if is_muon(optimizer) else 1
    for key, value in config_of(scheduler).items():
        if isinstance(value, list) and len(value) != sets and key in scheduler.part("config").model.fields:
            message = f"`{key}` has {len(value)} entries, but `{optimizer('type')}` has {sets} sets of parameters: {_FAILS}"
            message = message.replace("1 sets", "1 set")
            yield Problem(scheduler.at(f"config.{key}"), message, help="write one number for all", related=(place,))


@rule("scheduler", on=WHOLE, mirrors="training.arc.ARCTrainingWrapper.configure_optimizers", contract=("R-AR-8", "R-AE-18"))
def schedulers_in_pairs(setup: Setup) -> Iterator[Problem]:
    """A scheduler has what it needs, and begins at the beginning.

    With a discriminator both groups have a scheduler or neither: the engine leaves out a single one without a word, and the rate
    stays as it is.
    """
    if not has_discriminator(setup):
        return
    both = groups(setup)
    scheduled = [name for name, group in both.items() if group.has("scheduler")]
    if len(both) == 2 and len(scheduled) == 1:
        name, other = scheduled[0], next(each for each in both if each not in scheduled)
        at = both[name].at("scheduler")
        message = f"the scheduler of `{name}` would not be used, because `{other}` has none"
        yield Problem(at, message, help=f"give `{other}` a scheduler too", related=((both[other].path, other),))


@rule("scheduler", on=WHOLE, mirrors="training.utils.InverseLR")
def inverse_decay(setup: Setup) -> Iterator[Problem]:
    """A scheduler has what it needs, and begins at the beginning."""
    for scheduler in setup.named("InverseLRScheduler"):
        steps, at = scheduler("config.inv_gamma"), scheduler.at("config.inv_gamma")
        if steps == 0:
            yield Problem(at, f"`inv_gamma` is 0, and the step is divided by it: {_FAILS}", help="set it above 0, such as 1000000")
        elif steps < 0:
            reached = -steps <= _most_steps(setup)
            then = f"after {-steps:.12g} steps training would fail" if reached else "the rate would rise"
            severity: Any = "error" if reached else "warning"
            yield Problem(at, f"`inv_gamma` is {steps:.12g}: {then}", help=f"set it to {-steps:.12g}", severity=severity)


def _most_steps(setup: Setup) -> int:
    """The steps of the run; where it goes on until it is stopped, some that it surely makes."""
    try:
        steps = setup.run("max_steps")
    except Absent:  # A file without a run.
        return 0
    return int(steps) if steps > 0 else 1000


@rule("scheduler-length", on=WHOLE, mirrors="torch.optim.lr_scheduler.OneCycleLR", contract=("R-TR-17",))
def longer_than_its_schedule(setup: Setup) -> Iterator[Problem]:
    """A schedule with an end should be as long as the training.

    torch fails when training goes on after the last step of a `OneCycleLR`; after that of a `PolynomialLR` the rate stays 0. What
    counts are the steps of the scheduler's own optimizer: with a discriminator every other one or so.
    """
    run, both = setup.run, groups(setup)
    unused = has_discriminator(setup) and not all(group.has("scheduler") for group in both.values())
    for name, group in both.items():
        if not group.has("scheduler") or unused:
            continue
        scheduler = group.part("scheduler")
        kind = scheduler("type")
        ends = {"OneCycleLR": length_of_cycle, "PolynomialLR": _length_of_fall}.get(kind)
        length = ends(scheduler) if ends is not None else None
        if length is not None:
            yield from _too_short(run, scheduler, length, steps_of(setup, name))


def _length_of_fall(scheduler: Node) -> int:
    return int(scheduler.given("config.total_iters"))


def _too_short(run: Node, scheduler: Node, length: int, steps: int | None) -> Iterator[Problem]:
    cycle = scheduler("type") == "OneCycleLR"
    key = "total_iters" if not cycle else "total_steps" if scheduler("config.total_steps") is not None else "steps_per_epoch"
    at, place = scheduler.at(f"config.{key}"), ((run.at("max_steps"), f"max_steps: {run('max_steps')}"),)
    then = "then training would fail" if cycle else "then the rate is 0, and nothing is learned"
    if steps is None:
        message = f"the schedule ends after {length} steps, and the run does not (`max_steps` is -1): {then}"
        yield Problem(at, message, help=f"set max_steps to {length}", related=place, severity="warning")
    elif steps > length:
        message = f"the schedule ends after {length} steps, but this optimizer makes {steps}: {then}"
        severity: Any = "error" if cycle else "warning"
        yield Problem(at, message, help=f"make it {steps} steps long", related=place, severity=severity)


def steps_of(setup: Setup, group: str) -> int | None:
    """Steps that a group's optimizer makes in the run; None where the run goes on until it is stopped."""
    total, training = int(setup.run("max_steps")), setup.training
    if total < 0 or not has_discriminator(setup):
        return None if total < 0 else total
    if setup.model_type == "autoencoder":
        interval, start = 2, max(training("warmup_steps"), 0) if training("warmup_mode") == "full" else 0
    else:
        interval = int(training("arc.disc_update_interval"))
        start = training("arc.ode_warmup.warmup_steps") if training.has("arc.ode_warmup") else 0
    others = total // interval - min(start, total) // interval  # Steps n with n % interval == interval - 1, from `start` on.
    return others if group == "discriminator" else total - others
