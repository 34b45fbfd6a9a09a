"""Adapters: which layers are left, how wide they can be, and what lies beneath them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stable_audio_config.report.finding import Finding
from stable_audio_config.validation.rules.lora import expanded

Look = Callable[..., list[Finding]]
COND = "model=tiny_diffusion_cond dataset=synthetic pretrained_ckpt_path=model.ckpt"
UNCOND = "model=tiny_diffusion_uncond dataset=synthetic pretrained_ckpt_path=model.ckpt"
LORA = "training.lora_config"


def said(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.rule, ".".join(map(str, finding.path))) for finding in findings]


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        ("to_qkv", ["to_qkv"]),
        ("layers.[0-2].", ["layers.0.", "layers.1.", "layers.2."]),
        ("[1-0]x[3-3]", ["1x3", "0x3"]),
    ],
)
def test_a_range_stands_for_several_names(pattern: str, parts: list[str]) -> None:
    assert expanded(pattern) == parts


@pytest.mark.parametrize(
    ("section", "key", "words"),
    [
        ({"include": ["to_qvk"]}, "include", "no layer's name contains `to_qvk`: there would be nothing to train"),
        (
            {"include": ["to_qkv"], "exclude": ["attn"]},
            "exclude",
            "`exclude` leaves out every layer: there would be nothing to train",
        ),
        ({"include": []}, "include", "`include` is empty: there would be nothing to train"),
        ({"exclude": ["."]}, "exclude", "`exclude` leaves out every layer: there would be nothing to train"),
        ({"include": ["layers.[4-9]."]}, "include", "no layer's name contains `layers.[4-9].`: there would be nothing to train"),
    ],
)
def test_at_least_one_layer_is_left(look: Look, section: dict[str, Any], key: str, words: str) -> None:
    for model in (COND, UNCOND):
        (finding,) = look(model, {LORA: section})
        assert (finding.severity, finding.rule, finding.path) == ("error", "lora-layers", ("training", "lora_config", key))
        assert finding.message == words


def test_a_name_of_a_layer_is_suggested(look: Look) -> None:
    (finding,) = look(COND, {LORA: {"include": ["to_qvk"]}})
    assert finding.help == "did you mean `to_qkv`?"


def test_a_part_that_fits_nothing_beside_one_that_does(look: Look) -> None:
    (finding,) = look(COND, {LORA: {"include": ["to_qkv", "to_outt"]}})
    assert said([finding]) == [("warning", "lora-layers", f"{LORA}.include.1")]
    assert (finding.message, finding.help) == ("no layer's name contains `to_outt`", "did you mean `to_out`?")


@pytest.mark.parametrize(
    "section",
    [
        {},
        {"include": ["layers.[0-3]."]},
        {"include": ["model.transformer.layers.3.cross_attn.to_kv"]},
        {"include": ["conditioners.seconds_total"]},
        {"exclude": ["ff."]},
    ],
)
def test_layers_that_are_there(look: Look, section: dict[str, Any]) -> None:
    assert look(COND, {LORA: section}) == []


def test_conditioners_whose_layers_are_not_known_may_be_meant(look: Look) -> None:
    audio = {"id": "guide", "type": "source_mix", "config": {"sample_rate": 44100, "use_model_pretransform": True}}
    tree = {"model.model.conditioning.configs.0": audio, LORA: {"include": ["source_heads"]}}
    assert "lora-layers" not in {finding.rule for finding in look(COND, tree)}


def test_an_xs_adapter_is_no_wider_than_its_layer(look: Look) -> None:
    (finding,) = look(COND, {LORA: {"adapter_type": "lora-xs", "rank": 17}})
    assert said([finding]) == [("error", "lora-rank", f"{LORA}.rank")]
    assert finding.message == (
        "`rank` is 17, but `model.transformer.project_in` has only 16 singular vectors: no wrapper could be built"
    )
    ends = ["process_conv", "project_in", "project_out"]
    assert look(COND, {LORA: {"adapter_type": "lora-xs", "rank": 17, "exclude": ends}}) == []
    assert look(COND, {LORA: {"adapter_type": "lora-xs", "rank": 16}}) == []
    assert look(COND, {LORA: {"adapter_type": "lora", "rank": 17}}) == []
    assert look(COND, {LORA: {"adapter_type": "lora-xs", "rank": 17}, "model.svd_bases_path": "bases.pt"}) == []


def test_adapters_belong_on_trained_weights(look: Look) -> None:
    (finding,) = look(COND, {LORA: {}, "pretrained_ckpt_path": None, "ckpt_path": "step=100.ckpt"})
    assert said([finding]) == [("warning", "lora-base", LORA)]
    assert look(COND, {LORA: {}}) == []


def test_bases_that_nothing_reads(look: Look) -> None:
    bases = {"model.svd_bases_path": "bases.pt"}
    for section, words in ((None, "nothing reads it without `training.lora_config`"), ({}, "adapters of type `lora` have no use")):
        (finding,) = look(COND, {**bases, LORA: section})
        assert said([finding]) == [("warning", "no-effect", "model.svd_bases_path")]
        assert words in finding.message
    assert look(COND, {**bases, LORA: {"adapter_type": "dora-rows-xs"}}) == []


def test_a_scale_of_zero(look: Look) -> None:
    (finding,) = look(COND, {LORA: {"alpha": 0}})
    assert said([finding]) == [("warning", "lora-scale", f"{LORA}.alpha")]
    assert look(COND, {LORA: {"alpha": 0, "adapter_type": "dora-rows"}}) == []
