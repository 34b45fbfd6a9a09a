"""The U-Nets: lists that describe one level each, groups, attention."""

from __future__ import annotations

from typing import Any

import pytest

from stable_audio_config.report.finding import Finding, dotted
from stable_audio_config.validation.judge import judge

Tree = dict[str, Any]
CONFIG = "model.model.config"


@pytest.fixture
def config() -> Tree:
    return {
        "in_channels": 2,
        "channels": 32,
        "multipliers": [1, 2, 2],
        "factors": [4, 4],
        "num_blocks": [1, 1],
        "attentions": [0, 0],
    }


def found(config: Tree) -> list[Finding]:
    model = {"type": "adp_uncond_1d", "config": config}
    tree = {
        "model": {"model_type": "diffusion_uncond", "sample_rate": 44100, "sample_size": 4096, "model": model},
        "training": {"learning_rate": 1e-4},
        "dataset": {"dataset_type": "wds", "datasets": [{"id": "a", "path": "a"}]},
    }
    return [finding for finding in judge(tree)[1] if finding.rule.startswith("unet-") or finding.rule == "wrong-value"]


def said(config: Tree) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.rule, dotted(finding.path).removeprefix(f"{CONFIG}.")) for finding in found(config)]


def test_the_base_says_nothing(config: Tree) -> None:
    assert said(config) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"factors": [4]}, ("error", "factors")),
        ({"num_blocks": [1, 1, 1]}, ("error", "num_blocks")),
        ({"multipliers": [1, 2]}, ("error", "multipliers")),  # Both others agree on another number.
        ({"multipliers": []}, ("error", "multipliers")),
        ({"attentions": [0]}, ("error", "attentions")),
        ({"attentions": [0, 0, 0]}, None),
        ({"attentions": [0, 0, 0, 0]}, ("warning", "attentions")),
        ({"multipliers": [1], "factors": [], "num_blocks": [], "attentions": [0]}, None),
        ({"multipliers": [1], "factors": [], "num_blocks": [], "attentions": []}, ("error", "attentions")),
    ],
)
def test_lists_of_levels(config: Tree, changes: Tree, problem: tuple[str, str] | None) -> None:
    config.update(changes)
    assert said(config) == ([(problem[0], "unet-levels", problem[1])] if problem else [])


ATTENTION = {"attention_heads": 2, "attention_multiplier": 2}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"channels": 10, "multipliers": [1, 4, 4]}, None),  # The input's level has no groups.
        ({"channels": 10, "multipliers": [4, 1, 4]}, "resnet_groups"),
        ({"channels": 10, "multipliers": [4, 1, 4], "num_blocks": [0, 1]}, None),
        ({"channels": 10, "multipliers": [4, 4, 1], "num_blocks": [1, 0]}, "resnet_groups"),  # The bottleneck has some.
        ({"resnet_groups": 12}, "resnet_groups"),
        ({"context_channels": [0, 4]}, "resnet_groups"),
        ({"context_channels": [0, 8]}, None),
        ({"channels": 24, "attentions": [1, 0], **ATTENTION}, "attentions"),
        ({"channels": 24, "attentions": [0, 0, 1], **ATTENTION}, "attentions"),
        ({"attentions": [1, 1, 1], **ATTENTION}, None),
    ],
)
def test_groups_divide_the_channels(config: Tree, changes: Tree, key: str | None) -> None:
    config.update(changes)
    assert said(config) == ([("error", "unet-groups", key)] if key else [])


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"channels": 33, "resnet_groups": 1}, "channels"),
        ({"channels": 33, "resnet_groups": 1, "use_context_time": False}, None),
        ({"channels": 33}, "channels"),  # One mistake: the groups are not named as well.
        ({"patch_size": 4}, None),
        ({"patch_size": 3}, "patch_size"),
    ],
)
def test_the_first_channels(config: Tree, changes: Tree, key: str | None) -> None:
    config.update(changes)
    assert said(config) == ([("error", "unet-channels", key)] if key else [])


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({}, ["attention_heads", "attention_multiplier"]),
        ({"attention_heads": 2}, ["attention_multiplier"]),
        ({"attention_multiplier": 2}, ["attention_heads"]),
        ({"attention_features": 16, "attention_multiplier": 2}, []),
        ({"attention_heads": 65, "attention_multiplier": 2}, ["attention_heads"]),
        ({"attention_features": 65, "attention_multiplier": 2}, ["attention_features"]),
        ({"attention_heads": 65, "attention_features": 65, "attention_multiplier": 2}, []),
    ],
)
def test_what_attention_needs(config: Tree, changes: Tree, keys: list[str]) -> None:
    config.update(changes, attentions=[1, 0])
    assert said(config) == [("error", "unet-attention", key) for key in keys]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"use_stft": True, "stft_num_fft": 64}, "use_stft"),
        ({"stft_hop_length": 256}, "stft_hop_length"),  # Refused even with the default value.
        ({"use_stft": False}, None),
    ],
)
def test_spectrograms(config: Tree, changes: Tree, key: str | None) -> None:
    config.update(changes)
    assert said(config) == ([("error", "unet-stft", key)] if key else [])
