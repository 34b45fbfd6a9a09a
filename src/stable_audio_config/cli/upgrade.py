"""`sat upgrade`"""

from __future__ import annotations

import sys
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..report.finding import Finding
    from ..versions.upgrade import Upgraded

ENGINES = click.Choice(["0.0.19", "0.0.20"])


@click.command("upgrade")
@click.argument("places", nargs=-1, metavar="FILES_OR_FOLDERS...", required=True)
@click.option("--check", is_flag=True, help="Exit with 1 if a file is not of that version; for CI.")
@click.option("--write", is_flag=True, help="Write the changes.")
@click.option("--to", "schema", type=int, metavar="N", help="Version of our own format (default: today's).")
@click.option("--from-engine", type=ENGINES, help="What the files were written for: then what they leave unsaid is kept too.")
@click.option("--to-engine", type=ENGINES, default="0.0.20", show_default=True, help="What they are to run on.")
def command(places: tuple[str, ...], check: bool, write: bool, schema: int | None, from_engine: str | None, to_engine: str) -> None:
    """Carry experiments, and model and dataset files of the engine, from one version to another.

    The changes are shown, and written with --write: comments stay, and each file is written as a whole or not at all. What the
    other version has no equal for is said.

    \b
    sat upgrade experiments/
    sat upgrade --from-engine 0.0.19 model_config.json dataset_config.json --write
    sat upgrade --check configs/
    """
    from ..datamodels.schema_version import SCHEMA_VERSION
    from ..report.text import print_findings
    from ..validation.check import config_files
    from ..versions.upgrade import Ask, Upgraded, outcome

    if check and write:
        raise click.UsageError("--check looks and --write changes: choose one")
    target = SCHEMA_VERSION if schema is None else schema
    if not 1 <= target <= SCHEMA_VERSION:
        versions = "is version 1" if SCHEMA_VERSION == 1 else f"are versions 1 to {SCHEMA_VERSION}"
        raise click.UsageError(f"--to {target}: there {versions} of the format")
    files = [Path(file) for place in places for file in config_files(place) if not file.endswith(".ini")]
    found: list[Finding] = []
    changed = 0
    ask = Ask(target, from_engine, to_engine)
    for file in files:
        done = outcome(file, ask)
        if not isinstance(done, Upgraded):
            found += done
            continue
        found += done.findings
        if done.changes:
            changed += 1
            _show(done)
            if write:
                found += _written(done)
    if found:
        print_findings(found)
    click.echo(_summary(len(files), changed, write))
    errors = any(finding.severity == "error" for finding in found)
    sys.exit(1 if errors or (check and changed) else 0)


def _show(done: Upgraded) -> None:
    lines = unified_diff(
        done.before.splitlines(keepends=True), done.after.splitlines(keepends=True), str(done.file), f"{done.file} (upgraded)"
    )
    click.echo("".join(lines), nl=False)


def _written(done: Upgraded) -> list[Finding]:
    from ..source.edit import write_whole
    from .fixing import _with_mark as with_mark

    try:
        write_whole(done.file, with_mark(done.file, done.after))
    except OSError as error:
        from ..report.finding import Finding

        message = f"`{done.file}` was left as it is, because nothing can be written there: {error.strerror or error}"
        help = "make room, or check the permissions of its folder"
        return [Finding(rule="not-writable", message=message, source=str(done.file), help=help)]
    return []


def _summary(files: int, changed: int, write: bool) -> str:
    what = "1 file" if files == 1 else f"{files} files"
    if not changed:
        return f"{what}: nothing to change"
    return f"{what}: {changed} changed" if write else f"{what}: {changed} to change; --write does it"
