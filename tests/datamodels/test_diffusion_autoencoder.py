"""Diffusion autoencoders as data."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from stable_audio_config.datamodels import diffusion_autoencoder
from stable_audio_config.datamodels.base import field_docs, plain
from stable_audio_config.datamodels.diffusion_autoencoder import DiffusionAutoencoderConfig, DiTDecoderConfig
from stable_audio_config.datamodels.kinds import KINDS

Tree = dict[str, Any]

SEANET: Tree = {"type": "seanet", "config": {"channels": 2, "n_filters": 64, "dimension": 32, "ratios": [2, 2, 2, 4]}}

PUBLISHED: Tree = {
    "model_type": "diffusion_autoencoder",
    "sample_size": 65536,
    "sample_rate": 48000,
    "model": {
        "encoder": SEANET,
        "decoder": {**SEANET, "config": {**SEANET["config"], "channels": 32}},
        "diffusion": {
            "type": "DAU1d",
            "config": {
                "io_channels": 2,
                "cond_dim": 32,
                "n_attn_layers": 0,
                "depth": 6,
                "channels": [128, 128, 256, 256, 512, 512],
                "strides": [2, 4, 4, 4, 8, 8],
                "learned_resample": True,
            },
        },
        "latent_dim": 32,
        "downsampling_ratio": 32,
        "bottleneck": {"type": "tanh"},
        "io_channels": 2,
    },
}
"""With the figures of the engine's own `seanet_32_32_diffae.json`."""

DIT: Tree = {
    "model_type": "diffusion_autoencoder",
    "sample_rate": 16000,
    "model": {
        "diffusion": {"type": "dit", "config": {"diffusion_objective": "v", "input_concat_dim": 32}},
        "latent_dim": 32,
        "downsampling_ratio": 1,
        "io_channels": 32,
        "bottleneck": None,
        "pretransform": {"type": "patched", "config": {"channels": 2, "patch_size": 16}},
    },
}

U_NET: Tree = {
    **DIT,
    "model": {
        "encoder": {"type": "oobleck", "config": {"in_channels": 2, "strides": [2, 4], "c_mults": [1, 2], "latent_dim": 8}},
        "diffusion": {
            "type": "adp_1d",
            "config": {
                "in_channels": 2,
                "channels": 32,
                "multipliers": [1, 1],
                "factors": [2],
                "num_blocks": [1],
                "attentions": [0, 0],
                "context_channels": [8],
            },
        },
        "latent_dim": 8,
        "downsampling_ratio": 8,
        "io_channels": 2,
    },
}


def with_model(tree: Tree, **changes: Any) -> Tree:
    return {**tree, "model": {**tree["model"], **changes}}


def with_diffusion(tree: Tree, **changes: Any) -> Tree:
    diffusion = tree["model"]["diffusion"]
    return with_model(tree, diffusion={**diffusion, "config": {**diffusion["config"], **changes}})


def without(tree: Tree, key: str) -> Tree:
    return {name: value for name, value in tree.items() if name != key}


@pytest.mark.parametrize("written", [PUBLISHED, DIT, U_NET], ids=lambda written: written["model"]["diffusion"]["type"])
def test_a_diffusion_autoencoder_comes_back_as_it_was_written(written: Tree) -> None:
    assert plain(DiffusionAutoencoderConfig.model_validate(written)) == written


def test_every_tag_of_the_kind_leads_to_a_model_that_has_it() -> None:
    for tag, model in KINDS["autoencoder_diffusion"].models():
        assert tag in str(model.model_fields["type"].annotation)


def test_coders_that_are_left_out_are_none() -> None:
    model = DiffusionAutoencoderConfig.model_validate(DIT).model
    assert (model.encoder, model.decoder) == (None, None)


@pytest.mark.parametrize("key", ["diffusion", "latent_dim", "downsampling_ratio", "io_channels"])
def test_a_diffusion_autoencoder_without_a_required_key_is_rejected(key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        DiffusionAutoencoderConfig.model_validate({**U_NET, "model": without(U_NET["model"], key)})
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [(("model", key), "missing")]


CONFIG = ("model", "diffusion", "config")


@pytest.mark.parametrize(
    ("written", "location", "kind"),
    [
        (with_model(DIT, encoder=None), ("model", "encoder"), "model_attributes_type"),
        (with_model(DIT, decoder=None), ("model", "decoder"), "model_attributes_type"),
        (with_model(DIT, in_channels=2), ("model", "in_channels"), "extra_forbidden"),
        (with_model(DIT, soft_clip=True), ("model", "soft_clip"), "extra_forbidden"),
        (with_model(DIT, latent_dim=None), ("model", "latent_dim"), "int_type"),
        (with_model(DIT, bottleneck={"type": "kl"}), ("model", "bottleneck"), "union_tag_invalid"),
        (with_model(DIT, diffusion={"type": "adp_cfg_1d", "config": {}}), ("model", "diffusion"), "union_tag_invalid"),
        (with_model(DIT, diffusion={"type": "dit"}), CONFIG, "missing"),
        (with_model(DIT, diffusion={"type": "dit", "config": {}}), (*CONFIG, "diffusion_objective"), "missing"),
        (with_model(DIT, diffusion={**DIT["model"]["diffusion"], "diffusion_objective": "v"}), None, "extra_forbidden"),
        (with_diffusion(DIT, in_channels=32), (*CONFIG, "in_channels"), "extra_forbidden"),
        (with_diffusion(DIT, input_concat_dim=-1), (*CONFIG, "input_concat_dim"), "greater_than_equal"),
        (with_diffusion(U_NET, diffusion_objective="v"), (*CONFIG, "diffusion_objective"), "extra_forbidden"),
        (with_diffusion(U_NET, context_channels=8), (*CONFIG, "context_channels"), "tuple_type"),
        (with_model(PUBLISHED, diffusion={"type": "DAU1d", "config": {}}), (*CONFIG, "strides"), "missing"),
    ],
)
def test_a_wrong_diffusion_autoencoder_is_rejected_where_it_is_wrong(
    written: Tree, location: tuple[str, ...] | None, kind: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        DiffusionAutoencoderConfig.model_validate(written)
    expected = location or ("model", "diffusion", "diffusion_objective")
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [(expected, kind)]


def test_the_latents_do_not_come_by_way_of_conditioners() -> None:
    assert "_ids" not in " ".join(text for name, text in field_docs(DiTDecoderConfig).items() if name != "input_concat_dim")
    assert "latents" in field_docs(DiTDecoderConfig)["input_concat_dim"]


def test_every_key_says_what_it_means() -> None:
    members = [member for _, member in inspect.getmembers(diffusion_autoencoder, inspect.isclass) if issubclass(member, BaseModel)]
    models = [member for member in members if member.__module__ == diffusion_autoencoder.__name__]
    assert models
    for model in models:
        docs = field_docs(model)
        assert [f"{model.__name__}.{name}" for name in model.model_fields if not docs.get(name)] == []
