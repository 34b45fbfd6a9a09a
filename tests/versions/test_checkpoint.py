"""What is read from a checkpoint beside its weights, and what can be made of it without the engine."""

from __future__ import annotations

import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from stable_audio_config import Refused
from stable_audio_config.versions.checkpoint import Inside, carried, inside

Sat = Callable[..., Any]

MODEL = {"model_type": "autoencoder", "training": {"use_ema": True}}
OURS = {"schema_version": 1, "experiment": {"name": "mine"}, "versions": {"python": "3.10"}}


def torch_file(path: Path, **content: Any) -> Path:
    """A checkpoint without weights."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"state_dict": {}, **content}, 2))
    return path


def test_one_of_the_engines_own_script_carries_its_model_config(tmp_path: Path) -> None:
    assert inside(torch_file(tmp_path / "a.ckpt", model_config=MODEL)) == Inside(model_config=MODEL)


def test_one_of_ours_carries_both(tmp_path: Path) -> None:
    found = inside(torch_file(tmp_path / "a.ckpt", model_config=MODEL, stable_audio_config=OURS))
    assert found == Inside({"name": "mine"}, MODEL, {"python": "3.10"})


def test_so_does_a_safetensors_file(tmp_path: Path) -> None:
    metadata = {"format": "pt", "model_config": json.dumps(MODEL), "stable_audio_config": json.dumps(OURS)}
    header = json.dumps({"__metadata__": metadata}).encode()
    (tmp_path / "a.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    assert inside(tmp_path / "a.safetensors") == Inside({"name": "mine"}, MODEL, {"python": "3.10"})


@pytest.mark.parametrize(
    "content", [{}, {"model_config": "text"}, {"stable_audio_config": 5}, {"stable_audio_config": {"unwrapped": {}}}]
)
def test_one_that_carries_nothing(tmp_path: Path, content: dict[str, Any]) -> None:
    path = torch_file(tmp_path / "a.ckpt", **content)
    assert carried(path) == Inside()
    with pytest.raises(Refused, match="holds no experiment: it was not written by sat train"):
        inside(path)


def test_one_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.ckpt").write_text("text")
    for path in (tmp_path / "a.ckpt", tmp_path / "gone.ckpt"):
        with pytest.raises(Refused):
            carried(path)


def test_one_of_the_engines_own_is_migrated(sat: Sat, tmp_path: Path, autoencoder_tree: dict[str, Any]) -> None:
    config = {**autoencoder_tree["model"], "training": autoencoder_tree["training"]}
    torch_file(tmp_path / "old.ckpt", model_config=config)
    (tmp_path / "data.json").write_text(json.dumps({"dataset_type": "audio_dir", "datasets": [{"id": "a", "path": "sounds"}]}))
    result = sat("migrate", "old.ckpt", "data.json", "--write")
    assert result.code == 0, result.err
    shown = yaml.safe_load(sat("train", "old.yaml", "--cfg").out)
    assert {**shown["model"], "training": shown["training"]} == config


def test_one_of_ours_needs_no_migration(sat: Sat, tmp_path: Path) -> None:
    torch_file(tmp_path / "ours.ckpt", model_config=MODEL, stable_audio_config=OURS)
    result = sat("migrate", "ours.ckpt")
    assert result.code != 0
    assert "`ours.ckpt` holds a whole experiment already" in result.err and "sat show ours.ckpt > experiment.yaml" in result.err
