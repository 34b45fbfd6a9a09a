"""What people type after a command, in Hydra's grammar: `key=value`, `group=preset`, `group=file.json`, an experiment file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..report.finding import Refused, refuse
from .places import GROUPS, SUFFIXES, find_preset

NOTHING = "_nothing"
"""The preset that is empty: `training=null` leaves a group's keys to the experiment."""

VAL_DATASET = "dataset@val_dataset"
"""Hydra's name for a preset of group `dataset` that lands at `val_dataset`."""


@dataclass(frozen=True)
class Words:
    """The arguments of a command, sorted."""

    overrides: tuple[str, ...]
    """`key=value`, as typed."""
    experiment: Path | None
    """An experiment file named without a key: `sat train my.yaml`."""


def sort_words(words: tuple[str, ...]) -> Words:
    """Overrides on one side, an experiment file on the other."""
    files = [word for word in words if "=" not in word and not word.startswith("~")]
    nameless = next((word for word in words if word.startswith("=")), None)
    if nameless is not None:
        raise refuse("usage", f"`{nameless}` sets a value, but does not say of what", help=f"write KEY{nameless}")
    if len(files) > 1:
        raise refuse("usage", f"one experiment file at a time, not {len(files)}: {', '.join(files)}")
    for file in files:
        if not file.endswith((".yaml", ".yml")):
            raise refuse("usage", f"`{file}` is neither `key=value` nor an experiment file (.yaml)", help=_meant(file))
    overrides = tuple(word for word in words if word not in files)
    both = next((word for word in overrides if files and word.startswith("experiment=")), None)
    if both is not None:
        raise refuse("usage", f"one experiment at a time, not `{files[0]}` and `{both}`", help=f"leave `{both}` out")
    named = [word.partition("=")[2] for word in overrides if word.startswith("experiment=") and word.endswith((".yaml", ".yml"))]
    return Words(overrides, Path((files or named)[0]) if files or named else None)


def _meant(word: str) -> str:
    if word.endswith(".json"):
        return f"write model={word} or dataset={word}"
    return f"write experiment={word}, or {word}=VALUE"


def to_hydra(word: str, folders: list[Path]) -> str:
    """One override as Hydra wants it.

    A value is forced in (`++`), whether or not a preset already has that key: our data models judge keys, with a suggestion, where
    Hydra would only say that the key is not there. A file or folder in place of a preset is quoted, so that any path will do.
    """
    key, equals, value = word.partition("=")
    if not equals or key.startswith(("~", "+", "hydra")):
        return word
    group = key.partition("@")[0]
    if key == "val_dataset":
        group, key = "dataset", VAL_DATASET
    if group in GROUPS and value == "null":
        return f"{key}={NOTHING}"
    if group not in GROUPS or value.startswith("{"):
        return f"++{key}={_quoted(value) if _has_equals_sign(value) else value}"
    if _is_place(value, group, folders) or _is_scalar(value):
        return f"{key}={_quoted(value)}"
    return f"{key}={_names_in_list(word, value) if value.startswith('[') else value}"


def _has_equals_sign(value: str) -> bool:
    """True for a bare text such as the path of a checkpoint, `.../step=00000100.ckpt`, which Hydra reads only in quotes."""
    return "=" in value and not value.startswith(("'", '"', "[", "{", "$")) and not set(value) & set(",(")


def _names_in_list(word: str, value: str) -> str:
    """`[one,two]`, Hydra's way to lay several presets of a group over each other: names only, or Hydra fails on it."""
    names = [name.strip() for name in value[1:].removesuffix("]").split(",")]
    if set(value[1:]) & set("[{:") or any(_is_scalar(name) for name in names):
        raise refuse("override", f"`{word}` must list names of presets", help="for example [first,second]")
    return value


def _is_scalar(value: str) -> bool:
    """True for what Hydra would read as a number or a truth value, where a preset is named."""
    try:
        float(value)
    except ValueError:
        return value.lower() in ("true", "false")
    return True


def missing_file(name: str, group: str) -> Refused:
    """A file that was named in place of a preset of `group` is not there."""
    is_folder = Path(name).expanduser().is_dir()
    message = f"`{name}` is a folder; a file is needed" if is_folder else f"the file `{name}` does not exist"
    return refuse("missing-file", message, group, help=f"`{group}` takes a preset or a file")


def _is_place(value: str, group: str, folders: list[Path]) -> bool:
    """True for a file, or for a folder standing for a dataset."""
    if "," in value and not Path(value).expanduser().exists():
        return False  # A sweep over several.
    if value.endswith(SUFFIXES):
        file = Path(value).expanduser()
        if not file.is_file() and not any((folder / group / value).is_file() for folder in folders):
            raise missing_file(value, group)
        return True
    is_preset = any(find_preset(folder, f"{group}/{value}") for folder in folders)
    return group == "dataset" and not is_preset and Path(value).expanduser().is_dir()


def _quoted(text: str) -> str:
    """In Hydra's quotes a backslash stands for itself, except before a quote."""
    before_quote = re.compile(r"(\\*)('|$)")
    return "'" + before_quote.sub(lambda found: found[1] * 2 + found[2].replace("'", "\\'"), text) + "'"
