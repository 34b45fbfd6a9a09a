"""One preset file for Hydra, and folders of sound or latents standing where a dataset preset may."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ..report.finding import Finding, Refused
from ..report.locate import refused_in
from ..source.reading import plain_tree
from ..source.tree import size_of
from ..versions.schema import newer, of_today
from .defaults import check_defaults

MOST = 5_000
"""Values, groups and lists of one file that OmegaConf is given: it takes a second for these. The largest shipped preset has 300."""


def read_config(file: Path) -> DictConfig:
    """The file's content in today's format, interpolations untouched.

    Raises:
        Refused: with the position of a syntax error, or the kind of what stands there instead of keys; or only a later version of
            this package can read it.
    """
    tree = plain_tree(file)
    if size_of(tree) > MOST:
        message = f"`{file}` holds more than {MOST} values, too many to be composed"
        raise Refused(Finding(rule="unreadable-file", message=message, source=str(file)))
    too_new = newer(tree)
    if too_new is not None:
        raise refused_in(file, too_new)
    tree = of_today(tree)
    check_defaults(tree.get("defaults", []), file)
    if not isinstance(tree.get("hydra", {}), dict):
        message = "`hydra` holds settings of Hydra, so it must be a group of keys"
        raise refused_in(file, Finding(rule="wrong-type", message=message, path=("hydra",)))
    try:
        return OmegaConf.create(tree)
    except OmegaConfBaseException as error:
        message = str(error).splitlines()[0]
        message = f"`{file}` cannot be used: {message[0].lower()}{message[1:]}"
        raise refused_in(file, Finding(rule="composition", message=message, path=key_path(error.full_key))) from None


def dataset_of_folder(folder: Path) -> DictConfig:
    """A dataset of everything below `folder`: latents if `sat pre-encode` (or the engine's script) wrote it, else audio."""
    kind = "pre_encoded" if (folder / "details.json").is_file() else "audio_dir"
    return OmegaConf.create({"dataset_type": kind, "datasets": [{"id": folder.resolve().name, "path": str(folder)}]})


def key_path(full_key: str | None) -> tuple[str | int, ...]:
    """OmegaConf's `a.b[0]` as a key path."""
    steps = (full_key or "").replace("[", ".").replace("]", "").split(".")
    return tuple(int(step) if step.isdigit() else step for step in steps if step)
