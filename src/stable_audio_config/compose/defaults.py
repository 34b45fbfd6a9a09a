"""The shape of a preset's `defaults` list, checked before Hydra reads it: Hydra fails on some shapes without saying where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..report.finding import Finding, Refused
from ..report.locate import refused_in


def check_defaults(defaults: Any, file: Path) -> None:
    """Every entry of the list is a name or one `group: preset`.

    Raises:
        Refused: with the first entry that is neither.
    """
    if not isinstance(defaults, list):
        raise _refused(
            f"`defaults` must be a list, not {_named(defaults)}", "for example `- override /model: tiny_autoencoder`", file
        )
    for index, entry in enumerate(defaults):
        if isinstance(entry, dict) and len(entry) == 1:
            group, preset = next(iter(entry.items()))
            _check_group(group, index, file)
            _check_preset(preset, index, file)
        elif not isinstance(entry, str):
            help = "write one `group: preset` or `override /group: preset` per line, each with a dash before it"
            raise _refused(f"`defaults.{index}` must be one group and its preset, not {_named(entry)}", help, file, index)


def _check_group(group: Any, index: int, file: Path) -> None:
    """The name of a group, before a package that it may be put at."""
    words = str(group).split()
    if not words or words[-1].startswith("@"):
        raise _refused(
            f"`defaults.{index}` must name a group before the colon, not {_named(group)}",
            "for example `override /model`",
            file,
            index,
        )


def _check_preset(preset: Any, index: int, file: Path) -> None:
    """A name, null, or a list of names."""
    if preset is None or isinstance(preset, str):
        return
    if isinstance(preset, list):
        for item in preset:
            if not isinstance(item, str):
                raise _refused(f"`defaults.{index}` must list names of presets, not {_named(item)}", None, file, index)
        return
    text = str(preset).lower() if isinstance(preset, bool) else preset
    help = f"write it in quotes: '{text}'" if isinstance(preset, (bool, int, float)) else None
    raise _refused(f"`defaults.{index}` must name a preset or a file, not {_named(preset)}", help, file, index)


def _refused(message: str, help: str | None, file: Path, *index: int) -> Refused:
    return refused_in(file, Finding(rule="defaults-list", message=message, path=("defaults", *index), help=help))


def _named(value: Any) -> str:
    if isinstance(value, dict):
        return "a group of keys" if len(value) == 1 else f"a group of {len(value)} keys"
    if isinstance(value, list):
        return "a list"
    return "null" if value is None else f"`{str(value).lower() if isinstance(value, bool) else value}`"
