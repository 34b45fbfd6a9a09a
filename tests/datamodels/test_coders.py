"""Encoders and decoders as data."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from stable_audio_config.datamodels import coders
from stable_audio_config.datamodels.base import field_docs, plain
from stable_audio_config.datamodels.coders import dac, oobleck, same, seanet, taae
from stable_audio_config.datamodels.coders.same import SAMEDecoderConfig
from stable_audio_config.datamodels.coders.seanet import SEANetEncoderConfig
from stable_audio_config.datamodels.kinds import Decoder, Encoder

ENCODER: TypeAdapter[Any] = TypeAdapter(Encoder)
DECODER: TypeAdapter[Any] = TypeAdapter(Decoder)

STAGES = {"channels": 64, "c_mults": [1, 2], "strides": [2, 4]}
SAME = {**STAGES, "transformer_depths": [1, 0], "sliding_window": [3, 4], "differential": False, "chunk_size": 32}

ENCODERS: list[dict[str, Any]] = [
    {"type": "oobleck", "config": {**STAGES, "in_channels": 1, "latent_dim": 128, "use_snake": True}},
    {"type": "seanet", "config": {"ratios": [2, 5], "dimension": 64, "activation": "SiLU", "activation_params": {}}},
    {"type": "dac", "config": {"d_model": 16, "strides": [2, 4], "latent_dim": None}},
    {"type": "taae", "requires_grad": False, "config": {**STAGES, "sliding_window": None, "mapping_style": "none"}},
    {"type": "same", "config": {**SAME, "sinusoidal_blocks": 2}},
    {"type": "taae_v2", "config": {}},
]
DECODERS: list[dict[str, Any]] = [
    {"type": "oobleck", "soft_clip": True, "config": {**STAGES, "out_channels": 1, "final_tanh": False}},
    {"type": "seanet", "config": {"ratios": [5, 2], "final_activation": "Tanh", "final_activation_params": None}},
    {"type": "dac", "config": {"latent_dim": 64, "channels": 64, "rates": [4, 2]}},
    {"type": "taae", "config": {**STAGES, "layer_scale": False}},
    {"type": "same", "config": {**SAME, "sinusoidal_blocks": [0, 2]}},
    {"type": "taae_v2", "requires_grad": False, "config": {}},
]


@pytest.mark.parametrize("written", ENCODERS, ids=lambda written: written["type"])
def test_an_encoder_comes_back_as_it_was_written(written: dict[str, Any]) -> None:
    assert plain(ENCODER.validate_python(written)) == written


@pytest.mark.parametrize("written", DECODERS, ids=lambda written: written["type"])
def test_a_decoder_comes_back_as_it_was_written(written: dict[str, Any]) -> None:
    assert plain(DECODER.validate_python(written)) == written


@pytest.mark.parametrize(
    ("written", "location", "kind"),
    [
        ({"type": "oobleck", "config": {"latent_dims": 64}}, ("config", "latent_dims"), "extra_forbidden"),
        ({"type": "same", "config": {"chunksize": 64}}, ("config", "chunksize"), "extra_forbidden"),
        ({"type": "oobleck", "soft_clip": True, "config": {}}, ("soft_clip",), "extra_forbidden"),
        ({"type": "oobleck", "config": {"latent_dim": "64"}}, ("config", "latent_dim"), "int_type"),
        ({"type": "oobleck", "config": {"in_channels": True}}, ("config", "in_channels"), "int_type"),
        ({"type": "oobleck", "config": {"use_snake": 1}}, ("config", "use_snake"), "bool_type"),
        ({"type": "oobleck", "config": {"strides": [2, 0]}}, ("config", "strides", 1), "greater_than"),
        ({"type": "oobleck", "config": {"strides": 2}}, ("config", "strides"), "tuple_type"),
        ({"type": "same", "config": {"mask_noise": "1e-4"}}, ("config", "mask_noise"), "float_type"),
        ({"type": "same", "config": {"sliding_window": [1]}}, ("config", "sliding_window", 1), "missing"),
        ({"type": "taae", "config": {"mapping_style": "both"}}, ("config", "mapping_style"), "literal_error"),
        ({"type": "seanet", "config": {"pad_mode": "zero"}}, ("config", "pad_mode"), "literal_error"),
        ({"type": "dac", "config": {"strides": [2]}}, ("config", "d_model"), "missing"),
        ({"type": "oobleck"}, ("config",), "missing"),
        ({"config": {}}, (), "union_tag_not_found"),
        ({"type": "patched", "config": {}}, (), "removed_type"),
        ({"type": "local_attn", "config": {}}, (), "removed_type"),
        ({"type": "patches", "config": {}}, (), "union_tag_invalid"),
    ],
)
def test_a_wrong_encoder_is_rejected_where_it_is_wrong(written: dict[str, Any], location: tuple[str | int, ...], kind: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ENCODER.validate_python(written)
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [(location, kind)]


def test_sinusoidal_blocks_is_one_number_in_an_encoder_and_a_list_in_a_decoder() -> None:
    with pytest.raises(ValidationError):
        ENCODER.validate_python({"type": "same", "config": {"sinusoidal_blocks": [0, 2]}})
    with pytest.raises(ValidationError):
        DECODER.validate_python({"type": "same", "config": {"sinusoidal_blocks": 2}})


def test_every_call_gives_the_engine_lists_of_its_own() -> None:
    model = SEANetEncoderConfig.model_validate({"ratios": [2, 5]})
    plain(model)["ratios"].reverse()
    assert plain(model) == {"ratios": [2, 5]}


def test_a_whole_number_of_widths_stands_for_a_float() -> None:
    assert SAMEDecoderConfig.model_validate({"ff_mult": 4}).ff_mult == 4.0


def test_a_string_stands_under_every_field_of_the_coders() -> None:
    found = [item for module in (coders, oobleck, seanet, dac, taae, same) for item in vars(module).values()]
    models = {item for item in found if inspect.isclass(item) and issubclass(item, BaseModel)}
    missing = [(model.__name__, field) for model in models for field in model.model_fields if not field_docs(model).get(field)]
    assert len(models) > 20
    assert missing == []
