"""The model's weights taken out of a training checkpoint, by name: nothing is built, and the engine is not imported.

A training checkpoint holds the training wrapper: the model below a prefix, often a moving average (EMA) of it below
another, and discriminators, losses and optimizers that nobody needs afterwards. Which tensors make the model mirrors
`export_model` of the engine's wrappers.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..report.finding import refuse
from ..source.checkpoint import CheckpointHeader, UnreadableCheckpoint, is_lora_tensor, kind_of, read_checkpoint

WRAPPERS = {
    # prefix of the model in the wrapper -> prefix of its EMA, and the part of the model that the EMA follows
    "autoencoder.": ("autoencoder_ema.ema_model.", ""),
    "diffae.": ("diffae_ema.ema_model.", ""),
    "diffusion.": ("diffusion_ema.ema_model.", "model."),
    "model.": ("model_ema.ema_model.", ""),  # lm and clap; the latter has no EMA
}

ENDINGS = (".ckpt", ".safetensors")


@dataclass(frozen=True)
class Unwrapped:
    """What `unwrap` has written."""

    path: Path
    tensors: int
    """How many tensors the file holds."""
    parameters: int
    """How many numbers they hold together, buffers included."""
    used_ema: bool
    """Whether the moving average was taken; False where the run kept none."""


@dataclass(frozen=True)
class Weights:
    """Which tensors of a checkpoint make the model."""

    names: dict[str, str]
    """Name in the model -> name in the checkpoint."""
    used_ema: bool = False


def read_header(checkpoint: Path) -> CheckpointHeader:
    """Everything in the checkpoint but the weights; Refused when it cannot be read."""
    try:
        return read_checkpoint(checkpoint)
    except UnreadableCheckpoint as error:
        raise refuse("unreadable-checkpoint", f"`{checkpoint}` cannot be read: {error.reason}", "ckpt_path") from None


def embedded_config(header: CheckpointHeader) -> dict[str, Any] | None:
    """The model config that the checkpoint carries, with its `training` section where it has one."""
    config = header.extra.get("model_config")
    if config is None and "model_config" in header.metadata:
        try:
            config = json.loads(header.metadata["model_config"])
        except json.JSONDecodeError:
            return None
    return config if isinstance(config, dict) else None


def model_weights(checkpoint: Path, header: CheckpointHeader, *, use_ema: bool = True) -> Weights:
    """Where the model's weights are, in a training checkpoint as in a model checkpoint."""
    kind = kind_of(header).kind
    if kind == "lora":
        adapters = sum(is_lora_tensor(name) for name in header.tensors)
        raise refuse(
            "lora-checkpoint",
            f"`{checkpoint}` is of a LoRA training: its {adapters} tensors adapt a model and are none",
            "ckpt_path",
            help="give the checkpoint that the LoRA training started from",
        )
    if not header.tensors:
        raise refuse("no-weights", f"`{checkpoint}` holds no weights", "ckpt_path")
    if kind != "training":
        return Weights({name: name for name in header.tensors})
    return _inside_wrapper(checkpoint, header, use_ema)


def _inside_wrapper(checkpoint: Path, header: CheckpointHeader, use_ema: bool) -> Weights:
    for prefix, (ema_prefix, part) in WRAPPERS.items():
        names = _below(prefix, header.tensors)
        if not names:
            continue
        averaged = {part + name: source for name, source in _below(ema_prefix, header.tensors).items()} if use_ema else {}
        if averaged:
            _check_ema(checkpoint, header, {name: names[name] for name in names if name.startswith(part)}, averaged)
        return Weights({**names, **averaged}, used_ema=bool(averaged))
    found = ", ".join(f"`{name}`" for name in list(header.tensors)[:3])
    raise refuse(
        "unknown-wrapper",
        f"`{checkpoint}` holds no model that the engine trains: its {len(header.tensors)} tensors begin with {found}",
        "ckpt_path",
    )


def _below(prefix: str, names: Iterable[str]) -> dict[str, str]:
    """Name without the prefix -> whole name."""
    return {name[len(prefix) :]: name for name in names if name.startswith(prefix)}


