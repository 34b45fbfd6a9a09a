"""The `training` section of an autoencoder."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from stable_audio_config.datamodels.base import field_docs, plain
from stable_audio_config.datamodels.training import autoencoder
from stable_audio_config.datamodels.training.autoencoder import AutoencoderTraining

MODELS = [
    autoencoder.AutoencoderOptimizers,
    autoencoder.AutoencoderDemo,
    autoencoder.AutoencoderMetrics,
    autoencoder.AutoencoderTraining,
]

GROUP = {
    "optimizer": {"type": "AdamW", "config": {"betas": [0.8, 0.99], "lr": 1.5e-4, "weight_decay": 1e-3}},
    "scheduler": {"type": "InverseLR", "config": {"inv_gamma": 200000, "power": 0.5, "warmup": 0.999}},
}

SPECTRAL = {
    "type": "mrstft",
    "config": {
        "fft_sizes": [2048, 1024, 512, 256, 128, 64, 32],
        "hop_sizes": [512, 256, 128, 64, 32, 16, 8],
        "win_lengths": [2048, 1024, 512, 256, 128, 64, 32],
        "perceptual_weighting": True,
    },
    "weights": {"mrstft": 1.0},
}

DISCRIMINATOR = {
    "type": "encodec",
    "config": {
        "filters": 64,
        "n_ffts": [2048, 1024, 512, 256, 128],
        "hop_lengths": [512, 256, 128, 64, 32],
        "win_lengths": [2048, 1024, 512, 256, 128],
    },
    "weights": {"adversarial": 0.1, "feature_matching": 5.0},
}

PUBLISHED: dict[str, Any] = {
    "learning_rate": 1.5e-4,
    "warmup_steps": 0,
    "use_ema": True,
    "optimizer_configs": {"autoencoder": GROUP, "discriminator": GROUP},
    "loss_configs": {
        "discriminator": DISCRIMINATOR,
        "spectral": SPECTRAL,
        "time": {"type": "l1", "weights": {"l1": 0.0}},
        "bottleneck": {"type": "kl", "weights": {"kl": 1e-4}},
    },
    "demo": {"demo_every": 2000},
}
"""The training section of the published Stable Audio 2.0 autoencoder."""

TEACHER: dict[str, Any] = {
    "model_type": "autoencoder",
    "sample_rate": 44100,
    "model": {
        "encoder": {"type": "oobleck", "config": {"in_channels": 2, "latent_dim": 128}},
        "decoder": {"type": "oobleck", "config": {"out_channels": 2, "latent_dim": 64}},
        "bottleneck": {"type": "vae"},
        "latent_dim": 64,
        "downsampling_ratio": 512,
        "io_channels": 2,
    },
}


def errors(tree: Any) -> list[tuple[str, Any]]:
    with pytest.raises(ValidationError) as caught:
        AutoencoderTraining.model_validate(tree)
    return [(error["type"], error["loc"][-1]) for error in caught.value.errors()]


def test_the_published_section_round_trips() -> None:
    assert plain(AutoencoderTraining.model_validate(PUBLISHED)) == PUBLISHED


def test_an_empty_section_has_the_defaults_of_the_engine() -> None:
    made = AutoencoderTraining.model_validate({})
    assert (made.learning_rate, made.loss_configs, made.warmup_mode, made.demo.demo_every) == (None, None, "adv", 2000)
    assert plain(made) == {}


def test_every_other_key_round_trips() -> None:
    tree = {
        "learning_rate": 1e-4,
        "optimizer_configs": None,
        "clip_grad_norm": 1,
        "loss_configs": None,
        "eval_loss_configs": {"sisdr": {}},
        "warmup_mode": "full",
        "encoder_freeze_on_warmup": True,
        "decoder_finetune": True,
        "decoder_loss": False,
        "force_input_mono": True,
        "latent_mask_ratio": 0.1,
        "num_synthetic_chirps": 2,
        "stride_curriculum": [1.0, 0.5],
        "tail_masking_max_patches": 4,
        "log_every_n_steps": 1,
        "metrics": {"ref_audios_path": "reference", "embedding_types": ["clap", "openl3"]},
    }
    assert plain(AutoencoderTraining.model_validate(tree)) == tree


def test_a_teacher_is_a_whole_autoencoder_config() -> None:
    tree = {"teacher_model": TEACHER, "teacher_model_ckpt": "teacher.ckpt"}
    made = AutoencoderTraining.model_validate(tree)
    assert made.teacher_model is not None
    assert made.teacher_model.model.latent_dim == 64
    assert plain(made) == tree


def test_a_mistake_inside_the_teacher_is_found() -> None:
    tree = {"teacher_model": {**TEACHER, "sample_rat": 44100}}
    assert errors(tree) == [("extra_forbidden", "sample_rat")]


def test_a_group_for_the_autoencoder_alone_is_enough() -> None:
    made = AutoencoderTraining.model_validate({"optimizer_configs": {"autoencoder": GROUP}})
    assert made.optimizer_configs is not None
    assert made.optimizer_configs.discriminator is None


def test_the_group_for_the_autoencoder_is_demanded() -> None:
    assert errors({"optimizer_configs": {"discriminator": GROUP}}) == [("missing", "autoencoder")]


@pytest.mark.parametrize("key", ["pre_encoded", "lora_config", "cfg_dropout_prob", "timestep_sampler", "lr"])
def test_a_key_of_another_model_type_is_rejected(key: str) -> None:
    assert errors({key: 1}) == [("extra_forbidden", key)]


@pytest.mark.parametrize(
    ("tree", "found"),
    [
        ({"learning_rate": "1e-4"}, ("float_type", "learning_rate")),
        ({"warmup_steps": True}, ("int_type", "warmup_steps")),
        ({"warmup_mode": "adversarial"}, ("literal_error", "warmup_mode")),
        ({"use_ema": 1}, ("bool_type", "use_ema")),
        ({"stride_curriculum": []}, ("too_short", "stride_curriculum")),
        ({"demo": {"demo_every": 2.5}}, ("int_type", "demo_every")),
        ({"demo": {"num_demos": 4}}, ("extra_forbidden", "num_demos")),
        ({"metrics": {}}, ("missing", "ref_audios_path")),
        ({"metrics": {"ref_audios_path": "a", "embedding_types": ["mert"]}}, ("literal_error", 0)),
    ],
)
def test_a_wrong_value_is_rejected(tree: Any, found: tuple[str, Any]) -> None:
    assert errors(tree) == [found]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_has_a_string(model: type[BaseModel]) -> None:
    docs = field_docs(model)
    assert [name for name in model.model_fields if not docs.get(name)] == []
