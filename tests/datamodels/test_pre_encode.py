"""The options of pre-encoding as data."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from stable_audio_config.datamodels.base import field_docs, plain
from stable_audio_config.datamodels.pre_encode import PreEncodeConfig

NEEDED: dict[str, Any] = {
    "ckpt_path": "a.ckpt",
    "dataset": {"dataset_type": "audio_dir", "datasets": [{"id": "a", "path": "sounds"}]},
    "output_path": "latents",
}


def test_three_keys_are_enough_and_come_back() -> None:
    assert plain(PreEncodeConfig.model_validate(NEEDED)) == NEEDED


@pytest.mark.parametrize("key", NEEDED)
def test_each_of_them_is_needed(key: str) -> None:
    with pytest.raises(ValidationError, match="Field required"):
        PreEncodeConfig.model_validate({name: value for name, value in NEEDED.items() if name != key})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("batch_size", 0),
        ("sample_size", 0),
        ("limit_batches", 0),
        ("num_workers", -1),
        ("devices", -2),
        ("model_half", 1),
        ("batch", 1),
    ],
)
def test_what_is_refused(key: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        PreEncodeConfig.model_validate(NEEDED | {key: value})
    assert {error["loc"][0] for error in refused.value.errors()} == {key}


def test_a_whole_model_config_with_its_training_section_may_stand_inside(autoencoder_tree: dict[str, Any]) -> None:
    tree = NEEDED | {"model": autoencoder_tree["model"] | {"training": {"anything": 1}}}
    assert plain(PreEncodeConfig.model_validate(tree)) == tree


def test_every_key_is_explained() -> None:
    assert set(field_docs(PreEncodeConfig)) == set(PreEncodeConfig.model_fields)
