"""`sat new`"""

from __future__ import annotations

import click

from .completing import types_of
from .schemas_beside import tell_schemas

KINDS = ("model", "training", "dataset", "experiment")


@click.command("new")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("name")
@click.option("--type", "tag", metavar="TYPE", shell_complete=types_of, help="autoencoder, diffusion_cond, pre_encoded, ...")
@click.option("--config-dir", metavar="FOLDER", help="Folder of your own presets (default: the one in use here, or ./conf).")
def command(kind: str, name: str, tag: str | None, config_dir: str | None) -> None:
    """Write a preset of your own: one that works, and below it every further key with its meaning and default.

    Nothing is overwritten.

    \b
    sat new experiment mine
    sat new model wide --type diffusion_cond
    sat new dataset latents --type pre_encoded
    """
    from ..starting.templates import new, own_folder

    written = new(kind, name, tag, own_folder(config_dir))
    click.echo(f"written: {written.file}")
    tell_schemas([written.file])
    click.echo(f"use it: sat train {written.word}")
