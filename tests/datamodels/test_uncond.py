"""Unconditional diffusion as data: the three networks, and the whole config around them."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from stable_audio_config.datamodels import uncond
from stable_audio_config.datamodels.base import field_docs, plain
from stable_audio_config.datamodels.kinds import KINDS
from stable_audio_config.datamodels.uncond import DAU1dConfig, DiffusionUncondConfig, DiTUncondConfig

Tree = dict[str, Any]

DANCE_DIFFUSION: Tree = {
    "model_type": "diffusion_uncond",
    "sample_size": 65536,
    "sample_rate": 48000,
    "model": {"type": "DAU1d", "config": {"n_attn_layers": 5}},
}
"""With the figures of the engine's own `dance_diffusion_base.json`."""

LATENT_U_NET: Tree = {
    "model_type": "diffusion_uncond",
    "sample_size": 524288,
    "sample_rate": 44100,
    "audio_channels": 2,
    "model": {
        "pretransform": {"type": "patched", "config": {"channels": 2, "patch_size": 32}},
        "type": "adp_uncond_1d",
        "config": {
            "in_channels": 64,
            "channels": 256,
            "resnet_groups": 16,
            "multipliers": [2, 3, 3],
            "factors": [1, 2],
            "num_blocks": [2, 2],
            "attentions": [0, 3, 3],
            "attention_heads": 16,
            "attention_features": 64,
            "attention_multiplier": 4,
        },
    },
}

DIT: Tree = {
    "model_type": "diffusion_uncond",
    "sample_size": 2048,
    "sample_rate": 16000,
    "model": {
        "type": "dit",
        "config": {"in_channels": 2, "embed_dim": 64, "depth": 1, "num_heads": 2, "diffusion_objective": "rectified_flow"},
        "pretransform": None,
    },
}


def with_config(tree: Tree, **changes: Any) -> Tree:
    return {**tree, "model": {**tree["model"], "config": {**tree["model"]["config"], **changes}}}


def without(tree: Tree, key: str) -> Tree:
    return {name: value for name, value in tree.items() if name != key}


@pytest.mark.parametrize("written", [DANCE_DIFFUSION, LATENT_U_NET, DIT], ids=lambda written: written["model"]["type"])
def test_an_unconditional_model_comes_back_as_it_was_written(written: Tree) -> None:
    assert plain(DiffusionUncondConfig.model_validate(written)) == written


def test_every_tag_of_the_kind_leads_to_a_model_that_has_it() -> None:
    for tag, model in KINDS["uncond_diffusion"].models():
        assert tag in str(model.model_fields["type"].annotation)


def test_dance_diffusion_needs_no_config_of_its_network() -> None:
    config = DiffusionUncondConfig.model_validate({**DANCE_DIFFUSION, "model": {"type": "DAU1d"}})
    assert config.model.config == DAU1dConfig()
    assert plain(config.model) == {"type": "DAU1d"}


def test_the_default_levels_of_dance_diffusion_fit_its_depth() -> None:
    config = DAU1dConfig()
    assert (len(config.channels), len(config.strides)) == (config.depth, config.depth - 1)


@pytest.mark.parametrize(
    ("written", "location", "kind"),
    [
        (without(DIT, "sample_size"), ("sample_size",), "missing"),
        ({**DIT, "sample_size": None}, ("sample_size",), "int_type"),
        (without(DIT, "sample_rate"), ("sample_rate",), "missing"),
        ({**DIT, "svd_bases_path": "bases.pt"}, ("svd_bases_path",), "extra_forbidden"),
        ({**DIT, "model": {**DIT["model"], "io_channels": 2}}, ("model", "io_channels"), "extra_forbidden"),
        ({**DIT, "model": {**DIT["model"], "conditioning": None}}, ("model", "conditioning"), "extra_forbidden"),
        ({**DIT, "model": {"type": "dit"}}, ("model", "config"), "missing"),
        ({**DIT, "model": {"type": "dit", "config": None}}, ("model", "config"), "model_type"),
        ({**DIT, "model": {"type": "dit", "config": {}}}, ("model", "config", "in_channels"), "missing"),
        ({**DIT, "model": {"type": "adp_1d", "config": {}}}, ("model",), "union_tag_invalid"),
        ({**DIT, "model": {"config": {}}}, ("model",), "union_tag_not_found"),
        (with_config(DIT, io_channels=2), ("model", "config", "io_channels"), "extra_forbidden"),
        (with_config(DIT, diffusion_objective="eps"), ("model", "config", "diffusion_objective"), "literal_error"),
        (with_config(DIT, diffusion_objective=None), ("model", "config", "diffusion_objective"), "literal_error"),
        (with_config(DIT, dim_heads=32), ("model", "config", "dim_heads"), "extra_forbidden"),
        (
            with_config(DIT, modular_local_cond_configs=[{"id": "a.b", "dim": 2}]),
            ("model", "config", "modular_local_cond_configs", 0, "id"),
            "string_pattern_mismatch",
        ),
        (with_config(LATENT_U_NET, in_channels="64"), ("model", "config", "in_channels"), "int_type"),
        (with_config(LATENT_U_NET, diffusion_objective="v"), ("model", "config", "diffusion_objective"), "extra_forbidden"),
        (with_config(DANCE_DIFFUSION, depth=0), ("model", "config", "depth"), "greater_than"),
        (with_config(DANCE_DIFFUSION, in_channels=2), ("model", "config", "in_channels"), "extra_forbidden"),
        (with_config(DANCE_DIFFUSION, strides=2), ("model", "config", "strides"), "tuple_type"),
        (with_config(DANCE_DIFFUSION, use_snake=1), ("model", "config", "use_snake"), "bool_type"),
        ({**DANCE_DIFFUSION, "model": {"type": "DAU1d", "config": None}}, ("model", "config"), "model_type"),
    ],
)
def test_a_wrong_unconditional_model_is_rejected_where_it_is_wrong(
    written: Tree, location: tuple[str | int, ...], kind: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        DiffusionUncondConfig.model_validate(written)
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [(location, kind)]


@pytest.mark.parametrize("key", ["cross_attn_rotary_pos_emb", "input_concat_dim"])
def test_what_fails_without_a_condition_says_so_in_the_place_of_the_conditional_text(key: str) -> None:
    assert "Must stay" in field_docs(DiTUncondConfig)[key]


def test_every_key_says_what_it_means() -> None:
    members = [member for _, member in inspect.getmembers(uncond, inspect.isclass) if issubclass(member, BaseModel)]
    models = [member for member in members if member.__module__ == uncond.__name__]
    assert models
    for model in models:
        docs = field_docs(model)
        assert [f"{model.__name__}.{name}" for name in model.model_fields if not docs.get(name)] == []
