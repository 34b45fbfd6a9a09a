"""A checkpoint becomes a model of the engine's, every weight in its place; what does not fit is refused, not skipped.

`look_into` says what the checkpoint's header tells, before torch is imported; `load` builds and fills the model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..report.finding import Refused, refuse
from ..source.checkpoint import CheckpointHeader, kind_of
from .unwrap import embedded_config, model_weights, read_header, read_tensors

LOOK_ALIKE = {"diffusion_cond_inpaint": "diffusion_cond", "diffusion_uncond": "diffusion_cond"}
"""Model types whose weights can have the same names."""

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class ModelFile:
    """A checkpoint of which all is known but the weights."""

    path: Path
    header: CheckpointHeader
    names: dict[str, str]
    """Name in the model -> name in the checkpoint."""
    config: dict[str, Any] | None
    """The engine's model config, without `training`."""

    @property
    def shapes(self) -> Shapes:
        """Name in the model -> shape of its tensor in the checkpoint."""
        return {name: self.header.tensors[source].shape for name, source in self.names.items()}


@dataclass(frozen=True)
class LoadedModel:
    """A model on the CPU, in evaluation mode, without gradients."""

    model: Any
    config: dict[str, Any]
    """The engine's model config that it was built from."""


def look_into(
    checkpoint: Path,
    model_config: dict[str, Any] | None,
    model_type: str | tuple[str, ...],
    *place: str,
    instead: Mapping[str, str] = {},
) -> ModelFile:
    """What the checkpoint holds; its config is `model_config`, else the one inside, else `model_config.json` beside it.

    Refused: unreadable, of a LoRA training, or of another type than `model_type` (than any of them). `place` is the key that named
    it, and `instead` says what to do with checkpoints of other types.
    """
    checkpoint = Path(checkpoint)
    try:
        header = read_header(checkpoint)
        weights = model_weights(checkpoint, header)
    except Refused as refused:
        raise _at(refused, place) from None
    own = embedded_config(header)
    kind = kind_of(header)
    types = (model_type,) if isinstance(model_type, str) else model_type
    wanted = " or ".join(f"a `{name}`" for name in types)
    found = (own or {}).get("model_type") or LOOK_ALIKE.get(kind.model_type or "", kind.model_type)
    if found not in (None, *types):
        message = f"`{checkpoint}` holds a `{found}` model, and {wanted} is needed"
        raise refuse("wrong-model-type", message, *place, help=instead.get(str(found)))
    config = model_config or own or _config_beside(checkpoint)
    if config is not None:
        if config.get("model_type") not in types:
            wrong = config.get("model_type")
            message = f"the config of `{checkpoint}` is of a `{wrong}` model, and {wanted} is needed"
            raise refuse("wrong-model-type", message, *place, help=instead.get(str(wrong)))
        config = {key: value for key, value in config.items() if key != "training"}
    return ModelFile(checkpoint, header, weights.names, config)


def _at(refused: Refused, place: tuple[str, ...]) -> Refused:
    """The same findings, at the key that is to blame."""
    return Refused(*(replace(finding, path=place) for finding in refused.findings))


def config_of(file: ModelFile) -> dict[str, Any]:
    """The config of the model; Refused where there is none anywhere."""
    if file.config is None:
        raise refuse(
            "no-model-config",
            f"`{file.path}` carries no model config, and there is no `model_config.json` beside it",
            "model",
            help="give it: model=my_model_config.json",
        )
    return file.config


def _config_beside(checkpoint: Path) -> dict[str, Any] | None:
    path = checkpoint.parent / "model_config.json"
    if not path.is_file():
        return None
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise refuse("unreadable-config", f"`{path}` beside the checkpoint is not JSON: {error}", "model") from None
    return config if isinstance(config, dict) else None


def load_model(
    checkpoint: Path,
    model_config: dict[str, Any] | None = None,
    *,
    model_type: str | tuple[str, ...],
    pretransform: Path | None = None,
) -> LoadedModel:
    """`look_into` and `load` in one."""
    file = look_into(checkpoint, model_config, model_type, "ckpt_path")
    return load(file, look_into(pretransform, None, "autoencoder", "pretransform_ckpt_path") if pretransform else None)


