"""The training section of a diffusion autoencoder as data."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from stable_audio_config.datamodels.base import field_docs, plain
from stable_audio_config.datamodels.training import diffusion_autoencoder
from stable_audio_config.datamodels.training.diffusion_autoencoder import DiffusionAutoencoderTraining

RATE: dict[str, Any] = {"learning_rate": 1e-4}


@pytest.mark.parametrize(
    "written",
    [RATE, {**RATE, "use_reconstruction_loss": True, "demo": {"demo_every": 10, "demo_steps": 1}}, {**RATE, "demo": None}],
)
def test_a_training_section_comes_back_as_it_was_written(written: dict[str, Any]) -> None:
    assert plain(DiffusionAutoencoderTraining.model_validate(written)) == written


def test_no_demos_are_made_unless_they_are_asked_for() -> None:
    assert DiffusionAutoencoderTraining.model_validate(RATE).demo is None


@pytest.mark.parametrize(
    ("written", "location", "kind"),
    [
        ({}, ("learning_rate",), "missing"),
        ({"learning_rate": "1e-4"}, ("learning_rate",), "float_type"),
        ({**RATE, "optimizer_configs": None}, ("optimizer_configs",), "extra_forbidden"),
        ({**RATE, "loss_configs": {}}, ("loss_configs",), "extra_forbidden"),
        ({**RATE, "pre_encoded": False}, ("pre_encoded",), "extra_forbidden"),
        ({**RATE, "use_ema": True}, ("use_ema",), "extra_forbidden"),
        ({**RATE, "use_reconstruction_loss": None}, ("use_reconstruction_loss",), "bool_type"),
        ({**RATE, "demo": {"num_demos": 4}}, ("demo", "num_demos"), "extra_forbidden"),
        ({**RATE, "demo": {"demo_steps": 0}}, ("demo", "demo_steps"), "greater_than"),
    ],
)
def test_a_wrong_training_key_is_found_where_it_stands(written: dict[str, Any], location: tuple[str | int, ...], kind: str) -> None:
    with pytest.raises(ValidationError) as raised:
        DiffusionAutoencoderTraining.model_validate(written)
    assert [(error["loc"], error["type"]) for error in raised.value.errors()] == [(location, kind)]


@pytest.mark.parametrize(
    "model",
    [
        model
        for _, model in inspect.getmembers(diffusion_autoencoder, inspect.isclass)
        if issubclass(model, BaseModel) and model.__module__ == diffusion_autoencoder.__name__
    ],
)
def test_every_training_field_has_its_string(model: type[BaseModel]) -> None:
    assert {name for name in model.model_fields if not field_docs(model).get(name)} == set()
