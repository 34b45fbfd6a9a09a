"""The conditioners as data: every type comes back as written, and is wrong where it is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from stable_audio_config.datamodels.base import plain
from stable_audio_config.datamodels.conditioning import Conditioning
from stable_audio_config.datamodels.conditioning.text import T5Conditioner
from stable_audio_config.datamodels.kinds import KINDS, Conditioner

CONDITIONER: TypeAdapter[Any] = TypeAdapter(Conditioner)

PRETRANSFORM = {"type": "patched", "config": {"channels": 2, "patch_size": 4}}
CLAP = {
    "joint_embed_dim": 768,
    "audio": {"model": {"type": "transformer", "config": {"embed_dim": 64, "depth": 1}}},
    "text": {"model": {"type": "roberta", "config": {"name": "roberta-base"}}},
}
CONFIGS: dict[str, dict[str, Any]] = {
    "t5": {"t5_model_name": "google/flan-t5-xl", "max_length": 64, "padding_mode": "learned", "model_path": None},
    "t5gemma": {"repo_id": "someone/weights", "subfolder": "encoder", "project_out": True},
    "causal_lm": {"learned_scale": False, "enable_grad": True},
    "clap_text": {"clap_ckpt_path": "clap.pt", "use_text_features": True, "feature_layer_ix": -2, "finetune": True},
    "clap_audio": {"clap_ckpt_path": "clap.pt", "enable_fusion": False, "audio_model_type": "HTSAT-tiny"},
    "int": {"min_val": 0, "max_val": 512},
    "number": {"min_val": 0, "max_val": 47.5, "fourier_features_type": "expo"},
    "list": {"options": ["rock", 1990, 1.5, True], "output_dim": 16},
    "phoneme": {"max_length": 256},
    "lut": {"tokenizer_name": "bert-base-uncased", "special_tokens": ["<a>"], "use_abs_pos_emb": True},
    "sat_clap_text": {"model": CLAP, "use_text_features": True, "ckpt_path": None},
    "sat_clap_audio": {"model": CLAP, "sample_rate": 44100, "use_model_pretransform": True},
    "pretransform": {"sample_rate": 44100, "pretransform_config": PRETRANSFORM, "output_dim": 8},
    "source_mix": {
        "sample_rate": 44100,
        "use_model_pretransform": True,
        "source_keys": ["drums"],
        "source_length": None,
    },
}


@pytest.mark.parametrize("tag", CONFIGS)
def test_a_conditioner_comes_back_as_it_was_written(tag: str) -> None:
    written = {"id": "prompt", "type": tag, "config": CONFIGS[tag]}
    assert plain(CONDITIONER.validate_python(written)) == written


def test_every_type_has_an_example() -> None:
    assert set(KINDS["conditioner"].branches) == set(CONFIGS)


def test_the_section_comes_back_as_it_was_written() -> None:
    written = {
        "cond_dim": 768,
        "configs": [{"id": tag, "type": tag, "config": config} for tag, config in CONFIGS.items()],
        "default_keys": {"t5": "prompt"},
        "pre_encoded_keys": ["pretransform"],
    }
    assert plain(Conditioning.model_validate(written)) == written


def test_the_items_of_a_list_keep_their_types() -> None:
    config = CONDITIONER.validate_python({"id": "style", "type": "list", "config": CONFIGS["list"]}).config
    assert [type(option) for option in config.options] == [str, int, float, bool]


@pytest.mark.parametrize(
    ("tag", "edit", "location", "kind"),
    [
        ("t5", {"t5_model_nane": "t5-base"}, ("t5_model_nane",), "extra_forbidden"),
        ("t5", {"t5_model_name": "t5-huge"}, ("t5_model_name",), "literal_error"),
        ("t5", {"max_length": "64"}, ("max_length",), "int_type"),
        ("t5", {"padding_mode": "zeros"}, ("padding_mode",), "literal_error"),
        ("t5", {"output_dim": None}, ("output_dim",), "int_type"),
        ("t5gemma", {"model_name": "google/gemma-2-2b"}, ("model_name",), "literal_error"),
        ("clap_text", {"enable_grad": True}, ("enable_grad",), "extra_forbidden"),
        ("clap_audio", {"finetune": True}, ("finetune",), "extra_forbidden"),
        ("int", {"max_val": 512.0}, ("max_val",), "int_type"),
        ("int", {"max_val": True}, ("max_val",), "int_type"),
        ("number", {"max_val": "1e-4"}, ("max_val",), "float_type"),
        ("number", {"fourier_features_type": "fixed"}, ("fourier_features_type",), "literal_error"),
        ("list", {"options": "rock"}, ("options",), "tuple_type"),
        ("sat_clap_audio", {"use_text_features": True}, ("use_text_features",), "extra_forbidden"),
        ("sat_clap_audio", {"sample_rate": None}, ("sample_rate",), "int_type"),
        ("pretransform", {"pretransform_ckpt_path": None}, ("pretransform_ckpt_path",), "string_type"),
        ("source_mix", {"source_keys": [1]}, ("source_keys", 0), "string_type"),
    ],
)
def test_a_wrong_conditioner_is_rejected_where_it_is_wrong(
    tag: str, edit: dict[str, Any], location: tuple[str | int, ...], kind: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        CONDITIONER.validate_python({"id": "prompt", "type": tag, "config": {**CONFIGS[tag], **edit}})
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [(("config", *location), kind)]


@pytest.mark.parametrize(
    ("tag", "key"),
    [
        ("clap_text", "clap_ckpt_path"),
        ("list", "options"),
        ("lut", "tokenizer_name"),
        ("sat_clap_text", "model"),
        ("sat_clap_audio", "sample_rate"),
        ("pretransform", "sample_rate"),
    ],
)
def test_a_conditioner_without_a_required_key_is_rejected(tag: str, key: str) -> None:
    config = {name: value for name, value in CONFIGS[tag].items() if name != key}
    with pytest.raises(ValidationError) as caught:
        CONDITIONER.validate_python({"id": "prompt", "type": tag, "config": config})
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [(("config", key), "missing")]


@pytest.mark.parametrize(
    ("edit", "location", "kind"),
    [
        ({"type": "t6"}, (), "union_tag_invalid"),
        ({"type": None}, (), "union_tag_invalid"),
        ({"id": "drums.left"}, ("id",), "string_pattern_mismatch"),
        ({"id": ""}, ("id",), "string_too_short"),
        ({"config": None}, ("config",), "model_type"),
        ({"output_dim": 4}, ("output_dim",), "extra_forbidden"),
    ],
)
def test_a_wrong_entry_is_rejected_where_it_is_wrong(edit: dict[str, Any], location: tuple[str, ...], kind: str) -> None:
    with pytest.raises(ValidationError) as caught:
        CONDITIONER.validate_python({"id": "seconds", "type": "int", "config": {}, **edit})
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [(location, kind)]


def test_a_left_out_width_is_none_and_is_not_written_back() -> None:
    model = T5Conditioner.model_validate({"id": "prompt", "type": "t5", "config": {}})
    assert model.config.output_dim is None
    assert plain(model) == {"id": "prompt", "type": "t5", "config": {}}
