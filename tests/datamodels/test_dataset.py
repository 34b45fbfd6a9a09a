"""Datasets: every type of the engine's dataset JSON, and what each refuses."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from stable_audio_config.datamodels.base import field_docs, plain
from stable_audio_config.datamodels.dataset import (
    AudioDirDataset,
    AudioDirEntry,
    LocalTarsEntry,
    PreEncodedDataset,
    PreEncodedEntry,
    S3Entry,
    WebDataset,
)
from stable_audio_config.datamodels.kinds import DatasetConfig

DATASET: TypeAdapter[Any] = TypeAdapter(DatasetConfig)

AUDIO = {
    "dataset_type": "audio_dir",
    "datasets": [{"id": "a", "path": "/data/a", "custom_metadata_module": "meta.py", "weight": 2, "keywords": ["drum"]}],
    "random_crop": False,
    "volume_norm": True,
    "volume_norm_param": [-16, 2],
    "drop_last": False,
}
LATENTS = {
    "dataset_type": "pre_encoded",
    "datasets": [{"id": "a", "path": "latents", "latent_extension": "npy", "filelist_path": None}],
    "latent_crop_length": 128,
    "min_length_sec": 0.5,
    "max_length_sec": 12,
    "random_crop": True,
}
BUCKET = {
    "dataset_type": "s3",
    "datasets": [{"id": "a", "s3_path": "s3://bucket/a", "profile": "me"}, {"id": "b", "path": "tars"}],
    "epoch_steps": 100,
    "silence_threshold": [0.01, 0.5],
}


@pytest.mark.parametrize(
    ("tree", "kind"),
    [(AUDIO, AudioDirDataset), (LATENTS, PreEncodedDataset), (BUCKET, WebDataset), (BUCKET | {"dataset_type": "wds"}, WebDataset)],
)
def test_each_type_comes_back_key_for_key(tree: dict[str, Any], kind: type) -> None:
    dataset = DATASET.validate_python(tree)
    assert type(dataset) is kind
    assert plain(dataset) == tree


def test_the_places_of_tar_files_are_told_apart_by_their_keys() -> None:
    first, second = DATASET.validate_python(BUCKET).datasets
    assert (type(first), type(second)) == (S3Entry, LocalTarsEntry)
    again = DATASET.validate_python({"dataset_type": "wds", "datasets": [first, second]})
    assert again.datasets == (first, second)


@pytest.mark.parametrize(
    ("tree", "place", "kind"),
    [
        (AUDIO | {"datasets": []}, ("datasets",), "too_short"),
        (AUDIO | {"datasets": [{"id": "a"}]}, ("datasets", 0, "path"), "missing"),
        (AUDIO | {"datasets": [{"path": "a"}]}, ("datasets", 0, "id"), "missing"),
        (AUDIO | {"datasets": [{"id": "a", "path": ""}]}, ("datasets", 0, "path"), "string_too_short"),
        (AUDIO | {"datasets": [{"id": "a", "path": "a", "weight": -1}]}, ("datasets", 0, "weight"), "greater_than_equal"),
        (AUDIO | {"datasets": [{"id": "a", "path": "a", "keywords": "drum"}]}, ("datasets", 0, "keywords"), "tuple_type"),
        (AUDIO | {"latent_crop_length": 5}, ("latent_crop_length",), "extra_forbidden"),
        (AUDIO | {"volume_norm_param": [-16]}, ("volume_norm_param", 1), "missing"),
        (LATENTS | {"volume_norm": True}, ("volume_norm",), "extra_forbidden"),
        (LATENTS | {"max_length_sec": 0}, ("max_length_sec",), "greater_than"),
        (BUCKET | {"drop_last": True}, ("drop_last",), "extra_forbidden"),
        (BUCKET | {"epoch_steps": 0}, ("epoch_steps",), "greater_than"),
    ],
)
def test_what_is_refused(tree: dict[str, Any], place: tuple[Any, ...], kind: str) -> None:
    with pytest.raises(ValidationError) as refused:
        DATASET.validate_python(tree)
    (error,) = [error for error in refused.value.errors() if error["type"] == kind]
    assert error["loc"][-len(place) :] == place


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(ValidationError, match="union_tag_invalid"):
        DATASET.validate_python({"dataset_type": "folder"})


@pytest.mark.parametrize(
    "model", [AudioDirDataset, PreEncodedDataset, WebDataset, AudioDirEntry, PreEncodedEntry, S3Entry, LocalTarsEntry]
)
def test_every_key_is_explained(model: Any) -> None:
    assert set(field_docs(model)) == set(model.model_fields)
