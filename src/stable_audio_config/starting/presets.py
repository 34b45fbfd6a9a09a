"""Every preset that can be chosen here: the user's own and the shipped ones, each with the first sentence of its comment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from ..compose.places import GROUPS, SHIPPED, find_preset, preset_folders, preset_names
from ..report.finding import refuse
from ..source.modeline import MARK

READ = 4096
"""Bytes of a preset in which its comment begins."""


@dataclass(frozen=True)
class Preset:
    """One file that a name stands for."""

    group: str
    name: str
    file: Path
    about: str
    """What the comment at its top says, in one line; empty where there is none."""
    is_own: bool
    """Whether it is the user's."""
    hides: Path | None = None
    """A preset of the same name further down the search order."""

    @property
    def word(self) -> str:
        """How it is chosen: `model=tiny_autoencoder`."""
        return f"{self.group}={self.name}"


def presets(config_dir: str | None = None, group: str | None = None) -> list[Preset]:
    """All presets, group by group, the user's own before the shipped ones.

    Raises:
        Refused: the folder does not exist, or there is no such group.
    """
    if group is not None and group not in GROUPS:
        near = get_close_matches(group, GROUPS, n=1)
        help = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(GROUPS)}"
        raise refuse("usage", f"there is no group of presets `{group}`", help=help)
    folders = preset_folders(config_dir, None)
    groups = [group] if group is not None else list(GROUPS)
    found = [_preset(folders, each, name) for each in groups for name in preset_names(folders, each)]
    return sorted(found, key=lambda preset: (GROUPS.index(preset.group), not preset.is_own))


def _preset(folders: list[Path], group: str, name: str) -> Preset:
    files = [file for folder in folders if (file := find_preset(folder, f"{group}/{name}")) is not None]
    first = files[0]
    return Preset(group, name, first, about(first), not first.is_relative_to(SHIPPED), files[1] if files[1:] else None)


def preset_called(word: str, config_dir: str | None = None) -> Preset:
    """The preset that `model/NAME`, `model=NAME` or, where one group alone has it, `NAME` means.

    Raises:
        Refused: there is none, or several groups have one.
    """
    group, _, name = word.replace("=", "/", 1).partition("/")
    everything = presets(config_dir)
    found = [preset for preset in everything if (preset.group, preset.name) == (group, name)]
    found = found or [preset for preset in everything if preset.name == word]
    if len(found) == 1:
        return found[0]
    if found:
        words = " or ".join(f"`{preset.word}`" for preset in found)
        raise refuse("usage", f"`{word}` is the name of several presets", help=f"write {words}")
    near = get_close_matches(name or word, [preset.name for preset in everything], n=1, cutoff=0.5)
    help = f"did you mean `{near[0]}`?" if near else "sat presets list names them all"
    raise refuse("unknown-preset", f"there is no preset `{word}`", help=help)


def matching(words: tuple[str, ...], config_dir: str | None = None) -> list[Preset]:
    """The presets whose name or comment holds every word, in any case; those whose name does first."""
    wanted = [word.lower() for word in words]
    found = [
        preset for preset in presets(config_dir) if all(word in f"{preset.group} {preset.name} {_text(preset)}" for word in wanted)
    ]
    return sorted(found, key=lambda preset: not all(word in preset.name.lower() for word in wanted))


def _text(preset: Preset) -> str:
    return " ".join(_comment(preset.file)).lower()


def about(file: Path) -> str:
    """The first sentence of the comment at the top of a preset."""
    text = " ".join(_comment(file))
    end = min((at for stop in (". ", ": sat ") if (at := text.find(stop)) >= 0), default=len(text))
    return text[:end].rstrip(".")


def _comment(file: Path) -> Iterator[str]:
    """The lines of the comment at the top, up to the first one that shows a command."""
    if file.suffix == ".json":
        return
    try:
        with file.open(encoding="utf-8", errors="replace") as opened:
            lines = opened.read(READ).splitlines()
    except OSError:
        return
    for line in lines:
        if line.startswith((MARK, "# @")):
            continue
        if not line.startswith("#") or line.startswith("#   "):
            return
        yield line.removeprefix("#").strip()
