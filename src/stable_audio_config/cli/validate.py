"""`sat validate`"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .completing import words_or_files

if TYPE_CHECKING:
    from ..report.finding import Finding

FORMATS = ("text", "concise", "json", "github", "sarif")


@click.command("validate")
@click.argument("words", nargs=-1, metavar="[FILES... | KEY=VALUE ...]", shell_complete=words_or_files)
@click.option("--format", "style", type=click.Choice(FORMATS), default="text", help="How findings are printed.")
@click.option("--fix", is_flag=True, help="Mend what has exactly one cure: the changes are shown; --yes writes them.")
@click.option("--yes", is_flag=True, help="With --fix: write the changes.")
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@click.option("--config-dir", metavar="FOLDER", help="Folder of your own presets.")
@click.option("--plugins", is_flag=True, help="Import the modules that an experiment names in `plugins`.")
@click.option("--here", is_flag=True, help="Look for an experiment's data, checkpoints and packages on this machine, too.")
@click.option("-q", "--quiet", is_flag=True, help="Print findings only, not the files that are fine.")
def command(
    words: tuple[str, ...],
    style: str,
    fix: bool,
    yes: bool,
    strict: bool,
    config_dir: str | None,
    plugins: bool,
    here: bool,
    quiet: bool,
) -> None:
    """Check configuration: experiments, model and dataset files, whole folders, or `-` for standard input.

    Nothing of a config is run (unless --plugins says so), nothing is downloaded, and nothing is written without --fix --yes. The
    engine is not loaded.

    \b
    sat validate model_config.json
    sat validate my_experiment.yaml conf/
    sat validate experiment=quick_test batch_size=8
    sat validate --here my_experiment.yaml
    sat validate --format github configs/
    """
    from ..validation.check import check_files, check_words

    if not words:
        raise click.UsageError("name a file, a folder, `-`, or an experiment: sat validate experiment=quick_test")
    files = [word for word in words if "=" not in word or _exists(word)]
    if files and len(files) == len(words):
        found, names = check_files(files, config_dir, plugins, here=here)
    else:
        found, names = check_words(words, config_dir, plugins, here=here), [" ".join(words)]
    if fix:
        from .fixing import mend

        found = mend(found, write=yes, show=style == "text")
    _print(found, names, style, quiet)
    worst = {finding.severity for finding in found}
    sys.exit(1 if "error" in worst or (strict and "warning" in worst) else 0)


def _exists(word: str) -> bool:
    try:
        return Path(word).exists()
    except OSError:  # Too long for a name.
        return False


def _print(found: list[Finding], names: list[str], style: str, quiet: bool) -> None:
    if style == "text":
        from ..report.text import render_all, wants_colour

        if found:
            click.echo(render_all(found, wants_colour(sys.stdout)))
        elif not quiet:
            click.echo(f"{names[0]}: no findings" if len(names) == 1 else f"{len(names)} files: no findings")
        return
    from ..report.formats import FORMATS as RENDERERS

    text = RENDERERS[style](found)
    if text:
        click.echo(text)
