"""`sat export`"""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from .completing import words as complete


@click.command("export")
@click.argument("words", metavar="[FILE.yaml] [KEY=VALUE]...", nargs=-1, type=click.UNPROCESSED, shell_complete=complete)
@click.option("--to", "folder", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder for the files.")
@click.option("--config-dir", metavar="DIR", help="Your folder of presets (default: beside the experiment, or ./conf).")
def command(words: tuple[str, ...], folder: Path, config_dir: str | None) -> None:
    """Write an experiment as the files of the engine's own train.py: model JSON, dataset JSON and INI.

    The files are read back as the script would read them and compared with the experiment before they are written. Nothing is
    written over.

    \b
    sat export my_experiment.yaml --to old
    sat export experiment=quick_test --to old
    """
    from ..api import judged
    from ..compose.composer import Request, compose
    from ..migrate.export import exported
    from ..report.finding import refuse
    from ..report.text import print_findings
    from ..source.new_file import create_whole

    composition = compose(Request(words, "config", config_dir))
    _, found = judged(composition)
    done = exported(composition.tree, folder)
    there = [folder / name for name in done.files if (folder / name).exists()]
    if there:
        raise refuse("file-exists", f"`{there[0]}` is there already", help="nothing was written; choose another folder with --to")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in done.files.items():
            create_whole(folder / name, text)
            click.echo(str(folder / name))
    except OSError as error:
        message = f"`{error.filename or folder}` cannot be written: {error.strerror or error}"
        raise refuse("not-writable", message, help="choose another folder with --to") from None
    click.echo(f"equal: the script hands on the same dictionaries and {done.arguments} arguments of calls")
    click.echo(f"python train.py {shlex.join(done.words)}")
    if found or done.findings:
        print_findings([*found, *done.findings])
