"""What `sat validate` looks at: files, folders, standard input, words."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from stable_audio_config.report.finding import Finding
from stable_audio_config.validation.check import check_files, check_words

MINE = "defaults:\n  - override /model: tiny_autoencoder\n  - override /dataset: synthetic\nname: mine\n"
DATA = {"dataset_type": "audio_dir", "datasets": [{"id": "a", "path": 5}]}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def places(found: Iterable[Finding]) -> list[tuple[Any, ...]]:
    return [(finding.rule, finding.source, finding.line, finding.column) for finding in found]


def test_a_file_of_the_engine(here: Path) -> None:
    (here / "data.json").write_text(json.dumps(DATA, indent=1))
    found, seen = check_files(["data.json"])
    assert places(found) == [("wrong-type", "data.json", 6, 12)]
    assert found[0].excerpt == '   "path": 5'
    assert seen == ["data.json"]


def test_an_experiment_is_composed(here: Path) -> None:
    (here / "mine.yaml").write_text(MINE + "batch_size: 0\n")
    assert places(check_files(["mine.yaml"])[0]) == [("wrong-value", "mine.yaml", 5, 13)]


def test_a_mistake_without_a_place_names_the_file(here: Path) -> None:
    (here / "mine.yaml").write_text("name: mine\n")
    assert {(finding.rule, finding.source) for finding in check_files(["mine.yaml"])[0]} == {("missing-key", "mine.yaml")}


def test_a_folder_stands_for_the_configs_below_it(here: Path) -> None:
    (here / "deep" / "er").mkdir(parents=True)
    (here / "deep" / ".git").mkdir()
    (here / "deep" / "folder.json").mkdir()
    for name in ("deep/er/b.json", "deep/a.json", "deep/.git/hidden.json", "deep/.hidden.json", "deep/notes.txt"):
        (here / name).write_text(json.dumps(DATA))
    found, seen = check_files(["deep"])
    assert seen == ["deep/a.json", "deep/er/b.json"]
    assert [finding.source for finding in found] == seen


def test_a_folder_of_presets_is_checked_as_what_it_holds(here: Path) -> None:
    for group, text in (("training", "learning_rate: x\n"), ("model", "model_type: autoencoder\nsample_rate: x\n")):
        (here / "conf" / group).mkdir(parents=True)
        (here / "conf" / group / "mine.yaml").write_text(text)
    found = check_files(["conf"])[0]
    assert ("wrong-type", "conf/training/mine.yaml", 1, 16) in places(found)
    assert ("wrong-type", "conf/model/mine.yaml", 2, 14) in places(found)


def test_a_folder_without_configs_is_not_taken_for_a_clean_one(here: Path) -> None:
    (here / "empty").mkdir()
    ((finding,), seen) = check_files(["empty"])
    assert (finding.rule, finding.source, seen) == ("missing-file", "empty", [])
    assert finding.message == "there is no configuration (.yaml, .yml, .json, .ini) in the folder `empty`"


def test_every_file_gets_its_findings_whatever_the_others_are_like(here: Path) -> None:
    (here / "a.json").write_text("{")
    (here / "b.json").write_text(json.dumps(DATA))
    (here / "c.json").symlink_to("nowhere.json")
    found, seen = check_files(["a.json", "b.json", "c.json", "d.json"])
    assert [finding.rule for finding in found] == ["syntax", "wrong-type", "missing-file", "missing-file"]
    assert [finding.source for finding in found] == seen
    assert [finding.rule for finding in check_files(["."])[0]] == ["syntax", "wrong-type", "missing-file"], (
        "a link to nothing is told"
    )


def test_an_ini_file_is_told_what_to_do_with(here: Path) -> None:
    (here / "defaults.ini").write_text("[DEFAULTS]\nname = a\n")
    (finding,) = check_files(["defaults.ini"])[0]
    assert (finding.rule, finding.source) == ("unreadable-file", "defaults.ini")


class Endless(io.RawIOBase):
    """A pipe that never ends. Reading all of it would."""

    def __init__(self) -> None:
        self.given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        buffer[:] = b"x" * len(buffer)
        self.given += len(buffer)
        assert self.given < 50_000_000, "more was read than any config holds"
        return len(buffer)


class _Standard:
    def __init__(self, buffer: Any) -> None:
        self.buffer = buffer


def standard_input(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", _Standard(io.BytesIO(content)))


@pytest.mark.parametrize(
    "text", [json.dumps(DATA), "dataset_type: audio_dir\ndatasets:\n- {id: a, path: 5}\n"], ids=["json", "yaml"]
)
def test_standard_input(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    standard_input(monkeypatch, text.encode())
    (finding,) = check_files(["-"])[0]
    assert (finding.rule, finding.source, finding.line) == ("wrong-type", "-", 1 if text[0] == "{" else 3)


def test_an_experiment_from_standard_input_has_no_folders_to_compose_from(monkeypatch: pytest.MonkeyPatch) -> None:
    standard_input(monkeypatch, MINE.encode())
    (finding,) = check_files(["-"])[0]
    assert (finding.rule, finding.help) == ("usage", "name its file")


def test_standard_input_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    endless = Endless()
    monkeypatch.setattr(sys, "stdin", _Standard(io.BufferedReader(endless)))
    (finding,) = check_files(["-"])[0]
    assert (finding.rule, finding.message) == ("unreadable-file", "`-` is larger than 10 MB")


def test_words_are_checked_as_the_experiment_that_they_make() -> None:
    assert check_words(("experiment=quick_test", "batch_size=4")) == []
    (finding,) = check_words(("experiment=quick_test", "batch_size=0"))
    assert (finding.source, finding.line, finding.column, finding.excerpt) == ("command line", None, 12, "batch_size=0")
    (finding,) = check_words(("experiment=nothing",))
    assert finding.rule == "unknown-preset"


def test_a_number_on_the_command_line_that_nothing_counts_with() -> None:
    (finding,) = check_words(("experiment=quick_test", f"batch_size={10**400}"))
    assert (finding.rule, finding.path, finding.source) == ("wrong-value", ("batch_size",), "command line")


def test_a_name_that_is_too_long_to_be_one() -> None:
    for words in ((f"model={'a' * 400}.json",), (f"dataset={'a' * 5000}",), ("a" * 5000 + ".yaml",)):
        (finding,) = check_words(words)
        assert finding.severity == "error"
    (finding,) = check_files(["a" * 5000])[0]
    assert finding.rule == "unreadable-file"


def test_presets_that_name_each_other(here: Path) -> None:
    (here / "conf" / "experiment").mkdir(parents=True)
    for one, other in (("a", "b"), ("b", "c"), ("c", "a"), ("itself", "itself")):
        (here / "conf" / "experiment" / f"{one}.yaml").write_text(f"# @package _global_\ndefaults:\n  - {other}\n")
    (finding,) = check_words(("experiment=a",))
    assert finding.rule == "composition"
    assert finding.message.endswith("name each other in a circle")
    assert all(f"`experiment/{name}`" in finding.message for name in "abc")
    (finding,) = check_words(("experiment=itself",))
    assert finding.message == "the `defaults` of `experiment/itself` name itself"
    (here / "mine.yaml").write_text("defaults:\n  - /experiment/a\n")
    (finding,) = check_files(["mine.yaml"])[0]
    assert finding.source == "mine.yaml"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("project: ${name}\nsave_dir: ${save_dir}\n", 6),
        ("project: ${run.nothing}\n", 5),
        ("project: ${nothing:1}\n", 5),
        ("project: ${\n", 5),
        ("project: '${oc.env:NOT_SET_ANYWHERE}'\n", 5),
        ("project: ???\n_a: {b: '${_a}'}\n", 6),
    ],
)
def test_interpolations_that_lead_nowhere_or_in_circles(here: Path, text: str, line: int) -> None:
    (here / "mine.yaml").write_text(MINE + text)
    (finding,) = check_files(["mine.yaml"])[0]
    assert (finding.rule in ("interpolation", "composition"), finding.source, finding.line) == (True, "mine.yaml", line)


def test_interpolations_that_lead_through_hundreds_of_others(here: Path) -> None:
    chain = "".join(f"_a{step + 1}: ${{_a{step}}}\n" for step in range(800))
    (here / "mine.yaml").write_text(MINE + "_a0: x\n" + chain + "project: ${_a800}\n")
    (finding,) = check_files(["mine.yaml"])[0]
    assert (finding.rule, finding.source) == ("interpolation", "mine.yaml")


def test_interpolations_that_multiply(here: Path) -> None:
    lines = ["_a0: " + "x" * 100, *(f"_a{level + 1}: {f'${{_a{level}}}' * 10}" for level in range(12)), "project: ${_a12}"]
    (here / "mine.yaml").write_text(MINE + "\n".join(lines) + "\n")
    (finding,) = check_files(["mine.yaml"])[0]
    assert finding.message == "`_a5` cannot be worked out: its interpolations repeat each other more than 100000 times"
    lines = ["_a0: {x: 1}"]
    for level in range(12):
        lines += [f"_a{level + 1}:", *(f"  k{key}: ${{_a{level}}}" for key in range(10))]
    lines.append("project: ${_a12}")
    (here / "mine.yaml").write_text(MINE + "\n".join(lines) + "\n")
    (finding,) = check_files(["mine.yaml"])[0]
    assert finding.rule == "interpolation"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("hydra: null\n", "wrong-type"),
        ("hydra: {run: 5}\n", "composition"),
        ("training: 5\n", "wrong-type"),
        ("training: [1]\n", "composition"),
        ("model: null\n", "wrong-type"),
        ("model: {model: {encoder: 5}}\n", "wrong-type"),
        ("plugins: [5]\n", "wrong-type"),
        ("1: 5\n", "unknown-key"),
        ("null: 5\n", "composition"),
        ("schema_version: [1]\n", "wrong-value"),
        ("batch_size: .inf\n", "wrong-type"),
        ("training: {learning_rate: .nan}\n", "wrong-value"),
        ("batch_size: -1\n", "wrong-value"),
        ("model: {sample_size: 0}\n", "wrong-value"),
        ("dataset: {datasets: []}\n", "wrong-value"),
        ("devices: []\n", "devices"),
        ("model: {model: {encoder: {config: {strides: []}}}}\n", "stages"),
    ],
)
def test_values_that_no_experiment_has(here: Path, text: str, rule: str) -> None:
    (here / "mine.yaml").write_text(MINE + text)
    found = check_files(["mine.yaml"])[0]
    assert rule in [finding.rule for finding in found if finding.severity == "error"]
    assert all(finding.source for finding in found)


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"key{number}: {number}\n" for number in range(6_000)),
        f"training: {{learning_rate: [{'1, ' * 6_000}]}}\n",
        f"_a: &a [{'1, ' * 100}]\n_b: [{'*a, ' * 100}]\n",
    ],
    ids=["keys", "a list", "anchors"],
)
def test_more_values_than_can_be_composed_in_a_blink(here: Path, text: str) -> None:
    (here / "mine.yaml").write_text(MINE + text)
    (finding,) = check_files(["mine.yaml"])[0]
    assert (finding.rule, finding.source) == ("unreadable-file", "mine.yaml")
    assert finding.message.endswith("holds more than 5000 values, too many to be composed")


@pytest.mark.parametrize("head", ["# @package\n", "# @package a: b\n", "# @package _global_ b\n"])
def test_a_header_that_names_no_package(here: Path, head: str) -> None:
    (here / "mine.yaml").write_text(head + MINE)
    found = check_files(["mine.yaml"])[0]
    assert [finding.source for finding in found if finding.severity == "error"] == ["mine.yaml"]


@pytest.mark.parametrize(
    "entry", ["'@': x", "5", "[a]", "{a: b, c: d}", "null", "model: 5", "override /model: ''", "''", "../a", "/etc/passwd"]
)
def test_a_defaults_list_of_anything(here: Path, entry: str) -> None:
    (here / "mine.yaml").write_text(f"defaults:\n  - {entry}\nname: mine\n")
    found = check_files(["mine.yaml"])[0]
    assert found
    assert all(finding.severity == "error" and finding.source for finding in found)
