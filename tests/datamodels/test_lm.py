"""Language models over audio tokens as data."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from stable_audio_config.datamodels import lm
from stable_audio_config.datamodels.base import field_docs, plain
from stable_audio_config.datamodels.kinds import KINDS
from stable_audio_config.datamodels.lm import LMConfig

Tree = dict[str, Any]

PRETRANSFORM: Tree = {"type": "audiocraft_pretrained", "config": {"model_type": "facebook/encodec_32khz"}}
SMALLEST: Tree = {
    "model_type": "lm",
    "sample_rate": 32000,
    "model": {
        "pretransform": PRETRANSFORM,
        "lm": {"type": "continuous_transformer", "config": {"embed_dim": 64, "depth": 1}},
    },
}
CONDITIONED: Tree = {
    **SMALLEST,
    "sample_size": 960000,
    "model": {
        "pretransform": PRETRANSFORM,
        "conditioning": {"cond_dim": 768, "configs": [{"id": "seconds_total", "type": "number", "config": {"max_val": 30}}]},
        "lm": {
            "type": "continuous_transformer",
            "codebook_pattern": "unroll",
            "cross_attention_cond_ids": ["seconds_total"],
            "prepend_cond_ids": ["seconds_total"],
            "global_cond_ids": [],
            "config": {
                "embed_dim": 512,
                "depth": 4,
                "dim_heads": 32,
                "cross_attn_cond_dim": 768,
                "prepend_cond_dim": 768,
                "project_cross_attn_cond": True,
                "global_cond_dim": None,
                "ff_kwargs": {"mult": 2},
            },
        },
    },
}


def with_lm(**changes: Any) -> Tree:
    return {**SMALLEST, "model": {**SMALLEST["model"], "lm": {**SMALLEST["model"]["lm"], **changes}}}


def with_config(**changes: Any) -> Tree:
    return with_lm(config={**SMALLEST["model"]["lm"]["config"], **changes})


@pytest.mark.parametrize("written", [SMALLEST, CONDITIONED], ids=["smallest", "conditioned"])
def test_a_language_model_comes_back_as_it_was_written(written: Tree) -> None:
    assert plain(LMConfig.model_validate(written)) == written


def test_every_tag_of_the_kind_leads_to_a_model_that_has_it() -> None:
    for tag, model in KINDS["lm_backbone"].models():
        assert tag in str(model.model_fields["type"].annotation)


@pytest.mark.parametrize("pattern", ["parallel", "delay", "unroll", "musiclm"])
def test_every_pattern_of_codebooks_is_known(pattern: str) -> None:
    assert LMConfig.model_validate(with_lm(codebook_pattern=pattern)).model.lm.codebook_pattern == pattern


CONFIG = ("model", "lm", "config")


@pytest.mark.parametrize(
    ("written", "location", "kind"),
    [
        ({**SMALLEST, "model": {"lm": SMALLEST["model"]["lm"]}}, ("model", "pretransform"), "missing"),
        ({**SMALLEST, "model": {**SMALLEST["model"], "pretransform": None}}, ("model", "pretransform"), "model_attributes_type"),
        ({**SMALLEST, "model": {"pretransform": PRETRANSFORM}}, ("model", "lm"), "missing"),
        ({**SMALLEST, "model": {**SMALLEST["model"], "io_channels": 2}}, ("model", "io_channels"), "extra_forbidden"),
        (with_lm(type="x_transformers"), ("model", "lm"), "union_tag_invalid"),
        (with_lm(config=None), CONFIG, "model_type"),
        (with_lm(config={"depth": 1}), (*CONFIG, "embed_dim"), "missing"),
        (with_lm(config={"embed_dim": 64}), (*CONFIG, "depth"), "missing"),
        (with_lm(codebook_pattern="delayed"), ("model", "lm", "codebook_pattern"), "literal_error"),
        (with_lm(codebook_pattern=None), ("model", "lm", "codebook_pattern"), "literal_error"),
        (with_lm(delays=[0, 1]), ("model", "lm", "delays"), "extra_forbidden"),
        (with_lm(prepend_cond_ids=None), ("model", "lm", "prepend_cond_ids"), "tuple_type"),
        (with_lm(cross_attention_cond_ids="prompt"), ("model", "lm", "cross_attention_cond_ids"), "tuple_type"),
        (with_config(causal=True), (*CONFIG, "causal"), "extra_forbidden"),
        (with_config(cross_attend=True), (*CONFIG, "cross_attend"), "extra_forbidden"),
        (with_config(dim_in=64), (*CONFIG, "dim_in"), "extra_forbidden"),
        (with_config(cross_attn_cond_dim=None), (*CONFIG, "cross_attn_cond_dim"), "int_type"),
        (with_config(dim_heads=0), (*CONFIG, "dim_heads"), "greater_than"),
    ],
)
def test_a_wrong_language_model_is_rejected_where_it_is_wrong(written: Tree, location: tuple[str, ...], kind: str) -> None:
    with pytest.raises(ValidationError) as caught:
        LMConfig.model_validate(written)
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [(location, kind)]


def test_every_key_says_what_it_means() -> None:
    members = [member for _, member in inspect.getmembers(lm, inspect.isclass) if issubclass(member, BaseModel)]
    models = [member for member in members if member.__module__ == lm.__name__]
    assert models
    for model in models:
        docs = field_docs(model)
        assert [f"{model.__name__}.{name}" for name in model.model_fields if not docs.get(name)] == []
