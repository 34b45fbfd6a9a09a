"""What an experiment asks of the machine it runs on."""

from __future__ import annotations

import os
import shutil
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from stable_audio_config.datamodels.experiment import ExperimentConfig
from stable_audio_config.validation.machine import GIB, machine_findings

Data = dict[str, Any]
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, int]:
    """The room on the disk, to be set by a test."""
    room = {"free": 100 * GIB}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: Usage(0, 0, room["free"]))
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    return room


def messages(tree: Data) -> list[str]:
    found = list(machine_findings(ExperimentConfig.model_validate(tree)))
    assert {finding.severity for finding in found} <= {"note"}
    return [finding.message for finding in found]


def test_room_enough(autoencoder_tree: Data, free: dict[str, int]) -> None:
    assert messages(autoencoder_tree) == []
    free["free"] = GIB
    assert messages(autoencoder_tree) == []


def test_little_room_where_nothing_tells_the_size(autoencoder_tree: Data, free: dict[str, int], tmp_path: Path) -> None:
    free["free"] = GIB // 2
    assert messages(autoencoder_tree) == [f"only 0.5 GiB are free in `{tmp_path}`, where the checkpoints go"]
    autoencoder_tree["save_top_k"] = 0
    assert messages(autoencoder_tree) == [], "none are written"


def test_room_for_as_many_as_are_kept(autoencoder_tree: Data, free: dict[str, int], tmp_path: Path) -> None:
    earlier = tmp_path / "runs" / "quick_test" / "2026-11-23_10-15-00" / "checkpoints"
    earlier.mkdir(parents=True)
    with (earlier / "step=00000100.ckpt").open("wb") as file:
        file.truncate(2 * GIB)
    autoencoder_tree["save_top_k"] = 3
    free["free"] = 8 * GIB
    assert messages(autoencoder_tree) == []
    free["free"] = 7 * GIB
    expected = f"a checkpoint takes about 2.0 GiB, and 4 would be kept, but only 7.0 GiB are free in `{tmp_path / 'runs'}`"
    assert messages(autoencoder_tree) == [expected]
    autoencoder_tree |= {"save_top_k": -1, "max_steps": 100, "checkpoint_every": 50}
    assert messages(autoencoder_tree) == [], "two, and one more when training ends"


def test_a_size_by_the_weights_that_it_starts_from(autoencoder_tree: Data, free: dict[str, int], tmp_path: Path) -> None:
    with (tmp_path / "model.ckpt").open("wb") as file:
        file.truncate(GIB)
    autoencoder_tree |= {"pretrained_ckpt_path": "model.ckpt", "save_top_k": 1}
    free["free"] = 7 * GIB
    assert messages(autoencoder_tree) == [
        f"a checkpoint takes about 4.0 GiB, and 2 would be kept, but only 7.0 GiB are free in `{tmp_path}`"
    ]


@pytest.mark.parametrize(("workers", "told"), [(0, False), (8, False), (9, True)])
@pytest.mark.usefixtures("free")
def test_more_workers_than_processors(autoencoder_tree: Data, workers: int, told: bool) -> None:
    autoencoder_tree["num_workers"] = workers
    assert messages(autoencoder_tree) == ([f"`num_workers` is {workers}, but this machine has 4 processors"] if told else [])
