"""docs/08-versions.md says what is true: its commands are run, and its list of steps is the list of steps."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stable_audio_config.datamodels.schema_version import SCHEMA_VERSION
from stable_audio_config.versions.deprecated import MOVED
from stable_audio_config.versions.engine_0_0_20 import STEPS

PAGE = Path(__file__).parents[2] / "docs" / "08-versions.md"
REFRESH = "python -m pytest tests/versions/test_page.py --update-examples"


def text() -> str:
    return PAGE.read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text(), flags=re.DOTALL)


def test_the_upgrade_on_the_page_is_what_one_sees(sat: Callable[..., Any], tmp_path: Path, request: pytest.FixtureRequest) -> None:
    (tmp_path / "my_model.yaml").write_text(blocks("yaml")[0], encoding="utf-8")
    block = blocks("console")[0]
    command = block.splitlines()[0]
    result = sat(*command.removeprefix("$ sat ").split())
    shown = f"{command}\n{result.out.rpartition('1 file:')[0]}{result.err}{''.join(result.out.rpartition('1 file:')[1:])}"
    if request.config.getoption("--update-examples"):
        PAGE.write_text(text().replace(block, shown), encoding="utf-8")
    assert (result.code, blocks("console")[0]) == (0, shown), REFRESH


def test_the_old_command_line_on_the_page(sat: Callable[..., Any], tmp_path: Path, autoencoder_tree: dict[str, Any]) -> None:
    command, line = blocks("console")[1].splitlines()
    (tmp_path / "model.json").write_text(json.dumps({**autoencoder_tree["model"], "training": autoencoder_tree["training"]}))
    (tmp_path / "data.json").write_text(json.dumps({"dataset_type": "audio_dir", "datasets": [{"id": "a", "path": "sounds"}]}))
    result = sat("train", *command.removeprefix("$ sat-train ").split(), "--cfg")
    assert (result.code, result.err) == (0, f"{line} --cfg\n")


def test_the_steps_on_the_page_are_those_that_there_are(request: pytest.FixtureRequest) -> None:
    rows = [f"| `{step.name}` | {step.about} |" for step in STEPS]
    table = "\n".join(["| step | what is different in 0.0.20 |", "|---|---|", *rows])
    if request.config.getoption("--update-examples"):
        page = re.sub(r"(What changes:\n\n).*?(\n\n## )", lambda found: f"{found[1]}{table}{found[2]}", text(), flags=re.DOTALL)
        PAGE.write_text(page, encoding="utf-8")
    assert table in text(), REFRESH


def test_the_numbers_on_the_page_are_today_s() -> None:
    assert f"It is {SCHEMA_VERSION}, and has been since" in text(), "say when the version rose, and why"
    assert all(f"`{key}`" in text() for key in MOVED)
