"""What must be on disk before a run starts: data, checkpoints, a place to write. Reads names and headers, never writes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from shutil import which
from typing import Any, Literal

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
from ..source.checkpoint import UnreadableCheckpoint, kind_of, read_checkpoint
from .installed import engine_problems

AUDIO_SUFFIXES = (".wav", ".mp3", ".flac", ".ogg", ".aif", ".opus")
"""What the engine takes for sound in an `audio_dir` (engine: `get_audio_filenames`)."""

PLACEHOLDER = "/path/to/"
"""How published examples begin a path that is yours to fill in."""

Key = tuple[str | int, ...]


def missing_files(experiment: ExperimentConfig) -> list[Finding]:
    """Everything on disk that would end this run, or leave it without data."""
    found = [*_placeholders(plain(experiment), ())]
    found += _dataset(experiment.dataset, ("dataset",), experiment.batch_size)
    if experiment.val_dataset is not None:
        found += _dataset(experiment.val_dataset, ("val_dataset",), experiment.batch_size)
    found += _writable(experiment.save_dir, "save_dir")
    found += _checkpoints(experiment)
    found += _programs(experiment)
    return found


def dataset_files(dataset: DatasetConfig, batch_size: int) -> list[Finding]:
    """The same for a dataset alone (pre-encoding)."""
    return list(_dataset(dataset, ("dataset",), batch_size))


def _dataset(dataset: DatasetConfig, path: Key, batch_size: int) -> Iterator[Finding]:
    counted, broken = 0, False
    for index, entry in enumerate(dataset.datasets):
        here = (*path, "datasets", index)
        problems = [*_module(entry.custom_metadata_module, (*here, "custom_metadata_module"))]
        if isinstance(entry, (AudioDirEntry, PreEncodedEntry)):
            folder_problems = list(_folder(entry.path, (*here, "path")))
            problems += folder_problems
            if entry.path.startswith(PLACEHOLDER):
                broken = True
            elif not folder_problems:
                files = sum(1 for _ in islice(_files(entry), batch_size))
                counted += files
                problems += [] if files else [_no_files(entry, (*here, "path"))]
        elif isinstance(entry, S3Entry) and which("aws") is None:
            help = "install the AWS command line tools, or copy the tar files to a folder"
            problems.append(Finding(rule="not-installed", message="reading from S3 needs the program `aws`", path=here, help=help))
        elif isinstance(entry, LocalTarsEntry):
            problems += list(_folder(entry.path, (*here, "path"))) or list(_tars(entry.path, (*here, "path")))
        broken = broken or bool(problems)
        yield from problems
    drops_last = isinstance(dataset, (AudioDirDataset, PreEncodedDataset)) and dataset.drop_last
    if drops_last and not broken and counted < batch_size:
        message = f"the dataset has {counted} files, fewer than one batch of {batch_size}: there would be nothing to train on"
        help = f"set batch_size to at most {counted}, or {'.'.join(map(str, path))}.drop_last=false"
        yield Finding(rule="too-few-files", message=message, path=path, help=help)


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


def _files(entry: AudioDirEntry | PreEncodedEntry) -> Iterator[str]:
    """The files that the engine would find, lazily: a folder of millions is not walked to its end."""
    root = Path(entry.path)
    listed = Path(entry.filelist_path) if entry.filelist_path else root / "filelist.txt"
    if listed.is_file():
        yield from listed.read_text(encoding="utf-8", errors="replace").splitlines()
        return
    suffixes = AUDIO_SUFFIXES if isinstance(entry, AudioDirEntry) else (f".{entry.latent_extension}",)
    words = [word.lower() for word in entry.keywords or ()] if isinstance(entry, AudioDirEntry) else []
    for _, folders, names in os.walk(root):
        folders.sort()
        for name in names:
            fits = Path(name).suffix.lower() in suffixes and not name.startswith(".") and name != "silence.npy"
            if fits and (not words or any(word in name.lower() for word in words)):
                yield name


def _tars(path: str, key: Key) -> Iterator[Finding]:
    if not path.startswith(PLACEHOLDER) and next(Path(path).rglob("*.tar"), None) is None:
        yield Finding(rule="no-files", message=f"there are no tar files in `{path}`", path=key, help="check the path")


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
    place = Path(path).absolute()
    while not place.exists():
        place = place.parent
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


Kind = Literal["training", "model"]


def _checkpoints(experiment: ExperimentConfig) -> Iterator[Finding]:
    model_type = experiment.model.model_type
    yield from checkpoint_problems(experiment.ckpt_path, "ckpt_path", "training", model_type)
    yield from checkpoint_problems(experiment.pretrained_ckpt_path, "pretrained_ckpt_path", "model", model_type)
    yield from checkpoint_problems(experiment.pretransform_ckpt_path, "pretransform_ckpt_path", "model", "autoencoder")
    pretransform = getattr(experiment.model.model, "pretransform", None)
    if experiment.pretransform_ckpt_path and getattr(pretransform, "type", None) != "autoencoder":
        has = "no pretransform" if pretransform is None else f"a `{pretransform.type}` pretransform"
        message = f"`pretransform_ckpt_path` is set, but the model has {has} to load it into"
        yield Finding(rule="checkpoint", message=message, path=("pretransform_ckpt_path",), help="leave it out")


_INSTEAD = {
    (
        "training",
        "model",
    ): "it holds no optimizer and no step count: use pretrained_ckpt_path to start from its weights",
    ("model", "training"): "take the model out of it first: sat unwrap {path}",
}


def checkpoint_problems(path: str | None, key: str, wanted: Kind, model_type: str) -> Iterator[Finding]:
    """Is the file there, whole, of the wanted kind, and of the wanted model type? Only its header is read."""
    if path is None:
        return
    try:
        header = read_checkpoint(Path(path))
    except UnreadableCheckpoint as error:
        yield Finding(rule="checkpoint", message=f"`{key}`: {error}", path=(key,), help="check the path")
        return
    kind = kind_of(header)
    goes_on = wanted == "training" and header.is_resumable  # Our LoRA runs keep what Lightning needs beside the LoRA weights.
    if kind.kind not in (wanted, "unknown") and not goes_on:
        help = _INSTEAD.get((wanted, kind.kind), "choose another file").format(path=path)
        message = f"`{key}` needs a {wanted} checkpoint, but `{path}` is a {kind.kind} checkpoint"
        yield Finding(rule="checkpoint", message=message, path=(key,), help=help)
    elif kind.model_type is not None and kind.model_type.split("_")[0] != model_type.split("_")[0]:
        message = f"`{key}` needs the weights of an `{model_type}`, but `{path}` holds those of a `{kind.model_type}`"
        yield Finding(rule="checkpoint", message=message, path=(key,), help="choose another file")


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