def load(file: ModelFile, pretransform: ModelFile | None = None) -> LoadedModel:
    """The model with all its weights, those of `pretransform` in its autoencoder where that is given.

    Strict: a missing, unexpected or differently shaped weight is refused.
    """
    config = config_of(file)
    model = build(config)
    names = file.names
    if pretransform is not None:
        if not hasattr(model.pretransform, "model"):
            message = "the model has no autoencoder (`pretransform`) that could take weights"
            raise refuse("no-pretransform", message, "pretransform_ckpt_path")
        names = {name: source for name, source in names.items() if not name.startswith("pretransform.")}
    _fill(model, file, names, apart="pretransform." if pretransform is not None else None)
    if pretransform is not None:
        _fill(model.pretransform.model, pretransform, pretransform.names)
    return LoadedModel(model.eval().requires_grad_(False), config)


def build(config: dict[str, Any]) -> Any:
    """The engine's model, on the CPU, with random weights; parts of installed plugins included."""
    from .door.models import create_model

    try:
        return create_model(config)
    except (AssertionError, AttributeError, KeyError, NotImplementedError, TypeError, ValueError) as error:
        message = f"the engine cannot build this model: {type(error).__name__}: {error}"
        raise refuse("model-not-built", message, "model", help="check it: sat validate") from error


def _fill(model: Any, file: ModelFile, names: dict[str, str], apart: str | None = None) -> None:
    """Every tensor of the model (those that begin with `apart` excepted) has its value from the file."""
    shapes = {name: shape for name, shape in file.shapes.items() if name in names}
    _fold_weight_norm(model, shapes)
    wanted = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    if apart is not None:
        wanted = {name: shape for name, shape in wanted.items() if not name.startswith(apart)}
    _check_fit(file.path, wanted, shapes)
    model.load_state_dict(read_tensors(file.path, file.header, names), strict=apart is None)


def _fold_weight_norm(model: Any, shapes: Shapes) -> None:
    """Layers saved without their weight normalisation (`remove_pretransform_weight_norm`) lose it here too."""
    from torch.nn.utils import remove_weight_norm

    for name in list(model.state_dict()):
        layer, _, last = name.rpartition(".")
        if last == "weight_g" and name not in shapes and f"{layer}.weight" in shapes:
            remove_weight_norm(model.get_submodule(layer))


def _check_fit(checkpoint: Path, wanted: Shapes, found: Shapes) -> None:
    missing = [name for name in wanted if name not in found]
    unexpected = [name for name in found if name not in wanted]
    misshapen = [name for name in wanted if name in found and wanted[name] != found[name]]
    if not missing and not unexpected and not misshapen:
        return
    if missing and not unexpected and not misshapen and all(name.startswith("pretransform.") for name in missing):
        message = f"`{checkpoint}` holds no weights of the autoencoder (`pretransform`): {len(missing)} are missing"
        help_text = "give them: pretransform_ckpt_path=autoencoder.ckpt"
        raise refuse("no-pretransform-weights", message, "pretransform_ckpt_path", help=help_text)
    parts = [
        f"{len(names)} {what}: {_first_three(names)}" for names, what in ((missing, "missing"), (unexpected, "unexpected")) if names
    ]
    if misshapen:
        shown = [f"`{name}` is {_shape(found[name])}, the model has {_shape(wanted[name])}" for name in misshapen[:3]]
        parts.append(f"{len(misshapen)} of another shape: {', '.join(shown)}{', ...' if len(misshapen) > 3 else ''}")
    message = f"the weights in `{checkpoint}` are not those of this model config; {'; '.join(parts)}"
    raise refuse("weights-do-not-fit", message, "model", help="give the config that the checkpoint was trained with")


def _first_three(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names[:3]) + (", ..." if len(names) > 3 else "")


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(str(width) for width in shape) or "a single number"
