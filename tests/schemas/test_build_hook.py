"""The build hook, called as hatchling calls it, over a copy of the sources. hatchling itself is a stub: it would be fetched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PROGRAM = """
import sys, types
from pathlib import Path

class BuildHookInterface:
    def __init__(self, root):
        self.root = root
        self.app = types.SimpleNamespace(display_info=print)

place = "hatchling.builders.hooks.plugin.interface"
sys.modules[place] = types.SimpleNamespace(BuildHookInterface=BuildHookInterface)
for name in ("hatchling", "hatchling.builders", "hatchling.builders.hooks", "hatchling.builders.hooks.plugin"):
    sys.modules[name] = types.ModuleType(name)

import build_hooks
build_hooks.Schemas(sys.argv[1]).initialize(sys.argv[2], {})
import stable_audio_config
own = Path(stable_audio_config.__file__).is_relative_to(sys.argv[1])
assert own or sys.argv[2] == "editable", "the copy's own data models make the schemas"
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what a wheel is built from, with one schema of another day."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "build_hooks.py", tmp_path)
    (tmp_path / "src/stable_audio_config/schemas/strict/dataset_config_schema.json").write_text("{}\n", encoding="utf-8")
    return tmp_path


def build(folder: Path, version: str) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, "-c", PROGRAM, str(folder), version]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(arguments, env=environment, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def test_a_wheel_gets_the_schemas_of_its_own_data_models(copy: Path) -> None:
    done = build(copy, "standard")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "brought up to date: src/stable_audio_config/schemas/strict/dataset_config_schema.json\n"
    for file in (ROOT / "src/stable_audio_config/schemas").glob("*/*.json"):
        assert (copy / file.relative_to(ROOT)).read_bytes() == file.read_bytes()


def test_an_editable_install_changes_no_file(copy: Path) -> None:
    done = build(copy, "editable")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert (copy / "src/stable_audio_config/schemas/strict/dataset_config_schema.json").read_text() == "{}\n"
