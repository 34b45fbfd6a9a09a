"""The training section of a language model as data."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from stable_audio_config.datamodels.base import field_docs, plain
from stable_audio_config.datamodels.training import lm
from stable_audio_config.datamodels.training.lm import LMTraining

ADAM: dict[str, Any] = {"optimizer": {"type": "AdamW", "config": {"lr": 1e-4}}}
EVERYTHING: dict[str, Any] = {
    "learning_rate": None,
    "optimizer_configs": {"lm": {**ADAM, "scheduler": {"type": "InverseLR", "config": {"inv_gamma": 1000}}}},
    "use_ema": True,
    "pre_encoded": True,
    "demo": {"demo_every": 10, "demo_cfg_scales": [1, 3.5], "demo_cond": [{"seconds_total": 8}], "num_demos": 1},
}


@pytest.mark.parametrize("written", [{}, {"learning_rate": 1e-4}, EVERYTHING, {"optimizer_configs": None, "demo": None}])
def test_a_training_section_comes_back_as_it_was_written(written: dict[str, Any]) -> None:
    assert plain(LMTraining.model_validate(written)) == written


def test_a_whole_number_of_guidance_stays_whole_because_it_names_the_demo() -> None:
    section = LMTraining.model_validate({"demo": {"demo_cfg_scales": [3, 4.5]}})
    assert [repr(scale) for scale in plain(section)["demo"]["demo_cfg_scales"]] == ["3", "4.5"]


@pytest.mark.parametrize(
    ("written", "location", "kind"),
    [
        ({"learning_rate": "1e-4"}, ("learning_rate",), "float_type"),
        ({"cfg_dropout_prob": 0.1}, ("cfg_dropout_prob",), "extra_forbidden"),
        ({"metrics": {}}, ("metrics",), "extra_forbidden"),
        ({"optimizer_configs": {}}, ("optimizer_configs", "lm"), "missing"),
        ({"optimizer_configs": {"lm": ADAM, "diffusion": ADAM}}, ("optimizer_configs", "diffusion"), "extra_forbidden"),
        ({"use_ema": None}, ("use_ema",), "bool_type"),
        ({"demo": {"demo_steps": 100}}, ("demo", "demo_steps"), "extra_forbidden"),
        ({"demo": {"num_demos": 0}}, ("demo", "num_demos"), "greater_than"),
        ({"demo": {"demo_cfg_scales": []}}, ("demo", "demo_cfg_scales"), "too_short"),
        ({"demo": {"demo_cfg_scales": None}}, ("demo", "demo_cfg_scales"), "tuple_type"),
        ({"demo": {"demo_cond": {"prompt": "rain"}}}, ("demo", "demo_cond"), "tuple_type"),
    ],
)
def test_a_wrong_training_key_is_found_where_it_stands(written: dict[str, Any], location: tuple[str | int, ...], kind: str) -> None:
    with pytest.raises(ValidationError) as raised:
        LMTraining.model_validate(written)
    assert [(error["loc"], error["type"]) for error in raised.value.errors()] == [(location, kind)]


@pytest.mark.parametrize(
    "model",
    [
        model
        for _, model in inspect.getmembers(lm, inspect.isclass)
        if issubclass(model, BaseModel) and model.__module__ == lm.__name__
    ],
)
def test_every_training_field_has_its_string(model: type[BaseModel]) -> None:
    assert {name for name in model.model_fields if not field_docs(model).get(name)} == set()
