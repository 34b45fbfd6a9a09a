"""The networks that some losses train over the latents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stable_audio_config.report.finding import Finding, dotted

Look = Callable[..., list[Finding]]
Changes = dict[str, Any]

AE = "model=tiny_autoencoder dataset=synthetic"
LOSSES = "training.loss_configs"


def critic(width: int = 64, **changes: Any) -> Changes:
    config = {"transformer_dim": width, "depth": 1}
    return {f"{LOSSES}.contrastive": {"config": config, "weights": {"contrastive": 0.1}}, **changes}


def predictor(width: int = 64, depth: int = 1, **changes: Any) -> Changes:
    config = {"transformer_dim": width, "depth": depth}
    return {f"{LOSSES}.jepa": {"config": config, "weights": {"jepa": 0.1}}, **changes}


def generator(width: int = 256) -> Changes:
    config = {"embed_dim": width, "depth": 1}
    return {f"{LOSSES}.generative": {"type": "diffusion", "config": config, "weights": {"diffusion": 0.1}}}


REGRESSORS = {f"{LOSSES}.semantic_regressors": {"weights": {"semantic_regressors_l1": 0.1}}}
SHORT = {f"{LOSSES}.spectral.config": {"fft_sizes": [256], "hop_sizes": [64], "win_lengths": [256]}}


def said(found: list[Finding]) -> list[tuple[str, str]]:
    assert {finding.severity for finding in found if finding.rule != "no-effect"} <= {"error"}
    return [(finding.rule, dotted(finding.path)) for finding in found if finding.rule != "no-effect"]


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        (critic(96), f"{LOSSES}.contrastive.config.transformer_dim"),
        (predictor(65), f"{LOSSES}.jepa.config.transformer_dim"),
        (predictor(4), f"{LOSSES}.jepa.config.transformer_dim"),
        (generator(248), f"{LOSSES}.generative.config.embed_dim"),
        (generator(260), f"{LOSSES}.generative.config.embed_dim"),
        ({**predictor(), **SHORT, "model.sample_size": 19 * 256}, "model.sample_size"),
        ({**critic(), **SHORT, "model.sample_size": 512}, "model.sample_size"),
        (critic(batch_size=1), "batch_size"),
        (critic(batch_size=342), "batch_size"),
        ({**critic(), "model.model.in_channels": 1}, "model.model.in_channels"),
        ({**REGRESSORS, **SHORT, "model.sample_size": 4096}, "model.sample_size"),
        (
            {**REGRESSORS, "training.force_input_mono": True, "model.model.encoder.config.in_channels": 1},
            f"{LOSSES}.semantic_regressors",
        ),
    ],
)
def test_what_they_cannot_work_with(look: Look, changes: Changes, at: str) -> None:
    assert said(look(AE, changes)) == [("loss-network", at)]


@pytest.mark.parametrize(
    "changes",
    [
        critic(),
        critic(48),
        predictor(128),
        predictor(96, depth=0),
        generator(),
        generator(264),
        {**predictor(), **SHORT, "model.sample_size": 20 * 256},
        {**critic(), **SHORT, "model.sample_size": 768},
        critic(batch_size=341),
        critic(**{"batch_size": 1, "training.num_synthetic_chirps": 1}),
        {**REGRESSORS, **SHORT, "model.sample_size": 8192},
    ],
)
def test_what_they_can_work_with(look: Look, changes: Changes) -> None:
    assert said(look(AE, changes)) == []


def test_the_critic_takes_whole_blocks_of_256(look: Look) -> None:
    sizes = {"model.sample_size": 256 * 16 + 128, "model.model.encoder.config.strides": [2, 4, 4, 4]}
    ratio = {"model.model.decoder.config.strides": [2, 4, 4, 4], "model.model.downsampling_ratio": 128}
    assert said(look(AE, {**SHORT, **sizes, **ratio})) == []
    (finding,) = look(AE, {**critic(), **SHORT, **sizes, **ratio})
    assert finding.rule == "sample-size" and "which the `contrastive` loss needs" in finding.message


def test_a_statement_is_blamed_once(look: Look) -> None:
    assert said(look(AE, {**critic(), "model.model.io_channels": 1})) == [("channels", "model.model.io_channels")]
