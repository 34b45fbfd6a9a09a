"""`sat train` as a command; where a run would load the engine, a stand-in takes its place (tests/engine has the real one)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import yaml

from stable_audio_config import load_experiment
from stable_audio_config.report.finding import refuse
from stable_audio_config.validation import files, installed

Sat = Callable[..., Any]


@dataclass
class Trained:
    """What the stand-in tells about its run."""

    state: str = "finished"
    step: int = 50
    seconds: float = 1.0
    signal: int | None = None


class Engine:
    """Stands where `engine/train.py` would: remembers what it was asked, and does what a test says."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, Path, Path | None]] = []
        self.outcome = Trained()
        self.error: BaseException | None = None

    def train(self, experiment: Any, place: Any, resume: Path | None) -> Trained:
        print("training ...")
        self.calls.append((experiment, place.path, resume))
        if self.error is not None:
            raise self.error
        return self.outcome


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    stand_in, module = Engine(), ModuleType("train")
    module.train = stand_in.train  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "stable_audio_config.engine.train", module)
    for module in (files, installed):
        monkeypatch.setattr(module, "find_spec", lambda name: ModuleSpec(name, None))
    return stand_in


@pytest.fixture
def words(tmp_path: Path) -> tuple[str, ...]:
    """A run over a folder of sounds, which need no content: nothing reads them here."""
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    for number in range(4):
        (sounds / f"{number}.wav").touch()
    return ("train", "experiment=quick_test", "dataset=sounds", "name=mine")


def test_the_command_of_the_specification_prints_the_composed_experiment(sat: Sat) -> None:
    result = sat("train", "experiment=quick_test", "batch_size=16", "name=my_experiment", "--cfg")
    assert (result.code, result.err) == (0, "")
    tree = yaml.safe_load(result.out)
    assert (tree["batch_size"], tree["name"], tree["model"]["model_type"]) == (16, "my_experiment", "autoencoder")
    assert list(tree)[:3] == ["schema_version", "name", "project"], "in the order of the root config"


def test_what_is_printed_can_be_trained_from(sat: Sat, tmp_path: Path) -> None:
    printed = sat("train", "experiment=quick_test", "project='Übung, 2'", "--cfg").out
    (tmp_path / "again.yaml").write_text(printed, encoding="utf-8")
    again = sat("train", "again.yaml", "training=null", "--cfg").out
    assert yaml.safe_load(again) == yaml.safe_load(printed)


def test_a_mistake_is_told_below_what_was_composed(sat: Sat) -> None:
    result = sat("train", "experiment=quick_test", "batch_sise=16", "--cfg")
    assert result.code == 1
    assert "batch_sise: 16\n" in result.out
    assert result.err.startswith("error[unknown-key]: unknown key `batch_sise` in an experiment\n")


def test_a_usage_error_is_two(sat: Sat) -> None:
    result = sat("train", "m.json")
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        "error[usage]: `m.json` is neither `key=value` nor an experiment file (.yaml)\n"
        "   = help: write model=m.json or dataset=m.json\n\n1 error\n"
    )


def test_missing_files_end_it_before_the_engine(sat: Sat, engine: Engine) -> None:
    result = sat("train", "experiment=quick_test", "dataset=audio_dir", "dataset.datasets.0.path=/path/to/audio")
    assert result.code == 1
    assert "error[placeholder]: `/path/to/audio` is a placeholder" in result.err
    assert engine.calls == []
    assert not Path("runs").exists()


def test_a_run_leaves_its_folder_and_prints_where(sat: Sat, engine: Engine, words: tuple[str, ...], tmp_path: Path) -> None:
    result = sat(*words, "batch_size=4")
    assert (result.code, result.err) == (0, "")
    ((experiment, place, resume),) = engine.calls
    assert (experiment.batch_size, place.parent, resume) == (4, tmp_path / "runs" / "mine", None)
    assert result.out == (f"run folder: {place}\nloading the engine ...\ntraining ...\nfinished after 50 steps (1 s): {place}\n")
    assert (place / "log.txt").read_text() == result.out
    assert (place / "overrides.txt").read_text() == "experiment=quick_test\ndataset=sounds\nname=mine\nbatch_size=4\n"
    assert (place / "checkpoints").is_dir()


