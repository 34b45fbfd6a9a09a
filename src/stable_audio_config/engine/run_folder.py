"""The folder that every run leaves behind: what was asked, with which versions, and all that came of it. Needs no torch.

SAVE_DIR/NAME/2026-11-23_10-15-00/
    experiment.yaml   the resolved experiment: `sat train --from-run FOLDER` runs the same again
    overrides.txt     what was typed
    versions.json     Python, machine, every installed package
    git.json git.diff state of the project's repository, where there is one
    log.txt           what was printed
    metrics.csv       loss of every step; loss.png is drawn from it at the end
    checkpoints/      step=00000100.ckpt
    demos/            sounds and pictures that the engine made on the way
    summary.json      how it ended
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from .. import __version__
from ..datamodels.base import plain
from ..datamodels.experiment import SCHEMA_VERSION, ExperimentConfig
from ..report.finding import refuse
from ..source.checkpoint import is_complete
from ..source.writing import as_yaml

FOLDER_VARIABLE = "SAT_RUN_FOLDER"
"""Set by the first process of a run, so that the processes Lightning starts beside it write to the same folder."""

ENDING = ".ckpt"


@dataclass(frozen=True)
class RunFolder:
    """One run's folder."""

    path: Path

    @property
    def checkpoints(self) -> Path:
        """Where checkpoints are written."""
        return self.path / "checkpoints"

    @property
    def demos(self) -> Path:
        """Where the engine's demos are kept."""
        return self.path / "demos"

    @property
    def metrics(self) -> Path:
        """One row per step: step, epoch, seconds since the start, loss."""
        return self.path / "metrics.csv"

    def checkpoint(self, step: int) -> Path:
        """The file (a folder under DeepSpeed) for a checkpoint after `step` optimizer steps."""
        return self.checkpoints / f"step={step:08}{ENDING}"

    def complete_checkpoints(self) -> list[Path]:
        """The checkpoints that can be read to their end, oldest first. A half-written one has another name or no end record."""
        found = sorted(self.checkpoints.glob(f"step=*{ENDING}"), key=step_of)
        return [path for path in found if _whole(path)]


def step_of(checkpoint: Path) -> int:
    """The step in a checkpoint's name."""
    return int(checkpoint.stem.partition("=")[2])


def _whole(checkpoint: Path) -> bool:
    if checkpoint.is_dir():  # DeepSpeed writes `latest` when everything else is there.
        return (checkpoint / "latest").is_file()
    return is_complete(checkpoint)


def rank() -> int:
    """A number of this process's own, 0 for the first of the run, known before they have been joined: its place among all of
    them where the launcher tells it (torchrun, Slurm, one node), else 1000 for each node before it and its place on the node."""
    # The order is Lightning's. In a Slurm shell with Lightning's own launcher all processes have the same SLURM_PROCID.
    for name in ("RANK", "LOCAL_RANK", "SLURM_PROCID"):
        if name in os.environ:
            # Where only LOCAL_RANK is known, the first process of another node must be told from the first of all.
            return int(os.environ[name]) + (1000 * int(os.environ.get("NODE_RANK", 0)) if name == "LOCAL_RANK" else 0)
    return 1000 * int(os.environ.get("NODE_RANK", 0))


def newest_run(experiment: ExperimentConfig) -> RunFolder | None:
    """The newest run of this name that has a complete checkpoint."""
    for folder in sorted(_runs(experiment), key=_numbers, reverse=True):
        if RunFolder(folder).complete_checkpoints():
            return RunFolder(folder)
    return None


def _numbers(folder: Path) -> list[int]:
    """The date and time in a run's name, and the number that a second run of the same second has."""
    return [int(number) for number in re.findall(r"\d+", folder.name)]


def _runs(experiment: ExperimentConfig) -> Iterator[Path]:
    place = Path(experiment.save_dir) / experiment.name
    return (folder for folder in place.glob("*") if (folder / "experiment.yaml").is_file())


def new_folder(experiment: ExperimentConfig) -> RunFolder:
    """A fresh folder for this run; processes after the first use the one that the first has made."""
    if rank() > 0 and FOLDER_VARIABLE in os.environ:
        return RunFolder(Path(os.environ[FOLDER_VARIABLE]))
    place = Path(experiment.save_dir) / experiment.name
    when = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    if rank() > 0:  # Only the first process writes; checkpoints go where it says.
        return RunFolder((place / when).resolve())
    for suffix in ("", *(f"-{number}" for number in range(2, 1000))):
        folder = place / f"{when}{suffix}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise refuse("not-writable", f"`{folder}` cannot be made: {error.strerror}", "save_dir") from None
        return RunFolder(folder.resolve())
    raise refuse("not-writable", f"`{place}` has a thousand runs of this second", "save_dir")


def begin(folder: RunFolder, experiment: ExperimentConfig, overrides: tuple[str, ...]) -> None:
    """What was asked for is written down, before anything heavy starts."""
    os.environ[FOLDER_VARIABLE] = str(folder.path)
    folder.checkpoints.mkdir(parents=True, exist_ok=True)
    write(folder.path / "experiment.yaml", experiment_yaml(experiment))
    write(folder.path / "overrides.txt", "".join(f"{word}\n" for word in overrides))
    state, diff = git_state()
    write(folder.path / "git.json", json.dumps(state, indent=2) + "\n")
    if diff:
        write(folder.path / "git.diff", diff)


def experiment_yaml(experiment: ExperimentConfig) -> str:
    """The resolved experiment as a file that runs again."""
    tree = {"schema_version": SCHEMA_VERSION, **plain(experiment)}
    head = f"# Written by stable-audio-config {__version__}. Run it again: sat train --from-run THIS_FOLDER\n"
    return head + as_yaml(tree)


def write(path: Path, text: str) -> None:
    """The file has its new content or its old one, never half of one."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def versions() -> dict[str, Any]:
    """Python, the machine, and every installed package with its version."""
    packages = {dist.metadata["Name"]: dist.version for dist in distributions() if dist.metadata["Name"]}
    return {
        "stable-audio-config": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "command": sys.argv,
        "packages": dict(sorted(packages.items(), key=lambda item: item[0].lower())),
    }


def git_state() -> tuple[dict[str, Any], str]:
    """Commit, branch and changes of the repository around the working directory; nothing where there is none."""
    commit = _git("rev-parse", "HEAD")
    if commit is None:
        return {}, ""
    status = _git("status", "--porcelain") or ""
    branch = (_git("rev-parse", "--abbrev-ref", "HEAD") or "").strip()
    state = {"commit": commit.strip(), "branch": branch, "changed": status.splitlines()}
    return state, (_git("diff", "HEAD") or "")[:1_000_000]


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    return done.stdout if done.returncode == 0 else None


def summarize(folder: RunFolder, state: str, step: int, seconds: float) -> None:
    """How the run ended."""
    text = json.dumps({"state": state, "step": step, "seconds": round(seconds, 1)}, indent=2)
    write(folder.path / "summary.json", text + "\n")
