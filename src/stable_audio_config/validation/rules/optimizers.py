"""Optimizers: the groups that each wrapper needs, the learning rate that counts, and settings that exclude each other."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from ...datamodels import shapes
from ..rule import WHOLE, Problem, removing, rule, setting
from ..setup import Setup
from ..view import Absent, Node
from .training import steps_by_hand

TORCH: dict[str, tuple[str, ...]] = {
    "ASGD": ("lr", "lambd", "alpha", "t0", "weight_decay", "foreach", "maximize", "differentiable", "capturable"),
    "Adafactor": ("lr", "beta2_decay", "eps", "d", "weight_decay", "foreach", "maximize"),
    "Rprop": ("lr", "etas", "step_sizes", "capturable", "foreach", "maximize", "differentiable"),
    "SparseAdam": ("lr", "betas", "eps", "maximize"),
}
"""The optimizers of torch 2.7 without a data model of their own, and the keywords that they take."""

GPU_ONLY = {"AdamW8bit": "CUDA", "FusedAdam": "CUDA"}

_FAILS = "training would fail when it starts"


def groups(setup: Setup) -> dict[str, Node]:
    """Group name -> its optimizer and scheduler, as far as they are written.

    Raises:
        Absent: there is no `optimizer_configs`.
    """
    return {str(node.path[-1]): node for node in setup.training.part("optimizer_configs").children()}


def has_discriminator(setup: Setup) -> bool:
    """Whether two optimizers take turns."""
    training = setup.training
    if setup.model_type == "autoencoder":  # The engine's default losses have one.
        return not training.has("loss_configs") or training.has("loss_configs.discriminator")
    return "arc" in training.model.fields and training.has("arc.discriminator")


@rule("missing-key", on=WHOLE, mirrors="training.arc.ARCTrainingWrapper")
def optimizers_of_arc(setup: Setup) -> Iterator[Problem]:
    """ARC needs `optimizer_configs`: it makes no optimizer from `learning_rate`."""
    training = setup.training
    if setup.model_type.startswith("diffusion_cond") and training.has("arc") and not training.has("optimizer_configs"):
        message = "`optimizer_configs` is missing: ARC needs it, and does not read `learning_rate`"
        yield Problem(training.at("optimizer_configs"), message, help=f"write {_names(setup)} there, each with an optimizer")


def _names(setup: Setup) -> str:
    return "the groups `diffusion` and `discriminator`" if has_discriminator(setup) else "the group `diffusion`"


@rule(
    "missing-key", on=WHOLE, mirrors="training.autoencoders.AutoencoderTrainingWrapper.configure_optimizers", contract=("R-AE-18",)
)
def second_optimizer(setup: Setup) -> Iterator[Problem]:
    """A discriminator needs the group `discriminator` in `optimizer_configs`.

    An autoencoder has one where `loss_configs` does, and where `loss_configs` is left out; ARC has one where `arc.discriminator`
    stands.
    """
    training = setup.training
    if has_discriminator(setup) and training.has("optimizer_configs") and not training.has("optimizer_configs.discriminator"):
        losses = setup.model_type == "autoencoder"
        default = losses and not training.has("loss_configs")
        who = "the default losses have a discriminator" if default else "there is a discriminator"
        at = training.at("optimizer_configs.discriminator")
        related = (
            () if default else ((training.at("loss_configs.discriminator" if losses else "arc.discriminator"), "discriminator"),)
        )
        help = "set loss_configs, or give the discriminator an optimizer" if default else "give it an optimizer of its own"
        yield Problem(at, f"the group `discriminator` is missing, but {who}: {_FAILS}", help=help, related=related)


@rule("learning-rate", on=WHOLE, severity="warning", mirrors="training.diffusion.DiffusionCondTrainingWrapper")
def two_rates(setup: Setup) -> Iterator[Problem]:
    """Beside `optimizer_configs` nothing reads `learning_rate`.

    Diffusion models, language models and CLAP print a line about it, autoencoders and ARC do not. The rate of training is the `lr`
    of each optimizer.
    """
    training = setup.training
    if "optimizer_configs" not in training.model.fields or not training.has("optimizer_configs"):
        return
    rate, at = training.given("learning_rate"), training.at("learning_rate")
    rates = [(group.at("optimizer.config.lr"), rate_of(group)) for group in groups(setup).values()]
    if all(other == rate for _, other in rates):
        return
    related = tuple((place, f"lr: {other:g}") for place, other in rates if other is not None)
    message = f"`learning_rate` is {rate:g}, but the `lr` in `optimizer_configs` is what counts"
    yield Problem(at, message, help="leave it out, and set the lr there", related=related, fix=removing(at))


def rate_of(group: Node) -> float | None:
    """The learning rate of a group's optimizer, where it says one."""
    value = config_of(group.part("optimizer")).get("lr")
    return float(value) if isinstance(value, (int, float)) else None


