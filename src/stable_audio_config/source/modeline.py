"""The line of a YAML file that tells every editor which schema the file follows, without settings and without a network.

The path in it is relative, so that the file can be committed, copied with its folder and opened on another machine.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = ".sat/schemas"
"""Where `sat schema install` puts the schemas of a user's folder."""

FILES = {
    "experiment": "experiment_schema.json",
    "model": "model_config_schema.json",
    "training": "training_config_schema.json",
    "dataset": "dataset_config_schema.json",
    "pre_encode": "pre_encode_schema.json",
    "inference": "inference_schema.json",
    "engine_model": "engine_model_config_schema.json",
    "engine_dataset": "engine_dataset_config_schema.json",
}
"""Kind of file -> the name of its schema. The last two are the engine's own JSON files, which can hold no such line."""

MARK = "# yaml-language-server: $schema="
"""How the line begins. VS Code, JetBrains, Neovim, Helix and Emacs know it."""


def modeline(kind: str, file: Path | None = None) -> str:
    """The line, without its end, for a file of that kind in a user's folder; it belongs below `# @package`, above everything else.

    Args:
        kind: a name in `FILES`.
        file: where the file will stand; None for one in the current folder.
    """
    folder = Path.cwd() if file is None else file.absolute().parent
    return named(kind, folder, schemas_above(folder))


def named(kind: str, folder: Path, schemas: Path) -> str:
    """The line for a file in `folder` whose schema stands in `schemas`."""
    return f"{MARK}{Path(os.path.relpath(schemas / FILES[kind], folder)).as_posix()}"


def schemas_above(folder: Path) -> Path:
    """The schemas that were installed in this folder or the nearest one above it.

    Where there are none, it is where they would be: in the current folder if that is one of those above, else in `folder`.
    """
    above = [folder, *folder.parents]
    installed = next((place for place in above if (place / FOLDER).is_dir()), None)
    if installed is not None:
        return installed / FOLDER
    return (Path.cwd() if Path.cwd() in above else folder) / FOLDER


def with_modeline(text: str, line: str) -> str:
    """The YAML text with that modeline: in the place of the one that it has, else below its first lines of the form `# @...`."""
    lines = text.splitlines(keepends=True)
    present = next((index for index, old in enumerate(lines) if old.startswith(MARK)), None)
    if present is not None:
        lines[present] = f"{line}\n"
        return "".join(lines)
    first = next((index for index, old in enumerate(lines) if not old.lstrip().startswith("# @")), len(lines))
    return "".join([*lines[:first], f"{line}\n", *lines[first:]])
