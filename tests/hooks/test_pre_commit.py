"""pre-commit, run for real in a git repository of its own, with the hooks that this repository offers to others.

The hooks are those of `.pre-commit-hooks.yaml` but for one word: `language: system` in the place of `python`. That would install
this repository into an environment of pre-commit's own, from the registry: more than a minute, which says nothing about the hooks.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stable_audio_config.source.modeline import FOLDER

ROOT = Path(__file__).parent.parent.parent

GOOD = "dataset_type: audio_dir\ndatasets:\n  - id: music\n    path: music\n"


def git(folder: Path, *words: str) -> str:
    arguments = ["git", "-c", "user.name=someone", "-c", "user.email=someone@example.org", "-c", "commit.gpgsign=false", *words]
    done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A user's repository that has switched the hooks on."""
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    offered = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    assert offered.count("language: python") == 3
    (hooks / ".pre-commit-hooks.yaml").write_text(offered.replace("language: python", "language: system"), encoding="utf-8")
    git(hooks, "init", "-q")
    git(hooks, "add", "-A")
    git(hooks, "commit", "-q", "-m", "hooks")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {hooks}\n    rev: {git(hooks, 'rev-parse', 'HEAD')}\n    hooks:\n"
        "      - id: sat-validate\n      - id: sat-schema\n      - id: sat-migrate-check\n",
        encoding="utf-8",
    )
    git(mine, "init", "-q")
    return mine


def commit(folder: Path, tmp_path: Path, **files: str) -> tuple[int, str]:
    """What pre-commit says of these files, staged. Names are written with __ for / and _dot_ for a dot."""
    for name, text in files.items():
        file = folder / name.replace("__", "/").replace("_dot_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    git(folder, "add", "-A")
    programs = str(Path(sys.executable).parent)
    environment = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "home"), "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--color", "never"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_wrong_config_is_blocked_and_a_right_one_passes(repository: Path, tmp_path: Path) -> None:
    code, said = commit(repository, tmp_path, conf__dataset__mine_dot_yaml=GOOD.replace("path:", "pth:"))
    assert code == 1
    assert "unknown key `pth`" in said and "conf/dataset/mine.yaml:4:5" in said
    code, said = commit(repository, tmp_path, conf__dataset__mine_dot_yaml=GOOD)
    assert (code, "sat validate" in said and "Passed" in said) == (0, True), said


def test_files_that_are_no_configs_are_not_looked_at(repository: Path, tmp_path: Path) -> None:
    code, said = commit(repository, tmp_path, notes__todo_dot_yaml="- anything\n", package_dot_json="[]")
    assert code == 0
    assert said.count("(no files to check)Skipped") == 3, said


def test_an_old_schema_is_blocked(repository: Path, tmp_path: Path) -> None:
    code, said = commit(repository, tmp_path, **{f"{FOLDER}/dataset_config_schema.json".replace("/", "__"): "{}\n"})
    assert code == 1
    assert "error[stale-schema]: the schema `.sat/schemas/dataset_config_schema.json` is out of date" in said


def test_an_ini_file_that_can_be_migrated_is_blocked(repository: Path, tmp_path: Path) -> None:
    code, said = commit(repository, tmp_path, defaults_dot_ini="[DEFAULTS]\nbatch_size = 8\n")
    assert code == 1, said
    assert "sat migrate" in said
