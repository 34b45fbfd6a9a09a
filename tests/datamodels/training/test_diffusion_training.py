"""The training section of conditional diffusion as data."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from stable_audio_config.datamodels.base import field_docs, plain
from stable_audio_config.datamodels.training import diffusion, inpainting
from stable_audio_config.datamodels.training.diffusion import DiffusionCondTraining

DEMO: dict[str, Any] = {"num_demos": 2, "demo_cfg_scales": [4]}
ADAM: dict[str, Any] = {"optimizer": {"type": "AdamW", "config": {"lr": 1e-4}}}
INVERSE: dict[str, Any] = {"type": "InverseLR", "config": {"inv_gamma": 1000000, "power": 0.5, "warmup": 0.99}}

# The training section of a published model: text and timing conditions over the latents of a frozen autoencoder.
PUBLISHED: dict[str, Any] = {
    "use_ema": True,
    "log_loss_info": False,
    "optimizer_configs": {
        "diffusion": {
            "optimizer": {"type": "AdamW", "config": {"lr": 5e-5, "betas": [0.9, 0.999], "weight_decay": 1e-3}},
            "scheduler": INVERSE,
        }
    },
    "demo": {
        "demo_every": 2000,
        "demo_steps": 250,
        "num_demos": 2,
        "demo_cond": [
            {"prompt": "Amen break 174 BPM", "seconds_start": 0, "seconds_total": 12},
            {"prompt": "A beautiful orchestral symphony", "seconds_start": 0, "seconds_total": 160},
        ],
        "demo_cfg_scales": [7],
    },
}

EVERYTHING: dict[str, Any] = {
    "learning_rate": 1e-4,
    "optimizer_configs": None,
    "use_ema": False,
    "pre_encoded": True,
    "cfg_dropout_prob": 0.2,
    "timestep_sampler": "log_snr",
    "timestep_sampler_options": {"mean_logsnr": -1, "std_logsnr": 1.5},
    "p_one_shot": 0.1,
    "ot_coupling": True,
    "loss_normalization": "sample_channel",
    "loss_norm_eps": 1e-5,
    "mask_loss_weight": 1.0,
    "mask_padding_attention": True,
    "silence_extension_scale_seconds": 2.0,
    "use_effective_length_for_schedule": True,
    "inpainting": {
        "mask_kwargs": {
            "max_mask_segments": 5,
            "mask_type_probabilities": [0.1, 0.6, 0.1, 0.2],
            "max_spans": 3,
            "mask_ratio_range": [0.3, 0.9],
            "span_count_weights": [4, 2, 1],
        }
    },
    "lora_config": {"rank": 16, "adapter_type": "dora"},
    "lora_ckpt_path": "lora.safetensors",
    "base_precision": "bf16",
    "log_every_n_steps": 0,
    "log_loss_info": True,
    "demo": {
        **DEMO,
        "demo_cfg_scales": [1, 4.5],
        "demo_cond_from_batch": True,
        "display_audio_cond": True,
        "cond_display_configs": [
            {"id": "source", "type": "audio", "config": {"display_mix": True}},
            {"id": "stems", "type": "audio_dict"},
        ],
    },
    "metrics": {"ref_audios_path": "reference", "embedding_types": ["clap", "latent"], "cfg_scale": 6},
}

ARC: dict[str, Any] = {
    "optimizer_configs": {"diffusion": ADAM, "discriminator": ADAM},
    "arc": {"use_model_as_discriminator": True, "discriminator": {"type": "dilated_conv", "dit_hidden_layer": 1}},
    "clip_grad_norm": 1.0,
    "trim_config": {"trim_prob": 0.5},
}

NULLS: dict[str, Any] = {
    "learning_rate": None,
    "timestep_sampler_options": None,
    "inpainting": None,
    "lora_config": None,
    "lora_ckpt_path": None,
    "base_precision": None,
    "trim_config": None,
}


@pytest.mark.parametrize("written", [{}, PUBLISHED, EVERYTHING, ARC, NULLS, {"inpainting": {}}])
def test_a_training_section_comes_back_as_it_was_written(written: dict[str, Any]) -> None:
    assert plain(DiffusionCondTraining.model_validate(written)) == written


def test_a_whole_number_of_guidance_stays_whole_because_it_names_the_demo() -> None:
    section = DiffusionCondTraining.model_validate({"demo": {**DEMO, "demo_cfg_scales": [7, 4.5]}})
    assert [repr(scale) for scale in plain(section)["demo"]["demo_cfg_scales"]] == ["7", "4.5"]


def test_whole_probabilities_become_floats_because_the_engine_cannot_add_up_whole_ones() -> None:
    written = {"inpainting": {"mask_kwargs": {"mask_type_probabilities": [0, 1, 0]}}}
    found = plain(DiffusionCondTraining.model_validate(written))["inpainting"]["mask_kwargs"]["mask_type_probabilities"]
    assert [repr(probability) for probability in found] == ["0.0", "1.0", "0.0"]


def test_sections_that_are_left_out_are_none() -> None:
    section = DiffusionCondTraining.model_validate({"optimizer_configs": {"diffusion": ADAM}})
    assert (section.arc, section.demo, section.metrics) == (None, None, None)
    assert section.optimizer_configs is not None
    assert section.optimizer_configs.discriminator is None


@pytest.mark.parametrize(
    ("written", "location", "kind"),
    [
        ({"mask_padding": True}, ("mask_padding",), "extra_forbidden"),
        ({"mask_padding_dropout": 0.1}, ("mask_padding_dropout",), "extra_forbidden"),
        ({"svd_bases_path": "bases.pt"}, ("svd_bases_path",), "extra_forbidden"),
        ({"validation_timesteps": [0.5]}, ("validation_timesteps",), "extra_forbidden"),
        ({"learning_rate": "1e-4"}, ("learning_rate",), "float_type"),
        ({"learning_rate": "1e-4"}, ("learning_rate",), "float_type"),
        ({"use_ema": 1}, ("use_ema",), "bool_type"),
        ({"cfg_dropout_prob": 1.5}, ("cfg_dropout_prob",), "less_than_equal"),
        ({"timestep_sampler": "lognormal"}, ("timestep_sampler",), "literal_error"),
        ({"timestep_sampler_options": {"mean": 0}}, ("timestep_sampler_options", "mean"), "extra_forbidden"),
        ({"loss_normalization": "samples"}, ("loss_normalization",), "literal_error"),
        ({"base_precision": "bf16-mixed"}, ("base_precision",), "literal_error"),
        ({"log_every_n_steps": True}, ("log_every_n_steps",), "int_type"),
        ({"inpainting": {"max_mask_segments": 3}}, ("inpainting", "max_mask_segments"), "extra_forbidden"),
        (
            {"inpainting": {"mask_kwargs": {"max_segments": 3}}},
            ("inpainting", "mask_kwargs", "max_segments"),
            "extra_forbidden",
        ),
        (
            {"inpainting": {"mask_kwargs": {"mask_type_probabilities": [0.5, 0.5]}}},
            ("inpainting", "mask_kwargs", "mask_type_probabilities"),
            "too_short",
        ),
        ({"inpainting": {"mask_kwargs": None}}, ("inpainting", "mask_kwargs"), "model_type"),
        ({"optimizer_configs": {}}, ("optimizer_configs", "diffusion"), "missing"),
        ({"optimizer_configs": {"diffusion": ADAM, "model": ADAM}}, ("optimizer_configs", "model"), "extra_forbidden"),
        ({"arc": None}, ("arc",), "model_type"),
        ({"metrics": None}, ("metrics",), "model_type"),
        ({"demo": {"num_demos": 1}}, ("demo", "demo_cfg_scales"), "missing"),
        ({"demo": {"demo_cfg_scales": [4]}}, ("demo", "num_demos"), "missing"),
        ({"demo": {**DEMO, "demo_every": 2.5}}, ("demo", "demo_every"), "int_type"),
        ({"demo": {**DEMO, "demo_cfg_scales": []}}, ("demo", "demo_cfg_scales"), "too_short"),
        ({"demo": {**DEMO, "demo_cfg_scales": 4}}, ("demo", "demo_cfg_scales"), "tuple_type"),
        ({"demo": {**DEMO, "demo_cond": {"prompt": "rain"}}}, ("demo", "demo_cond"), "tuple_type"),
        ({"demo": {**DEMO, "demo_cond": ["rain"]}}, ("demo", "demo_cond", 0), "dict_type"),
        ({"demo": {**DEMO, "inpaint_demos": {}}}, ("demo", "inpaint_demos"), "extra_forbidden"),
        (
            {"demo": {**DEMO, "cond_display_configs": [{"id": "a", "type": "text"}]}},
            ("demo", "cond_display_configs", 0, "type"),
            "literal_error",
        ),
        ({"metrics": {"prompts_type": "musiccap"}}, ("metrics", "prompts_type"), "string_pattern_mismatch"),
        ({"metrics": {"embedding_types": ["fad"]}}, ("metrics", "embedding_types", 0), "literal_error"),
    ],
)
def test_a_wrong_training_key_is_found_where_it_stands(written: dict[str, Any], location: tuple[str | int, ...], kind: str) -> None:
    with pytest.raises(ValidationError) as raised:
        DiffusionCondTraining.model_validate(written)
    assert [(error["loc"], error["type"]) for error in raised.value.errors()] == [(location, kind)]


@pytest.mark.parametrize("key", ["mask_padding_attention", "use_effective_length_for_schedule"])
def test_a_deprecated_key_says_where_to_write_it_instead(key: str) -> None:
    assert f"write `{key}` in `model.diffusion` instead" in " ".join(field_docs(DiffusionCondTraining)[key].split())


@pytest.mark.parametrize(
    "key",
    [
        "learning_rate",
        "timestep_sampler",
        "timestep_sampler_options",
        "p_one_shot",
        "ot_coupling",
        "lora_config",
        "base_precision",
        "log_loss_info",
    ],
)
def test_a_key_that_arc_ignores_says_so(key: str) -> None:
    assert "under ARC" in " ".join(field_docs(DiffusionCondTraining)[key].split())


@pytest.mark.parametrize(
    "model",
    [
        model
        for module in (diffusion, inpainting)
        for _, model in inspect.getmembers(module, inspect.isclass)
        if issubclass(model, BaseModel) and model.__module__ == module.__name__
    ],
)
def test_every_training_field_has_its_string(model: type[BaseModel]) -> None:
    assert {name for name in model.model_fields if not field_docs(model).get(name)} == set()
