"""Bottlenecks as data."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from stable_audio_config.datamodels import bottleneck
from stable_audio_config.datamodels.base import field_docs, plain
from stable_audio_config.datamodels.bottleneck import continuous, dac, fsq, rvq
from stable_audio_config.datamodels.kinds import Bottleneck

BOTTLENECK: TypeAdapter[Any] = TypeAdapter(Bottleneck)

BOTTLENECKS: list[dict[str, Any]] = [
    {"type": "tanh"},
    {"type": "tanh", "config": {"scale": 2.5}},
    {"type": "vae"},
    {"type": "vae", "requires_grad": False, "config": {}},
    {"type": "l2_norm", "config": None},
    {"type": "wasserstein"},
    {"type": "wasserstein", "config": {"noise_augment_dim": 4, "use_tanh": True}},
    {"type": "softnorm", "config": {}},
    {"type": "softnorm", "config": {"dim": 64, "auto_scale": True}},
    {"type": "rvq", "config": {}},
    {"type": "rvq", "config": {"dim": 64, "quantize_dropout": True, "sync_codebook": None, "commitment_weight": 0.25}},
    {"type": "rvq_vae", "config": {"dim": 64, "heads": 1, "codebook_dim": None}},
    {"type": "dac_rvq", "config": {"n_codebooks": 2, "codebook_size": 16, "codebook_dim": [4, 8]}},
    {"type": "dac_rvq_vae", "config": {"n_codebooks": 2, "codebook_size": 16, "codebook_dim": 4}},
    {"type": "fsq", "config": {"levels": [8, 8, 5], "keep_num_codebooks_dim": True, "scale": None}},
    {"type": "dithered_fsq", "config": {"dim": 2, "levels": 17}},
    {"type": "dithered_fsq", "config": {"dim": 2, "levels": [17, 9]}},
]


@pytest.mark.parametrize("written", BOTTLENECKS, ids=lambda written: written["type"])
def test_a_bottleneck_comes_back_as_it_was_written(written: dict[str, Any]) -> None:
    assert plain(BOTTLENECK.validate_python(written)) == written


@pytest.mark.parametrize(
    ("written", "location", "kind"),
    [
        ({"type": "rvq", "config": {"codebooks": 8}}, ("config", "codebooks"), "extra_forbidden"),
        ({"type": "rvq", "config": {"decay": "0.9"}}, ("config", "decay"), "float_type"),
        ({"type": "rvq", "config": {"dim": True}}, ("config", "dim"), "int_type"),
        ({"type": "rvq", "config": {"heads": 2}}, ("config", "heads"), "literal_error"),
        ({"type": "rvq", "config": {"sync_update_v": 1.5}}, ("config", "sync_update_v"), "less_than_equal"),
        ({"type": "rvq"}, ("config",), "missing"),
        ({"type": "softnorm"}, ("config",), "missing"),
        ({"type": "tanh", "config": None}, ("config",), "model_type"),
        ({"type": "dac_rvq", "config": {"n_codebooks": 2}}, ("config", "codebook_size"), "missing"),
        (
            {"type": "dac_rvq_vae", "config": {"n_codebooks": 2, "codebook_size": 16, "noise_augment_dim": 2}},
            ("config", "noise_augment_dim"),
            "extra_forbidden",
        ),
        ({"type": "fsq", "config": {}}, ("config", "levels"), "missing"),
        (
            {"type": "dithered_fsq", "config": {"dim": 2, "levels": 3, "noise_dropout": 2}},
            ("config", "noise_dropout"),
            "less_than_equal",
        ),
        ({"type": "vae", "config": {"scale": 1.0}}, ("config", "scale"), "extra_forbidden"),
        ({"type": "l2_norm", "config": {"dim": 64}}, ("config", "dim"), "extra_forbidden"),
        ({"type": "VAE"}, (), "union_tag_invalid"),
        ({}, (), "union_tag_not_found"),
    ],
)
def test_a_wrong_bottleneck_is_rejected_where_it_is_wrong(
    written: dict[str, Any], location: tuple[str | int, ...], kind: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        BOTTLENECK.validate_python(written)
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [(location, kind)]


def test_a_string_stands_under_every_field_of_the_bottlenecks() -> None:
    found = [item for module in (bottleneck, continuous, dac, fsq, rvq) for item in vars(module).values()]
    models = {item for item in found if inspect.isclass(item) and issubclass(item, BaseModel)}
    missing = [(model.__name__, field) for model in models for field in model.model_fields if not field_docs(model).get(field)]
    assert len(models) > 20
    assert missing == []
