"""The losses and discriminators of an autoencoder."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from stable_audio_config.datamodels.base import field_docs, plain
from stable_audio_config.datamodels.kinds import DiscriminatorLoss
from stable_audio_config.datamodels.training import discriminators, losses, spectral, transformer_discriminator
from stable_audio_config.datamodels.training.losses import AutoencoderEvalLossConfigs, AutoencoderLossConfigs

MODELS = sorted(
    {
        model
        for module in (losses, spectral, discriminators, transformer_discriminator)
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, BaseModel) and "training" in model.__module__
    },
    key=lambda model: model.__name__,
)

SECTIONS: dict[str, dict[str, Any]] = {
    "time": {"type": "l1", "config": {}, "weights": {"l1": 0.0, "l2": 1, "mmd": 0.5}, "decay": 0.99},
    "spectral": {
        "type": "mrstft",
        "config": {
            "fft_sizes": [2048, 32],
            "hop_sizes": [512, 8],
            "win_lengths": [2048, 32],
            "perceptual_weighting": True,
        },
        "weights": {"mrstft": 1.0},
    },
    "mrmel": {
        "config": {"n_mels": [150, 80], "window_lengths": [2048, 512], "pow": 2.0, "log_weight": 1, "mag_weight": 1},
        "weights": {"mrmel": 15.0},
    },
    "hubert": {"config": {"model_name": "WAVLM_LARGE", "feature_ids": [-1]}, "weights": {"hubert": 1.0}},
    "clap": {"weights": {"clap": 1.0}},
    "discriminator": {
        "type": "encodec",
        "config": {"filters": 64, "n_ffts": [2048, 128], "hop_lengths": [512, 32], "win_lengths": [2048, 128]},
        "weights": {"adversarial": 0.1, "feature_matching": 5.0},
    },
    "contrastive": {
        "config": {"transformer_dim": 128, "depth": 2},
        "weights": {"contrastive": 0.1},
        "decay_contrastive": 0.9,
    },
    "jepa": {"config": {"transformer_dim": 128, "depth": 2, "mask_rate": 0.4}, "weights": {"jepa": 0.1}, "warmup": 0},
    "generative": {"type": "diffusion", "config": {"embed_dim": 256, "depth": 2}, "weights": {"diffusion": 0.1}},
    "semantic_regressors": {"weights": {"semantic_regressors_l1": 1.0}, "warmup": 100},
    "latent_distillation": {"weights": {"l1": 1.0}},
    "bottleneck": {"type": "kl", "weights": {"kl": 1e-4}},
}

DISCRIMINATORS: dict[str, dict[str, Any]] = {
    "oobleck": {"in_channels": 2},
    "encodec": {"filters": 32, "kernel_size": [3, 9], "normalized": "window", "loss_type": "rpgan"},
    "dac": {"rates": [], "bands": [[0.0, 0.5], [0.5, 1.0]]},
    "big_vgan": {"fmin": 40, "cqtd_hop_lengths": [512, 256], "cqtd_normalize_volume": True},
    "hil": {"filters": 32, "periods": [1, 2], "cutoff_freqs": [0, 0.25], "loss_type": "sigmoid_rpgan"},
    "transformer": {
        "stft_kwargs": {"enabled": True, "n_ffts": [128], "ff_mult": 2},
        "patched_kwargs": {"enabled": False},
        "mfb_kwargs": {"enabled": True, "use_HIL": True, "strides": [3, 3, 3, 3, 1]},
        "chroma_kwargs": {"centres": [1, 5, 9]},
        "add_noise": True,
        "noise_kwargs": {"hop": 256},
    },
}


def adversarial(name: str, config: Any, **others: Any) -> dict[str, Any]:
    return {"type": name, "config": config, "weights": {"adversarial": 0.1, "feature_matching": 5.0}, **others}


def errors(model: Any, tree: Any) -> list[tuple[str, Any]]:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(model).validate_python(tree)
    return [(error["type"], error["loc"][-1]) for error in caught.value.errors()]


def test_all_sections_together_round_trip() -> None:
    assert plain(AutoencoderLossConfigs.model_validate(SECTIONS)) == SECTIONS


def test_the_time_section_is_enough() -> None:
    made = AutoencoderLossConfigs.model_validate({"time": {"weights": {}}})
    assert made.spectral is None
    assert made.bottleneck.weights.kl == 1e-6


def test_the_time_section_is_demanded() -> None:
    assert errors(AutoencoderLossConfigs, {"spectral": SECTIONS["spectral"]}) == [("missing", "time")]


@pytest.mark.parametrize("name", sorted(set(SECTIONS) - {"time"}))
def test_a_null_section_is_rejected(name: str) -> None:
    found = errors(AutoencoderLossConfigs, {"time": {"weights": {}}, name: None})
    assert found == [("model_attributes_type" if name == "discriminator" else "model_type", name)]


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_an_unknown_key_in_a_section_is_rejected(name: str) -> None:
    tree = {**SECTIONS, name: {**SECTIONS[name], "wieghts": {}}}
    assert errors(AutoencoderLossConfigs, tree) == [("extra_forbidden", "wieghts")]


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_an_unknown_weight_is_rejected_although_the_engine_would_ignore_it(name: str) -> None:
    tree = {**SECTIONS, name: {**SECTIONS[name], "weights": {**SECTIONS[name]["weights"], "L1": 1.0}}}
    assert errors(AutoencoderLossConfigs, tree) == [("extra_forbidden", "L1")]


def test_an_unknown_section_is_rejected_although_the_engine_would_ignore_it() -> None:
    assert errors(AutoencoderLossConfigs, {**SECTIONS, "perceptual": {}}) == [("extra_forbidden", "perceptual")]


@pytest.mark.parametrize(("value", "kind"), [("1e-4", "float_type"), (True, "float_type"), (None, "float_type")])
def test_a_weight_that_is_no_number_is_rejected(value: Any, kind: str) -> None:
    assert errors(AutoencoderLossConfigs, {"time": {"weights": {"l1": value}}}) == [(kind, "l1")]


@pytest.mark.parametrize(
    ("section", "config", "found"),
    [
        ("spectral", {"fft_sizes": [2048, 0]}, ("greater_than", 1)),
        ("spectral", {"w_sum": 1.0}, ("extra_forbidden", "w_sum")),
        ("spectral", {"scale": "bark"}, ("literal_error", "scale")),
        ("spectral", {"sample_rate": 44100}, ("extra_forbidden", "sample_rate")),
        ("hubert", {"model_name": "HUBERT_SMALL"}, ("literal_error", "model_name")),
        ("clap", {"clap_model": "630k-audioset-fusion-best.pt"}, ("literal_error", "clap_model")),
        ("jepa", {"depth": 1}, ("missing", "transformer_dim")),
    ],
)
def test_a_wrong_config_of_a_section_is_rejected(section: str, config: Any, found: tuple[str, Any]) -> None:
    tree = {**SECTIONS, section: {**SECTIONS[section], "config": config}}
    assert errors(AutoencoderLossConfigs, tree) == [found]


def test_a_generative_loss_of_another_type_is_rejected() -> None:
    tree = {**SECTIONS, "generative": {**SECTIONS["generative"], "type": "flow"}}
    assert errors(AutoencoderLossConfigs, tree) == [("literal_error", "type")]


@pytest.mark.parametrize("name", sorted(DISCRIMINATORS))
def test_every_discriminator_round_trips(name: str) -> None:
    tree = adversarial(name, DISCRIMINATORS[name], decay=0.999)
    made: Any = TypeAdapter(DiscriminatorLoss).validate_python(tree)
    assert plain(made) == tree


@pytest.mark.parametrize("name", ["encodec", "dac", "big_vgan", "hil", "transformer"])
def test_what_the_engine_fills_in_itself_is_rejected(name: str) -> None:
    key = "channels" if name in ("dac", "big_vgan") else "in_channels"
    assert errors(DiscriminatorLoss, adversarial(name, {**DISCRIMINATORS[name], key: 2})) == [("extra_forbidden", key)]


@pytest.mark.parametrize(
    ("name", "config", "found"),
    [
        ("encodec", {}, ("missing", "filters")),
        ("encodec", {"filters": True}, ("int_type", "filters")),
        ("encodec", {"filters": 32, "kernel_size": [3]}, ("missing", 1)),
        ("encodec", {"filters": 32, "loss_type": "hinged"}, ("literal_error", "loss_type")),
        ("hil", {"filters": 32, "norm": "spectral_norm"}, ("literal_error", "norm")),
        ("big_vgan", {"cqtd_fmin": 100}, ("extra_forbidden", "cqtd_fmin")),
        ("transformer", {"patched_kwargs": {"levels": [4]}}, ("extra_forbidden", "levels")),
    ],
)
def test_a_wrong_discriminator_is_rejected(name: str, config: Any, found: tuple[str, Any]) -> None:
    assert errors(DiscriminatorLoss, adversarial(name, config)) == [found]


def test_a_discriminator_that_does_not_exist_is_rejected() -> None:
    with pytest.raises(ValidationError, match="union_tag_invalid"):
        TypeAdapter(DiscriminatorLoss).validate_python(adversarial("patchgan", {}))


def test_a_discriminator_needs_both_weights() -> None:
    tree = {"type": "oobleck", "config": {}, "weights": {"adversarial": 0.1}}
    assert errors(DiscriminatorLoss, tree) == [("missing", "feature_matching")]


def test_validation_losses_round_trip() -> None:
    tree = {"stft": {"fft_size": 2048, "w_sc": 0}, "sisdr": {"zero_mean": False}, "mel": {"n_mels": 80}}
    assert plain(AutoencoderEvalLossConfigs.model_validate(tree)) == tree


def test_a_validation_loss_that_the_engine_does_not_know_is_rejected() -> None:
    assert errors(AutoencoderEvalLossConfigs, {"pesq": {}}) == [("extra_forbidden", "pesq")]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_has_a_string(model: type[BaseModel]) -> None:
    docs = field_docs(model)
    assert [name for name in model.model_fields if not docs.get(name)] == []
