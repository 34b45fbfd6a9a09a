"""`sat inspect` and `sat diff` as commands."""

from __future__ import annotations

import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Sat = Callable[..., Any]

CODER = {"channels": 4, "c_mults": [1, 2], "strides": [2, 4]}
MODEL: dict[str, Any] = {
    "model_type": "autoencoder",
    "sample_rate": 16000,
    "sample_size": 2048,
    "audio_channels": 2,
    "model": {
        "encoder": {"type": "oobleck", "config": {"in_channels": 2, "latent_dim": 8, **CODER}},
        "decoder": {"type": "oobleck", "config": {"out_channels": 2, "latent_dim": 4, **CODER}},
        "bottleneck": {"type": "vae"},
        "latent_dim": 4,
        "downsampling_ratio": 8,
        "io_channels": 2,
    },
}

DRAWN = """\
autoencoder, 16000 Hz, sample_size 2048 (0.13 s), 8 samples per latent frame

  audio    2 channels  16000 per second  2048 frames
    |  encoder oobleck  8 : 1
    v
  encoded  8 channels  2000 per second   256 frames
    |  bottleneck vae
    v
  latent   4 channels  2000 per second   256 frames
    |  decoder oobleck  1 : 8
    v
  decoded  2 channels  16000 per second  2048 frames

parameters
  part        type     trained  frozen
  encoder     oobleck    1,480       0
  decoder     oobleck    1,502       0
  bottleneck  vae            0       0
  total                  2,982       0  2,982 in all

memory of the weights (there is no training section)
  weights  11.93 kB  4 bytes for each weight
  total    11.93 kB
"""


def written(path: Path, **changes: Any) -> str:
    path.write_text(json.dumps({**MODEL, **changes}, indent=1), encoding="utf-8")
    return str(path)


def checkpoint(path: Path, **content: Any) -> str:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"state_dict": {}, **content}, 2))
    return str(path)


def test_inspect_draws_a_model_config(sat: Sat, tmp_path: Path) -> None:
    result = sat("inspect", written(tmp_path / "model.json"))
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(DRAWN), result.out


def test_inspect_gives_numbers_as_json(sat: Sat) -> None:
    told = json.loads(sat("inspect", "model=stable_audio_2_0", "--json").out)
    assert told["parameters"] == {"trained": 1057224960, "frozen": 156112514, "not_counted": []}
    assert told["parts"][0]["name"] == "model"
    assert told["memory"]["bytes"] == sum(row["bytes"] for row in told["memory"]["rows"])


def test_inspect_takes_overrides(sat: Sat) -> None:
    deep, flat = (
        json.loads(sat("inspect", "model=tiny_diffusion_cond", f"model.model.diffusion.config.depth={depth}", "--json").out)
        for depth in (3, 1)
    )
    assert deep["parameters"]["trained"] > flat["parameters"]["trained"]


def test_inspect_looks_at_what_is_right_in_a_broken_config(sat: Sat, tmp_path: Path) -> None:
    broken = {**MODEL["model"], "encoder": {"type": "oobleck", "config": {**CODER, "channels": "four"}}}
    result = sat("inspect", written(tmp_path / "model.json", model=broken))
    assert result.code == 0
    assert "not counted: the config does not tell" in result.out
    assert "1 mistake in this config: sat validate says what is wrong" in result.err


@pytest.mark.parametrize("name", ["data.json", "nothing"])
def test_inspect_needs_a_model(sat: Sat, tmp_path: Path, name: str) -> None:
    (tmp_path / "nothing").mkdir()
    (tmp_path / "data.json").write_text(
        '{"dataset_type": "audio_dir", "datasets": [{"id": "a", "path": "sounds"}]}', encoding="utf-8"
    )
    result = sat("inspect", name)
    assert (result.code, result.out) == (2, "")
    assert "error[usage]" in result.err


