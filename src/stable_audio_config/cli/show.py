"""`sat show`"""

from __future__ import annotations

from pathlib import Path

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
    from ..versions.checkpoint import inside

    found = inside(path)
    shown = found.experiment if found.experiment is not None else found.model_config
    print_tree(found.versions if versions else shown or {})
