"""`sat schema`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..schemas.install import Step

EDITORS = ("vscode", "jetbrains", "neovim", "helix")


class Schemas(click.Group):
    """A group in which every kind of file is a command that prints its schema."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """`install`, or the command that prints."""
        from ..source.modeline import FILES

        return _printing(cmd_name) if cmd_name in FILES else super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The kinds of file, then `install`."""
        from ..source.modeline import FILES

        return [*FILES, *super().list_commands(ctx)]


@click.group("schema", cls=Schemas, invoke_without_command=True)
@click.option("--check", is_flag=True, help="Say which schema files are out of date: the package's, and those installed here.")
@click.option("--write", is_flag=True, help="Bring them up to date.")
@click.pass_context
def command(context: click.Context, check: bool, write: bool) -> None:
    """Print the JSON Schema of a kind of file, or bring the schemas to an editor.

    \b
    sat schema                            the kinds of file
    sat schema experiment                 of a complete experiment
    sat schema model --authoring          of a model file as people write it
    sat schema install --editor vscode    completion and hover in this folder
    sat schema --check                    whether the files are current
    """
    if context.invoked_subcommand is not None:
        if check or write:
            raise click.UsageError("--check and --write look at all schemas: name none")
    elif check and write:
        raise click.UsageError("--check only looks, --write writes: choose one")
    elif check or write:
        _refresh(write)
    else:
        _list()


def _list() -> None:
    from ..schemas.documents import TITLES

    longest = max(map(len, TITLES))
    click.echo("\n".join(f"{name:<{longest}}  {title}" for name, title in TITLES.items()))


def _printing(name: str) -> click.Command:
    @click.command(name)
    @click.option("--authoring", is_flag=True, help="As people write the file: parts, presets, `${...}`, `???`, comments.")
    @click.option("--plugins", is_flag=True, help="With the types of installed plugins.")
    def printing(authoring: bool, plugins: bool) -> None:
        """Print the schema (JSON Schema, draft 2020-12)."""
        from ..schemas.documents import flavours
        from ..schemas.files import one

        if authoring and "authoring" not in flavours(name):
            raise click.UsageError(f"{name} has one schema: the engine's own files are always complete")
        click.echo(one(name, "authoring" if authoring else "strict", plugins=plugins), nl=False)

    return printing


@command.command("install")
@click.option("--editor", "editors", type=click.Choice(EDITORS), multiple=True, help="Write its settings; may be given twice.")
@click.argument("folder", default=".", type=click.Path(path_type=Path))
def install(editors: tuple[str, ...], folder: Path) -> None:
    """Put the schemas into FOLDER/.sat/schemas and tell editors about them. Nothing is fetched.

    Files that begin with a modeline (all presets and all that sat writes) need no settings. Without --editor, the editors that have
    left something in the folder are set up.
    """
    from ..report.finding import refuse
    from ..schemas.install import copy_schemas, editors_in, set_up

    if not folder.is_dir():
        raise refuse("missing-folder", f"the folder `{folder}` does not exist", help="make it, or name another")
    click.echo("\n".join(_said(step) for step in copy_schemas(folder)))
    chosen = editors or editors_in(folder)
    for editor in chosen:
        click.echo(_said(set_up(editor, folder)))
    if not chosen:
        click.echo(f"for files without a modeline: sat schema install --editor {'|'.join(EDITORS)}")


def _said(step: Step) -> str:
    head = f"{step.done}: {step.file}"
    return f"{head}\nadd this to it:\n{step.add}" if step.add else head


def _refresh(write: bool) -> None:
    from ..report.finding import Finding, Refused
    from ..schemas.files import refresh, stale
    from ..schemas.install import installed
    from ..source.modeline import FOLDER

    here = installed(Path()) if Path(FOLDER).is_dir() else {}
    old = stale(here)
    if write:
        refresh(old)
        click.echo("\n".join(f"brought up to date: {file}" for file in old) or "all schemas are current")
    elif old:
        help = "sat schema --write brings it up to date"
        found = [
            Finding(rule="stale-schema", message=f"the schema `{file}` is out of date", source=str(file), help=help) for file in old
        ]
        raise Refused(*found)
    else:
        click.echo("all schemas are current")
