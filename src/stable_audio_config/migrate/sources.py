"""Old files, each read once and called by its kind: INI, model JSON, dataset JSON, or a text with commands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..report.finding import Finding, Refused, refuse
from ..source.reading import read_text, tree_of
from .command_line import SCRIPTS
from .ini import SECTION, Ini, ini_of
from .shell import ScriptCall, calls_in

Kind = Literal["ini", "model", "dataset", "calls"]

Tree = dict[str, Any]

SUFFIXES = (".ini", ".json", ".sh", ".bash", ".zsh", ".slurm", ".sbatch")
"""Files that are looked at in a folder."""

CHECKPOINTS = (".ckpt", ".safetensors", ".pt")
"""Files whose model config counts where they are named."""


@dataclass(frozen=True)
class Source:
    """One old file."""

    kind: Kind
    file: Path
    tree: Tree = field(default_factory=dict)
    """The keys of a JSON file."""
    ini: Ini | None = None
    calls: tuple[ScriptCall, ...] = ()
    """The commands in a script."""

    @property
    def name(self) -> str:
        """What messages call it."""
        return str(self.file)


@dataclass(frozen=True)
class Gathered:
    """What was named, read."""

    sources: tuple[Source, ...]
    findings: tuple[Finding, ...]
    """What could not be read."""
    skipped: int
    """Files of folders that are something else."""
    folders: bool
    """Whether a folder was named: then files stand together by chance."""


def gather(names: list[str]) -> Gathered:
    """Every old file that is named or stands below a folder that is."""
    sources: list[Source] = []
    findings: list[Finding] = []
    skipped = 0
    folders = [name for name in names if Path(name).is_dir()]
    for file, is_found in _files(names):
        try:
            checkpoint = file.suffix in CHECKPOINTS and file.is_file()
            source = _inside(file) if checkpoint else source_of(file, read_text(file), found=is_found)
        except Refused as refused:
            findings += refused.findings
            continue
        if source is None:
            skipped += 1
        else:
            sources.append(source)
    return Gathered(tuple(sources), tuple(findings), skipped, bool(folders))


def _files(names: list[str]) -> Iterator[tuple[Path, bool]]:
    """Each file once, and whether it was found in a folder."""
    seen: set[Path] = set()
    for name in names:
        folder = Path(name)
        if not folder.is_dir():
            if folder not in seen:
                yield folder, False
            seen.add(folder)
            continue
        for file in _below(name):
            if file not in seen:
                seen.add(file)
                yield file, True


def _below(folder: str) -> Iterator[Path]:
    """The files of a folder that may be the engine's; hidden folders and those of packages are left out."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "node_modules")
        for name in sorted(names):
            if name.endswith(SUFFIXES) and not name.startswith("."):
                yield Path(place, name)


def source_of(file: Path, text: str, *, found: bool = False) -> Source | None:
    """What a file is. With `found`, None for one that is nothing of the engine's.

    Raises:
        Refused: it cannot be read; or, where it was named, it is nothing of the engine's.
    """
    name = str(file)
    if file.suffix == ".ini":
        if found and f"[{SECTION}]" not in text:
            return None
        return Source("ini", file, ini=ini_of(text, name))
    if file.suffix == ".json" or text.lstrip()[:1] == "{":
        return _json(file, text, found)
    if any(script in text for script in SCRIPTS):
        calls = calls_in(text, name)
        if calls:
            return Source("calls", file, calls=tuple(calls))
    if found:
        return None
    scripts = ", ".join(f"`{script}`" for script in SCRIPTS)
    message = f"`{name}` is no INI file, no JSON, and holds no command of {scripts}"
    raise refuse("usage", message, help="sat migrate takes the engine's old files, and folders of them")


def _inside(file: Path) -> Source:
    """The model config that the engine's own script has put into a checkpoint.

    Raises:
        Refused: it holds none; or it is one of ours, which carries a whole experiment.
    """
    from ..versions.checkpoint import inside

    found = inside(file)
    if found.experiment is not None:
        message = f"`{file}` holds a whole experiment already"
        raise refuse("usage", message, help=f"sat show {file} > experiment.yaml")
    return Source("model", file, found.model_config or {})


def _json(file: Path, text: str, found: bool) -> Source | None:
    if found and '"model_type"' not in text and '"dataset_type"' not in text:
        return None
    tree = tree_of(text, str(file), is_json=True)
    if "model_type" in tree:
        return Source("model", file, tree)
    if "dataset_type" in tree:
        return Source("dataset", file, tree)
    if found:
        return None
    message = f"`{file}` has neither `model_type` nor `dataset_type`: it is no config of the engine"
    raise refuse("missing-key", message, help="a model config says model_type, a dataset config dataset_type", source=str(file))
