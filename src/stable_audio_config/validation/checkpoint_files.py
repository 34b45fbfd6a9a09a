"""The checkpoints that an experiment names: are they there, whole, of the right kind, and of this model? Only headers are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from ..datamodels.base import plain
from ..datamodels.experiment import ExperimentConfig
from ..report.finding import Finding, dotted
from ..source.checkpoint import CheckpointHeader, UnreadableCheckpoint, kind_of, read_checkpoint

Kind = Literal["training", "model"]
"""What a checkpoint is wanted for: to go on from, or to take weights from."""


def checkpoint_findings(experiment: ExperimentConfig) -> Iterator[Finding]:
    """Everything about the checkpoints of an experiment."""
    kind, model = experiment.model.model_type, plain(experiment.model)["model"]
    yield from checkpoint_problems(experiment.ckpt_path, "ckpt_path", "training", kind, model)
    yield from checkpoint_problems(experiment.pretrained_ckpt_path, "pretrained_ckpt_path", "model", kind, model)
    inside = model.get("pretransform") or {}
    path = experiment.pretransform_ckpt_path
    yield from checkpoint_problems(path, "pretransform_ckpt_path", "model", "autoencoder", inside.get("config"))
    starts = (experiment.ckpt_path, experiment.pretrained_ckpt_path, experiment.pretransform_ckpt_path, experiment.recover)
    if inside.get("type") == "autoencoder" and not any(starts):
        yield Finding(
            rule="pretransform-weights",
            message="nothing gives the autoencoder in `model.pretransform` its weights: they stay random, and demos are noise",
            severity="warning",
            path=("model", "model", "pretransform"),
            help="name its checkpoint: pretransform_ckpt_path=autoencoder.ckpt",
        )


_INSTEAD = {
    (
        "training",
        "model",
    ): "it holds no optimizer and no step count: use pretrained_ckpt_path to start from its weights",
    ("model", "training"): "take the model out of it first: sat unwrap {path}",
}


def checkpoint_problems(
    path: str | None, key: str, wanted: Kind, model_type: str, config: Mapping[str, Any] | None = None
) -> Iterator[Finding]:
    """What is wrong with one checkpoint: unreadable, of another kind or model type, or trained with another model.

    Args:
        path: the file; None where none is named.
        key: the run option that names it.
        wanted: what it is to be used for.
        model_type: of the model that takes its weights.
        config: the `model` dictionary of that model.
    """
    if path is None:
        return
    try:
        header = read_checkpoint(Path(path))
    except UnreadableCheckpoint as error:
        yield Finding(rule="checkpoint", message=f"`{key}`: {error}", path=(key,), help="check the path")
        return
    kind = kind_of(header)
    goes_on = wanted == "training" and header.is_resumable  # Our LoRA runs keep what Lightning needs beside the LoRA weights.
    if kind.kind not in (wanted, "unknown") and not goes_on:
        help = _INSTEAD.get((wanted, kind.kind), "choose another file").format(path=path)
        message = f"`{key}` needs a {wanted} checkpoint, but `{path}` is a {kind.kind} checkpoint"
        yield Finding(rule="checkpoint", message=message, path=(key,), help=help)
    elif kind.model_type is not None and kind.model_type.split("_")[0] != model_type.split("_")[0]:
        message = f"`{key}` needs the weights of an `{model_type}`, but `{path}` holds those of a `{kind.model_type}`"
        yield Finding(rule="checkpoint", message=message, path=(key,), help="choose another file")
    else:
        yield from _not_for_the_engine(header, path, key)
        yield from _of_another_config(header, path, key, model_type, config)


def _not_for_the_engine(header: CheckpointHeader, path: str, key: str) -> Iterator[Finding]:
    """The engine goes by the end of the name, and looks for weights in one place only (engine: `load_ckpt_state_dict`)."""
    named = path.endswith(".safetensors")
    if named != (header.format == "safetensors"):
        message = f"`{key}`: `{path}` is a {header.format} file, but the engine goes by the end of its name"
        instead = "end its name with .safetensors" if not named else "end its name with .ckpt"
        yield Finding(rule="checkpoint", message=message, path=(key,), help=instead)
    elif header.format == "torch" and not header.has_state_dict_entry:
        message = f"`{key}`: `{path}` has no `state_dict`, the only place where the engine looks for weights"
        help = "use a checkpoint of this engine; for a published DAC model use a pretransform of type `dac_pretrained`"
        yield Finding(rule="checkpoint", message=message, path=(key,), help=help)


def _of_another_config(
    header: CheckpointHeader, path: str, key: str, model_type: str, config: Mapping[str, Any] | None
) -> Iterator[Finding]:
    """Checkpoints of a training carry the config of their model."""
    inside = header.extra.get("model_config")
    if config is None or not isinstance(inside, Mapping) or inside.get("model_type") != model_type:
        return
    theirs = inside.get("model")
    differing = list(_differences(theirs, config, ())) if isinstance(theirs, Mapping) else []
    if differing:
        place, theirs, ours = differing[0]
        more = f", and {len(differing) - 1} more keys differ" if len(differing) > 1 else ""
        message = f"`{path}` was trained with `{dotted(place)}` {_shown(theirs)}, but here it is {_shown(ours)}{more}"
        help = "take the model's config from where the checkpoint comes from: sat show prints it"
        yield Finding(rule="checkpoint", message=message, severity="warning", path=(key,), help=help)


def _differences(theirs: Any, ours: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any, Any]]:
    """Every place where both say something, and not the same."""
    if isinstance(theirs, Mapping) and isinstance(ours, Mapping):
        for key in theirs:
            if key in ours and not str(key).startswith("_"):
                yield from _differences(theirs[key], ours[key], (*path, key))
    elif isinstance(theirs, (list, tuple)) and isinstance(ours, (list, tuple)) and len(theirs) == len(ours):
        for index, (one, other) in enumerate(zip(theirs, ours, strict=True)):
            yield from _differences(one, other, (*path, index))
    elif theirs != ours:
        yield path, theirs, ours


def _shown(value: Any) -> str:
    if isinstance(value, (Mapping, list, tuple)):
        return "another one"
    return {True: "true", False: "false", None: "null"}[value] if value is None or isinstance(value, bool) else str(value)
