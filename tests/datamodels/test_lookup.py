"""Which data model stands at a path: through fields, lists, dictionaries and unions."""

from __future__ import annotations

from typing import Any

import pytest

from stable_audio_config.datamodels.experiment import ExperimentConfig
from stable_audio_config.datamodels.inference import InferenceConfig
from stable_audio_config.datamodels.lookup import model_at
from stable_audio_config.datamodels.pre_encode import PreEncodeConfig

Path = tuple[str | int, ...]


def name_at(tree: Any, *path: str | int, root: Any = ExperimentConfig) -> str | None:
    model = model_at(root, tree, path)
    return None if model is None else model.__name__


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ((), "ExperimentConfig"),
        (("model",), "AutoencoderConfig"),
        (("model", "model"), "AutoencoderModel"),
        (("training",), "AutoencoderTraining"),
        (("dataset",), "AudioDirDataset"),
        (("dataset", "datasets", 0), "AudioDirEntry"),
        (("batch_size",), None),
        (("nope",), None),
        (("nope", "deeper"), None),
        (("dataset", "datasets", 9), "AudioDirEntry"),
    ],
)
def test_along_an_autoencoder(autoencoder_tree: dict[str, Any], path: Path, name: str | None) -> None:
    assert name_at(autoencoder_tree, *path) == name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (("model",), "DiffusionCondConfig"),
        (("training",), "DiffusionCondTraining"),
        (("dataset",), "PreEncodedDataset"),
        (("dataset", "datasets", 0), "PreEncodedEntry"),
    ],
)
def test_along_a_diffusion_model(diffusion_tree: dict[str, Any], path: Path, name: str) -> None:
    assert name_at(diffusion_tree, *path) == name


def test_a_tag_decides_between_the_branches_of_a_union(autoencoder_tree: dict[str, Any], diffusion_tree: dict[str, Any]) -> None:
    encoder = ("model", "model", "encoder")
    assert "Oobleck" in str(name_at(autoencoder_tree, *encoder))
    autoencoder_tree["model"]["model"]["encoder"]["type"] = "seanet"
    assert "seanet" in str(name_at(autoencoder_tree, *encoder)).lower()
    conditioner = name_at(diffusion_tree, "model", "model", "conditioning", "configs", 0)
    assert conditioner != name_at(diffusion_tree, "model", "model", "conditioning", "configs", 1)


def test_without_a_fitting_tag_the_shared_keys_decide() -> None:
    tree = {"dataset": {"dataset_type": "typo", "datasets": [], "latent_crop_length": 5, "min_length_sec": 1}}
    assert name_at(tree, "dataset") in ("PreEncodedDataset", "WebDataset")
    assert name_at({"dataset": {"dataset_type": "typo", "drop_last": True, "volume_norm": True}}, "dataset") == "AudioDirDataset"


def test_a_tree_of_another_shape_is_no_reason_to_fail() -> None:
    assert name_at({"dataset": 5}, "dataset", "datasets", 0) == "AudioDirEntry", "the models alone lead there"
    assert name_at({"dataset": 5}, "dataset", "zzz", 0) is None
    assert name_at(None, "nope", 0) is None


def test_the_other_roots() -> None:
    assert name_at({}, root=InferenceConfig) == "InferenceConfig"
    assert name_at({"model": {}}, "model", root=InferenceConfig) == "NestedDiffusionCondConfig"
    assert name_at({"model": {}}, "model", root=PreEncodeConfig) == "NestedAutoencoderConfig"
    assert name_at({"conditions": [{"a": 1}]}, "conditions", 0, root=InferenceConfig) is None
