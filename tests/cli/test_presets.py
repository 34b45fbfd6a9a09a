"""`sat presets`: what there is, where it is, and copies of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stable_audio_config.compose.places import GROUPS, SHIPPED

Sat = Callable[..., Any]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder of presets with one of a new name, and one that hides a shipped one."""
    folder = tmp_path / "conf" / "model"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text("# yaml-language-server: $schema=x\n# My own network. It is wide.\nmodel_type: autoencoder\n")
    (folder / "tiny_lm.json").write_text("{}")
    return folder


def test_every_group_and_every_preset_is_listed(sat: Sat) -> None:
    result = sat("presets", "list")
    assert result.code == 0
    assert [line for line in result.out.splitlines() if line and not line.startswith(" ")] == list(GROUPS)
    names = {line.split()[0] for line in result.out.splitlines() if line.startswith("  ")}
    shipped = {file.stem for group in GROUPS for file in (SHIPPED / group).glob("*.yaml")}
    assert names == shipped


def test_every_shipped_preset_says_what_it_is_in_one_sentence(sat: Sat) -> None:
    for preset in json.loads(sat("presets", "list", "--json").out):
        assert preset["about"], preset["file"]
        assert ": sat " not in preset["about"]


def test_ones_own_come_first_and_say_what_they_hide(sat: Sat, own: Path) -> None:
    lines = sat("presets", "list", "model").out.splitlines()
    assert [" ".join(line.split()) for line in lines[:3]] == [
        "model",
        "mine yours; My own network",
        "tiny_lm yours; hides a preset of the same name",
    ]
    [mine, hiding, *_] = json.loads(sat("presets", "list", "model", "--json").out)
    assert (mine["own"], mine["hides"], mine["file"]) == (True, None, str(own / "mine.yaml"))
    assert hiding["hides"] == str(SHIPPED / "model" / "tiny_lm.yaml")


@pytest.mark.usefixtures("own")
def test_search_looks_at_names_and_descriptions_names_first(sat: Sat) -> None:
    found = [preset["name"] for preset in json.loads(sat("presets", "search", "OPEN", "small", "--json").out)]
    assert found[:2] == ["stable_audio_open_small", "stable_audio_open_small_base"]
    assert [preset["name"] for preset in json.loads(sat("presets", "search", "My Own", "wide", "--json").out)] == ["mine"]
    result = sat("presets", "search", "trombone")
    assert (result.code, result.out, result.err) == (1, "", "no preset speaks of trombone\n")


def test_show_prints_the_file_and_path_says_where_it_is(sat: Sat) -> None:
    file = SHIPPED / "model" / "tiny_autoencoder.yaml"
    for word in ("tiny_autoencoder", "model/tiny_autoencoder", "model=tiny_autoencoder"):
        assert sat("presets", "show", word).out == file.read_text(encoding="utf-8")
        assert sat("presets", "path", word).out == f"{file}\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("show", "tiny_autoencodr"), "did you mean `tiny_autoencoder`?"),
        (("show", "tiny"), "error[usage]: `tiny` is the name of several presets"),
        (("path", "model/nope_at_all"), "error[unknown-preset]: there is no preset `model/nope_at_all`"),
        (("list", "models"), "did you mean `model`?"),
        (("list", "zoo"), "there are model, training"),
        (("copy", "tiny_lm", "../out"), "error[usage]: `../out` cannot be the name of a preset"),
        (("copy", "tiny_lm", "_hidden"), "error[usage]: `_hidden` cannot be the name of a preset"),
    ],
)
def test_a_wrong_name_is_one_finding(sat: Sat, tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    result = sat("presets", *words)
    assert result.code in (1, 2)
    assert told in result.err
    assert list(tmp_path.iterdir()) == []


def test_a_copy_is_ones_own_has_a_modeline_and_is_chosen_by_its_name(sat: Sat, tmp_path: Path) -> None:
    result = sat("presets", "copy", "model/tiny_autoencoder")
    file = tmp_path / "conf" / "model" / "my_tiny_autoencoder.yaml"
    assert result.out == (
        "written: conf/model/my_tiny_autoencoder.yaml\nwritten: .sat/schemas/model_config_schema.json (for "
        "editors; sat schema install keeps it up to date)\nuse it: sat train model=my_tiny_autoencoder\n"
    )
    assert (tmp_path / ".sat" / "schemas" / "model_config_schema.json").is_file()
    assert file.read_text().startswith("# yaml-language-server: $schema=../../.sat/schemas/model_config_schema.json\n")
    assert sat("train", "experiment=quick_test", "model=my_tiny_autoencoder", "--cfg").code == 0
    assert sat("presets", "copy", "tiny_autoencoder", "deep/er").out.startswith("written: conf/model/deep/er.yaml\n")
    again = sat("presets", "copy", "tiny_autoencoder")
    assert again.code == 1
    assert "error[file-exists]" in again.err


def test_a_copy_goes_to_the_folder_that_is_named(sat: Sat, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    assert sat("presets", "copy", "audio_dir", "drums", "--config-dir", "mine").out.startswith("written: mine/dataset/drums.yaml\n")
