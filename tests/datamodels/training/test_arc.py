"""ARC post-training as data."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from stable_audio_config.datamodels.base import field_docs, plain
from stable_audio_config.datamodels.kinds import ArcDiscriminator
from stable_audio_config.datamodels.training import arc
from stable_audio_config.datamodels.training.arc import ArcConfig, ConvNeXtDiscriminator, TrimConfig

DISCRIMINATOR: TypeAdapter[Any] = TypeAdapter(ArcDiscriminator)

NESTED_MODEL: dict[str, Any] = {
    "model_type": "diffusion_cond",
    "sample_rate": 44100,
    "sample_size": 2048,
    "training": {"anything": 1},
    "model": {
        "io_channels": 8,
        "diffusion": {"type": "dit", "config": {"io_channels": 8, "embed_dim": 64, "depth": 2, "num_heads": 2}},
        "conditioning": {"cond_dim": 16, "configs": []},
    },
}

CLAP: dict[str, Any] = {
    "model": {
        "joint_embed_dim": 256,
        "audio": {"model": {"type": "transformer", "config": {"embed_dim": 256, "depth": 2}}},
        "text": {"model": {"type": "roberta", "config": {"name": "roberta-base"}}},
    },
    "use_model_pretransform": True,
    "ckpt_path": "clap.ckpt",
}

HEADS: list[dict[str, Any]] = [
    {"dit_hidden_layer": 1},
    {"type": "convnext", "dit_hidden_layer": [0, 1], "config": {"c_mults": [1, 2], "strides": [2, 2]}},
    {"type": "convnext", "dit_hidden_layer": -1, "config": {"num_blocks": [1, 0], "conv_args": {"glu": True}}},
    {"type": "conv", "dit_hidden_layer": 1, "config": {"hidden_dim": 64, "anti_aliased": True}},
    {"type": "conv", "dit_hidden_layer": 1, "config": {"hidden_dim": None, "soft_clip_scale": 5}},
    {"type": "dilated_conv", "dit_hidden_layer": 1, "config": {"hidden_dim": 32, "dilations": [1, 2]}},
    {"type": "transformer", "dit_hidden_layer": [0, 1], "layer_combine_mode": "stack", "config": {"ff_mult": 1.5}},
    {"type": "transformer", "dit_hidden_layer": 0, "config": {"sliding_window": None}},
    {"type": "multi_scale", "dit_hidden_layer": 1, "config": {"heads": None, "loss_type": "whatever"}},
    {
        "type": "multi_scale",
        "dit_hidden_layer": 1,
        "config": {"heads": [{}, {"name": "mid", "stride": 4, "sliding_window": None, "dyt": True}]},
    },
]

FULL_ARC: dict[str, Any] = {
    "teacher_model": NESTED_MODEL,
    "teacher_model_ckpt": "teacher.ckpt",
    "discriminator": {
        "type": "dilated_conv",
        "dit_hidden_layer": 1,
        "contrastive": True,
        "contrastive_beta": 2,
        "disc_hinge_loss": True,
        "include_grad_penalties": True,
        "grad_penalty_weight": 10,
        "include_r2_penalty": False,
        "freeze_backbone": True,
        "lora": {"rank": 4, "dropout": 0.1},
        "weights": {"generator": 0.5, "contrastive": 2.0},
        "feature_matching_weight": 0.1,
        "logit_center_weight": 0.01,
        "reset_every": 1000,
    },
    "discriminator_base_model": NESTED_MODEL,
    "discriminator_base_ckpt": None,
    "clap_config": CLAP,
    "clap_loss_type": "audio_text_distance",
    "lora": {"alpha": 4.0},
    "ode_warmup": {"warmup_steps": 100, "refresh_rate": 4, "sampling_steps": 8, "cfg": 6, "sampler": "euler"},
    "noise_dist": {"generator": "congruent", "discriminator": "logsnr_uniform", "congruent_step_counts": [1, 2]},
    "denoiser_loss_weight": 1.0,
    "forward_sample_prob": 0.5,
    "disc_update_interval": 3,
}


@pytest.mark.parametrize("written", HEADS, ids=lambda written: written.get("type", "no type"))
def test_a_discriminator_comes_back_as_it_was_written(written: dict[str, Any]) -> None:
    assert plain(DISCRIMINATOR.validate_python(written)) == written


@pytest.mark.parametrize(
    "written",
    [{}, FULL_ARC, {"use_model_as_teacher": True, "model_self_discriminator": True, "ode_warmup": {"sampler": None}}],
    ids=["empty", "full", "reusing the model"],
)
def test_an_arc_section_comes_back_as_it_was_written(written: dict[str, Any]) -> None:
    assert plain(ArcConfig.model_validate(written)) == written


def test_a_discriminator_without_a_type_has_a_convnext_head() -> None:
    section = ArcConfig.model_validate({"discriminator": {"dit_hidden_layer": 3}})
    assert isinstance(section.discriminator, ConvNeXtDiscriminator)
    assert section.discriminator.config.strides == (2, 4, 8, 8)


def test_an_absent_discriminator_and_an_absent_clap_model_are_none() -> None:
    section = ArcConfig.model_validate({})
    assert (section.discriminator, section.clap_config) == (None, None)


@pytest.mark.parametrize(
    ("written", "location", "kind"),
    [
        ({"sampling": {}}, ("sampling",), "extra_forbidden"),
        ({"discriminator": None}, ("discriminator",), "model_attributes_type"),
        ({"clap_config": None}, ("clap_config",), "model_type"),
        ({"discriminator": {"type": "conv"}}, ("discriminator", "dit_hidden_layer"), "missing"),
        ({"discriminator": {"type": "convnextt", "dit_hidden_layer": 1}}, ("discriminator",), "union_tag_invalid"),
        ({"discriminator": {"type": None, "dit_hidden_layer": 1}}, ("discriminator",), "union_tag_invalid"),
        (
            {"discriminator": {"type": "conv", "dit_hidden_layer": 1, "config": {"hidden_dim": 48}}},
            ("discriminator", "config", "hidden_dim"),
            "multiple_of",
        ),
        (
            {"discriminator": {"type": "dilated_conv", "dit_hidden_layer": 1, "config": {"depth": 3}}},
            ("discriminator", "config", "depth"),
            "extra_forbidden",
        ),
        (
            {"discriminator": {"dit_hidden_layer": 1, "layer_combine_mode": "sum"}},
            ("discriminator", "layer_combine_mode"),
            "literal_error",
        ),
        (
            {
                "discriminator": {
                    "type": "multi_scale",
                    "dit_hidden_layer": 1,
                    "config": {"heads": [{}, {"depth": None}]},
                }
            },
            ("discriminator", "config", "heads", 1, "depth"),
            "int_type",
        ),
        ({"noise_dist": {"gen": "uniform"}}, ("noise_dist", "gen"), "extra_forbidden"),
        ({"noise_dist": {"generator": "uniformm"}}, ("noise_dist", "generator"), "literal_error"),
        ({"noise_dist": None}, ("noise_dist",), "model_type"),
        ({"ode_warmup": {"refresh_rate": 0}}, ("ode_warmup", "refresh_rate"), "greater_than"),
        ({"ode_warmup": {"cfg": "4"}}, ("ode_warmup", "cfg"), "float_type"),
        ({"disc_update_interval": True}, ("disc_update_interval",), "int_type"),
        ({"clap_loss_type": "audio"}, ("clap_loss_type",), "literal_error"),
    ],
)
def test_a_wrong_arc_key_is_found_where_it_stands(written: dict[str, Any], location: tuple[str | int, ...], kind: str) -> None:
    with pytest.raises(ValidationError) as raised:
        ArcConfig.model_validate(written)
    assert [(error["loc"], error["type"]) for error in raised.value.errors()] == [(location, kind)]


def test_a_hidden_layer_is_a_number_or_a_list_that_is_not_empty() -> None:
    for wrong in ("1", True, 1.5, [], ["1"], None):
        with pytest.raises(ValidationError):
            DISCRIMINATOR.validate_python({"dit_hidden_layer": wrong})


def test_trimming_knows_one_way_only() -> None:
    assert plain(TrimConfig.model_validate({"trim_prob": 1, "type": "random_item"})) == {
        "trim_prob": 1,
        "type": "random_item",
    }
    with pytest.raises(ValidationError):
        TrimConfig.model_validate({"type": "shortest"})


@pytest.mark.parametrize(
    "model",
    [
        model
        for _, model in inspect.getmembers(arc, inspect.isclass)
        if issubclass(model, BaseModel) and model.__module__ == arc.__name__
    ],
)
def test_every_arc_field_has_its_string(model: type[BaseModel]) -> None:
    assert {name for name in model.model_fields if not field_docs(model).get(name)} == set()
