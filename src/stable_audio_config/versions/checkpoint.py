"""What a checkpoint carries beside its weights, in today's format, read from its header alone.

Ours have an experiment, those of the engine's own script a model config.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..report.finding import Refused, refuse
from ..source.checkpoint import CheckpointHeader, UnreadableCheckpoint, read_checkpoint
from .schema import KEY, carried_to, newer, version_of


@dataclass(frozen=True)
class Inside:
    """What stands beside the weights. Of a model's weights alone it may be nothing."""

    experiment: dict[str, Any] | None = None
    """The whole experiment, of a checkpoint that `sat train` wrote."""
    model_config: dict[str, Any] | None = None
    """The engine's model config with its training section: the engine's own `train.py` writes it, and so does `sat train`."""
    versions: dict[str, Any] = field(default_factory=dict)
    """Of the packages that wrote it; empty where it does not say."""


def carried(path: Path) -> Inside:
    """What a checkpoint carries, which may be nothing.

    Raises:
        Refused: it cannot be read, or is of a later version than this package knows.
    """
    try:
        header = read_checkpoint(path)
    except UnreadableCheckpoint as error:
        raise refuse("checkpoint", str(error), help="check the path") from None
    return _found(header, str(path))


def inside(path: Path) -> Inside:
    """What a checkpoint carries.

    Raises:
        Refused: it carries no config, cannot be read, or is of a later version than this package knows.
    """
    found = carried(path)
    if found.experiment is None and found.model_config is None:
        message = f"`{path}` holds no experiment: it was not written by sat train"
        raise refuse("checkpoint", message, help="keep its config beside it")
    return found


def _found(header: CheckpointHeader, source: str) -> Inside:
    extra = {**{key: _parsed(text) for key, text in header.metadata.items()}, **header.extra}
    ours, config = extra.get("stable_audio_config"), extra.get("model_config")
    config = config if isinstance(config, dict) else None
    if not isinstance(ours, dict) or not isinstance(ours.get("experiment"), dict):
        return Inside(model_config=config)
    too_new = newer(ours, source)
    if too_new is not None:
        raise Refused(too_new)
    experiment, versions = ours["experiment"], ours.get("versions")
    said = version_of(ours)
    if said is not None:
        today = carried_to({**experiment, KEY: said}).tree
        experiment = {key: value for key, value in today.items() if key != KEY or KEY in experiment}
    return Inside(experiment, config, versions if isinstance(versions, dict) else {})


def _parsed(text: str) -> Any:
    """What stands in a .safetensors file's metadata, where it is JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text
