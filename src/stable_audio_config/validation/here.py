"""What an experiment needs of the machine that it would run on: data, checkpoints, packages, room. `sat train` looks for it too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..report.finding import Finding
from ..report.locate import located
from ..synthetic.cache import audio_folder
from .judge import judge

if TYPE_CHECKING:
    from ..compose.composer import Composition

DATASETS = ("dataset", "val_dataset")


def findings_here(composition: Composition) -> list[Finding]:
    """What is missing on this machine, each with the place where it was written; nothing where the experiment itself is wrong."""
    from ..compose.origins import origins_of
    from .files import missing_files

    experiment, _ = judge(composition.tree)
    if experiment is None:
        return []
    later = _made_later(composition.tree)
    found = [finding for finding in missing_files(experiment) if finding.path[:1] not in later]
    return located(found, origins_of(composition).of) if found else []


def _made_later(tree: dict[str, Any]) -> list[tuple[str]]:
    """The datasets of synthetic sounds, which are written when the first run begins."""
    folder = audio_folder()
    if folder.is_dir():
        return []
    entries = {key: (tree.get(key) or {}).get("datasets", ()) for key in DATASETS}
    return [(key,) for key in DATASETS if any(entry.get("path") == str(folder) for entry in entries[key])]
