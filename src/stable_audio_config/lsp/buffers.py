"""What is open in the editor, and which of it is a configuration of ours."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pygls.uris import from_fs_path, to_fs_path

from ..datamodels.shapes import kind, shape
from ..report.finding import Refused
from ..source.reading import read_text, tree_of
from ..validation.document import GROUPS, group_of
from .text import Text

SUFFIXES = (".yaml", ".yml", ".json")
"""How the names of configs end."""

MODEL = re.compile(r"""\bmodel_type["']?\s*:\s*["']?(\w*)""")
SOUND = re.compile(r"""\b(?:dataset_type|sample_rate|sample_size|audio_channels)["']?\s*:""")
"""Keys of the engine's configs. Configs of language models have a `model_type` too, and so has one of theirs called `clap`."""

DEFAULT = re.compile(rf"^\s*-\s+(?:override\s+)?/?(?:{'|'.join(GROUPS)})(?:@\S+)?\s*:", re.M)
"""An entry of a defaults list that names one of our groups."""

MODELINE = re.compile(r"^#.*\$schema\s*[=:].*(?:stable.audio.config|(?:experiment|model|dataset|training)\S*schema\.json)", re.M)
"""The line that tells an editor which schema a file follows."""


@dataclass(frozen=True)
class Buffer:
    """One document that is open."""

    uri: str
    version: int
    raw: str
    """Its text as the editor has it."""
    path: Path | None
    """The file that it is saved to; None for a document without one."""
    units: str = "utf-16"
    """What the editor counts columns in."""

    @property
    def is_json(self) -> bool:
        """Whether it is JSON rather than YAML."""
        return self.name.endswith(".json") if self.path is not None else self.raw.lstrip()[:1] == "{"

    @property
    def name(self) -> str:
        """What messages call it."""
        return str(self.path) if self.path is not None else "-"

    @cached_property
    def text(self) -> Text:
        """Its text with its positions."""
        return Text(self.raw, is_json=self.is_json, units=self.units)

    @cached_property
    def tree(self) -> dict[Any, Any] | None:
        """The keys and values in it; None where it is not valid."""
        try:
            return tree_of(self.text.plain, self.name, is_json=self.is_json)
        except Refused:
            return None

    @cached_property
    def is_ours(self) -> bool:
        """Whether it is a configuration of ours: editors hand over every YAML and JSON file that there is."""
        if self.path is not None and (self.path.suffix not in (*SUFFIXES, "") or _is_root(self.path)):
            return False
        if self._is_the_engines() or (self.path is not None and stands_among_presets(self.path)):
            return True
        return not self.is_json and bool(MODELINE.search(self.raw) or DEFAULT.search(self.raw) or self._has_run_options())

    def _is_the_engines(self) -> bool:
        """Whether it says which kind of model or dataset it is, as the engine's configs do."""
        tag = MODEL.search(self.raw)
        if tag is None:
            return "dataset_type" in self.raw and SOUND.search(self.raw) is not None
        known = tag[1] in kind("model").tags and "transformers_version" not in self.raw
        return known or SOUND.search(self.raw) is not None

    def _has_run_options(self) -> bool:
        """Whether most of its keys are those of an experiment, and not just `name`."""
        keys = set(self.tree or ())
        known = keys & shape("experiment:ExperimentConfig").fields.keys()
        return len(known) > 1 and 2 * len(known) >= len(keys)


def buffer_of(uri: str, version: int | None, raw: str, units: str) -> Buffer:
    """The document as it stands in the editor."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    whole = raw.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # Half a character becomes one as wide as it.
    return Buffer(uri, version or 0, whole, None if path is None else Path(path), units)


def stands_among_presets(path: Path) -> bool:
    """Whether the file stands in a folder of presets: `model/`, beside `training/` or another group, or inside `conf`."""
    folder = presets_of(path)
    if folder is None:
        return False
    return folder.name == "conf" or sum((folder / group).is_dir() for group in GROUPS) > 1


def presets_of(path: Path) -> Path | None:
    """The folder of presets that the file would be one of: what holds its group."""
    group = group_of(str(path))
    return None if group is None else next(above.parent for above in path.parents if above.name == group)


def _is_root(path: Path) -> bool:
    """The root of a composition, which is no config of its own."""
    return path.stem in ("config", "pre_encode", "inference") and any((path.parent / group).is_dir() for group in GROUPS)


def unsaved(buffers: Mapping[str, Buffer]) -> dict[str, str]:
    """Real path -> text, for `source.reading.UNSAVED`."""
    return {os.path.realpath(buffer.path): buffer.raw for buffer in buffers.values() if buffer.path is not None}


class Files:
    """Every file that an answer may point into: its text as the editor has it, else as the disk does."""

    def __init__(self, buffers: Mapping[str, Buffer], units: str) -> None:
        self._buffers = {os.path.realpath(buffer.path): buffer for buffer in buffers.values() if buffer.path is not None}
        self._units = units
        self._read: dict[str, Text] = {}

    def uri(self, path: Path) -> str:
        """The address of a file, as the editor spells it where the file is open."""
        open_one = self._buffers.get(os.path.realpath(path))
        return open_one.uri if open_one is not None else from_fs_path(str(path.absolute())) or ""

    def version(self, path: Path) -> int | None:
        """The version of the text in the editor; None for a file that is not open."""
        open_one = self._buffers.get(os.path.realpath(path))
        return None if open_one is None else open_one.version

    def text(self, path: Path) -> Text | None:
        """The text of a file; None where it cannot be read."""
        real = os.path.realpath(path)
        if real in self._buffers:
            return self._buffers[real].text
        if real not in self._read:
            try:
                self._read[real] = Text(read_text(path), is_json=path.suffix == ".json", units=self._units)
            except Refused:
                return None
        return self._read[real]
