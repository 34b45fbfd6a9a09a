"""`sat engine`: what the project needs to know about the engine. Its one command is `contract`."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..engine.contract import Difference, Report


@click.group("engine")
def command() -> None:
    """Look at the engine (stable-audio-tools) itself."""


@command.command("contract")
@click.option(
    "--source", type=click.Path(path_type=Path), metavar="DIR", help="Another copy of the engine: the folder with models/."
)
@click.option("--json", "as_json", is_flag=True, help="Print the differences as JSON.")
def contract(source: Path | None, as_json: bool) -> None:
    """List what our data models say otherwise than the engine reads; exit code 1 if there is anything.

    The engine's source is read, from where configuration enters it; nothing of it is imported or run.

    \b
    sat engine contract
    sat engine contract --source stable-audio-tools/stable_audio_tools
    """
    from ..engine.contract import Sources, compare_with

    report = compare_with(Sources(_folder(source)))
    if as_json:
        import json

        click.echo(json.dumps(report.plain(), indent=2))
    else:
        _print(report)
    sys.exit(1 if report.differences else 0)


def _folder(source: Path | None) -> Path:
    """The engine's folder: `source`, or that of the installed engine.

    Raises:
        Refused: there is none.
    """
    from ..report.finding import Refused, refuse
    from ..validation.installed import engine_missing

    if source is not None:
        if not (source / "models" / "factory.py").is_file():
            raise refuse(
                "not-found", f"`{source}` holds no engine: it has no `models/factory.py`", help="name the package's own folder"
            )
        return source.resolve()
    missing = engine_missing()
    spec = None if missing is not None else find_spec("stable_audio_tools")
    if missing is not None or spec is None or not spec.submodule_search_locations:
        raise Refused(missing) if missing is not None else refuse("not-installed", "the installed engine has no folder")
    return Path(next(iter(spec.submodule_search_locations)))


def _print(report: Report) -> None:
    for note in report.unchecked:
        click.echo(f"not checked: {note}")
    for (file, function), group in groupby(report.differences, key=lambda one: (one.where.partition(":")[0], one.function)):
        click.echo(f"\n{file} {function}".rstrip() if file else "\nour side")
        for one in group:
            click.echo(_line(one))
            click.echo(f"      {one.todo}")
    count = len(report.differences)
    ending = "no difference" if not count else "1 difference" if count == 1 else f"{count} differences"
    click.echo(f"{'' if not count else chr(10)}engine {report.version}: {ending}")


def _line(one: Difference) -> str:
    line = one.where.partition(":")[2]
    sides = f": ours {one.ours}, the engine's {one.theirs}" if one.ours and one.theirs else f": {one.ours or one.theirs}"
    models = one.model.split(", ")
    model = one.model if len(models) < 5 else f"{models[0]} and {len(models) - 1} others"
    what = " ".join(part for part in (model, f"`{one.key}`" if one.key else "") if part)
    return f"  {one.kind:16} {'line ' + line if line else '':10} {what}{sides if one.ours or one.theirs else ''}"
