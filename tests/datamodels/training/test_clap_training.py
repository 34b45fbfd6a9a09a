"""The training section of CLAP as data, and the model config that it belongs to."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from stable_audio_config.datamodels.base import field_docs, plain
from stable_audio_config.datamodels.clap import ClapConfig, ClapModel
from stable_audio_config.datamodels.training import clap
from stable_audio_config.datamodels.training.clap import ClapTraining

ADAM: dict[str, Any] = {"optimizer": {"type": "AdamW", "config": {"lr": 1e-4}}}
EVERYTHING: dict[str, Any] = {
    "learning_rate": 1e-4,
    "optimizer_configs": {"model": ADAM},
    "loss_config": {"contrastive": 0, "uniformity": 0.2, "cross_uniformity": -1, "alignment": 1.5},
    "htsat_dataset": False,
    "pre_encoded": True,
    "mask_padding_attention": True,
    "demo": {"demo_every": 10},
}
CONFIG: dict[str, Any] = {
    "model_type": "clap",
    "sample_rate": 16000,
    "sample_size": 2048,
    "model": {
        "joint_embed_dim": 256,
        "audio": {"model": {"type": "transformer", "config": {"embed_dim": 64, "depth": 1, "dim_in": 8}}},
        "text": {"model": {"type": "roberta", "config": {"name": "roberta-base"}}},
        "pretransform": {"type": "patched", "config": {"channels": 2, "patch_size": 4}},
    },
}


@pytest.mark.parametrize("written", [{}, {"learning_rate": 1e-4}, EVERYTHING, {"loss_config": None, "demo": None}])
def test_a_training_section_comes_back_as_it_was_written(written: dict[str, Any]) -> None:
    assert plain(ClapTraining.model_validate(written)) == written


def test_a_clap_config_comes_back_as_it_was_written() -> None:
    config = ClapConfig.model_validate(CONFIG)
    assert plain(config) == CONFIG
    assert isinstance(config.model, ClapModel)


@pytest.mark.parametrize(
    ("written", "location", "kind"),
    [
        ({"loss_configs": {"contrastive": 0}}, ("loss_configs",), "extra_forbidden"),
        ({"loss_config": {"contrast": 0}}, ("loss_config", "contrast"), "extra_forbidden"),
        ({"loss_config": {"alignment": None}}, ("loss_config", "alignment"), "float_type"),
        ({"loss_config": {"contrastive": True}}, ("loss_config", "contrastive"), "float_type"),
        ({"optimizer_configs": {"clap": ADAM}}, None, "missing"),
        ({"use_ema": False}, ("use_ema",), "extra_forbidden"),
        ({"htsat_dataset": None}, ("htsat_dataset",), "bool_type"),
        ({"demo": {"num_demos": 1}}, ("demo", "num_demos"), "extra_forbidden"),
    ],
)
def test_a_wrong_training_key_is_found_where_it_stands(
    written: dict[str, Any], location: tuple[str | int, ...] | None, kind: str
) -> None:
    with pytest.raises(ValidationError) as raised:
        ClapTraining.model_validate(written)
    assert (location or ("optimizer_configs", "model"), kind) in [(error["loc"], error["type"]) for error in raised.value.errors()]


@pytest.mark.parametrize(
    ("changes", "location", "kind"),
    [
        ({"sample_rate": None}, ("sample_rate",), "int_type"),
        ({"svd_bases_path": None}, ("svd_bases_path",), "extra_forbidden"),
        ({"model": {**CONFIG["model"], "pretransform": None}}, ("model", "pretransform"), "model_attributes_type"),
        ({"model": {**CONFIG["model"], "io_channels": 2}}, ("model", "io_channels"), "extra_forbidden"),
    ],
)
def test_a_wrong_clap_config_is_rejected_where_it_is_wrong(changes: dict[str, Any], location: tuple[str, ...], kind: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ClapConfig.model_validate({**CONFIG, **changes})
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [(location, kind)]


def test_every_key_of_the_config_says_what_it_means() -> None:
    assert {name for name in ClapConfig.model_fields if not field_docs(ClapConfig).get(name)} == set()


@pytest.mark.parametrize(
    "model",
    [
        model
        for _, model in inspect.getmembers(clap, inspect.isclass)
        if issubclass(model, BaseModel) and model.__module__ == clap.__name__
    ],
)
def test_every_training_field_has_its_string(model: type[BaseModel]) -> None:
    assert {name for name in model.model_fields if not field_docs(model).get(name)} == set()
