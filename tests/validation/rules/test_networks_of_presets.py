"""What is published works: no rule about networks and conditioning has anything to say about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stable_audio_config.compose.composer import Request, compose
from stable_audio_config.compose.places import SHIPPED, preset_names
from stable_audio_config.validation.judge import judge
from stable_audio_config.validation.rule import RULES

SUBJECTS = (
    "condition_shapes",
    "condition_values",
    "condition_widths",
    "conditioners",
    "conditioning",
    "dit",
    "transformer",
    "unet",
)
PUBLISHED = sorted((Path(__file__).parents[2] / "published").glob("*.json"))


@pytest.mark.parametrize("model", [*preset_names([SHIPPED], "model"), *map(str, PUBLISHED)], ids=lambda model: Path(model).stem)
def test_nothing_to_say_about_what_is_published(model: str) -> None:
    found = judge(compose(Request((f"model={model}", "dataset=synthetic"))).tree)[1]
    ours = {rule.name for rule in RULES if rule.subject in SUBJECTS}
    assert len(ours) > 40
    assert [finding for finding in found if finding.rule in ours] == []
