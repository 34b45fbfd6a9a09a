"""What somebody has to begin with: each thing that was named is recognised by what it is, not by what it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..report.finding import refuse
from .folder import LatentFolder, SoundFolder, look_at

CHECKPOINTS = (".ckpt", ".safetensors", ".pt", ".pth")
"""How the names of checkpoints end."""

CONFIGS = (".json", ".yaml", ".yml")
"""How the names of model configs end."""


@dataclass(frozen=True)
class Having:
    """The things, one of each kind at most."""

    sounds: SoundFolder | None = None
    latents: LatentFolder | None = None
    model: str | None = None
    """A model config file, or a preset of group `model`."""
    checkpoint: str | None = None
    """A checkpoint."""
    inside: Mapping[str, Any] | None = None
    """The model config that the checkpoint carries, without its training section."""
    model_type: str | None = None
    """What the checkpoint is a model of, by its config or by the names of its weights."""


def recognised(things: tuple[str, ...], model: str | None = None) -> Having:
    """The things by kind.

    Raises:
        Refused: one is not there, is of no kind that anything can be begun with, or there are two of one kind.
    """
    having = Having()
    for thing in things:
        kind, found = _one(thing)
        if getattr(having, kind) is not None:
            what = {"sounds": "folders of sound", "latents": "folders of latents", "model": "model configs"}.get(kind, f"{kind}s")
            help = "start with one, and add the other to `dataset.datasets` of the experiment" if kind == "sounds" else "name one"
            raise refuse("usage", f"`{thing}` is one of two {what}", help=help)
        having = replace(having, **{kind: found})
    if model is not None:
        if having.model is not None:
            raise refuse("usage", f"`--model {model}` and `{having.model}` are two models", help="name one")
        having = replace(having, model=model)
    return with_config(having)


def _one(thing: str) -> tuple[str, Any]:
    path = Path(thing).expanduser()
    if path.is_dir():
        found = look_at(path, thing)
        if found is None:
            message = f"there are neither sound files nor latents in `{thing}`"
            raise refuse("no-files", message, help="name a folder of sound (wav, flac, mp3, ogg, aif, opus) or of latents (npy)")
        return ("sounds" if isinstance(found, SoundFolder) else "latents"), found
    if not path.exists():
        raise refuse("missing-file", f"`{thing}` does not exist", help="check the path")
    if path.suffix in CHECKPOINTS:
        return "checkpoint", thing
    if path.suffix in CONFIGS:
        return "model", thing
    help = "name a folder of sound or latents, a model config (.json, .yaml) or a checkpoint (.ckpt, .safetensors)"
    raise refuse("usage", f"nothing can be begun with `{thing}`", help=help)


def with_config(having: Having) -> Having:
    """With what the checkpoint says of itself; a `model_config.json` beside it counts where it carries no config.

    Raises:
        Refused: the checkpoint cannot be read.
    """
    if having.checkpoint is None:
        return having
    from ..source.checkpoint import UnreadableCheckpoint, kind_of, read_checkpoint

    path = Path(having.checkpoint).expanduser()
    try:
        kind = kind_of(read_checkpoint(path))
    except UnreadableCheckpoint as error:
        raise refuse("checkpoint", str(error), help="check the path") from None
    if kind.kind == "training":
        message = f"`{having.checkpoint}` is a training checkpoint: optimizers and counters lie around the model in it"
        raise refuse("checkpoint", message, help=f"take the model out of it: sat unwrap {having.checkpoint}")
    inside = _config_inside(path)
    beside = path.with_name("model_config.json")
    model = having.model
    if inside is None and model is None and kind.model_type != "autoencoder" and beside.is_file():
        model = str(beside)
    model_type = kind.model_type or (None if inside is None else str(inside.get("model_type")))
    return replace(having, inside=inside, model_type=model_type, model=model)


def _config_inside(path: Path) -> dict[str, Any] | None:
    from ..inspect.given import given
    from ..report.finding import Refused

    try:
        found = given((str(path),)).tree.get("model")
    except Refused:  # It carries none.
        return None
    return found if isinstance(found, dict) else None
