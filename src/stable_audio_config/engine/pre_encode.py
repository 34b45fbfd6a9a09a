"""Pre-encoding (`sat pre-encode`): a dataset and an autoencoder checkpoint become a folder of latents.

    OUTPUT/<rank>/<rank:03d><batch:06d><place:04d>.npy and .json, and OUTPUT/details.json when everything is done

The layout is that of the engine's pre_encode.py, and its `pre_encoded` datasets read it. What the engine's data loader
does to audio happens here once and for all: a random phase flip, and a random crop of files longer than `sample_size`
unless the dataset says `random_crop: false`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import __version__
from ..datamodels.base import plain
from ..datamodels.dataset import AudioDirDataset, PreEncodedDataset, WebDataset
from ..datamodels.pre_encode import PreEncodeConfig
from ..report.finding import Finding, refuse
from .loading import LoadedModel, config_of, load, look_into
from .record import effective, file_sha256, weights_sha256
from .run_folder import rank

DISCRETE = ("rvq", "dac_rvq", "rvq_vae", "dac_rvq_vae", "fsq", "dithered_fsq")
"""Bottlenecks that have tokens."""


@dataclass(frozen=True)
class PreEncoded:
    """What `pre_encode` has written."""

    folder: Path
    clips: int
    """Of all processes together, like the batches."""
    batches: int
    frames: int
    """Latent frames of one clip."""
    findings: tuple[Finding, ...] = ()
    """Warnings about what will not come out as one may expect."""


def pre_encode(config: PreEncodeConfig) -> PreEncoded:
    """Every clip of the dataset is in `output_path`, and `details.json` is there; Ctrl-C leaves whole files only.

    The clips of the last, smaller batch are encoded too, unless the dataset says `drop_last: true`. What the engine and
    Lightning print goes to stderr, and so does a progress bar.
    """
    own_config = plain(config.model) if config.model is not None else None
    file = look_into(Path(config.ckpt_path), own_config, "autoencoder", "ckpt_path")
    model_config = config_of(file)
    findings = [*_check(config, model_config), *_uneven(config)]
    output = Path(config.output_path)
    if rank() == 0:
        _make_room(output, config.overwrite)
    with redirect_stdout(sys.stderr):
        loaded = load(file)
        loader = _loader(config, model_config)
        latents = _encode(config, loaded, loader, output)
    return PreEncoded(output, latents["count"], latents["batches"], latents["frames"], tuple(findings))


def _check(config: PreEncodeConfig, model: dict[str, Any]) -> list[Finding]:
    dataset = config.dataset
    if isinstance(dataset, PreEncodedDataset) or (isinstance(dataset, WebDataset) and dataset.pre_encoded):
        raise refuse("already-latents", "this dataset holds latents already", "dataset", help="give a dataset of audio")
    for number, entry in enumerate(dataset.datasets):
        path = getattr(entry, "path", None)
        if path is not None and not hasattr(entry, "s3_path") and not Path(path).is_dir():
            raise refuse("missing-folder", f"`{path}` is not a folder", "dataset", "datasets", number, "path")
    bottleneck = (model["model"].get("bottleneck") or {}).get("type")
    if config.is_discrete and bottleneck not in DISCRETE:
        listed = ", ".join(f"`{name}`" for name in DISCRETE)
        message = f"only {listed} have tokens, and the bottleneck of this autoencoder is `{bottleneck}`"
        raise refuse("not-discrete", message, "is_discrete", help="set is_discrete=false")
    ratio, size = model["model"]["downsampling_ratio"], config.sample_size
    if size < ratio:
        message = f"`sample_size` {size} is less than one latent frame, {ratio} samples"
        raise refuse("sample-size", message, "sample_size", help=f"set it to a multiple of {ratio}")
    if size % ratio:
        below = size // ratio * ratio
        message = f"`sample_size` {size} is not a multiple of {ratio} (nearest: {below}, {below + ratio})"
        return [Finding(rule="sample-size", message=message, severity="warning", path=("sample_size",))]
    return []


def _uneven(config: PreEncodeConfig) -> list[Finding]:
    """Where some clips would be encoded several times and others never."""
    dataset, found = config.dataset, []
    if isinstance(dataset, WebDataset):
        if dataset.resampled_shards:
            message = "tar files are drawn with replacement: some clips come several times, others never"
            help_text = "set dataset.resampled_shards=false"
            found.append(_warning("drawn-with-replacement", message, "dataset", "resampled_shards", help=help_text))
        elif config.num_workers > 1:
            workers = config.num_workers
            message = f"each of the {workers} workers reads all tar files: every clip comes {workers} times"
            found.append(_warning("repeated-clips", message, "num_workers", help="set num_workers=1"))
        if config.batch_size > 1:
            message = "WebDataset leaves out the last, smaller batch of each worker"
            found.append(_warning("lost-clips", message, "batch_size", help="set batch_size=1"))
    elif isinstance(dataset, AudioDirDataset) and any(entry.weight != 1 for entry in dataset.datasets):
        message = "with a `weight` other than 1 clips are drawn with replacement: some come several times, others never"
        found.append(_warning("drawn-with-replacement", message, "dataset", "datasets", help="leave the weights out"))
    return found


def _warning(rule: str, message: str, *path: str | int, help: str) -> Finding:
    return Finding(rule=rule, message=message, severity="warning", path=path, help=help)


def _make_room(output: Path, overwrite: bool) -> None:
    """The folder exists and holds no `details.json`, so that an interrupted run does not look complete."""
    try:
        if output.exists() and any(output.iterdir()) and not overwrite:
            message = f"`{output}` is not empty"
            raise refuse("output-not-empty", message, "output_path", help="choose another folder, or set overwrite=true")
        output.mkdir(parents=True, exist_ok=True)
        (output / "details.json").unlink(missing_ok=True)
    except OSError as error:
        raise refuse("not-writable", f"`{output}` cannot be used: {error.strerror}", "output_path") from None


def _loader(config: PreEncodeConfig, model: dict[str, Any]) -> Any:
    """The engine's data loader, with at least one clip in it."""
    from .compat import build_dataloader
    from .extension import plugin_parts

    dataset = config.dataset
    if isinstance(dataset, AudioDirDataset):
        dataset = dataset.model_copy(update={"drop_last": _drops_last(config)})
    nothing = refuse("no-audio", "the dataset holds no audio files", "dataset", help="give a folder that holds sound files")
    try:
        with plugin_parts():
            loader = build_dataloader(
                dataset,
                batch_size=config.batch_size,
                sample_size=config.sample_size,
                sample_rate=model["sample_rate"],
                audio_channels=model.get("audio_channels", 2),
                num_workers=config.num_workers,
                shuffle=config.shuffle,
            )
    except ValueError as error:  # What torch's random sampler raises without data.
        raise (nothing if "num_samples=0" in str(error) else error) from None
    if isinstance(dataset, AudioDirDataset) and len(loader.dataset) == 0:
        raise nothing
    return loader


