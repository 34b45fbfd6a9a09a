"""The names of the shipped presets, which complete in `defaults` lists, and the model types that they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..compose.places import GROUPS, SHIPPED
from ..source.modeline import MARK
from ..source.reading import plain_tree


@dataclass(frozen=True)
class Preset:
    """One shipped preset."""

    group: str
    name: str
    about: str
    """Its first comment."""
    model_type: str | None
    """What it decides about the model of an experiment."""


@cache
def presets() -> tuple[Preset, ...]:
    """All of them, without those that are chosen by the model type (`_default`)."""
    files = [(group, file) for group in GROUPS for file in sorted((SHIPPED / group).glob("*.yaml"))]
    return tuple(Preset(group, file.stem, _about(file), _model_type(group, plain_tree(file))) for group, file in files)


def of_group(group: str) -> list[Preset]:
    """Those of one group."""
    return [preset for preset in presets() if preset.group == group]


def _about(file: Path) -> str:
    """The comment at the beginning of a preset, without the lines that are meant for programs."""
    words: list[str] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        if not line.startswith(("# @", MARK)):
            words.append(line.removeprefix("#").strip())
    return " ".join(words)


def _model_type(group: str, tree: dict[Any, Any]) -> str | None:
    if group == "model":
        return tree.get("model_type")
    chosen = [entry.get("override /model") for entry in tree.get("defaults", []) if isinstance(entry, dict)]
    named = next((name for name in chosen if name), None)
    return None if named is None else plain_tree(SHIPPED / "model" / f"{named}.yaml").get("model_type")
