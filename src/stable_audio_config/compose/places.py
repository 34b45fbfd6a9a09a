"""Where presets are looked for: the user's own folders first, then the shipped tree."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ..report.finding import Finding, refuse

SHIPPED = Path(__file__).parent.parent / "conf"
"""The preset tree inside the package."""

GROUPS = ("model", "training", "dataset", "experiment", "pre_encode", "inference")
"""The groups of presets, each a folder of that name."""

SUFFIXES = (".yaml", ".yml", ".json")
"""What a preset's file name may end with; for one name the first that exists is taken."""


def preset_folders(given: str | None, experiment: Path | None) -> list[Path]:
    """The folders that are searched, first match wins: `--config-dir`, beside the experiment file, `./conf`, the shipped tree."""
    folders: list[Path] = []
    if given is None:
        given = os.environ.get("SAT_CONFIG_DIR")
    if given is not None:
        folder = Path(given).expanduser()
        if not folder.is_dir():
            raise refuse("missing-file", f"the preset folder `{given}` does not exist", help="give --config-dir a folder")
        folders.append(folder)
    if experiment is not None:
        folders += [folder for folder in (experiment.parent, experiment.parent.parent) if _holds_groups(folder)][:1]
    if _holds_groups(Path("conf")):
        folders.append(Path("conf"))
    folders.append(SHIPPED)
    return list(dict.fromkeys(folder.resolve() for folder in folders))


def _holds_groups(folder: Path) -> bool:
    return any((folder / group).is_dir() for group in GROUPS)


def find_preset(folder: Path, name: str) -> Path | None:
    """The file of preset `name` (`model/tiny_autoencoder`) in `folder`."""
    for suffix in SUFFIXES:
        file = folder / f"{name}{suffix}"
        if file.is_file():
            return file
    return None


def preset_names(folders: list[Path], group: str) -> list[str]:
    """Every preset of `group`, sorted, without its suffix; files and folders beginning with `_` hold parts of others."""
    names = {name for folder in folders for name in _names_below(folder / group)}
    return sorted(name for name in names if not any(part.startswith("_") for part in Path(name).parts))


def _names_below(folder: Path) -> Iterator[str]:
    for file in folder.rglob("*"):
        if file.suffix in SUFFIXES:
            yield file.relative_to(folder).with_suffix("").as_posix()


def hidden_presets(folders: list[Path], chosen: dict[str, str]) -> list[Finding]:
    """A note for each chosen preset that hides another one of the same name further down the search order."""
    notes: list[Finding] = []
    for key, name in sorted(chosen.items()):
        group = key.partition("@")[0]
        files = [file for folder in folders if (file := find_preset(folder, f"{group}/{name}")) is not None]
        if len(files) > 1:
            kind = "the shipped preset" if files[-1].is_relative_to(SHIPPED) else "another preset"
            notes.append(
                Finding(
                    rule="hidden-preset",
                    severity="note",
                    message=f"`{group}={name}` is your `{_near(files[0])}`, which hides {kind} of the same name",
                    path=(group,),
                    help="rename it if you meant the other one",
                )
            )
    return notes


def _near(file: Path) -> Path:
    """The path as one would type it here."""
    return file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
