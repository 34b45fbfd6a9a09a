"""The `defaults` list of a document: which presets it names, and where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..report.finding import Path as Key
from ..source.positions import Span
from ..validation.document import GROUPS, group_of
from .buffers import Buffer
from .scene import folder_for

IN_WORDS = re.compile(r"\$\{|^_self_$|^null$")
"""Entries that name no preset."""


@dataclass(frozen=True)
class Entry:
    """One preset named in a `defaults` list."""

    group: str
    name: str
    at: Key
    """Its path in the document; the value there is the name."""


def entries(buffer: Buffer) -> Iterator[Entry]:
    """Every preset that the list names."""
    written = (buffer.tree or {}).get("defaults")
    own = group_of(buffer.name) or ""
    for index, entry in enumerate(written if isinstance(written, list) else ()):
        if isinstance(entry, str):
            group, slash, name = entry.removeprefix("/").partition("/")
            known = slash and group in GROUPS
            yield Entry(group if known else own, name if known else entry, ("defaults", index))
        elif isinstance(entry, dict) and len(entry) == 1:
            key, value = next(iter(entry.items()))
            for at, name in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(name, str):
                    yield Entry(group_named(str(key), own), name, ("defaults", index, str(key), *(() if at is None else (at,))))


def group_named(key: str, own: str = "") -> str:
    """The group in the key of an entry: `model` for `override /model@package`. Without a slash it lies below the document's own."""
    words = key.split()
    group = (words[-1] if words else "").partition("@")[0]
    return group.removeprefix("/") if group.startswith("/") or group in GROUPS else f"{own}/{group}".strip("/")


def entry_of_group(buffer: Buffer, group: str, message: str) -> Span | None:
    """Where the list names the preset that a message is about: the one whose name the message has, else that of the group."""
    found = [entry for entry in entries(buffer) if entry.group == group and entry.at in buffer.text.places]
    named = [entry for entry in found if f"`{entry.name}`" in message]
    return next((buffer.text.places[entry.at].value for entry in [*named, *found]), None)


def folders_for(buffer: Buffer, config_dir: str | None) -> list[Path]:
    """The folders that the document's presets are looked for in."""
    from ..compose.places import preset_folders

    return preset_folders(folder_for(buffer, config_dir), buffer.path)


def file_of_entry(entry: Entry, buffer: Buffer, config_dir: str | None) -> Path | None:
    """The file of the preset that an entry names."""
    from ..compose.places import SUFFIXES, find_preset

    if IN_WORDS.search(entry.name):
        return None
    folders = folders_for(buffer, config_dir)
    if entry.name.endswith(SUFFIXES):
        candidates = [folder / entry.group / entry.name for folder in folders] + [Path(entry.name).expanduser().absolute()]
        return next((file for file in candidates if file.is_file()), None)
    found = (find_preset(folder, f"{entry.group}/{entry.name}") for folder in folders)
    return next((file for file in found if file is not None), None)
