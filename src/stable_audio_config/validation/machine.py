"""What an experiment asks of this machine: room for its checkpoints, processors for its workers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from ..datamodels.experiment import ExperimentConfig
from ..report.finding import Finding

GIB = 2**30

AGAINST_WEIGHTS = 4
"""A training checkpoint is about so many times as large as the weights alone: it also holds two averages of every gradient, and
often an average of the weights."""

LITTLE = 1 * GIB
"""What counts as little room where nothing tells how large a checkpoint will be."""

USUAL_WORKERS = 8
"""So many are never too many: they may wait for a disk more than they compute."""


def machine_findings(experiment: ExperimentConfig) -> Iterator[Finding]:
    """What this machine may not have enough of."""
    yield from _room(experiment)
    processors = os.cpu_count() or 1
    if experiment.num_workers > max(USUAL_WORKERS, 2 * processors):
        message = f"`num_workers` is {experiment.num_workers}, but this machine has {processors} processors"
        help = f"set it to about {processors}"
        yield Finding(rule="workers", message=message, severity="note", path=("num_workers",), help=help)


def _room(experiment: ExperimentConfig) -> Iterator[Finding]:
    if experiment.save_top_k == 0:
        return
    place = existing(Path(experiment.save_dir))
    try:
        free = shutil.disk_usage(place).free
    except OSError:
        return
    size, count = checkpoint_size(experiment), kept_at_once(experiment)
    if size is None and free < LITTLE:
        message = f"only {_gib(free)} are free in `{place}`, where the checkpoints go"
    elif size is not None and free < size * count:
        message = f"a checkpoint takes about {_gib(size)}, and {count} would be kept, but only {_gib(free)} are free in `{place}`"
    else:
        return
    help = "keep fewer with save_top_k, or set save_dir to another disk"
    yield Finding(rule="disk-space", message=message, severity="note", path=("save_dir",), help=help)


def existing(place: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    place = place.absolute()
    while not place.exists():
        place = place.parent
    return place


def kept_at_once(experiment: ExperimentConfig) -> int:
    """How many checkpoints there will be at most; 10 where there is no end to them."""
    if experiment.save_top_k > 0:
        return experiment.save_top_k + 1  # An old one goes when the new one is complete.
    return experiment.max_steps // experiment.checkpoint_every + 1 if experiment.max_steps > 0 else 10


def checkpoint_size(experiment: ExperimentConfig) -> int | None:
    """Bytes of a checkpoint, as far as earlier ones tell; None where there is none."""
    runs = Path(experiment.save_dir) / experiment.name
    earlier = [Path(experiment.ckpt_path)] if experiment.ckpt_path else sorted(runs.glob("*/checkpoints/step=*.ckpt"))[-1:]
    sizes = [size for path in earlier if (size := _size(path)) is not None]
    if sizes:
        return sizes[0]
    weights = _size(Path(experiment.pretrained_ckpt_path)) if experiment.pretrained_ckpt_path else None
    return None if weights is None else weights * AGAINST_WEIGHTS


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None


def _gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"
