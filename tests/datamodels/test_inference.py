"""The options of generation as data."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from stable_audio_config.datamodels.base import field_docs, plain
from stable_audio_config.datamodels.inference import InferenceConfig

NEEDED: dict[str, Any] = {"ckpt_path": "a.ckpt", "conditions": [{"prompt": "soft rain", "seconds_total": 10}]}


def test_two_keys_are_enough_and_come_back() -> None:
    config = InferenceConfig.model_validate(NEEDED)
    assert plain(config) == NEEDED
    assert (config.steps, config.cfg_scale, config.output_path, config.spectrogram) == (100, 6.0, "generated", True)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("conditions", []),
        ("conditions", ["soft rain"]),
        ("conditions", None),
        ("negative_conditions", {"prompt": "noise"}),
        ("steps", 0),
        ("seed", -2),
        ("seconds", 0),
        ("sigma_min", 0),
        ("init_noise_level", -1),
        ("cfg_scale", "6"),
        ("sampler", "euler"),
    ],
)
def test_what_is_refused(key: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        InferenceConfig.model_validate(NEEDED | {key: value})
    assert {error["loc"][0] for error in refused.value.errors()} == {key}


@pytest.mark.parametrize(
    ("key", "value"), [("seed", -1), ("cfg_scale", 1), ("seconds", 0.5), ("negative_conditions", [{}]), ("sampler_type", None)]
)
def test_what_is_taken(key: str, value: Any) -> None:
    assert plain(InferenceConfig.model_validate(NEEDED | {key: value}))[key] == value


def test_a_whole_model_config_may_stand_inside(diffusion_tree: dict[str, Any], autoencoder_tree: dict[str, Any]) -> None:
    tree = NEEDED | {"model": diffusion_tree["model"] | {"training": {}}}
    assert plain(InferenceConfig.model_validate(tree)) == tree
    with pytest.raises(ValidationError):
        InferenceConfig.model_validate(NEEDED | {"model": autoencoder_tree["model"]})


def test_every_key_is_explained() -> None:
    assert set(field_docs(InferenceConfig)) == set(InferenceConfig.model_fields)
