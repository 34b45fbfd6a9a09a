"""The training section of unconditional diffusion as data."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from stable_audio_config.datamodels.base import field_docs, plain, since
from stable_audio_config.datamodels.training import uncond
from stable_audio_config.datamodels.training.uncond import DiffusionUncondTraining

PUBLISHED: dict[str, Any] = {"learning_rate": 1e-4, "demo": {"demo_every": 2000, "demo_steps": 250}}
EVERYTHING: dict[str, Any] = {
    "learning_rate": 0,
    "pre_encoded": True,
    "lora_config": {
        "rank": 4,
        "alpha": 8.0,
        "adapter_type": "dora",
        "include": ["layers."],
        "exclude": None,
        "linear": {"rank": 2},
    },
    "demo": {},
}


@pytest.mark.parametrize(
    "written", [{"learning_rate": 1e-4}, PUBLISHED, EVERYTHING, {**PUBLISHED, "demo": None, "lora_config": None}]
)
def test_a_training_section_comes_back_as_it_was_written(written: dict[str, Any]) -> None:
    assert plain(DiffusionUncondTraining.model_validate(written)) == written


def test_no_demos_are_tried_unless_they_are_asked_for() -> None:
    assert DiffusionUncondTraining.model_validate({"learning_rate": 1e-4}).demo is None


def test_the_older_place_of_rank_has_the_same_default() -> None:
    adapters = uncond.UncondLoRAConfig()
    assert adapters.rank == adapters.linear.rank


def test_adapters_came_with_0_0_20() -> None:
    assert since(DiffusionUncondTraining, "lora_config") == "0.0.20"


@pytest.mark.parametrize(
    ("written", "location", "kind"),
    [
        ({}, ("learning_rate",), "missing"),
        ({"learning_rate": None}, ("learning_rate",), "float_type"),
        ({"learning_rate": -1}, ("learning_rate",), "greater_than_equal"),
        ({**PUBLISHED, "optimizer_configs": {}}, ("optimizer_configs",), "extra_forbidden"),
        ({**PUBLISHED, "use_ema": True}, ("use_ema",), "extra_forbidden"),
        ({**PUBLISHED, "timestep_sampler": "uniform"}, ("timestep_sampler",), "extra_forbidden"),
        ({**PUBLISHED, "metrics": {}}, ("metrics",), "extra_forbidden"),
        ({**PUBLISHED, "pre_encoded": 1}, ("pre_encoded",), "bool_type"),
        ({**PUBLISHED, "lora_ckpt_path": "lora.ckpt"}, ("lora_ckpt_path",), "extra_forbidden"),
        ({**PUBLISHED, "lora_config": {"r": 8}}, ("lora_config", "r"), "extra_forbidden"),
        ({**PUBLISHED, "lora_config": {"linear": None}}, ("lora_config", "linear"), "model_type"),
        ({**PUBLISHED, "lora_config": {"linear": {"rank": 0}}}, ("lora_config", "linear", "rank"), "greater_than"),
        ({**PUBLISHED, "demo": {"num_demos": 8}}, ("demo", "num_demos"), "extra_forbidden"),
        ({**PUBLISHED, "demo": {"demo_every": 2.5}}, ("demo", "demo_every"), "int_type"),
    ],
)
def test_a_wrong_training_key_is_found_where_it_stands(written: dict[str, Any], location: tuple[str | int, ...], kind: str) -> None:
    with pytest.raises(ValidationError) as raised:
        DiffusionUncondTraining.model_validate(written)
    assert [(error["loc"], error["type"]) for error in raised.value.errors()] == [(location, kind)]


@pytest.mark.parametrize(
    "model",
    [
        model
        for _, model in inspect.getmembers(uncond, inspect.isclass)
        if issubclass(model, BaseModel) and model.__module__ == uncond.__name__
    ],
)
def test_every_training_field_has_its_string(model: type[BaseModel]) -> None:
    assert {name for name in model.model_fields if not field_docs(model).get(name)} == set()
