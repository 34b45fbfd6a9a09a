"""What engine 0.0.20 accepts and then cannot run: refused before the start, with the reason (CONTRACT, sections 5 and 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..report.finding import Finding

Tree = dict[str, Any]
Check = Callable[[Tree], Iterator[Finding]]


def engine_limits(tree: Tree) -> list[Finding]:
    """Everything in this (structurally valid) experiment that would end the run after it began."""
    return [finding for check in CHECKS for finding in check(tree)]


def _get(tree: Any, *path: str) -> Any:
    for key in path:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def _manual_optimisation(tree: Tree) -> str | None:
    """Why the wrapper steps its optimizers by hand, or None (engine: `automatic_optimization = False`)."""
    if _get(tree, "model", "model_type") == "autoencoder":
        return "an autoencoder"
    return "ARC" if _get(tree, "training", "arc") is not None else None


def clipping(tree: Tree) -> Iterator[Finding]:
    """R-AE-19, R-AR-9: manual optimisation allows no `gradient_clip_val`."""
    who, value = _manual_optimisation(tree), tree.get("gradient_clip_val") or 0
    if who and value > 0:
        yield Finding(
            rule="manual-optimisation",
            message=f"`gradient_clip_val` is {value}, but {who} steps its optimizers by hand and Lightning refuses to clip for it",
            path=("gradient_clip_val",),
            help=f"write training.clip_grad_norm={value} gradient_clip_val=0",
        )


def accumulation(tree: Tree) -> Iterator[Finding]:
    """R-AE-19, R-AR-9: manual optimisation allows no gradient accumulation."""
    who, value = _manual_optimisation(tree), tree.get("accum_batches") or 1
    if who and value > 1:
        yield Finding(
            rule="manual-optimisation",
            message=f"`accum_batches` is {value}, but {who} steps its optimizers by hand and cannot accumulate: it must be 1",
            path=("accum_batches",),
            help="raise batch_size instead",
        )


_BROKEN = {
    "DAU1d": "its class cannot be built (`use_snake` reaches a block that does not take it)",
    "adp_1d": "every forward pass fails (`modular_local_cond` reaches a network that does not take it)",
    "adp_cfg_1d": "every forward pass fails (`modular_local_cond` reaches a network that does not take it)",
    "pqmf": "it needs a scipy older than 1.13, and never says its ratio",
    "clap_audio": "it reads an attribute `finetune` that it never sets",
}
_SUCCESSOR = {
    "DAU1d": "use `dit`",
    "adp_1d": "use `dit`",
    "adp_cfg_1d": "use `dit`, or engine 0.0.19",
    "pqmf": "use `wavelet` or `patched`",
    "clap_audio": "use `sat_clap_audio`",
}


def broken_parts(tree: Tree) -> Iterator[Finding]:
    """R-DIT-23 and CONTRACT 2: parts that the engine lists and cannot run."""
    places: list[tuple[tuple[str | int, ...], Any]] = [
        (("model", "model", "diffusion", "type"), _get(tree, "model", "model", "diffusion", "type")),
        (("model", "model", "pretransform", "type"), _get(tree, "model", "model", "pretransform", "type")),
    ]
    for index, entry in enumerate(_get(tree, "model", "model", "conditioning", "configs") or ()):
        places.append((("model", "model", "conditioning", "configs", index, "type"), _get(entry, "type")))
    for path, tag in places:
        if tag in _BROKEN:
            message = f"`{tag}` cannot run in engine 0.0.20: {_BROKEN[tag]}"
            yield Finding(rule="broken-in-engine", message=message, path=path, help=_SUCCESSOR[tag])


def decoder_loss(tree: Tree) -> Iterator[Finding]:
    """CONTRACT 2.10: `decoder_loss` calls every decoder of the engine with an argument that none takes."""
    if _get(tree, "training", "decoder_loss") is True:
        path = ("training", "decoder_loss")
        yield Finding(
            rule="broken-in-engine",
            message="`decoder_loss` fails with every decoder of engine 0.0.20",
            path=path,
            help="leave it out",
        )


def loss_info_needs_devices(tree: Tree) -> Iterator[Finding]:
    """R-TR-15: `log_loss_info` gathers over devices and fails on one."""
    if _get(tree, "training", "log_loss_info") is True and tree.get("devices") == 1 and tree.get("num_nodes", 1) == 1:
        path = ("training", "log_loss_info")
        yield Finding(
            rule="broken-in-engine",
            message="`log_loss_info` fails on a single device",
            path=path,
            help="set it to false",
        )


def conditioning_present(tree: Tree) -> Iterator[Finding]:
    """R-TR-1: the model builds without `conditioning`, the first step does not."""
    if _get(tree, "model", "model_type") == "diffusion_cond" and _get(tree, "model", "model", "conditioning") is None:
        path = ("model", "model", "conditioning")
        help = "an empty one will do: {cond_dim: 1, configs: []}"
        yield Finding(
            rule="missing-key",
            message="`conditioning` is missing: the first training step would fail",
            path=path,
            help=help,
        )


def sample_size_given(tree: Tree) -> Iterator[Finding]:
    """CONTRACT 1.1: training crops and demos need `sample_size`."""
    if _get(tree, "model", "sample_size") is None:
        path = ("model", "sample_size")
        help = "audio samples per training example, a multiple of the model's ratio"
        yield Finding(rule="missing-key", message="`sample_size` is missing: training needs it", path=path, help=help)


def optimizer_given(tree: Tree) -> Iterator[Finding]:
    """CONTRACT 2.9: every wrapper needs `learning_rate` or `optimizer_configs`."""
    training = tree.get("training") or {}
    if training.get("learning_rate") is None and training.get("optimizer_configs") is None:
        path = ("training", "learning_rate")
        help = "for example training.learning_rate=1e-4"
        yield Finding(rule="missing-key", message="neither `learning_rate` nor `optimizer_configs` is set", path=path, help=help)


def demo_counts(tree: Tree) -> Iterator[Finding]:
    """R-DM-1: the demo callback draws `num_demos` noises for as many conditions as there are."""
    if _get(tree, "model", "model_type") != "diffusion_cond":
        return
    demo = _get(tree, "training", "demo")
    if demo is None:  # No demos are made.
        return
    conditions, wanted = demo.get("demo_cond") or [], demo.get("num_demos")
    if demo.get("demo_cond_from_batch"):
        batch = tree.get("batch_size", 1)
        if wanted is not None and wanted > batch:
            message = f"`num_demos` is {wanted}, but a batch holds only {batch} conditions"
            yield Finding(
                rule="demo-count",
                message=message,
                path=("training", "demo", "num_demos"),
                help=f"set it to at most {batch}",
            )
    elif wanted is not None and wanted != len(conditions):
        message = f"`num_demos` is {wanted}, but `demo_cond` has {len(conditions)} entries: the first demo would fail"
        yield Finding(
            rule="demo-count",
            message=message,
            path=("training", "demo", "num_demos"),
            help=f"set it to {len(conditions)}",
        )


def latents_on_both_sides(tree: Tree) -> Iterator[Finding]:
    """R-DC-3: `training.pre_encoded` and the dataset are independent switches in the engine."""
    if _get(tree, "model", "model_type") != "diffusion_cond":
        return
    for name in ("dataset", "val_dataset"):
        data = tree.get(name)
        if not data:
            continue
        latents = data.get("dataset_type") == "pre_encoded" or data.get("pre_encoded") is True
        trains_on = bool(_get(tree, "training", "pre_encoded"))
        if latents != trains_on:
            holds, expects = ("latents", "audio") if latents else ("audio", "latents")
            message = f"`{name}` holds {holds}, but `training.pre_encoded` is {str(trains_on).lower()}: training expects {expects}"
            help = f"set training.pre_encoded={str(latents).lower()}"
            yield Finding(rule="pre-encoded", message=message, path=("training", "pre_encoded"), help=help)


def validation_pair(tree: Tree) -> Iterator[Finding]:
    """`val_every` and `val_dataset` do nothing without each other."""
    every, data = tree.get("val_every", -1), tree.get("val_dataset")
    if every > 0 and data is None:
        help = "choose one, for example val_dataset=/data/held_out"
        yield Finding(
            rule="validation",
            message=f"`val_every` is {every}, but there is no `val_dataset`",
            path=("val_every",),
            help=help,
        )
    if every <= 0 and data is not None:
        yield Finding(
            rule="validation",
            severity="warning",
            message=f"`val_dataset` is only used for demos: `val_every` is {every}",
            path=("val_dataset",),
            help="set val_every to validate, for example val_every=1000",
        )


def one_start(tree: Tree) -> Iterator[Finding]:
    """A run goes on from one place."""
    if tree.get("recover") and tree.get("ckpt_path"):
        message = "`recover` and `ckpt_path` both say where to go on from"
        yield Finding(rule="checkpoint", message=message, path=("ckpt_path",), help="leave one of them out")


def own_name(tree: Tree) -> Iterator[Finding]:
    """`recover` goes on with the newest run of a name: under the default name that may be another experiment's."""
    default = "stable_audio_tools"
    if tree.get("recover") is True and tree.get("name", default) == default:
        yield Finding(
            rule="checkpoint",
            severity="warning",
            message=f"`recover` goes on with the newest run named `{default}`, the default, which may be another experiment's",
            path=("name",),
            help="give this experiment a name of its own: name=my_experiment",
        )


CHECKS: tuple[Check, ...] = (
    clipping, accumulation, broken_parts, decoder_loss, loss_info_needs_devices, conditioning_present, sample_size_given,
    optimizer_given, demo_counts, latents_on_both_sides, validation_pair, one_start, own_name,
)  # fmt: skip
"""Every check of this file, in the order of its findings."""
