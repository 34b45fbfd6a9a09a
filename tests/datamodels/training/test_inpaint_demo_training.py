"""The training section of a diffusion model that fills holes: that of conditional diffusion with other demos."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from stable_audio_config.datamodels.base import field_docs, plain, since
from stable_audio_config.datamodels.training import inpaint_demo
from stable_audio_config.datamodels.training.diffusion import DiffusionCondTraining
from stable_audio_config.datamodels.training.inpaint_demo import DiffusionInpaintTraining, InpaintDemo

DEMO: dict[str, Any] = {"demo_cfg_scales": [7]}
EVERYTHING: dict[str, Any] = {
    "learning_rate": 1e-4,
    "inpainting": {"mask_kwargs": {"max_mask_segments": 5}},
    "pre_encoded": True,
    "demo": {
        "demo_every": 10,
        "demo_steps": 50,
        "demo_cfg_scales": [1, 4.5],
        "demo_cond": [{"prompt": "rain", "seconds_total": 12}],
        "inpaint_demos": {"num_random_segments": 1, "num_full_mask": 0, "num_causal": 2, "num_random_spans": 1},
        "num_demos": 4,
    },
}


@pytest.mark.parametrize(
    "written",
    [{}, EVERYTHING, {"demo": DEMO}, {"demo": None}, {"demo": {**DEMO, "demo_cond": None, "inpaint_demos": None}}],
)
def test_a_training_section_comes_back_as_it_was_written(written: dict[str, Any]) -> None:
    assert plain(DiffusionInpaintTraining.model_validate(written)) == written


def test_all_but_the_demos_is_as_in_conditional_diffusion() -> None:
    fields, base = DiffusionInpaintTraining.model_fields, DiffusionCondTraining.model_fields
    assert list(fields) == list(base)
    assert [name for name in fields if fields[name].annotation != base[name].annotation] == ["demo"]


def test_no_demos_are_made_unless_they_are_asked_for() -> None:
    demo = InpaintDemo.model_validate(DEMO)
    assert (demo.demo_cond, demo.inpaint_demos, demo.num_demos) == (None, None, 0)


@pytest.mark.parametrize("key", ["demo_cond", "inpaint_demos"])
def test_what_0_0_19_did_not_read_says_so(key: str) -> None:
    assert since(InpaintDemo, key) == "0.0.20"


@pytest.mark.parametrize(
    ("demo", "location", "kind"),
    [
        ({}, ("demo_cfg_scales",), "missing"),
        ({"demo_cfg_scales": None}, ("demo_cfg_scales",), "tuple_type"),
        ({**DEMO, "demo_cond_from_batch": True}, ("demo_cond_from_batch",), "extra_forbidden"),
        ({**DEMO, "cond_display_configs": None}, ("cond_display_configs",), "extra_forbidden"),
        ({**DEMO, "demo_every": 2.5}, ("demo_every",), "int_type"),
        ({**DEMO, "num_demos": None}, ("num_demos",), "int_type"),
        ({**DEMO, "num_demos": "2"}, ("num_demos",), "int_type"),
        ({**DEMO, "inpaint_demos": 4}, ("inpaint_demos",), "model_type"),
        ({**DEMO, "inpaint_demos": {"num_spans": 1}}, ("inpaint_demos", "num_spans"), "extra_forbidden"),
        ({**DEMO, "inpaint_demos": {"num_causal": "1"}}, ("inpaint_demos", "num_causal"), "int_type"),
        ({**DEMO, "inpaint_demos": {"num_causal": None}}, ("inpaint_demos", "num_causal"), "int_type"),
        ({**DEMO, "demo_cond": "rain"}, ("demo_cond",), "tuple_type"),
    ],
)
def test_a_wrong_demo_key_is_found_where_it_stands(demo: dict[str, Any], location: tuple[str, ...], kind: str) -> None:
    with pytest.raises(ValidationError) as raised:
        DiffusionInpaintTraining.model_validate({"demo": demo})
    assert [(error["loc"], error["type"]) for error in raised.value.errors()] == [(("demo", *location), kind)]


@pytest.mark.parametrize(
    "model",
    [
        model
        for _, model in inspect.getmembers(inpaint_demo, inspect.isclass)
        if issubclass(model, BaseModel) and model.__module__ == inpaint_demo.__name__
    ],
)
def test_every_training_field_has_its_string(model: type[BaseModel]) -> None:
    assert {name for name in model.model_fields if not field_docs(model).get(name)} == set()
