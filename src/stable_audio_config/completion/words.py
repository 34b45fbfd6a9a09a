"""Everything that may stand at the cursor in a command that composes: presets, files, keys, values."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..compose.places import GROUPS, SHIPPED, SUFFIXES, preset_names
from .context import folders_for, table, tree_so_far
from .keys import keys_after, values_of

EXPERIMENTS = (".yaml", ".yml")
"""How the names of experiment files end."""

CHECKPOINTS = (".ckpt", ".safetensors", ".pt", ".pth")
"""How the names of checkpoints end."""

PLACES = {"val_dataset": "dataset"}
"""A key that takes the presets of another group."""


def suggestions(begun: str, typed: tuple[str, ...], config_dir: str | None, root: str) -> list[str]:
    """The words that begin as the one under the cursor does.

    Args:
        begun: that word so far.
        typed: the words before it.
        config_dir: the user's folder of presets, where one is named.
        root: what is composed: `experiment`, `pre_encode` or `inference`.
    """
    key, equals, value = begun.partition("=")
    folders = folders_for(typed, config_dir)
    if equals:
        return [f"{key}={found}" for found in _values(key, value, typed, folders) if found.startswith(value)]
    return [*_keys(begun, typed, folders, root), *files(begun, EXPERIMENTS if root == "experiment" else ())]


def _keys(begun: str, typed: tuple[str, ...], folders: list[Path], root: str) -> list[str]:
    groups = ["model", "dataset", root] if root != "experiment" else ["experiment", "model", "training", "dataset", "val_dataset"]
    found = [f"{group}=" for group in groups if group.startswith(begun)]
    keys = keys_after(begun, tree_so_far(typed, folders)) if "." in begun or root == "experiment" else []
    if root != "experiment" and "." not in begun:
        keys = [f"{key}=" for key in table()["roots"][root] if key.startswith(begun)]
    return list(dict.fromkeys([*found, *keys]))


def _values(key: str, value: str, typed: tuple[str, ...], folders: list[Path]) -> Iterator[str]:
    group = PLACES.get(key, key)
    if group in GROUPS:
        yield from presets_of(group, folders)
        yield from files(value, EXPERIMENTS if group == "experiment" else SUFFIXES)
    elif key.endswith("ckpt_path"):
        yield from files(value, CHECKPOINTS)
    elif key.endswith(("path", "_dir", "custom_metadata_module")):
        yield from files(value, (), anything=True)
    else:
        yield from values_of(key.lstrip("+~"), tree_so_far(typed, folders))


def presets_of(group: str, folders: list[Path]) -> list[str]:
    """The names of a group's presets, the user's own among them. The shipped ones come from the table, not from the disk."""
    own = preset_names([folder for folder in folders if folder != SHIPPED.resolve()], group)
    shipped = [name for name in table()["presets"][group] if not any(part.startswith("_") for part in name.split("/"))]
    return sorted({*own, *shipped})


def files(begun: str, suffixes: Iterable[str], *, anything: bool = False) -> list[str]:
    """Files and folders whose path begins so; a folder ends with `/`, to be gone into. Hidden ones have to be asked for."""
    endings = tuple(suffixes)
    if not endings and not anything:
        return []
    above, _, name = begun.rpartition("/")
    folder = Path(f"{above}/" if above or begun.startswith("/") else ".").expanduser()
    before = f"{above}/" if "/" in begun else ""
    found: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.name.startswith(name) or (entry.name.startswith(".") and not name.startswith(".")):
                    continue
                if entry.is_dir():
                    found.append(f"{before}{entry.name}/")
                elif anything or entry.name.endswith(endings):
                    found.append(f"{before}{entry.name}")
    except OSError:
        return []
    return sorted(found)
