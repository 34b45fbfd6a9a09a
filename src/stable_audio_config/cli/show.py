"""`sat show`"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click


@click.command("show")
@click.argument("place", metavar="CHECKPOINT_OR_RUN")
@click.option("--versions", is_flag=True, help="Print the versions that it was trained with instead.")
def command(place: str, versions: bool) -> None:
    """Print the experiment inside a checkpoint, or in a run's folder.

    Only the checkpoint's header is read: no weights, no torch, and no code from the file is run.
    """
    from .composing import print_tree

    path = Path(place)
    if path.is_dir() and (path / "experiment.yaml").is_file():
        name = "versions.json" if versions else "experiment.yaml"
        click.echo((path / name).read_text(encoding="utf-8"), nl=False)
        return
    inside = _inside(path)
    print_tree(inside.get("versions", {}) if versions else inside["experiment"])


def _inside(path: Path) -> dict[str, Any]:
    from ..report.finding import refuse
    from ..source.checkpoint import UnreadableCheckpoint, read_checkpoint

    try:
        header = read_checkpoint(path)
    except UnreadableCheckpoint as error:
        raise refuse("checkpoint", str(error), help="check the path") from None
    extra = {**{key: _parsed(text) for key, text in header.metadata.items()}, **header.extra}
    if isinstance(extra.get("stable_audio_config"), dict) and "experiment" in extra["stable_audio_config"]:
        inside: dict[str, Any] = extra["stable_audio_config"]
        return inside
    if "model_config" in extra:  # Written by the engine's own train.py.
        return {"experiment": extra["model_config"]}
    raise refuse("checkpoint", f"`{path}` holds no experiment: it was not written by sat train", help="keep its config beside it")


def _parsed(text: str) -> Any:
    """What stands in a .safetensors file's metadata, where it is JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text