def test_inspect_of_an_unknown_model_type_points_to_validate(sat: Sat, tmp_path: Path) -> None:
    result = sat("inspect", written(tmp_path / "model.json", model_type="autoencodr", training={"learning_rate": 0.1}))
    assert (result.code, result.out) == (2, "")
    assert "help: sat validate says what is wrong with it" in result.err


def test_inspect_without_words_says_what_to_name(sat: Sat) -> None:
    assert sat("inspect").code == 2


def test_diff_of_equal_things_is_0(sat: Sat, tmp_path: Path) -> None:
    result = sat("diff", written(tmp_path / "a.json"), written(tmp_path / "b.json"))
    assert (result.code, result.out, result.err) == (0, "no difference\n", "")


def test_diff_names_both_values_and_places(sat: Sat, tmp_path: Path) -> None:
    model = {**MODEL["model"], "bottleneck": {"type": "tanh"}, "latent_dim": 5}
    result = sat("diff", written(tmp_path / "a.json"), written(tmp_path / "b.json", model=model, sample_size=4096))
    assert result.code == 1
    assert "changes what the model computes: weights fit\n  model.model.bottleneck\n" in result.out
    assert "changes data\n  model.sample_size\n    2048  a.json:4:17\n    4096  b.json:4:17\n" in result.out


def test_diff_shows_defaults_only_when_asked(sat: Sat, tmp_path: Path) -> None:
    encoder = {"type": "oobleck", "config": {**MODEL["model"]["encoder"]["config"], "use_snake": False}}
    files = written(tmp_path / "a.json"), written(tmp_path / "b.json", model={**MODEL["model"], "encoder": encoder})
    assert sat("diff", *files).out == "no difference\n"
    shown = sat("diff", *files, "--all")
    assert shown.code == 0
    assert "false (default)" in shown.out


def test_diff_reads_the_config_inside_a_checkpoint(sat: Sat, tmp_path: Path) -> None:
    file = checkpoint(tmp_path / "a.ckpt", model_config=MODEL)
    assert sat("diff", file, written(tmp_path / "b.json")).code == 0
    told = json.loads(sat("diff", file, written(tmp_path / "b.json", sample_rate=48000), "--json").out)
    assert [(each["key"], each["changes"]) for each in told["differences"]] == [(["model", "sample_rate"], "data")]


def test_diff_reads_a_runs_folder(sat: Sat, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    composed = sat("train", "experiment=quick_test", "--cfg").out
    (tmp_path / "run" / "experiment.yaml").write_text(composed, encoding="utf-8")
    assert sat("diff", "run", "experiment=quick_test").code == 0
    (tmp_path / "run" / "experiment.yaml").write_text(composed.replace("max_steps: 50", "max_steps: 60"), encoding="utf-8")
    result = sat("diff", "run", "experiment=quick_test")
    assert (result.code, result.err) == (1, "")
    assert "changes training\n  max_steps\n    60" in result.out


def test_diff_says_what_was_not_compared(sat: Sat, tmp_path: Path) -> None:
    result = sat("diff", written(tmp_path / "a.json"), written(tmp_path / "b.json", training={"learning_rate": 0.1}))
    assert (result.code, result.out) == (0, "no difference\n")
    assert result.err.startswith("not compared: training, which only ")


@pytest.mark.parametrize("word", ["nope.yaml", "nope.ckpt", "model=nope"])
def test_diff_of_what_cannot_be_read_is_2(sat: Sat, word: str) -> None:
    result = sat("diff", word, "model=tiny_clap")
    assert (result.code, result.out) == (2, "")
    assert "error[" in result.err


@pytest.mark.parametrize("command", [("inspect",), ("diff", "experiment=quick_test")])
def test_a_file_that_is_not_there_is_called_that(sat: Callable[..., Any], command: tuple[str, ...]) -> None:
    result = sat(*command, "nowhere.json")
    assert "the file `nowhere.json` does not exist" in result.err
    result = sat(*command, "a" * 5000)
    assert result.code in (1, 2)
    assert "Traceback" not in result.err
