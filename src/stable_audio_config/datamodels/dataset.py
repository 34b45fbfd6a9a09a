"""Where the training data come from: the engine's dataset JSON (engine: `create_dataloader_from_config`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from .base import Data, Gone, Name, NonNegativeFloat, Pair, Positive, PositiveFloat, Sequence, Since


class _Entry(Data):
    id: Name
    """A name for this source. The engine demands it and never uses it."""
    custom_metadata_module: Name | None = None
    """Python file that defines `get_custom_metadata(info, audio) -> dict`; what it returns joins each sample's metadata."""


class _LocalEntry(_Entry):
    path: Name
    """Folder, searched with its subfolders. No path may be part of another's, or the wrong metadata module is applied."""
    filelist_path: Annotated[Name | None, Since("0.0.20")] = None
    """Text file that names one file per line, relative to `path`; `null` uses `filelist.txt` in `path` where there is one."""
    weight: Annotated[NonNegativeFloat, Since("0.0.20")] = 1.0
    """How often this source is drawn, relative to the others; any weight other than 1 replaces shuffling by weighted sampling."""


class AudioDirEntry(_LocalEntry):
    """One folder of audio files (wav, mp3, flac, ogg, aif, opus)."""

    keywords: Annotated[Sequence[str] | None, Since("0.0.20")] = None
    """Take only files whose name holds one of these words, in any case; `null` takes all."""


class PreEncodedEntry(_LocalEntry):
    """One folder of latents, as `sat pre-encode` writes them: NAME.npy with NAME.json beside it."""

    latent_extension: Annotated[Name, Since("0.0.20")] = "npy"
    """File name extension of the latents. They are read with `numpy.load` whatever it says."""


class S3Entry(_Entry):
    """Tar files of samples (WebDataset) in an S3 bucket, read through the `aws` program."""

    s3_path: Name
    """`s3://bucket/prefix`."""
    profile: Name | None = None
    """AWS profile; `null` uses the default one."""
    path: Name | None = None
    """Never read beside `s3_path`."""


class LocalTarsEntry(_Entry):
    """Tar files of samples (WebDataset) in a local folder."""

    path: Name
    """Folder that holds the .tar files."""


WebDatasetEntry = Annotated[
    Annotated[S3Entry, Tag("s3_path")] | Annotated[LocalTarsEntry, Tag("path")],
    Discriminator(lambda value: "s3_path" if _says(value, "s3_path") else "path"),
]
"""Where the tar files are: `s3_path` wins where it is given, else `path`."""


def _says(value: object, key: str) -> bool:
    return key in value if isinstance(value, dict) else hasattr(value, key)


class _AudioReading(Data):
    random_crop: bool = True
    """Cut each clip at a random place instead of at its beginning."""
    volume_norm: bool = False
    """Bring each clip to the loudness of `volume_norm_param`."""
    volume_norm_param: Pair[float] = (-16, 2)
    """Target loudness in LUFS and the random range around it in dB. Only with `volume_norm`."""
    strip_silence: Annotated[bool, Since("0.0.20")] = False
    """Cut silence off the end of each clip."""


class AudioDirDataset(_AudioReading):
    """Folders of audio files."""

    gone: ClassVar[Mapping[str, Gone]] = {
        "custom_metadata_module": Gone("0.0.16", "was moved in 0.0.16", "write it in each entry of `datasets`"),
    }

    dataset_type: Literal["audio_dir"]
    """`audio_dir`."""
    datasets: Annotated[Sequence[AudioDirEntry], Field(min_length=1)]
    """The folders."""
    # These two are said again for their version: 0.0.19 reads them for tar files only.
    volume_norm: Annotated[bool, Since("0.0.20")] = False
    volume_norm_param: Annotated[Pair[float], Since("0.0.20")] = (-16, 2)
    drop_last: bool = True
    """Leave out the last, smaller batch of an epoch. With fewer files than `batch_size` nothing would be left to train on."""


class PreEncodedDataset(Data):
    """Folders of latents. Set `training.pre_encoded: true` with it."""

    gone: ClassVar[Mapping[str, Gone]] = {
        "latent_extension": Gone("0.0.20", "was moved in 0.0.20", "write it in each entry of `datasets`"),
    }

    dataset_type: Literal["pre_encoded"]
    """`pre_encoded`."""
    datasets: Annotated[Sequence[PreEncodedEntry], Field(min_length=1)]
    """The folders."""
    latent_crop_length: int | None = None
    """Frames per sample: longer latents are cut, shorter ones padded. Should be `sample_size` / `downsampling_ratio`; `null`
    leaves lengths as they are, and then they must all be equal."""
    min_length_sec: float | None = None
    """Leave out clips with fewer seconds."""
    max_length_sec: PositiveFloat | None = None
    """Leave out clips with more seconds."""
    random_crop: bool = False
    """Cut at a random place. `seconds_start` in the metadata stays as it was: do not use both."""
    drop_last: bool = True
    """Leave out the last, smaller batch of an epoch."""


class WebDataset(_AudioReading):
    """Tar files of samples, local or in S3, streamed without end."""

    dataset_type: Literal["wds", "s3"]
    """`wds`; `s3` is its old name and means the same."""
    datasets: Annotated[Sequence[WebDatasetEntry], Field(min_length=1)]
    """The places of the tar files."""
    epoch_steps: Positive = 2000
    """Batches that count as one epoch. At least `num_workers`, or the epoch never ends."""
    resampled_shards: bool = True
    """Draw tar files with replacement."""
    remove_silence: bool = False
    """Cut long silences out of the inside of mono clips, by `silence_threshold` and `max_silence_duration`."""
    silence_threshold: Pair[float] = (0.01, 0.5)
    """Amplitude below which a sample counts as silent, and the seconds that a long silence is cut down to. Only with
    `remove_silence`, and only for mono files."""
    max_silence_duration: NonNegativeFloat = 0.25
    """Seconds from which a silence counts as long. Only with `remove_silence`."""
    pre_encoded: bool = False
    """The tars hold latents (.npy) instead of audio. Set `training.pre_encoded: true` with it."""
    latent_crop_length: int | None = None
    """Frames per sample. Only with `pre_encoded`."""
    min_length_sec: Annotated[float | None, Since("0.0.20")] = None
    """Leave out clips with fewer seconds. Only with `pre_encoded`."""
    max_length_sec: Annotated[PositiveFloat | None, Since("0.0.20")] = None
    """Leave out clips with more seconds. Only with `pre_encoded`."""