def config_of(optimizer: Node) -> dict[str, Any]:
    """What is written in an optimizer's `config`, less what is broken."""
    written, at = optimizer.tree.get("config"), optimizer.at("config")
    if not isinstance(written, dict) or at in optimizer.broken:
        return {}
    return {key: value for key, value in written.items() if not optimizer.broken.touches((*at, key))}


@rule("learning-rate", on=WHOLE, severity="warning", mirrors="training.utils.create_optimizer_from_config")
def rate_of_zero(setup: Setup) -> Iterator[Problem]:
    """With a learning rate of 0 nothing is learned."""
    training = setup.training
    has_groups = "optimizer_configs" in training.model.fields and training.has("optimizer_configs")
    places = (
        [(group.at("optimizer.config.lr"), rate_of(group)) for group in groups(setup).values() if not _own_rate(group)]
        if has_groups
        else [(training.at("learning_rate"), training("learning_rate"))]
    )
    for at, rate in places:
        if rate == 0:
            yield Problem(at, f"`{at[-1]}` is 0: no weight would change", help="set it above 0, for example to 1e-4")


def _own_rate(group: Node) -> bool:
    """Whether a scheduler sets the rate by limits of its own."""
    return group.has("scheduler") and group("scheduler.type") in ("OneCycleLR", "CyclicLR")


@rule("unknown-type", on="TorchOptimizer", mirrors="training.utils.create_optimizer_from_config")
def known_optimizer(optimizer: Node) -> Iterator[Problem]:
    """A `type` is one of the engine's optimizers, or a class of `torch.optim`.

    The engine looks the name up when training starts, after the model has been built.
    """
    name = optimizer("type")
    if name in TORCH:
        return
    known = [*shapes.kind("optimizer").tags, *TORCH]
    near = get_close_matches(name, known, n=1) or [each for each in known if each.lower() == name.lower()]
    help = f"did you mean `{near[0]}`?" if near else f"use one of {', '.join(f'`{each}`' for each in known[:6])}, ..."
    fix = setting(optimizer.at("type"), near[0]) if near else None
    yield Problem("type", f"there is no optimizer `{name}` in torch 2.7 or the engine: {_FAILS}", help=help, fix=fix)


@rule("unknown-key", on="TorchOptimizer", mirrors="training.utils.create_optimizer_from_config")
def known_keywords(optimizer: Node) -> Iterator[Problem]:
    """An optimizer takes only the keywords of its class: any other fails when training starts."""
    name = optimizer("type")
    yield from unknown_keywords(optimizer, name, TORCH.get(name))


def unknown_keywords(part: Node, name: str, known: tuple[str, ...] | None) -> Iterator[Problem]:
    """What is wrong with the keywords of a class of torch."""
    for key in config_of(part) if known is not None else ():
        if known is not None and key not in known:
            near = get_close_matches(key, known, n=1)
            help = f"did you mean `{near[0]}`?" if near else f"`{name}` takes {', '.join(f'`{each}`' for each in known)}"
            yield Problem((*part.at("config"), key), f"`{key}` is unknown to `{name}`: {_FAILS}", help=help)


@rule("optimizer", on="NamedOptimizer", mirrors="torch.optim")
def settings_of_optimizers(optimizer: Node) -> Iterator[Problem]:
    """The settings of an optimizer fit each other, and training.

    torch refuses some pairs when training starts: `fused` with `foreach`, `nesterov` without `momentum` or with `dampening`. It
    refuses others at the first step: `differentiable` is not for training at all, and `SparseAdam` takes sparse gradients, which no
    part of the engine gives.
    """
    kind, config = optimizer("type"), config_of(optimizer)
    if kind == "SparseAdam":
        message = "`SparseAdam` takes sparse gradients only, which no part of the engine gives: the first step would fail"
        yield Problem("type", message, help="use `Adam` or `AdamW`")
    if config.get("differentiable") is True:
        at = optimizer.at("config.differentiable")
        message = "`differentiable` lets gradients flow through the step itself, which training cannot: the first step would fail"
        yield Problem(at, message, help="leave it out", fix=removing(at))
    if config.get("fused") is True and config.get("foreach") is True:
        at = optimizer.at("config.foreach")
        related = ((optimizer.at("config.fused"), "fused: true"),)
        yield Problem(at, f"`foreach` and `fused` exclude each other: {_FAILS}", help="leave one of them out", related=related)
    if kind in ("Adam", "AdamW"):
        yield from _whole_betas(optimizer, config.get("betas"))
    if kind == "SGD" and config.get("nesterov") is True:
        yield from _nesterov(optimizer, config)
    if kind == "FusedAdam" and config.get("amsgrad") is True:
        at = optimizer.at("config.amsgrad")
        yield Problem(at, f"deepspeed's `FusedAdam` knows no `amsgrad`: {_FAILS}", help="leave it out", fix=removing(at))
    if config.get("maximize") is True:
        at = optimizer.at("config.maximize")
        message = "`maximize` makes the loss as large as it can be"
        yield Problem(at, message, help="leave it out", fix=removing(at), severity="warning")


