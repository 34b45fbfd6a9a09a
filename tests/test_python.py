"""The functions that look at things, from Python: what they give, and what they refuse."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

import stable_audio_config as sat
from stable_audio_config.report.finding import Refused


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_check_takes_files_folders_and_overrides(here: Path) -> None:
    (here / "model.json").write_text('{"model_type": "autoencoder", "sample_rat": 1}')
    assert "unknown-key" in [finding.rule for finding in sat.check("model.json")]
    assert [finding.rule for finding in sat.check("gone.json")] == ["missing-file"]
    assert {finding.rule for finding in sat.check(str(here))} >= {"unknown-key"}
    assert sat.check("experiment=quick_test") == ()
    assert [finding.rule for finding in sat.check("experiment=nope").errors] == ["unknown-preset"]


def test_a_copy_is_checked_when_it_is_asked_for() -> None:
    experiment = sat.load_experiment("experiment=quick_test")
    assert sat.validate(experiment) == experiment
    with pytest.raises(Refused) as refused:
        sat.validate(experiment.model_copy(update={"batch_size": 0}))
    assert [finding.path for finding in refused.value.findings] == [("batch_size",)]


def test_what_is_composed_is_not_checked() -> None:
    assert sat.compose_tree("experiment=quick_test", "batchsize=4")["batchsize"] == 4
    assert "steps" in sat.compose_tree("inference=tiny", "ckpt_path=x", "conditions=[{kind: 0}]", config_name="inference")


def test_explain_says_where_a_value_was_written(here: Path) -> None:
    (here / "mine.yaml").write_text("defaults:\n  - override /model: tiny_autoencoder\nbatch_size: 3\n")
    found = sat.explain("batch_size", "mine.yaml")
    assert (found.value, found.written is not None and found.written.source) == (3, "mine.yaml")
    with pytest.raises(Refused, match="has no key `nope`"):
        sat.explain("nope", "mine.yaml")


def test_a_model_is_inspected_and_compared() -> None:
    summary = sat.inspect_model("model=tiny_autoencoder")
    assert (summary.model_type, summary.downsampling) == ("autoencoder", 256)
    assert sat.diff("model=tiny_autoencoder", "model=tiny_autoencoder") == []
    found = sat.diff("experiment=quick_test", "model=tiny_autoencoder")
    assert all(difference.effect != "same" for difference in found)
    with pytest.raises(Refused, match="holds no model"):
        sat.inspect_model("dataset=synthetic")


def test_presets_rules_and_the_machine_are_told_of() -> None:
    assert "tiny_autoencoder" in [preset.name for preset in sat.presets("model")]
    assert sat.rule("latent-width").page == "docs/rules/latent-width.md"
    with pytest.raises(Refused, match="no finding called `nope`"):
        sat.rule("nope")
    assert sat.doctor().facts["versions"]["stable-audio-config"] == sat.__version__


def test_what_a_run_left_is_shown(here: Path) -> None:
    (here / "experiment.yaml").write_text("name: mine\nseed: 3\n")
    assert sat.show(str(here)) == {"name": "mine", "seed": 3}


def test_a_first_experiment_is_written_for_a_folder_of_sound(here: Path) -> None:
    (here / "music").mkdir()
    for number in range(4):
        with wave.open(str(here / "music" / f"{number}.wav"), "wb") as file:
            file.setparams((2, 2, 44100, 0, "NONE", ""))
            file.writeframes(bytes(44100 * 4))
    draft = sat.first_experiment("music", file="mine.yaml", model="tiny_autoencoder")
    assert (draft.files, draft.findings) == ((Path("mine.yaml"),), ())
    assert sat.load_experiment("mine.yaml").name == "mine"
    with pytest.raises(Refused, match="is there already"):
        sat.first_experiment("music", file="mine.yaml")


def test_files_go_to_the_engine_and_come_back(here: Path) -> None:
    done = sat.export_files("experiment=quick_test", folder="old")
    assert sorted(done.files) == sorted(file.name for file in (here / "old").iterdir())
    with pytest.raises(Refused, match="is there already"):
        sat.export_files("experiment=quick_test", folder="old")
    shown = sat.migrate_files("old", output="mine.yaml")
    assert [result.state for result in shown.results] == ["new"]
    assert not (here / "mine.yaml").exists()
    sat.migrate_files("old", output="mine.yaml", write=True)
    with pytest.raises(Refused, match="cannot be written"):
        sat.migrate_files("old", output="old/model_config.json/mine.yaml", write=True)
    assert {difference.effect for difference in sat.diff("mine.yaml", "experiment=quick_test")} <= {"training", "run"}


def test_schemas_are_those_that_are_printed() -> None:
    schema = sat.json_schema("dataset", authoring=True)
    assert (schema["type"], "$defs" in schema) == ("object", True)
    with pytest.raises(Refused, match="there is no authoring schema of `engine_model`"):
        sat.json_schema("engine_model", authoring=True)
    with pytest.raises(Refused, match="there is no strict schema of `nope`"):
        sat.json_schema("nope")


def test_a_bug_report_is_a_text() -> None:
    assert "did you mean `batch_size`?" in sat.bug_report("experiment=quick_test", "batchsize=4")


def test_every_name_is_offered_to_who_looks_for_it() -> None:
    assert set(sat.__all__) <= set(dir(sat))