def _drops_last(config: PreEncodeConfig) -> bool:
    """The last, smaller batch is left out only where that is written: the default of the dataset is for training."""
    dataset = config.dataset
    return isinstance(dataset, AudioDirDataset) and "drop_last" in dataset.model_fields_set and dataset.drop_last


def _encode(config: PreEncodeConfig, loaded: LoadedModel, loader: Any, output: Path) -> dict[str, int]:
    """Every batch is on disk; what `details.json` says about the latents of all processes."""
    import pytorch_lightning

    from .encoding import DETAILS, Encoding

    # Every process starts from the same seed: with `shuffle` all of them must draw the same order to share it out.
    pytorch_lightning.seed_everything(config.seed, workers=True, verbose=False)
    whole_batches_of = config.batch_size if _drops_last(config) else None
    details = _details(config, loaded) if rank() == 0 else {}
    encoding = Encoding(loaded.model, output, details, is_discrete=config.is_discrete, whole_batches_of=whole_batches_of)
    trainer = _trainer(config)
    on_interrupt = signal.getsignal(signal.SIGINT)
    try:
        trainer.predict(encoding, loader, return_predictions=False)
    except SystemExit:  # Lightning's answer to Ctrl-C, which it ignores from then on.
        if not trainer.interrupted:
            raise
        signal.signal(signal.SIGINT, on_interrupt)
        raise KeyboardInterrupt from None
    # Where Lightning forks its processes, this one has seen no batch; on another machine the file may be out of reach.
    written = output / DETAILS
    latents = json.loads(written.read_text(encoding="utf-8"))["latents"] if written.is_file() else encoding.latents()
    if latents["count"] == 0:
        raise refuse("no-audio", "the data loader gave no clips", "dataset")
    return dict(latents)


def _trainer(config: PreEncodeConfig) -> Any:
    import pytorch_lightning
    from lightning_fabric.utilities.exceptions import MisconfigurationException

    try:
        return pytorch_lightning.Trainer(
            accelerator=config.accelerator,
            devices=plain(config.devices),
            num_nodes=config.num_nodes,
            strategy=config.strategy,
            precision="16-true" if config.model_half else "32-true",
            limit_predict_batches=config.limit_batches,
            logger=False,
            enable_checkpointing=False,
            enable_model_summary=False,
        )
    except (MisconfigurationException, ImportError, RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        message = f"Lightning cannot use these devices: {reason}"
        raise refuse("no-device", message, "accelerator", help="set accelerator=auto devices=auto") from None


def _details(config: PreEncodeConfig, loaded: LoadedModel) -> dict[str, Any]:
    """Everything about this pre-encoding but the counts, which come last."""
    options = effective(config)
    return {
        "model_config": loaded.config,
        "dataset_config": plain(config.dataset),
        "sample_size": config.sample_size,
        "args": {name: value for name, value in options.items() if name not in ("model", "dataset")},
        "stable_audio_config": {"version": __version__, "schema_version": config.schema_version, "config": options},
        "autoencoder": {
            "ckpt_path": os.path.abspath(config.ckpt_path),  # noqa: PTH100 - a link stays the name that was given.
            "sha256": file_sha256(Path(config.ckpt_path)),
            "weights_sha256": weights_sha256(loaded.model),
            "downsampling_ratio": loaded.config["model"]["downsampling_ratio"],
            "latent_dim": loaded.config["model"]["latent_dim"],
            "sample_rate": loaded.config["sample_rate"],
        },
    }