def _whole_betas(optimizer: Node, betas: Any) -> Iterator[Problem]:
    if isinstance(betas, (list, tuple)) and any(isinstance(beta, int) for beta in betas):
        at, decimal = optimizer.at("config.betas"), [float(beta) for beta in betas]
        message = f"`betas` is {list(betas)}, and torch takes numbers with a decimal point only: {_FAILS}"
        yield Problem(at, message, help=f"write {decimal}", fix=setting(at, decimal))


def _nesterov(optimizer: Node, config: dict[str, Any]) -> Iterator[Problem]:
    at, related = optimizer.at("config.nesterov"), ((optimizer.at("config.nesterov"), "nesterov: true"),)
    if not config.get("momentum"):
        yield Problem(at, f"`nesterov` needs a `momentum` above 0: {_FAILS}", help="set momentum, for example to 0.9")
    elif config.get("dampening"):
        there = optimizer.at("config.dampening")
        message = f"`dampening` is {config['dampening']:g}, but `nesterov` works with 0 only: {_FAILS}"
        yield Problem(there, message, help="leave it out", related=related, fix=removing(there))


@rule("optimizer", on=WHOLE, mirrors="training.utils.create_optimizer_from_config")
def optimizer_on_its_device(setup: Setup) -> Iterator[Problem]:
    """The settings of an optimizer fit each other, and training."""
    accelerator, place = setup.run("accelerator"), (setup.run.at("accelerator"), f"accelerator: {setup.run('accelerator')}")
    if accelerator not in ("cpu", "mps", "tpu"):
        return
    for optimizer in setup.named("NamedOptimizer"):
        kind = optimizer("type")
        if kind in GPU_ONLY:
            message = f"`{kind}` needs {GPU_ONLY[kind]}, but `accelerator` is {accelerator}: {_FAILS}"
            yield Problem(optimizer.at("type"), message, help="use `AdamW`", related=(place,))
        elif config_of(optimizer).get("capturable") is True and accelerator == "cpu":
            at = optimizer.at("config.capturable")
            message = "`capturable` is for CUDA graphs, and fails on a CPU: the first step would fail"
            yield Problem(at, message, help="leave it out", related=(place,), fix=removing(at))


@rule("optimizer", on=WHOLE, mirrors="torch.optim.LBFGS", contract=("R-AE-19", "R-AR-9"))
def loss_again_and_again(setup: Setup) -> Iterator[Problem]:
    """The settings of an optimizer fit each other, and training."""
    for optimizer in setup.named("LBFGSOptimizer"):
        try:
            who = steps_by_hand(setup)
        except Absent:
            yield from _scaled_loss(setup, optimizer)
            continue
        message = f"`LBFGS` needs the loss several times in one step, which {who} cannot give it: the first step would fail"
        yield Problem(optimizer.at("type"), message, help="use `AdamW`")


def _scaled_loss(setup: Setup, optimizer: Node) -> Iterator[Problem]:
    """Lightning refuses LBFGS where it scales the loss, which it does on GPUs."""
    precision, accelerator = setup.run("precision"), setup.run("accelerator")
    if precision in ("16-mixed", "16") and accelerator != "cpu":
        where = "" if accelerator in ("gpu", "cuda") else " on a GPU"
        message = f"`LBFGS` cannot run under `{precision}`: the first step would fail{where}"
        severity: Any = "warning" if where else "error"
        related = ((setup.run.at("precision"), f"precision: {precision}"),)
        yield Problem(optimizer.at("type"), message, help="set precision to 32-true", related=related, severity=severity)


def is_muon(optimizer: Node) -> bool:
    """Whether it has two sets of parameters: matrices, and all others."""
    return "MuonAdamWOptimizer" in optimizer.model.names
