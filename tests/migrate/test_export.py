"""`sat export`: the engine's own files of an experiment, which migrate back to the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stable_audio_config.compose.composer import Request, compose
from stable_audio_config.migrate.command_line import read_command
from stable_audio_config.migrate.presets import same

WORDS = (
    "experiment=quick_test", "name=my run", "batch_size=3", "seed=7", "val_dataset=synthetic", "val_every=5", "precision='16'",
    "save_dir=out_dir/a b", "gradient_clip_val=0.0", "num_nodes=2", "checkpoint_every=11", "logger=comet",
)  # fmt: skip


def test_there_and_back(tmp_path: Path, sat: Callable[..., Any]) -> None:
    done = sat("export", *WORDS, "--to", "old")
    assert done.code == 0, done.err
    folder = tmp_path / "old"
    names = ["dataset_config.json", "defaults.ini", "model_config.json", "val_dataset_config.json"]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert done.out.splitlines()[-1] == "python train.py --config-file old/defaults.ini --name 'my run'"
    (tmp_path / "run.sh").write_text(done.out.splitlines()[-1], encoding="utf-8")
    assert sat("migrate", "run.sh", "-o", "back.yaml", "--write").code == 0
    before, after = compose(Request(WORDS)).tree, compose(Request(("back.yaml",))).tree
    changed = {key for key in {*before, *after} if not same(before.get(key), after.get(key))}
    assert changed == {"max_steps", "save_top_k"}, "the engine's script has no option for these"


def test_the_jsons_hold_what_the_engine_gets(tmp_path: Path, sat: Callable[..., Any]) -> None:
    sat("export", *WORDS, "--to", "old")
    tree = compose(Request(WORDS)).tree
    model = json.loads((tmp_path / "old/model_config.json").read_text(encoding="utf-8"))
    assert same(model, {**tree["model"], "training": tree["training"]})
    assert same(json.loads((tmp_path / "old/dataset_config.json").read_text(encoding="utf-8")), tree["dataset"])


def test_what_the_script_has_no_option_for_is_said(tmp_path: Path, sat: Callable[..., Any]) -> None:
    done = sat("export", "experiment=quick_test", "recover=true", "--to", str(tmp_path / "old"))
    assert done.code == 0
    for words in ("`max_steps` is 50", "`recover` is true", "`save_top_k` is 2", "`logger` is csv"):
        assert f"warning[no-equal]: {words}" in done.err


TEXTS = ["a_dir/x", "x y", "it's", '"q"', "50%", "a#b", "None", "5", "[1]", "é", "C:\\new", "#x", "a_dir # b"]


@pytest.mark.parametrize("value", TEXTS)
def test_any_text_survives_the_ini_file(value: str, tmp_path: Path, sat: Callable[..., Any]) -> None:
    (tmp_path / "e.yaml").write_text(
        f"defaults:\n  - override /model: tiny_autoencoder\n  - override /dataset: synthetic\nckpt_path: {json.dumps(value)}\n",
        encoding="utf-8",
    )
    assert sat("export", "e.yaml", "--to", "old").code == 0
    command = read_command(["--config-file", "old/defaults.ini"], "train")
    assert str(command.value("ckpt_path")) == value


def test_a_text_that_prefigure_would_spoil_is_refused(tmp_path: Path, sat: Callable[..., Any]) -> None:
    text = 'defaults:\n  - override /model: tiny_autoencoder\n  - override /dataset: synthetic\nckpt_path: " a_dir"\n'
    (tmp_path / "e.yaml").write_text(text, encoding="utf-8")
    done = sat("export", "e.yaml", "--to", "old")
    assert (done.code, (tmp_path / "old").exists()) == (1, False)
    assert "error[no-equal]: an INI file cannot carry the value of `ckpt_path`" in done.err


def test_nothing_is_written_over(tmp_path: Path, sat: Callable[..., Any]) -> None:
    (tmp_path / "defaults.ini").write_text("mine", encoding="utf-8")
    done = sat("export", "experiment=quick_test", "--to", ".")
    assert done.code == 1
    assert "error[file-exists]: `defaults.ini` is there already" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["defaults.ini"]


def test_an_experiment_with_errors_is_not_exported(tmp_path: Path, sat: Callable[..., Any]) -> None:
    done = sat("export", "experiment=quick_test", "batch_size=0", "--to", "old")
    assert (done.code, (tmp_path / "old").exists()) == (1, False)
