"""docs/02-migrating.md, followed exactly as it stands there: every block is run by a real shell."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "02-migrating.md"


def test_the_page_leads_from_old_files_to_a_run_and_back(
    tmp_path: Path, material: SimpleNamespace, sat: Callable[..., Any]
) -> None:
    for file in (ROOT / "examples" / "old_files").iterdir():
        shutil.copy(file, tmp_path)
    shutil.copytree(material.sounds, tmp_path / "my_sounds")
    blocks = re.findall(r"```bash\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    typed = [line for block in blocks for line in block.splitlines()]
    lines = [line for line in typed if "--prove" not in line]
    [proof] = [line for line in typed if "--prove" in line]  # Run in this process, which has loaded the engine already.
    check = lines.index("sat migrate . --check")
    lines[check] = "! sat migrate . --check && sat migrate . --write && sat migrate . --check"  # First something is to be done.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(lines)],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    [run] = (tmp_path / "runs" / "first_try").iterdir()
    assert json.loads((run / "summary.json").read_text(encoding="utf-8"))["step"] == 4
    assert "proved: the engine builds the same model from both" in sat(*proof.split()[1:]).out
    assert sorted(path.name for path in (tmp_path / "for_train_py").iterdir()) == [
        "dataset_config.json", "defaults.ini", "model_config.json",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["dac_2048_32_vae", "encodec_musicgen_rvq"])
def test_published_models_are_proved_to_be_the_same(name: str, tmp_path: Path, sat: Callable[..., Any]) -> None:
    shutil.copy(ROOT / "tests" / "published" / f"{name}.json", tmp_path / "m.json")
    done = sat("migrate", "m.json", "--prove")
    assert done.code == 0, done.err
    assert re.search(r"proved: the engine builds the same model from both, \d+ weights and buffers \([\d,]+ numbers\)", done.out)


def test_what_is_not_the_same_is_said() -> None:
    from stable_audio_config.engine.same_model import same_model

    old = json.loads((ROOT / "examples/old_files/model_config.json").read_text(encoding="utf-8"))
    new = json.loads(json.dumps(old))
    new["model"]["decoder"]["config"]["channels"] = 16
    proof = same_model(old, new)
    assert not proof.holds
    assert "weights differ, first `decoder" in proof.told()
    old["model"]["encoder"]["type"] = "gone"
    assert same_model(old, new).told().startswith("not proved: ")
