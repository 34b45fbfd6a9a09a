"""docs/07-plugins.md, followed exactly as it stands there: its files are written, its commands and programs run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from plugin_record import PACKAGE

from stable_audio_config.engine import extension

pytestmark = pytest.mark.engine

PAGE = (Path(__file__).parent.parent.parent / "docs" / "07-plugins.md").read_text(encoding="utf-8")
FENCE = re.compile(r'```(?P<language>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)```', flags=re.DOTALL)
BLOCKS = [(found["language"], found["title"], found["text"]) for found in FENCE.finditer(PAGE)]


def test_every_step_of_the_page_works(tmp_path: Path) -> None:
    for _, title, text in BLOCKS:
        if title is not None:
            (tmp_path / title).parent.mkdir(exist_ok=True)
            (tmp_path / title).write_text(text, encoding="utf-8")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(tmp_path),
        "COLUMNS": "100",
        "OMP_NUM_THREADS": "1",
    }

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=900, check=False)

    for language, title, text in BLOCKS:
        if title is not None:
            continue
        if language == "console":
            command, _, shown = text.removeprefix("$ ").partition("\n")
            done = run("bash", "-c", command)
            assert done.returncode == 1
            assert shown in done.stdout + done.stderr
        else:
            done = run("bash", "-euo", "pipefail", "-c", text) if language == "bash" else run(sys.executable, "-c", text)
            assert done.returncode == 0, text + done.stdout + done.stderr
    [run_folder] = (tmp_path / "runs" / "leaky").iterdir()
    assert (run_folder / "checkpoints" / "step=00000003.ckpt").is_file()


def test_the_package_on_the_page_is_the_one_of_the_tests() -> None:
    shown = {title: text for _, title, text in BLOCKS if title is not None and (PACKAGE / title).is_file()}
    assert sorted(shown) == ["gentle_parts/__init__.py", "gentle_parts/networks.py", "pyproject.toml"]
    for title, text in shown.items():
        assert (PACKAGE / title).read_text(encoding="utf-8") == text, title


def test_the_table_of_builders_is_the_one_of_the_code() -> None:
    def rows(text: str) -> list[str]:
        return [line for line in text.splitlines() if line.startswith("|")]

    assert rows(PAGE) == rows(extension.__doc__ or "")
