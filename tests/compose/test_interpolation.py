"""Interpolations, environment variables, and values that a preset leaves open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stable_audio_config.compose.composer import Request, compose
from stable_audio_config.report.finding import Finding, Refused
from stable_audio_config.synthetic import audio_folder, metadata_module


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PROJECT_NAME", "rain")
    monkeypatch.delenv("NOT_SET", raising=False)
    return tmp_path


def tree(*words: str) -> dict[str, Any]:
    return compose(Request(words)).tree


def findings(*words: str) -> tuple[Finding, ...]:
    with pytest.raises(Refused) as refused:
        compose(Request(words))
    return refused.value.findings


def test_values_refer_to_each_other_and_to_the_environment() -> None:
    composed = tree("name=${oc.env:PROJECT_NAME}_${seed}", "save_dir=/data/${name}", "project=${oc.env:NOT_SET,fallback}")
    assert (composed["name"], composed["save_dir"], composed["project"]) == ("rain_42", "/data/rain_42", "fallback")


def test_a_reference_into_a_group() -> None:
    composed = tree("model=tiny_autoencoder", "batch_size=${model.audio_channels}", "seed=${model.model.encoder.config.strides[1]}")
    assert (composed["batch_size"], composed["seed"]) == (2, 4)


def test_the_synthetic_dataset_is_named_and_not_written() -> None:
    (entry,) = tree("dataset=synthetic")["dataset"]["datasets"]
    assert (entry["path"], entry["custom_metadata_module"]) == (str(audio_folder()), str(metadata_module()))


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("name=${oc.env:NOT_SET}", "environment variable `NOT_SET` not found"),
        ("name=${nmae}", "interpolation key `nmae` not found"),
        ("name=${name}", "recursive interpolation detected"),
        ("name=${nope:1}", "unsupported interpolation type nope"),
        ("name=${synthetic:sounds}", "`synthetic` knows `audio` and `metadata`, not `sounds`"),
    ],
)
def test_what_cannot_be_worked_out_is_told_with_its_key(word: str, message: str) -> None:
    assert findings(word) == (Finding(rule="interpolation", message=f"`name` cannot be worked out: {message}", path=("name",)),)


def test_two_values_that_wait_for_each_other() -> None:
    (found,) = findings("name=${project}", "project=${name}")
    assert found.message == "`name` cannot be worked out: recursive interpolation detected"


def test_a_long_circle_is_refused_as_well() -> None:
    (found,) = findings("name=${save_dir}x", "save_dir=${project}x", "project=${name}x")
    assert found.rule == "interpolation"


def test_the_path_of_a_nested_value() -> None:
    (found,) = findings("model=tiny_autoencoder", "model.model.encoder.config.strides=[2,'${gone}']")
    assert found.path == ("model", "model", "encoder", "config", "strides", 1)


def test_a_group_chosen_by_a_value_that_is_not_there(here: Path) -> None:
    (here / "mine.yaml").write_text("defaults:\n  - override /model: ${gone}\n")
    (found,) = findings("mine.yaml")
    assert found.message.startswith("error resolving interpolation `${gone}`")


def test_every_open_value_is_named_at_once() -> None:
    found = findings("dataset=audio_dir", "model=tiny_autoencoder", "name=???")
    assert [(one.rule, one.message, one.help) for one in found] == [
        ("missing-value", "`name` has no value yet", "give it one: name=..."),
        ("missing-value", "`dataset.datasets.0.path` has no value yet", "give it one: dataset.datasets.0.path=..."),
    ]
