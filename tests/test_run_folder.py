"""The folder that every run leaves behind; nothing here needs torch."""

from __future__ import annotations

import json
import subprocess
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from stable_audio_config import __version__
from stable_audio_config.datamodels.experiment import ExperimentConfig
from stable_audio_config.engine import run_folder
from stable_audio_config.engine.run_folder import (
    FOLDER_VARIABLE,
    RunFolder,
    begin,
    experiment_yaml,
    git_state,
    new_folder,
    newest_run,
    rank,
    step_of,
    summarize,
    versions,
    write,
)
from stable_audio_config.report.finding import Refused


@pytest.fixture
def experiment(autoencoder_tree: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ExperimentConfig:
    monkeypatch.chdir(tmp_path)
    return ExperimentConfig.model_validate(autoencoder_tree | {"name": "mine", "project": "Übung"})


class Noon(datetime):
    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        return datetime(2026, 11, 23, 12, 0, 0, tzinfo=tz)


def whole(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}.")
    return file


def a_run(place: Path, *steps: int) -> RunFolder:
    run = RunFolder(place)
    for step in steps:
        whole(run.checkpoint(step))
    place.mkdir(parents=True, exist_ok=True)
    (place / "experiment.yaml").touch()
    return run


def test_a_fresh_folder_is_named_for_its_time(
    experiment: ExperimentConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_folder, "datetime", Noon)
    names = [new_folder(experiment).path.relative_to(tmp_path) for _ in range(3)]
    base = Path("runs/mine/2026-11-23_12-00-00")
    assert names == [base, base.with_name(f"{base.name}-2"), base.with_name(f"{base.name}-3")]


def test_a_folder_that_cannot_be_made_is_refused(experiment: ExperimentConfig, tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    with pytest.raises(Refused, match="cannot be made: Not a directory"):
        new_folder(experiment)


def test_other_processes_use_the_folder_of_the_first(
    experiment: ExperimentConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = new_folder(experiment)
    begin(first, experiment, ())
    assert new_folder(experiment).path != first.path, "a second run of this process has a folder of its own"
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert new_folder(experiment).path == first.path
    monkeypatch.delenv(FOLDER_VARIABLE)
    monkeypatch.setattr(run_folder, "datetime", Noon)
    assert not new_folder(experiment).path.exists(), "a process on another machine makes none"
    assert new_folder(experiment).path.is_relative_to(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "expected"), [("SLURM_PROCID", "3", 3), ("RANK", "2", 2), ("LOCAL_RANK", "1", 1), ("X", "9", 0)]
)
def test_the_place_among_all_processes(monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: int) -> None:
    monkeypatch.setenv(name, value)
    assert rank() == expected


def test_what_was_asked_for_is_written_down(experiment: ExperimentConfig, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    begin(folder, experiment, ("experiment=quick_test", "project=Übung"))
    assert folder.checkpoints.is_dir()
    text = (folder.path / "experiment.yaml").read_text(encoding="utf-8")
    assert text == experiment_yaml(experiment)
    assert text.startswith(
        f"# Written by stable-audio-config {__version__}. Run it again: sat train --from-run THIS_FOLDER\nschema_version: 1\n"
    )
    assert ExperimentConfig.model_validate(yaml.safe_load(text)) == experiment
    assert (folder.path / "overrides.txt").read_text(encoding="utf-8") == "experiment=quick_test\nproject=Übung\n"
    assert json.loads((folder.path / "git.json").read_text()) == {}
    assert not (folder.path / "git.diff").exists()
    assert (folder.demos, folder.metrics) == (folder.path / "demos", folder.path / "metrics.csv")


def test_the_state_of_the_projects_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert git_state() == ({}, "")
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    (tmp_path / "a.txt").write_text("one\n")
    for arguments in (("init", "-q", "-b", "work"), ("add", "a.txt"), (*identity, "commit", "-q", "-m", "first")):
        subprocess.run(["git", *arguments], check=True)
    (tmp_path / "a.txt").write_text("two\n")
    state, diff = git_state()
    assert (len(state["commit"]), state["branch"], state["changed"]) == (40, "work", [" M a.txt"])
    assert "-one" in diff and "+two" in diff


def test_no_git_no_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert git_state() == ({}, "")


def test_only_complete_checkpoints_count_and_the_newest_is_last(tmp_path: Path) -> None:
    run = a_run(tmp_path / "run", 100, 20, 3)
    half = run.checkpoint(200)
    half.write_bytes(whole(tmp_path / "other.ckpt").read_bytes()[:-10])
    (run.checkpoints / ".step=00000300.ckpt.part").touch()
    run.checkpoint(400).mkdir()
    run.checkpoint(50).mkdir()
    (run.checkpoint(50) / "latest").touch()
    assert [step_of(path) for path in run.complete_checkpoints()] == [3, 20, 50, 100]
    assert run.checkpoint(7).name == "step=00000007.ckpt"


def test_the_newest_run_with_a_complete_checkpoint(experiment: ExperimentConfig, tmp_path: Path) -> None:
    place = tmp_path / "runs" / "mine"
    assert newest_run(experiment) is None
    a_run(place / "2026-01-01_00-00-00", 10)
    a_run(place / "2026-01-02_00-00-00", 5)
    a_run(place / "2026-01-03_00-00-00")
    whole(place / "2026-01-04_00-00-00" / "checkpoints" / "step=00000001.ckpt")  # No experiment.yaml: no run of ours.
    newest = newest_run(experiment)
    assert newest is not None and newest.path.name == "2026-01-02_00-00-00"


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "one")
    write(tmp_path / "a.txt", "Übung")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "Übung"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_versions_of_everything() -> None:
    found = versions()
    assert found["stable-audio-config"] == __version__
    assert {"pydantic", "hydra-core"} <= set(found["packages"])
    names = [name.lower() for name in found["packages"]]
    assert names == sorted(names)


def test_how_the_run_ended(tmp_path: Path) -> None:
    summarize(RunFolder(tmp_path), "finished", 60, 12.345)
    assert json.loads((tmp_path / "summary.json").read_text()) == {"state": "finished", "step": 60, "seconds": 12.3}
