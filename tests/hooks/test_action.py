"""The GitHub Action: its check is run as GitHub runs it, by bash, with the inputs in the environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))

GOOD = "dataset_type: audio_dir\ndatasets:\n  - id: music\n    path: music\n"


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """What the first step leaves behind: an environment with `sat` in it."""
    (tmp_path / "sat").symlink_to(Path(sys.executable).parent.parent)
    return tmp_path


def check(runner: Path, folder: Path, **inputs: str) -> tuple[int, str]:
    """The exit code and the output of the second step."""
    defaults = {name: value["default"] for name, value in ACTION["inputs"].items()}
    given = {name.upper().replace("-", "_"): value for name, value in {**defaults, **inputs}.items()}
    arguments = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", ACTION["runs"]["steps"][1]["run"]]
    environment = {**os.environ, **given, "RUNNER_TEMP": str(runner)}
    done = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


def test_findings_become_annotations_and_fail_the_check(runner: Path, tmp_path: Path) -> None:
    files = tmp_path / "files"
    (files / "dataset").mkdir(parents=True)
    (files / "dataset" / "bad.yaml").write_text(GOOD.replace("path:", "pth:"), encoding="utf-8")
    (files / "dataset" / "good one.yaml").write_text(GOOD, encoding="utf-8")
    code, said = check(runner, files)
    assert code == 1
    assert said.startswith("::error file=dataset/bad.yaml,line=4,col=5") and said.count("::error") == 1, said


def test_nothing_to_say_passes(runner: Path, tmp_path: Path) -> None:
    files = tmp_path / "files"
    (files / "dataset").mkdir(parents=True)
    (files / "dataset" / "good.yaml").write_text(GOOD, encoding="utf-8")
    assert check(runner, files, paths="dataset dataset/good.yaml") == (0, "")
    assert check(runner, files, **{"strict": "true", "config-dir": "."}) == (0, "")


def test_every_input_reaches_the_check_through_the_environment() -> None:
    """An input that stood in the script itself could be a command."""
    steps = ACTION["runs"]["steps"]
    assert ACTION["runs"]["using"] == "composite"
    assert all("${{" not in step["run"] for step in steps)
    named = " ".join(steps[1]["env"].values())
    assert all(f"inputs.{name} " in named for name in ACTION["inputs"])
