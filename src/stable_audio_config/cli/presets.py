"""`sat presets`"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..starting.presets import Preset

from .completing import preset_words
from .schemas_beside import tell_schemas

as_json_option = click.option("--json", "as_json", is_flag=True, help="As JSON.")
config_dir_option = click.option("--config-dir", metavar="FOLDER", help="Folder of your own presets.")


@click.group("presets")
def command() -> None:
    """List, show, find and copy presets: yours and the shipped ones.

    \b
    sat presets list model
    sat presets search text open
    sat presets show model/stable_audio_open_1_0
    sat presets copy model/tiny_autoencoder my_autoencoder
    """


@command.command("list")
@click.argument("group", required=False)
@config_dir_option
@as_json_option
def list_(group: str | None, config_dir: str | None, as_json: bool) -> None:
    """Print every preset, or those of one group, with what it is."""
    from ..starting.presets import presets

    _print(presets(config_dir, group), as_json)


@command.command("search")
@click.argument("words", nargs=-1, required=True)
@config_dir_option
@as_json_option
def search(words: tuple[str, ...], config_dir: str | None, as_json: bool) -> None:
    """Print the presets whose name or description holds every word. Exit code 1: there are none."""
    from ..starting.presets import matching

    found = matching(words, config_dir)
    _print(found, as_json)
    if not found:
        click.echo(f"no preset speaks of {' and '.join(words)}", err=True)
        raise SystemExit(1)


@command.command("show")
@click.argument("preset", shell_complete=preset_words)
@config_dir_option
def show(preset: str, config_dir: str | None) -> None:
    """Print a preset's file, comments and all."""
    from ..source.reading import read_text
    from ..starting.presets import preset_called

    click.echo(read_text(preset_called(preset, config_dir).file), nl=False)


@command.command("path")
@click.argument("preset", shell_complete=preset_words)
@config_dir_option
def path(preset: str, config_dir: str | None) -> None:
    """Print where a preset's file is."""
    from ..starting.presets import preset_called

    click.echo(str(preset_called(preset, config_dir).file))


@command.command("copy")
@click.argument("preset", shell_complete=preset_words)
@click.argument("name", required=False)
@config_dir_option
def copy(preset: str, name: str | None, config_dir: str | None) -> None:
    """Copy a preset into your own folder of presets, under a NAME of its own, to be changed there. Nothing is overwritten.

    Your folder is the one that is searched first, or ./conf where you have none yet.
    """
    from ..starting.presets import preset_called
    from ..starting.templates import copied, own_folder

    written = copied(preset_called(preset, config_dir), name, own_folder(config_dir))
    click.echo(f"written: {written.file}")
    tell_schemas([written.file])
    click.echo(f"use it: sat train {written.word}")


def _print(found: list[Preset], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([_as_tree(preset) for preset in found], indent=2, ensure_ascii=False))
        return
    longest = max((len(preset.name) for preset in found), default=0)
    group = None
    for preset in found:
        if preset.group != group:
            click.echo(f"{'' if group is None else chr(10)}{preset.group}")
            group = preset.group
        own = "yours; " if preset.is_own else ""
        hides = "hides a preset of the same name; " if preset.hides is not None else ""
        click.echo(_fitting(f"  {preset.name:<{longest}}  {own}{hides}{preset.about}".rstrip("; ")))


def _fitting(line: str) -> str:
    """The line as long as a terminal is wide; whole where it goes to a file or another program."""
    import shutil
    import sys

    width = shutil.get_terminal_size().columns
    return f"{line[: width - 3]}..." if sys.stdout.isatty() and len(line) > width > 40 else line


def _as_tree(preset: Preset) -> dict[str, Any]:
    return {
        "group": preset.group,
        "name": preset.name,
        "about": preset.about,
        "file": str(preset.file),
        "own": preset.is_own,
        "hides": _text(preset.hides),
    }


def _text(file: Path | None) -> str | None:
    return None if file is None else str(file)
