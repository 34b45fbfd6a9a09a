"""New presets in a user's own folder: copies of others, and templates that say what else may stand in them.

Templates begin with a preset that works. What can be added is read from the data models, so that a template never tells of a key
that is not there, nor leaves one out.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from ..compose.places import SHIPPED, preset_folders
from ..report.finding import refuse
from ..source.modeline import modeline, with_modeline
from .presets import Preset
from .writing import write_new

if TYPE_CHECKING:
    from ..datamodels.base import Data

MODEL_TYPES = ("autoencoder", "diffusion_uncond", "diffusion_cond", "diffusion_cond_inpaint", "diffusion_autoencoder", "lm", "clap")
"""Types of models, each of which has a recipe."""

BASES = {
    "model": {
        "autoencoder": "model/tiny_autoencoder",
        "diffusion_uncond": "model/tiny_diffusion_uncond",
        "diffusion_cond": "model/tiny_diffusion_cond",
        "diffusion_cond_inpaint": "model/tiny_diffusion_cond_inpaint",
        "diffusion_autoencoder": "model/tiny_diffusion_autoencoder",
        "lm": "model/tiny_lm",
        "clap": "model/tiny_clap",
    },
    "training": {name: f"training/_default/{name}" for name in MODEL_TYPES},
    "dataset": {"audio_dir": "dataset/audio_dir", "pre_encoded": "dataset/pre_encoded", "wds": "dataset/s3_wds_example"},
    "experiment": {"experiment": "experiment/quick_test"},
}
"""Kind of preset -> type -> the shipped preset that its template begins with; the first type is the usual one."""

WIDTH = 130
"""Columns of a template."""


@dataclass(frozen=True)
class Written:
    """A new preset."""

    file: Path
    word: str
    """How it is chosen: `model=mine`."""


def own_folder(config_dir: str | None) -> Path:
    """The user's folder of presets: the one that is named, the one that is searched first, or `./conf`, which may not be there yet.

    Raises:
        Refused: the folder that is named does not exist.
    """
    folders = [folder for folder in preset_folders(config_dir, None) if folder != SHIPPED.resolve()]
    first = folders[0] if folders else Path("conf")
    return Path(os.path.relpath(first)) if first.is_absolute() and first.is_relative_to(Path.cwd()) else first


def new(kind: str, name: str, tag: str | None, folder: Path) -> Written:
    """A template in `folder`, to be filled in.

    Raises:
        Refused: the name cannot be one, there is no such type, or the file is there already.
    """
    bases = BASES[kind]
    tag = tag or next(iter(bases))
    if tag not in bases:
        raise refuse("usage", f"there is no {kind} of type `{tag}`", help=f"there are {', '.join(bases)}")
    file = _file(folder, kind, name, ".yaml")
    text = _begun(kind, Path(name).name, bases[tag])
    more = list(_further(kind, tag, text))
    whole = "\n".join([text, *(["", FURTHER, "", *more] if more else [])]) + "\n"
    write_new({file: with_modeline(whole, modeline(kind, file))})
    return Written(file, f"{kind}={name}")


FURTHER = "# What else may stand here, each with what holds where it does not:"
"""The line above the keys that a template offers."""


def _begun(kind: str, name: str, base: str) -> str:
    """The preset that a template begins with, its comment replaced by the template's own."""
    lines = (SHIPPED / f"{base}.yaml").read_text(encoding="utf-8").rstrip().splitlines()
    first = next(index for index, line in enumerate(lines) if not line.startswith("#"))
    packages = [line for line in lines[:first] if line.startswith("# @")]
    about = f"# A {kind} of your own, begun with {base.removesuffix('.yaml')}. Choose it with {kind}={name}."
    kept = [f"name: {name}" if kind == "experiment" and line.startswith("name: ") else line for line in lines[first:]]
    return "\n".join([*packages, about, *kept])


def copied(preset: Preset, name: str | None, folder: Path) -> Written:
    """A copy of a preset in `folder`, called `my_` and its old name where it is given none.

    Raises:
        Refused: the name cannot be one, or the file is there already.
    """
    name = name or f"my_{Path(preset.name).name}"
    file = _file(folder, preset.group, name, preset.file.suffix)
    text = preset.file.read_text(encoding="utf-8")
    if preset.file.suffix != ".json":
        text = with_modeline(text, modeline(preset.group, file))
    write_new({file: text})
    return Written(file, f"{preset.group}={name}")


def _file(folder: Path, group: str, name: str, suffix: str) -> Path:
    if not re.fullmatch(r"\w[\w.-]*(/\w[\w.-]*)*", name) or name.startswith("_"):
        message = f"`{name}` cannot be the name of a preset"
        raise refuse("usage", message, help="letters, digits, `_`, `-` and `.`; what begins with `_` holds parts of others")
    return folder / group / f"{name}{suffix}"


def _further(kind: str, tag: str, text: str) -> Iterator[str]:
    """A commented line for every key of the top level that the text does not have, under the words that its data model has."""
    from ..datamodels.base import field_docs, successor
    from ..source.reading import tree_of

    model = _model(kind, tag)
    present = tree_of(text, kind, is_json=False)
    docs = field_docs(model)
    for key, field in model.model_fields.items():
        if key in present or key in NOT_OFFERED[kind] or successor(model, key) is not None:
            continue
        yield from (f"# {line}".rstrip() for line in wrap(" ".join(docs.get(key, "").split()), WIDTH - 2))
        yield f"# {key}: {_default(field)}"


NOT_OFFERED = {
    "experiment": ("schema_version", "accept_unknown", "model", "training", "dataset"),
    "model": (),
    "training": (),
    "dataset": (),
}
"""Kind of preset -> keys that nobody writes into a new one, or that its `defaults` choose."""


def _model(kind: str, tag: str) -> type[Data]:
    from ..datamodels.kinds import KINDS

    if kind == "experiment":
        from ..datamodels.experiment import ExperimentConfig

        return ExperimentConfig
    model = KINDS[kind].branch(tag)
    assert model is not None
    return model


def _default(field: Any) -> str:
    """What holds without the key, as it would be written; nothing for what has no short form."""
    from ..datamodels.base import plain

    if field.is_required():
        return ""
    value = plain(field.get_default(call_default_factory=True))
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= WIDTH // 2 else ""
