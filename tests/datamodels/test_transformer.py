"""The keywords that every transformer takes, and the CLAP model that is built on them."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from stable_audio_config.datamodels import adp, clap, conditioning, diffusion, dit, shift, transformer
from stable_audio_config.datamodels.base import field_docs, plain
from stable_audio_config.datamodels.clap import ClapModel, NestedClap
from stable_audio_config.datamodels.conditioning import audio, number, text
from stable_audio_config.datamodels.conditioning import base as conditioner_base
from stable_audio_config.datamodels.conditioning import clap as clap_conditioners
from stable_audio_config.datamodels.transformer import StandaloneTransformer

TRANSFORMER: dict[str, Any] = {
    "depth": 4,
    "dim_heads": 32,
    "local_add_cond_dim": None,
    "modular_local_cond_configs": [{"id": "melody", "dim": 12}],
    "sliding_window": [64, 0],
    "norm_type": "rms_norm",
    "attn_kwargs": {"qk_norm": "rms", "qk_norm_eps": 1e-3, "differential": True},
    "ff_kwargs": {"mult": 2.5, "glu": False, "use_conv": True, "conv_kernel_size": 5},
    "norm_kwargs": {"eps": 1e-2, "force_fp32": True},
}
CLAP: dict[str, Any] = {
    "joint_embed_dim": 512,
    "audio": {
        "model": {
            "type": "transformer",
            "config": {"embed_dim": 256, "depth": 2, "dim_in": 64, "noise_config": {"embed_dim": 32}},
        },
    },
    "text": {"model": {"type": "roberta", "config": {"name": "roberta-base"}}, "context_length": 512},
    "pretransform": {"type": "patched", "config": {"channels": 2, "patch_size": 4}},
}


def edited(tree: Any, path: tuple[str, ...], value: Any) -> Any:
    return value if not path else {**tree, path[0]: edited(tree.get(path[0], {}), path[1:], value)}


def test_a_transformer_comes_back_as_it_was_written() -> None:
    assert plain(StandaloneTransformer.model_validate(TRANSFORMER)) == TRANSFORMER


def test_a_clap_model_comes_back_as_it_was_written() -> None:
    nested = {"model": CLAP, "sample_rate": 44100, "use_model_pretransform": False, "ckpt_path": "clap.ckpt"}
    assert plain(ClapModel.model_validate(CLAP)) == CLAP
    assert plain(NestedClap.model_validate(nested)) == nested


@pytest.mark.parametrize(
    ("path", "value", "kind"),
    [
        (("remove_norms",), True, "extra_forbidden"),
        (("dim",), 64, "extra_forbidden"),
        (("depth",), "4", "int_type"),
        (("depth",), True, "int_type"),
        (("depth",), "2", "int_type"),
        (("conformer",), 1, "bool_type"),
        (("sliding_window",), 64, "tuple_type"),
        (("sliding_window",), [1, 2, 3], "too_long"),
        (("norm_type",), "batch_norm", "literal_error"),
        (("attn_kwargs", "qk_norm"), None, "literal_error"),
        (("attn_kwargs", "qk_norm_eps"), "1e-4", "float_type"),
        (("attn_kwargs",), None, "model_type"),
        (("attn_kwargs", "causal"), True, "extra_forbidden"),
        (("ff_kwargs", "mult"), -1, "greater_than_equal"),
        (("ff_kwargs", "multiplier"), 4, "extra_forbidden"),
        (("norm_kwargs", "epsilon"), 1e-5, "extra_forbidden"),
    ],
)
def test_a_wrong_transformer_is_rejected_where_it_is_wrong(path: tuple[str, ...], value: Any, kind: str) -> None:
    with pytest.raises(ValidationError) as caught:
        StandaloneTransformer.model_validate(edited(TRANSFORMER, path, value))
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [(path, kind)]


AUDIO = ("audio", "model", "config")


@pytest.mark.parametrize(
    ("path", "value", "kind"),
    [
        (("projection_dim",), 512, "extra_forbidden"),
        (("joint_embed_dim",), "512", "int_type"),
        (("audio", "model", "type"), "htsat", "literal_error"),
        ((*AUDIO, "embed_dim"), True, "int_type"),
        ((*AUDIO, "embed_type"), "cls", "literal_error"),
        ((*AUDIO, "max_length"), 1024, "extra_forbidden"),
        ((*AUDIO, "noise_config", "interp_type"), "cosine", "literal_error"),
        (("text", "model", "config", "name"), "roberta-large", "literal_error"),
        (("text", "context_length"), 513, "less_than_equal"),
        (("pretransform", "type"), "stft", "union_tag_invalid"),
    ],
)
def test_a_wrong_clap_model_is_rejected_where_it_is_wrong(path: tuple[str, ...], value: Any, kind: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ClapModel.model_validate(edited(CLAP, path, value))
    place = path[:-1] if kind == "union_tag_invalid" else path
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [(place, kind)]


@pytest.mark.parametrize("name", ["", "drums.left"])
def test_a_local_signals_id_must_be_a_name_that_torch_takes(name: str) -> None:
    with pytest.raises(ValidationError):
        transformer.ModularLocalCond.model_validate({"id": name, "dim": 4})


CONDITIONING = [conditioning, conditioner_base, text, number, audio, clap_conditioners]
NETWORKS = [transformer, dit, adp, shift, diffusion, clap]


@pytest.mark.parametrize("module", [*NETWORKS, *CONDITIONING], ids=lambda module: module.__name__)
def test_every_key_says_what_it_means(module: Any) -> None:
    members = [member for _, member in inspect.getmembers(module, inspect.isclass) if issubclass(member, BaseModel)]
    models = [member for member in members if member.__module__ == module.__name__]
    assert models
    for model in models:
        docs = field_docs(model)
        assert [f"{model.__name__}.{name}" for name in model.model_fields if not docs.get(name)] == []
