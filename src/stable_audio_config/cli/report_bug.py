"""`sat report`"""

from __future__ import annotations

from pathlib import Path

import click

from .completing import words_or_files


@click.command("report")
@click.argument("words", nargs=-1, metavar="[FILE | RUN | KEY=VALUE ...]", shell_complete=words_or_files)
@click.option(
    "-o", "--output", metavar="FILE", default="sat-report.md", show_default=True, help="Where it is written; - prints it."
)
@click.option("--config-dir", metavar="FOLDER", help="Folder of your own presets.")
def command(words: tuple[str, ...], output: str, config_dir: str | None) -> None:
    """Collect a bug report in one file: findings, versions, the machine, the composed experiment, the end of a run's log.

    API keys, tokens, passwords in addresses, your home and your user name are taken out. Nothing is sent anywhere: read the file,
    and put it into an issue.

    \b
    sat report experiment=quick_test batch_size=8
    sat report my_experiment.yaml
    sat report runs/mine/2026-11-23_10-15-00
    """
    from ..feedback.collect import collected
    from ..starting.writing import refuse_if_there, write_new

    if output == "-":
        click.echo(collected(words, config_dir), nl=False)
        return
    file = Path(output)
    refuse_if_there(file)
    write_new({file: collected(words, config_dir)})
    click.echo(f"written: {file}\nread it before you show it to anybody; nothing was sent")
