"""Which data model stands at a path: through fields, lists, dictionaries and kinds of parts."""

from __future__ import annotations

from typing import Any

import pytest

from stable_audio_config.datamodels.experiment import ExperimentConfig
from stable_audio_config.datamodels.inference import InferenceConfig
from stable_audio_config.datamodels.kinds import KINDS
from stable_audio_config.datamodels.lookup import model_at, model_inside, place_of
from stable_audio_config.datamodels.pre_encode import PreEncodeConfig
from stable_audio_config.datamodels.shift import FullShift

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


def test_a_tag_decides_between_the_branches_of_a_kind(autoencoder_tree: dict[str, Any], diffusion_tree: dict[str, Any]) -> None:
    encoder = ("model", "model", "encoder")
    assert "Oobleck" in str(name_at(autoencoder_tree, *encoder))
    autoencoder_tree["model"]["model"]["encoder"]["type"] = "seanet"
    assert "seanet" in str(name_at(autoencoder_tree, *encoder)).lower()
    conditioner = name_at(diffusion_tree, "model", "model", "conditioning", "configs", 0)
    assert conditioner != name_at(diffusion_tree, "model", "model", "conditioning", "configs", 1)


def test_without_a_fitting_tag_nothing_is_known_below() -> None:
    tree = {"dataset": {"dataset_type": "typo", "datasets": [{"id": "a"}], "latent_crop_length": 5}}
    assert name_at(tree, "dataset") is None
    assert name_at(tree, "dataset", "datasets", 0) is None
    assert name_at({"dataset": {"datasets": []}}, "dataset") is None


def test_an_absent_tag_that_has_a_meaning_means_it(diffusion_tree: dict[str, Any]) -> None:
    section = diffusion_tree["model"]["model"]["diffusion"]
    section["distribution_shift_options"] = {"max_length": 128}
    place = place_of(ExperimentConfig, diffusion_tree, ("model", "model", "diffusion", "distribution_shift_options"))
    assert (place.model, place.tag) == (FullShift, "full")


def test_an_optimizer_that_we_do_not_know_is_an_open_one(autoencoder_tree: dict[str, Any]) -> None:
    where = ("training", "optimizer_configs", "autoencoder", "optimizer")
    open_one = {"type": "Rprop", "config": {}}
    autoencoder_tree["training"]["optimizer_configs"] = {"autoencoder": {"optimizer": open_one}}
    assert name_at(autoencoder_tree, *where) == "TorchOptimizer"


@pytest.mark.parametrize(
    ("below", "model", "inside"),
    [
        ((), "VAEBottleneck", ()),
        (("config",), "NothingRead", ("config",)),
        (("config", "levels"), None, ("config",)),
        (("zzz",), None, ()),
    ],
)
def test_a_place_knows_the_part_that_it_lies_in(
    autoencoder_tree: dict[str, Any], below: Path, model: str | None, inside: tuple[str, ...]
) -> None:
    at = ("model", "model", "bottleneck")
    autoencoder_tree["model"]["model"]["bottleneck"] = {"type": "vae", "config": {"levels": 4}}
    place = place_of(ExperimentConfig, autoencoder_tree, (*at, *below))
    assert (place.model and place.model.__name__, place.kind, place.tag) == (model, KINDS["bottleneck"], "vae")
    assert (place.inside, place.at) == (inside, at)


def test_the_training_section_belongs_to_no_part(autoencoder_tree: dict[str, Any]) -> None:
    place = place_of(ExperimentConfig, autoencoder_tree, ("training",))
    assert (place.kind, place.tag, place.at) == (None, None, ())


@pytest.mark.parametrize(
    ("steps", "known"),
    [(("config",), True), ((), False), (("type",), False), (("zzz",), False), (("config", "levels"), False)],
)
def test_the_keys_inside_a_part(steps: tuple[str, ...], known: bool) -> None:
    model = KINDS["bottleneck"].branch("fsq")
    assert model is not None
    assert ("levels" in model_inside(model, steps)) is known


def test_a_tree_of_another_shape_is_no_reason_to_fail() -> None:
    assert name_at({"dataset": 5}, "dataset", "datasets", 0) is None, "no tag, no way"
    assert name_at({"dataset": 5}, "dataset", "zzz", 0) is None
    assert name_at(None, "nope", 0) is None


def test_the_other_roots() -> None:
    assert name_at({}, root=InferenceConfig) == "InferenceConfig"
    for tag, name in (("diffusion_cond", "NestedDiffusionCondConfig"), ("diffusion_cond_inpaint", "NestedDiffusionInpaintConfig")):
        assert name_at({"model": {"model_type": tag}}, "model", root=InferenceConfig) == name
    assert name_at({"model": {}}, "model", root=PreEncodeConfig) == "NestedAutoencoderConfig"
    assert name_at({"conditions": [{"a": 1}]}, "conditions", 0, root=InferenceConfig) is None
