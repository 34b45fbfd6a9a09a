"""What must be on disk before a run starts: data, checkpoints, a place to write. Reads names and headers, never writes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from shutil import which
from typing import Any

from ..datamodels.base import plain
from ..datamodels.dataset import (
    AudioDirDataset,
    AudioDirEntry,
    LocalTarsEntry,
    PreEncodedDataset,
    PreEncodedEntry,
    S3Entry,
)
from ..datamodels.experiment import ExperimentConfig
from ..datamodels.kinds import DatasetConfig
from ..report.finding import Finding
from .checkpoint_files import checkpoint_findings
from .folders import AUDIO_SUFFIXES, FoldersBelow, files_of, lines_of, list_of, sample_in
from .installed import engine_problems
from .latent_files import latent_findings
from .machine import existing, machine_findings
from .metadata import missing_metadata

PLACEHOLDER = ("/path/to/", "path/to/", "s3://my-bucket/")
"""How published examples begin a path that is yours to fill in."""

LISTED = 16
"""Files of a list that are looked for."""

Key = tuple[str | int, ...]


def missing_files(experiment: ExperimentConfig) -> list[Finding]:
    """Everything on disk that would end this run, or leave it without data."""
    batch, processes = experiment.batch_size, known_processes(experiment)
    found = [*_placeholders(plain(experiment), ())]
    found += _dataset(experiment.dataset, ("dataset",), batch, processes, network_channels(experiment))
    if experiment.val_dataset is not None:
        found += _dataset(experiment.val_dataset, ("val_dataset",), batch, processes, network_channels(experiment))
    found += missing_metadata(experiment)
    found += _writable(experiment.save_dir, "save_dir")
    found += checkpoint_findings(experiment)
    found += machine_findings(experiment)
    found += _programs(experiment)
    return found


def dataset_files(dataset: DatasetConfig, batch_size: int) -> list[Finding]:
    """The same for a dataset alone (pre-encoding)."""
    return list(_dataset(dataset, ("dataset",), batch_size))


def known_processes(experiment: ExperimentConfig) -> int:
    """The least number of processes that share the data."""
    devices = experiment.devices
    count = len(devices) if isinstance(devices, tuple) else devices if isinstance(devices, int) and devices > 0 else 1
    return count * experiment.num_nodes


def network_channels(experiment: ExperimentConfig) -> int | None:
    """Channels of the latents that a diffusion network takes; None for other models."""
    model = experiment.model.model
    network = getattr(getattr(model, "diffusion", model), "config", None)
    channels = getattr(network, "io_channels", getattr(network, "in_channels", None))
    return channels if isinstance(channels, int) else None


def _dataset(
    dataset: DatasetConfig, path: Key, batch_size: int, processes: int = 1, channels: int | None = None
) -> Iterator[Finding]:
    counted, broken, wanted = 0, False, processes * (batch_size - 1) + 1
    for index, entry in enumerate(dataset.datasets):
        here = (*path, "datasets", index)
        problems = [*_module(entry.custom_metadata_module, (*here, "custom_metadata_module"))]
        if isinstance(entry, (AudioDirEntry, PreEncodedEntry)):
            folder_problems = [*_folder(entry.path, (*here, "path")), *_list_of_files(entry, here)]
            problems += folder_problems
            if entry.path.startswith(PLACEHOLDER):
                broken = True
            elif not folder_problems:
                loops: list[Path] = []
                files = list(islice(files_of(entry, loops), wanted))
                counted += len(files)
                problems += [] if files else [_no_files(entry, (*here, "path"))]
                yield from _loops(loops, (*here, "path"))
                if isinstance(entry, PreEncodedEntry) and isinstance(dataset, PreEncodedDataset):
                    yield from latent_findings(files_of(entry, []), entry, here, dataset.latent_crop_length, channels)
        elif isinstance(entry, S3Entry) and which("aws") is None:
            help = "install the AWS command line tools, or copy the tar files to a folder"
            problems.append(Finding(rule="not-installed", message="reading from S3 needs the program `aws`", path=here, help=help))
        elif isinstance(entry, LocalTarsEntry):
            latents = getattr(dataset, "pre_encoded", False)
            problems += list(_folder(entry.path, (*here, "path"))) or list(_tars(entry.path, latents, (*here, "path")))
        broken = broken or bool(problems)
        yield from problems
    drops_last = isinstance(dataset, (AudioDirDataset, PreEncodedDataset)) and dataset.drop_last
    if drops_last and not broken and counted < wanted:
        yield _too_few(counted, batch_size, processes, path)


def _too_few(counted: int, batch_size: int, processes: int, path: Key) -> Finding:
    each = f" for each of {processes} processes" if processes > 1 else ""
    purpose = "validate" if path[-1] == "val_dataset" else "train"
    message = f"the dataset has {counted} files, fewer than one batch of {batch_size}{each}: there would be nothing to {purpose} on"
    fits = (counted - 1) // processes + 1
    help = f"set batch_size to at most {fits}, or {'.'.join(map(str, path))}.drop_last=false"
    return Finding(rule="too-few-files", message=message, path=path, help=help)


def _placeholders(node: Any, path: Key) -> Iterator[Finding]:
    if isinstance(node, str) and node.startswith(PLACEHOLDER):
        yield Finding(rule="placeholder", message=f"`{node}` is a placeholder", path=path, help="put your own file or folder there")
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield from _placeholders(value, (*path, key))


def _folder(path: str, key: Key) -> Iterator[Finding]:
    folder = Path(path)
    if path.startswith(PLACEHOLDER):
        return
    if not folder.exists():
        yield Finding(rule="missing-file", message=f"the folder `{path}` does not exist", path=key, help="check the path")
    elif not folder.is_dir():
        yield Finding(
            rule="missing-file",
            message=f"`{path}` is a file; a folder is needed",
            path=key,
            help=f"try {folder.parent}",
        )
    elif not os.access(folder, os.R_OK | os.X_OK):
        yield Finding(
            rule="unreadable-file",
            message=f"the folder `{path}` cannot be read",
            path=key,
            help="check its permissions",
        )


def _list_of_files(entry: AudioDirEntry | PreEncodedEntry, here: Key) -> Iterator[Finding]:
    """A list that is not there is passed over by the engine, which then takes the whole folder."""
    listed, root = list_of(entry), Path(entry.path)
    if entry.filelist_path is not None and listed is None:
        message = f"the list `{entry.filelist_path}` does not exist: the whole folder would be taken"
        yield Finding(rule="missing-file", message=message, path=(*here, "filelist_path"), help="check the path")
    elif listed is not None:
        named = [root / line for line in islice(lines_of(listed), LISTED)]
        if named and not any(file.exists() for file in named):
            message = f"none of the first {len(named)} files that `{listed}` names is there, such as `{named[0]}`"
            at = "filelist_path" if entry.filelist_path is not None else "path"
            yield Finding(rule="no-files", message=message, path=(*here, at), help=f"write their paths relative to `{entry.path}`")


def _loops(loops: list[Path], key: Key) -> Iterator[Finding]:
    for link in loops:
        message = f"`{link}` links back to a folder above it: the engine would find the same files again and again"
        yield Finding(rule="symlink-loop", message=message, severity="warning", path=key, help="remove the link")


def _tars(path: str, latents: bool, key: Key) -> Iterator[Finding]:
    if path.startswith(PLACEHOLDER):
        return
    first = next((file for file in FoldersBelow(Path(path), []) if file.suffix.lower() == ".tar"), None)
    if first is None:
        yield Finding(rule="no-files", message=f"there are no tar files in `{path}`", path=key, help="check the path")
    elif (problem := sample_in(first, latents)) is not None:
        message = f"`{first}` {problem}: it would be passed over"
        yield Finding(rule="no-files", message=message, path=key, help="give every sample one name: 0.flac and 0.json")


def _no_files(entry: AudioDirEntry | PreEncodedEntry, key: Key) -> Finding:
    if isinstance(entry, PreEncodedEntry):
        what, help = f"latents (.{entry.latent_extension})", "make them with sat pre-encode"
    else:
        what = f"sound files ({', '.join(suffix[1:] for suffix in AUDIO_SUFFIXES)})"
        help = f"`keywords` lets only {', '.join(entry.keywords)} through" if entry.keywords else "check the path"
    return Finding(rule="no-files", message=f"there are no {what} in `{entry.path}`", path=key, help=help)


def _module(module: str | None, key: Key) -> Iterator[Finding]:
    if module is None:
        return
    file = Path(module)
    if not file.is_file():
        yield Finding(
            rule="missing-file",
            message=f"the metadata module `{module}` does not exist",
            path=key,
            help="check the path",
        )
    elif "def get_custom_metadata" not in file.read_text(encoding="utf-8", errors="replace"):
        help = "define get_custom_metadata(info, audio) -> dict in it"
        yield Finding(rule="metadata-module", message=f"`{module}` does not define `get_custom_metadata`", path=key, help=help)


def _writable(path: str, key: str) -> Iterator[Finding]:
    place = existing(Path(path))
    if not place.is_dir():
        message = f"`{key}` cannot be a folder: `{place}` is a file"
        yield Finding(rule="not-writable", message=message, path=(key,), help="choose another folder")
    elif not os.access(place, os.W_OK | os.X_OK):
        yield Finding(
            rule="not-writable",
            message=f"nothing can be written to `{place}`",
            path=(key,),
            help=f"set {key} to a folder of yours",
        )


_PACKAGES = {"wandb": "wandb", "comet": "comet_ml", "tensorboard": "tensorboard"}


def _programs(experiment: ExperimentConfig) -> Iterator[Finding]:
    found = engine_problems(experiment)
    yield from found
    if any(finding.rule == "not-installed" for finding in found):  # Everything else would be missing too.
        return
    package = _PACKAGES.get(experiment.logger)
    if package is not None and find_spec(package) is None:
        message = f"`logger` is {experiment.logger}, but the package `{package}` is not installed"
        yield Finding(rule="not-installed", message=message, path=("logger",), help=f"pip install {package}, or logger=csv")
    if experiment.strategy.startswith("deepspeed") and find_spec("deepspeed") is None:
        message = f"`strategy` is {experiment.strategy}, but the package `deepspeed` is not installed"
        yield Finding(rule="not-installed", message=message, path=("strategy",), help="pip install deepspeed, or strategy=auto")
