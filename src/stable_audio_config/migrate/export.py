"""An experiment as the files of the engine's own script: model JSON, dataset JSON, INI, and the command line that starts it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..report.finding import Finding, Refused, refuse
from .arguments import new_arguments, old_arguments
from .command_line import read_command
from .flags import TRAIN
from .ini import ini_of
from .presets import same

Tree = dict[str, Any]

INI = "defaults.ini"

LEFT_OUT = {
    "max_steps": (-1, "trains until it is stopped"),
    "accelerator": ("auto", "always takes a GPU"),
    "devices": ("auto", "takes every GPU"),
    "save_top_k": (-1, "keeps every checkpoint"),
    "recover": (False, "never goes on by itself"),
    "log_every": (1, "logs every step"),
    "project": (None, "takes --name for it"),
    "plugins": ((), "imports none"),
}
"""Key -> its default here, and what the engine's script does whatever it says."""

JSON_FILES = {"model": "model_config.json", "dataset": "dataset_config.json", "val_dataset": "val_dataset_config.json"}


@dataclass(frozen=True)
class Export:
    """The files, before they are written."""

    files: dict[str, str]
    """Name in the folder -> text."""
    words: tuple[str, ...]
    """What to type behind `python train.py`."""
    findings: tuple[Finding, ...]
    """What the engine's script cannot do."""
    arguments: int
    """How many arguments of calls were compared: the files, read as the script reads them, give what the experiment gives."""


def exported(tree: Tree, folder: Path) -> Export:
    """The files of a composed and checked experiment, which will stand in `folder`.

    Raises:
        Refused: a value that an INI file cannot carry to the script.
    """
    files = {JSON_FILES["model"]: _json({**tree["model"], "training": tree["training"]})}
    files |= {JSON_FILES[part]: _json(tree[part]) for part in ("dataset", "val_dataset") if tree.get(part) is not None}
    name = str(tree.get("name", ""))
    places = {f"{part}_config": (folder / file).as_posix() for part, file in JSON_FILES.items() if file in files}
    files[INI] = "\n".join(_ini_lines(tree, places)) + "\n"
    named = [f"--name={name}"] if name.startswith("-") else ["--name", name]
    words = ("--config-file", (folder / INI).as_posix(), *named)
    compared = _compared(tree, files[INI], words, places, folder)
    return Export(files, words, tuple(_left_out(tree)), compared)


def _json(tree: Any) -> str:
    return json.dumps(tree, indent=4, ensure_ascii=False) + "\n"


def _ini_lines(tree: Tree, places: dict[str, str]) -> Iterator[str]:
    yield "# Written by sat export. The script takes the name of the run from --name only."
    yield "[DEFAULTS]"
    for flag in TRAIN:
        if flag.key == "name":
            continue
        value = places.get(flag.key, "") if flag.key.endswith("_config") else _old_value(tree, flag.key, flag.becomes, flag.default)
        yield f"{flag.key} = {_written(flag.key, value)}"


def _old_value(tree: Tree, key: str, new: str | None, default: Any) -> Any:
    if new is None:
        return default
    value = tree.get(new, default)
    if key == "logger" and value not in ("wandb", "comet"):
        return "none"
    return "" if value is None else value


def _written(key: str, value: Any) -> str:
    """A value that prefigure reads back as it is.

    Raises:
        Refused: there is none.
    """
    if not isinstance(value, str):
        return str(value)
    # prefigure takes every value with `_dir` in it for a path as it stands, quotes and all.
    written = value if "_dir" in value else repr(value)
    if written != written.strip() or "\n" in written:
        raise refuse("no-equal", f"an INI file cannot carry the value of `{key}`: {value!r}", key, help="rename that folder")
    return written.replace("%", "%%")


def _compared(tree: Tree, ini: str, words: tuple[str, ...], places: dict[str, str], folder: Path) -> int:
    """Reads the INI file as prefigure would, and compares every argument that the script would pass on.

    Raises:
        Refused: one is another.
    """
    command = read_command(words[2:], "train", ini=ini_of(ini, str(folder / INI)))
    before, after = new_arguments("train", tree, tree["model"]), old_arguments(command, tree["model"])
    fixed = ("logger(project)", "ModelCheckpoint(save_top_k)", "Trainer(log_every_n_steps)", "Trainer(max_steps)", "logger")
    wrong = [name for name, value in before.items() if name not in fixed and not same(value, after[name])]
    wrong += [key for key, value in places.items() if str(command.value(key)) != value]
    if wrong or str(command.value("name")) != str(tree.get("name")):
        message = f"the engine's script would read `{[*wrong, 'name'][0]}` as something else"
        raise Refused(Finding(rule="unequal", message=message, help="nothing was written; please report this"))
    return len(before) - len(fixed)


def _left_out(tree: Tree) -> Iterator[Finding]:
    """What the script does otherwise than the experiment says."""
    for key, (default, instead) in LEFT_OUT.items():
        value = tree.get(key, default)
        if value not in (default, list(default) if isinstance(default, tuple) else default):
            message = f"`{key}` is {json.dumps(value)}, which the engine's script has no option for: it {instead}"
            yield Finding(rule="no-equal", severity="warning", message=message, path=(key,))
    if tree.get("logger") not in ("wandb", "comet", "none"):
        message = f"`logger` is {tree.get('logger')}, which the engine's script does not know: it logs nowhere"
        yield Finding(rule="no-equal", severity="warning", message=message, path=("logger",))