def _check_ema(checkpoint: Path, header: CheckpointHeader, model: dict[str, str], averaged: dict[str, str]) -> None:
    """The EMA must stand for every tensor of what it follows, in the same shape: a mixture would be no model at all."""
    shapes = header.tensors
    differing = sorted(set(model) ^ set(averaged))
    differing += [name for name in model if name in averaged and shapes[model[name]].shape != shapes[averaged[name]].shape]
    if differing:
        shown = ", ".join(f"`{name}`" for name in differing[:3])
        raise refuse(
            "partial-ema",
            f"the moving average in `{checkpoint}` does not fit the model: {len(averaged)} tensors for {len(model)}, "
            f"{len(differing)} of them differ, first {shown}",
            "ckpt_path",
            help="take the weights as they were trained, without the moving average",
        )


def read_tensors(checkpoint: Path, header: CheckpointHeader, names: dict[str, str]) -> dict[str, Any]:
    """Name in the model -> tensor, on the CPU. What is not asked for is not read, and no code of the file runs."""
    import torch

    if header.format == "safetensors":
        from safetensors import safe_open

        with safe_open(str(checkpoint), framework="pt", device="cpu") as file:
            return {name: file.get_tensor(source) for name, source in names.items()}
    try:
        content = torch.load(checkpoint, map_location="cpu", weights_only=True, mmap=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        reason = str(error).strip().splitlines()[0]
        raise refuse(
            "unreadable-checkpoint",
            f"torch does not load `{checkpoint}` without running code from it: {reason}",
            "ckpt_path",
        ) from None
    state = content["state_dict"] if header.has_state_dict_entry else content
    return {name: state[source] for name, source in names.items()}


def unwrap(checkpoint: Path, output: Path, *, use_ema: bool = True, model_config: dict[str, Any] | None = None) -> Unwrapped:
    """`output` holds the model alone, ready for the engine's `load_ckpt_state_dict`, and its config.

    The names and values are those that the engine's own `export_model` would write. A `.ckpt` is a dictionary of
    `state_dict`, `model_config` (without `training`) and `stable_audio_config`; a `.safetensors` has the latter two as
    JSON in its metadata. `model_config` goes inside where the checkpoint carries none.
    """
    checkpoint, output = Path(checkpoint), Path(output)
    if output.suffix not in ENDINGS:
        raise refuse("unwrap-ending", f"`{output}` must end in `.ckpt` or `.safetensors`")
    if output.resolve() == checkpoint.resolve():
        raise refuse("unwrap-in-place", f"`{output}` is the training checkpoint itself", help="choose another name")
    header = read_header(checkpoint)
    weights = model_weights(checkpoint, header, use_ema=use_ema)
    kind = kind_of(header).kind
    if kind != "training":
        told = "it is a model checkpoint already" if kind == "model" else "nothing tells what it is"
        message = f"`{checkpoint}` is no training checkpoint: {told}"
        raise refuse("already-unwrapped", message, "ckpt_path", help="use it as it is" if kind == "model" else None)
    state = {name: tensor.clone() for name, tensor in read_tensors(checkpoint, header, weights.names).items()}
    _write(output, state, _about(checkpoint, header, weights, model_config))
    return Unwrapped(output, len(state), sum(tensor.numel() for tensor in state.values()), weights.used_ema)


def _about(checkpoint: Path, header: CheckpointHeader, weights: Weights, model_config: dict[str, Any] | None) -> dict[str, Any]:
    """What stands beside the weights: the model config without `training`, and where the weights come from."""
    config = embedded_config(header) or model_config
    origin = header.extra.get("stable_audio_config")
    unwrapped = {"from": checkpoint.name, "used_ema": weights.used_ema, "global_step": header.extra.get("global_step")}
    about: dict[str, Any] = {"stable_audio_config": {**(origin if isinstance(origin, dict) else {}), "unwrapped": unwrapped}}
    if config is not None:
        about["model_config"] = {key: value for key, value in config.items() if key != "training"}
    return about


def _write(output: Path, state: dict[str, Any], about: dict[str, Any]) -> None:
    beside = output.with_name(f".{output.name}.part")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        if output.suffix == ".safetensors":
            from safetensors.torch import save_file

            contiguous = {name: tensor.contiguous() for name, tensor in state.items()}
            save_file(contiguous, beside, {"format": "pt", **{key: json.dumps(value) for key, value in about.items()}})
        else:
            import torch

            torch.save({"state_dict": state, **about}, beside)
        beside.replace(output)
    except OSError as error:
        raise refuse("not-writable", f"`{output}` cannot be written: {error.strerror or error}") from None
    finally:
        beside.unlink(missing_ok=True)
