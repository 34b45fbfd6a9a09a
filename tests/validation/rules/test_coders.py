"""What an encoder or decoder needs within itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stable_audio_config.report.finding import Finding, dotted

Look = Callable[..., list[Finding]]
Changes = dict[str, Any]

AE = "model=tiny_autoencoder dataset=synthetic"
ENCODER, DECODER = "model.model.encoder", "model.model.decoder"


def staged(kind: str, **config: Any) -> Changes:
    """An encoder of transformers, as wide and as long as the tiny autoencoder's."""
    usual = {"channels": 32, "c_mults": [1, 2], "strides": [16, 16], "transformer_depths": [1, 1], "latent_dim": 32}
    return {ENCODER: {"type": kind, "config": {**usual, **config}}}


def seanet(side: str, **config: Any) -> Changes:
    ratios, width = ([2, 4, 4, 8], 32) if side == ENCODER else ([8, 4, 4, 2], 16)
    usual = {"channels": 2, "dimension": width, "n_filters": 8, "ratios": ratios}
    return {side: {"type": "seanet", "config": {**usual, **config}}}


def said(found: list[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.rule, dotted(finding.path)) for finding in found if finding.rule != "no-effect"]


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        (staged("taae", channels=96, c_mults=[1, 2]), "channels"),
        (staged("same", channels=48, dim_heads=32), "dim_heads"),
        (staged("same", channels=129), "channels"),
        (staged("taae", channels=4), "channels"),
    ],
)
def test_a_width_that_does_not_divide_into_heads(look: Look, changes: Changes, at: str) -> None:
    assert said(look(AE, changes)) == [("error", "head-width", f"{ENCODER}.config.{at}")]


@pytest.mark.parametrize(
    "changes",
    [
        staged("taae", channels=64, c_mults=[1, 2]),
        staged("taae", channels=128, c_mults=[1, 3]),
        staged("same", channels=48, dim_heads=48),
        staged("same", channels=32, dim_heads=128, c_mults=[1, 3]),
    ],
)
def test_a_width_of_whole_heads_or_of_one_smaller_head_is_fine(look: Look, changes: Changes) -> None:
    assert said(look(AE, changes)) == []


def test_a_stage_without_blocks_has_no_heads(look: Look) -> None:
    assert said(look(AE, staged("taae", channels=96, transformer_depths=[1, 0]))) == []


def test_the_message_does_the_sum(look: Look) -> None:
    (finding,) = look(AE, staged("taae", channels=96))
    assert finding.message == (
        "stage 2 is 192 wide (`channels` 96 times 2), which does not divide into heads of 128 channels: the first step would fail"
    )


def test_a_stage_that_does_not_resample_cannot_change_the_width(look: Look) -> None:
    (finding,) = look(AE, staged("taae", strides=[256, 1]))
    assert finding.message == ("stage 2 has the stride 1, so nothing maps its width from 32 to 64: the first step would fail")
    assert said(look(AE, staged("taae", strides=[256, 1], c_mults=[2, 2]))) == []


@pytest.mark.parametrize(
    ("config", "severity"),
    [
        ({"chunk_size": 100}, "error"),
        ({"chunk_size": 16, "chunk_midpoint_shift": True}, "error"),
        ({"chunk_size": 32, "chunk_midpoint_shift": True}, None),
        ({"chunk_size": 100, "sliding_window": [1, 1]}, None),
    ],
)
def test_chunks_hold_whole_strides(look: Look, config: Changes, severity: str | None) -> None:
    found = said(look(AE, staged("same", dim_heads=32, **config)))
    assert found == ([(severity, "chunk-size", f"{ENCODER}.config.chunk_size")] if severity else [])


@pytest.mark.parametrize(
    ("config", "key", "words"),
    [
        ({"activation": "Elu"}, "activation", "which is no activation of torch.nn that works here"),
        ({"activation": "GELU"}, "activation_params", "has `alpha` by default, which `GELU` does not take"),
        ({"activation_params": {"slope": 1}}, "activation_params", "has `slope`, which `ELU` does not take"),
        (
            {"final_activation": "Tanh", "final_activation_params": {"a": 1}},
            "final_activation_params",
            "which `Tanh` does not take",
        ),
    ],
)
def test_an_activation_takes_its_own_parameters(look: Look, config: Changes, key: str, words: str) -> None:
    (finding,) = look(AE, seanet(DECODER, **config))
    assert (finding.rule, dotted(finding.path)) == ("activation", f"{DECODER}.config.{key}")
    assert words in finding.message
    assert finding.message.endswith("it could not be built")


def test_an_activation_without_parameters_is_fine(look: Look) -> None:
    assert said(look(AE, seanet(DECODER, activation="GELU", activation_params={}, final_activation="Tanh"))) == []
    assert said(look(AE, seanet(DECODER, activation="Identity", activation_params={"anything": 1}))) == []


@pytest.mark.parametrize(
    ("side", "config", "rule"),
    [
        (ENCODER, {"causal": True, "norm": "time_group_norm"}, "causal"),
        (DECODER, {"trim_right_ratio": 0.5}, "causal"),
        (ENCODER, {"compress": 16}, "hidden-width"),
    ],
)
def test_what_seanet_cannot_be_built_with(look: Look, side: str, config: Changes, rule: str) -> None:
    (finding,) = look(AE, seanet(side, **config))
    assert (finding.severity, finding.rule) == ("error", rule)


def test_layer_norm_is_broken_in_the_package_behind_seanet(look: Look) -> None:
    assert said(look(AE, seanet(ENCODER, norm="layer_norm"))) == [("error", "broken-in-engine", f"{ENCODER}.config.norm")]


def test_what_seanet_can_be_built_with(look: Look) -> None:
    assert said(look(AE, seanet(ENCODER, norm="time_group_norm"))) == []
    assert said(look(AE, seanet(DECODER, trim_right_ratio=0.5, causal=True))) == []
    assert said(look(AE, seanet(ENCODER, compress=8))) == []
    assert said(look(AE, seanet(ENCODER, compress=16, n_residual_layers=0))) == []


def test_dac_halves_its_width_at_every_stage(look: Look) -> None:
    decoder = {"type": "dac", "config": {"latent_dim": 16, "out_channels": 2, "channels": 8, "rates": [8, 4, 4, 2]}}
    (finding,) = look(AE, {DECODER: decoder})
    assert (finding.rule, finding.help) == ("hidden-width", "set it to 16 or more")
    (empty,) = [finding for finding in look(AE, {DECODER: decoder, f"{DECODER}.config.rates": []}) if finding.severity == "error"]
    assert empty.message == "`rates` is empty: the model could not be built"
    assert said(look(AE, {DECODER: decoder, f"{DECODER}.config.channels": 16})) == []
