"""What the engine's makers published and what we ship has no error about data, run options, devices or keys without effect."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stable_audio_config.compose.composer import Request, compose
from stable_audio_config.compose.places import SHIPPED, preset_names
from stable_audio_config.report.finding import Finding
from stable_audio_config.validation.rule import RULES, apply_rules
from stable_audio_config.validation.rules import data, devices, no_effect, precision, run
from stable_audio_config.validation.setup import dataset_setup, experiment_setup, model_setup
from stable_audio_config.validation.view import Broken

PUBLISHED = sorted((Path(__file__).parents[2] / "published").rglob("*.json"))
MODULES = {module.__name__ for module in (data, devices, no_effect, precision, run)}
NAMES = {rule.name for rule in RULES if rule.check.__module__ in MODULES} - {"broken-in-engine"}

CARRIED_OVER = ("timestep_sampler", "ot_coupling")
"""What published ARC configs keep from the training before, and what a note is about."""


def ours(found: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.rule, str(finding.path[-1])) for finding in found if finding.rule in NAMES]


@pytest.mark.parametrize("file", PUBLISHED, ids=lambda file: file.stem)
def test_published_configs(file: Path) -> None:
    tree = json.loads(file.read_text(encoding="utf-8"))
    setup = model_setup(tree, Broken()) if "model_type" in tree else dataset_setup(tree, Broken())
    assert {key for _, key in ours(apply_rules(setup))} <= set(CARRIED_OVER)


@pytest.mark.parametrize("name", preset_names([SHIPPED], "model"))
def test_shipped_models_with_their_recipes(name: str) -> None:
    recipe = [f"training={name}"] if name in preset_names([SHIPPED], "training") else []
    tree = compose(Request((f"model={name}", "dataset=synthetic", *recipe))).tree
    found = apply_rules(experiment_setup(tree, Broken()))
    assert {key for _, key in ours(found)} <= set(CARRIED_OVER)
    assert {finding.severity for finding in found if finding.path[-1:] and finding.path[-1] in CARRIED_OVER} <= {"note"}