def test_the_same_again_from_the_runs_folder(sat: Sat, engine: Engine, words: tuple[str, ...]) -> None:
    sat(*words, "training=autoencoder_adversarial", "training.warmup_steps=3")
    first, place, _ = engine.calls[0]
    assert sat("train", "--from-run", str(place)).code == 0
    assert sat("train", "--from-run", str(place / "experiment.yaml"), "seed=43").code == 0
    (_, (again, _, _), (other, _, _)) = engine.calls
    assert again == first
    assert other == first.model_copy(update={"seed": 43})


def test_a_folder_that_is_no_run(sat: Sat, tmp_path: Path) -> None:
    result = sat("train", "--from-run", str(tmp_path))
    assert result.code == 1
    assert "holds no experiment.yaml: it is not a run's folder" in result.err
    assert sat("train", "--from-run", ".", "--config-name", "x").code == 2


def test_a_run_that_was_stopped_ends_with_its_signal(sat: Sat, engine: Engine, words: tuple[str, ...]) -> None:
    engine.outcome = Trained("stopped", 7, 1.0, 15)
    result = sat(*words)
    assert result.code == 128 + 15
    assert "stopped after 7 steps" in result.out


def test_only_the_first_process_prints_and_ends_with_the_signal(
    sat: Sat, engine: Engine, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    engine.outcome = Trained("stopped", 7, 1.0, 15)
    result = sat(*words)
    assert (result.code, result.out) == (0, "training ...\n")


@pytest.mark.parametrize(
    ("error", "message", "help"),
    [
        (RuntimeError("shapes do\nnot fit"), "the run ended with RuntimeError: shapes do not fit", "the traceback is in "),
        (RuntimeError("CUDA out of memory."), "the run ended with RuntimeError: CUDA out of memory.", "lower batch_size"),
        (ValueError(), "the run ended with ValueError: no message", "the traceback is in "),
    ],
)
def test_a_failure_inside_the_engine_is_one_finding_and_a_traceback_in_the_log(
    sat: Sat, engine: Engine, words: tuple[str, ...], error: Exception, message: str, help: str
) -> None:
    engine.error = error
    result = sat(*words)
    assert result.code == 1
    assert result.err.startswith(f"error[run-failed]: {message}\n   = help: {help}")
    assert "Traceback" not in result.err
    assert "Traceback (most recent call last)" in (engine.calls[0][1] / "log.txt").read_text()


def test_a_refusal_from_the_engine_room_is_told_like_any_other(sat: Sat, engine: Engine, words: tuple[str, ...]) -> None:
    engine.error = refuse("checkpoint", "it does not fit", "ckpt_path")
    result = sat(*words)
    assert (result.code, result.err) == (1, "error[checkpoint]: it does not fit\n  --> `ckpt_path`\n\n1 error\n")


def test_recover_starts_afresh_where_there_is_nothing(sat: Sat, engine: Engine, words: tuple[str, ...]) -> None:
    result = sat(*words, "recover=true")
    assert result.out.startswith("recover: no run of mine in runs has a complete checkpoint; starting afresh\n")
    assert engine.calls[0][2] is None


def test_recover_goes_on_in_the_newest_run_with_a_complete_checkpoint(
    sat: Sat, engine: Engine, words: tuple[str, ...], tmp_path: Path
) -> None:
    model = yaml.safe_load(sat(*words, "--cfg").out)["model"]
    for name, checkpoint in (("2026-01-01_00-00-00", "latest"), ("2026-01-02_00-00-00", "half-written")):
        folder = tmp_path / "runs" / "mine" / name / "checkpoints" / "step=00000100.ckpt"  # A folder, as DeepSpeed writes them.
        folder.mkdir(parents=True)
        (folder / checkpoint).touch()
        (folder.parent.parent / "experiment.yaml").write_text(yaml.safe_dump({"model": model}), encoding="utf-8")
    result = sat(*words, "recover=true")
    earlier = tmp_path / "runs" / "mine" / "2026-01-01_00-00-00"
    ((_, place, resume),) = engine.calls
    assert place.resolve() == earlier
    assert resume is not None and resume.resolve() == earlier / "checkpoints" / "step=00000100.ckpt"
    assert "going on from " in result.out


def test_recover_does_not_go_on_with_another_model(sat: Sat, engine: Engine, words: tuple[str, ...]) -> None:
    assert sat(*words).code == 0
    place = engine.calls[0][1]
    (place / "checkpoints" / "step=00000100.ckpt").mkdir()
    (place / "checkpoints" / "step=00000100.ckpt" / "latest").touch()
    result = sat(*words, "recover=true", "model.sample_size=65536")
    assert (result.code, len(engine.calls)) == (1, 1)
    assert "but that run trains another model" in result.err
    assert sat(*words, "recover=true").code == 0


@pytest.fixture
def apart(sat: Sat, monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes in which a sweep trains its points run here, one after another."""

    class Process:
        def __init__(self, command: list[str]) -> None:
            assert command[1:3] == ["-m", "stable_audio_config"]
            self.code = sat(*command[3:]).code

        def wait(self) -> int:
            return self.code

    monkeypatch.setattr("stable_audio_config.cli.sweep_point.subprocess", SimpleNamespace(Popen=Process))


@pytest.mark.usefixtures("apart")
def test_a_sweep_that_is_stopped_trains_no_other_point(sat: Sat, engine: Engine, words: tuple[str, ...]) -> None:
    engine.outcome = Trained("stopped", 7, 1.0, 15)
    assert sat(*words, "seed=1,2", "-m").code != 0
    assert len(engine.calls) == 1


@pytest.mark.usefixtures("apart")
def test_a_sweep_trains_every_point_in_one_folder(sat: Sat, engine: Engine, words: tuple[str, ...]) -> None:
    result = sat(*words, "seed=1,2", "--multirun")
    assert result.code == 0, result.err
    assert [experiment.seed for experiment, _, _ in engine.calls] == [1, 2]
    (first, second) = (place for _, place, _ in engine.calls)
    assert first.parent == second.parent
    assert (first / "experiment.yaml").is_file() and (second / "log.txt").is_file()


@pytest.mark.usefixtures("apart")
def test_a_sweep_in_which_one_run_fails_is_not_zero(sat: Sat, engine: Engine, words: tuple[str, ...]) -> None:
    engine.error = RuntimeError("broken")
    assert sat(*words, "seed=1,2", "-m").code == 1
    assert len(engine.calls) == 2, "the others are run all the same"


def test_a_sweep_with_a_mistake_trains_nothing(sat: Sat, engine: Engine, words: tuple[str, ...]) -> None:
    result = sat(*words, "seed=1,-5", "-m")
    assert (result.code, engine.calls) == (1, [])
    assert "`seed` is -5, but must be at least 0" in result.err


def test_sounds_that_cannot_be_made_are_told_plainly(sat: Sat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SAT_CACHE", str(tmp_path / "file"))
    result = sat("train", "experiment=quick_test")
    assert result.code == 1
    assert result.err.startswith("error[not-writable]: the synthetic sounds cannot be written to ")
    monkeypatch.setenv("SAT_CACHE", str(tmp_path / "new"))
    monkeypatch.setitem(sys.modules, "stable_audio_config.synthetic.voices", None)
    result = sat("train", "experiment=quick_test")
    assert result.code == 1
    assert "error[not-installed]: the synthetic sounds are computed with numpy, which is not installed" in result.err


def test_notes_and_warnings_do_not_stop_a_run(sat: Sat, engine: Engine, words: tuple[str, ...]) -> None:
    result = sat(*words, "val_dataset=sounds")
    assert result.code == 0
    assert result.err.startswith("warning[validation]: `val_dataset` is only used for demos")
    assert len(engine.calls) == 1


def test_the_python_door_composes_the_same(sat: Sat, engine: Engine, words: tuple[str, ...]) -> None:
    sat(*words)
    assert engine.calls[0][0] == load_experiment(*words[1:])
    assert os.environ["SAT_RUN_FOLDER"] == str(engine.calls[0][1])


def test_a_sweep_is_not_begun_where_only_the_composed_experiment_is_asked_for(sat: Sat) -> None:
    result = sat("train", "experiment=quick_test", "seed=1,2", "--multirun", "--cfg")
    assert result.code == 2
    assert "--cfg prints one experiment, and a sweep is several" in result.err
