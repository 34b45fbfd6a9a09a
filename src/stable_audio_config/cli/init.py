"""`sat init`"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .schemas_beside import tell_schemas

if TYPE_CHECKING:
    from ..starting.having import Having

WANTS = ("autoencoder", "text-to-audio", "unconditional", "fine-tune")


@click.command("init")
@click.argument("things", nargs=-1, metavar="[FOLDER | CONFIG | CHECKPOINT]...", type=click.Path())
@click.option("--want", type=click.Choice(WANTS), help="What the model shall do (default: what these things are most used for).")
@click.option("--model", metavar="PRESET", help="Begin with this preset or config instead of the one that fits this machine.")
@click.option("--name", metavar="NAME", help="Name of the experiment and its file (default: from the folder and the purpose).")
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Where it is written (default: NAME.yaml).")
def command(things: tuple[str, ...], want: str | None, model: str | None, name: str | None, output: Path | None) -> None:
    """Write a first experiment from what you have: a folder of sound or of latents, a model config, a checkpoint.

    Sounds are looked at for rates, channels and lengths (their headers only), the model is fitted to them, and every line of the
    file says why it is there. What is missing is asked for where there is somebody to ask. No file is ever overwritten.

    \b
    sat init                                        asks
    sat init music/                                 an autoencoder for these sounds
    sat init music/ autoencoder.ckpt                a text-to-audio model over that autoencoder
    sat init music/ model.ckpt model_config.json --want fine-tune
    """
    from ..starting import plan as planning
    from ..starting.draft import write
    from ..starting.having import recognised

    asking = at_a_terminal() and not things
    if not things:
        if not asking:
            raise click.UsageError("name what you have: sat init FOLDER (of sound or latents), with a config or a checkpoint")
        things = _asked_for_things()
    having = recognised(things, model)
    _tell(having)
    if want is None:
        natural = planning.natural_want(having)
        want = _asked_for_want(natural) if asking else natural
    name = name or (click.prompt("Name", default=planning.name_for(having, want)) if asking else planning.name_for(having, want))
    file = output or Path(f"{name}.yaml")
    draft = write(planning.plan(having, want, name, planning.has_gpu(), file.parent), file)
    if draft.findings:
        from ..report.text import print_findings

        print_findings(draft.findings)
    for written in draft.files:
        click.echo(f"written: {written}")
    tell_schemas([file])
    click.echo("\nnext: read it, then")
    click.echo(f"  sat train {file}")


def at_a_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _asked_for_things() -> tuple[str, ...]:
    click.echo("A first experiment needs sound to learn from, or latents of it.")
    folder = click.prompt("Folder of sound or latents", type=click.Path(exists=True, file_okay=False))
    question = "A checkpoint to begin with, or the config of a model (none: press Enter)"
    further = click.prompt(question, default="", show_default=False)
    return (str(folder), *([str(further)] if further else []))


def _asked_for_want(natural: str) -> str:
    from ..starting.plan import WANTS as MEANINGS

    click.echo("\nWhat shall the model do?")
    for want, meaning in MEANINGS.items():
        click.echo(f"  {want:<14} {meaning}")
    answer: str = click.prompt("Purpose", type=click.Choice(WANTS), default=natural, show_choices=False)
    return answer


def _tell(having: Having) -> None:
    """What was found, so that a wrong folder is noticed now."""
    from ..starting.models import told

    data = having.sounds or having.latents
    if data is not None:
        click.echo(f"{data.path}: {data.told()}")
    for remark in told(having.sounds) if having.sounds is not None else []:
        click.echo(f"  {remark}")
