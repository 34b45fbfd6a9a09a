"""`sat inspect`"""

from __future__ import annotations

import json
import sys

import click

from .completing import words_or_files


@click.command("inspect")
@click.argument("words", nargs=-1, metavar="[FILE | RUN | CHECKPOINT | KEY=VALUE ...]", shell_complete=words_or_files)
@click.option("--config-dir", metavar="FOLDER", help="Folder of your own presets.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(words: tuple[str, ...], config_dir: str | None, as_json: bool) -> None:
    """Show how a model is made: the way of the signal, where conditions enter, parameters, and memory for training.

    All of it is worked out from the config; the engine is not loaded.

    \b
    sat inspect model=stable_audio_2_0
    sat inspect my_model_config.json
    sat inspect my_experiment.yaml model.model.diffusion.config.depth=12
    """
    from ..inspect.given import given
    from ..report.finding import refuse
    from ..validation.view import Absent

    if not words:
        raise click.UsageError("name a file, a run's folder, a checkpoint, or an experiment: sat inspect model=tiny_autoencoder")
    found = given(words, config_dir)
    try:
        from ..inspect.summary import as_tree, summary

        told = summary(found.setup)
    except Absent:
        help = "sat validate says what is wrong with it" if found.mistakes else "name an experiment or a model config"
        raise refuse("usage", f"`{found.name}` holds no model that can be looked at", help=help) from None
    if as_json:
        click.echo(json.dumps(as_tree(told), indent=2, ensure_ascii=False))
        return
    from ..inspect.drawing import drawing

    click.echo(drawing(told, lines=sys.stdout.isatty()))
    if found.mistakes:
        count = len(found.mistakes)
        click.echo(f"\n{count} mistake{'s' if count > 1 else ''} in this config: sat validate says what is wrong", err=True)
