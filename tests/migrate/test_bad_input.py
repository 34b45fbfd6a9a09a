"""What is wrong with old files is said in one message each, and the rest is migrated all the same."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stable_audio_config.compose.composer import Request, compose

PUBLISHED = Path(__file__).parent.parent / "published"
MODEL = (PUBLISHED / "dance_diffusion_base.json").read_text(encoding="utf-8")
DATA = '{"dataset_type": "audio_dir", "datasets": [{"id": "a", "path": "/data"}]}'
TRAIN = "python train.py --model-config m.json --dataset-config d.json"

BAD: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "a comment in JSON": (
        {"m.json": '{\n  // mine\n  "model_type": "lm"\n}'},
        ("error[syntax]: not valid JSON: a comment, which JSON does not know", "--> m.json:2:3", "help: write it as a key"),
    ),
    "a trailing comma": (
        {"m.json": '{\n  "model_type": "lm",\n}'},
        ("error[syntax]: not valid JSON: a comma before `}`", "--> m.json:", "help: take the comma away"),
    ),
    "a key twice": ({"m.json": '{"model_type": "lm", "model_type": "lm"}'}, ("error[duplicate-key]", "help: keep one of the two")),
    "half a file": ({"m.json": MODEL[:80]}, ("error[syntax]: not valid JSON",)),
    "no JSON of the engine": ({"m.json": '{"name": "x"}'}, ("has neither `model_type` nor `dataset_type`",)),
    "a list": ({"m.json": "[1]"}, ("error[wrong-type]: `m.json` must hold keys and values",)),
    "no text": ({"m.json": "{\0}"}, ("error[unreadable-file]: `m.json` is not a text file",)),
    "half a character": ({"m.json": '{"model_type": "\\ud83d"}'}, ("error[",)),
    "a value that is still to come": (
        {"d.json": DATA.replace("/data", "???")},
        ("error[no-equal]: a text cannot stand in an experiment: `???` means a value that is still to come",),
    ),
    "an INI file without its section": ({"x.ini": "batch_size = 8\n"}, ("error[old-ini]", "--> x.ini:1:1", "write [DEFAULTS]")),
    "half an INI file": ({"x.ini": "[DEFAULTS]\nbatch_size\n"}, ("error[old-ini]: a line is neither", "--> x.ini:2:1")),
    "a flag that the script refuses": (
        {"run.sh": f"\n{TRAIN} --batch-siz3 4\n", "m.json": MODEL, "d.json": DATA},
        ("error[old-command]: the script would refuse these words: unrecognized arguments", "--> run.sh:2"),
    ),
    "an INI file that names another model": (
        {"x.ini": "[DEFAULTS]\nmodel_config = a.json\n", "a.json": MODEL, "m.json": MODEL},
        ("error[contradiction]: `model_config` in `x.ini` is `a.json`, and `m.json` was named too", "the other place: x.ini:2"),
    ),
    "two INI files for one model": (
        {"x.ini": "[DEFAULTS]\nseed = 1\n", "y.ini": "[DEFAULTS]\nseed = 2\n", "m.json": MODEL},
        ("error[contradiction]: `x.ini` and `y.ini` are both INI files, and one experiment has one",),
    ),
    "two models for one dataset": (
        {"m.json": MODEL, "n.json": MODEL, "d.json": DATA},
        ("error[contradiction]: `m.json` and `n.json` are both model configs",),
    ),
    "a file that is not there": ({}, ("error[missing-file]: the file `gone.json` does not exist",)),
    "a run that no experiment can be": (
        {"x.ini": "[DEFAULTS]\nbatch_size = 50%\n"},
        ("error[old-ini]: `batch_size` holds a `%` that means nothing",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("situation", BAD)
def test_each_mistake_has_its_message_and_exit_code_1(situation: str, tmp_path: Path, sat: Callable[..., Any]) -> None:
    files, messages = BAD[situation]
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    named = [name for name in files if not (situation.startswith("an INI file that names") and name == "a.json")]
    done = sat("migrate", *(named or ["gone.json"]), "--write")
    assert done.code == 1, done.out
    for message in messages:
        assert message in done.err
    assert "Traceback" not in done.err
    assert not list(tmp_path.glob("*.yaml"))


def test_what_is_fine_in_a_folder_is_migrated_beside_what_is_not(tmp_path: Path, sat: Callable[..., Any]) -> None:
    (tmp_path / "a.json").write_text(MODEL[:-3] + '"model_type"', encoding="utf-8")
    (tmp_path / "b.json").write_text(MODEL, encoding="utf-8")
    done = sat("migrate", ".", "--write")
    assert done.code == 1
    assert "error[syntax]" in done.err
    assert [path.name for path in tmp_path.glob("*.yaml")] == ["b.yaml"]


@pytest.mark.parametrize("name", ["my model.json", "modèle — 模型.json", "it's (1).json", "-x.json"])
def test_any_name_will_do(name: str, tmp_path: Path, sat: Callable[..., Any]) -> None:
    folder = tmp_path / "my é folder"
    folder.mkdir()
    (folder / name).write_text(MODEL, encoding="utf-8")
    assert sat("migrate", str(folder / name), "--write").code == 0
    new = (folder / name).with_suffix(".yaml")
    assert compose(Request((f"experiment={new}",))).tree["model"]["model_type"] == "diffusion_uncond"


@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["", "with a byte order mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_files_of_any_system_are_read(start: str, end: str, tmp_path: Path, sat: Callable[..., Any]) -> None:
    ini = "[DEFAULTS]\n# mine\nbatch_size = 3\nmodel_config = m.json\n"
    script = "python train.py --config-file x.ini \\\n --seed 5\n"
    for name, text in {"x.ini": ini, "m.json": MODEL, "run.sh": script}.items():
        (tmp_path / name).write_bytes((start + text.replace("\n", end)).encode())
    assert sat("migrate", "run.sh", "--write").code == 0
    tree = compose(Request(("run.yaml",))).tree
    assert (tree["batch_size"], tree["seed"], tree["model"]["model_type"]) == (3, 5, "diffusion_uncond")
    assert "\r" not in (tmp_path / "run.yaml").read_text(encoding="utf-8")


def test_an_ini_file_that_stops_at_prefigures_own_key_says_what_was_lost(tmp_path: Path, sat: Callable[..., Any]) -> None:
    (tmp_path / "x.ini").write_text("[DEFAULTS]\nseed = 1\nconfig_file = y\nbatch_size = 9\n", encoding="utf-8")
    done = sat("migrate", "x.ini", "--stdout")
    assert "batch_size: 9" not in done.out
    assert "# batch_size 9: prefigure never read it" in done.out
    assert "warning[misread]: `batch_size` stands below `config_file`" in done.err


def test_controls_in_comments_and_names_end_nothing(tmp_path: Path, sat: Callable[..., Any]) -> None:
    text = "[DEFAULTS]\n# a \x07 bell \u2028 and a line\nsave_dir = 'a\\tb\\nc'  # beside\x1b[0m\n"
    (tmp_path / "x.ini").write_text(text, encoding="utf-8")
    assert sat("migrate", "x.ini", "--write").code == 0
    assert compose(Request(("x.yaml",))).tree["save_dir"] == "a\tb\nc"


def test_ten_thousand_files_in_a_folder_are_no_trouble(tmp_path: Path, sat: Callable[..., Any]) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(10_000):
        name = f"{number:05}.{'json' if number % 100 == 0 else 'wav'}"
        (folder / name).write_text(DATA if name.endswith("json") else "", encoding="utf-8")
    done = sat("migrate", "many", "--check")
    assert (done.code, done.out.splitlines()[-1]) == (1, "100 to migrate")


def test_a_json_may_have_any_suffix_where_it_is_named(tmp_path: Path, sat: Callable[..., Any]) -> None:
    (tmp_path / "config").write_text(MODEL, encoding="utf-8")
    (tmp_path / "d.json").write_text(DATA, encoding="utf-8")
    (tmp_path / "run.sh").write_text("python train.py --model-config config --dataset-config d.json --name x", encoding="utf-8")
    assert sat("migrate", "run.sh", "--write").code == 0
    assert compose(Request(("x.yaml",))).tree["dataset"] == json.loads(DATA)
    shutil.copy(tmp_path / "config", tmp_path / "other")
    assert sat("migrate", "other", "--stdout").code == 0
