"""Nothing that is shipped or published breaks a rule, but for what engine 0.0.20 itself cannot run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stable_audio_config.compose.places import SHIPPED, preset_names
from stable_audio_config.report.finding import Finding

Look = Callable[..., list[Finding]]
PUBLISHED = sorted((Path(__file__).parents[2] / "published").glob("*.json"))

CANNOT_RUN = {
    **{f"dance_diffusion_{name}": "DAU1d" for name in ("base", "base_16k", "base_44k", "large")},
    "stable_audio_1_0": "adp_cfg_1d",
    "tiny_lm": "lm",
}
"""Config -> what the engine names and cannot run."""

WITHOUT_LATENTS = {"pre-encoded"}
"""What is wrong with a recipe over latents only because these tests give it sounds."""


def errors(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity == "error" and finding.rule not in WITHOUT_LATENTS]


@pytest.mark.parametrize("model", preset_names([SHIPPED], "model"))
def test_every_model_preset(look: Look, model: str) -> None:
    found = errors(look(f"model={model} dataset=synthetic"))
    assert [finding.rule for finding in found] == (["broken-in-engine"] if model in CANNOT_RUN else [])
    assert all(CANNOT_RUN[model] in finding.message for finding in found)


@pytest.mark.parametrize("file", PUBLISHED, ids=lambda file: file.stem)
def test_every_published_config(look: Look, file: Path) -> None:
    found = errors(look(f"model={file} dataset=synthetic"))
    assert [finding.rule for finding in found] == (["broken-in-engine"] if file.stem in CANNOT_RUN else [])
