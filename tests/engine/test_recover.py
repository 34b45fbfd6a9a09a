"""Runs that are killed and stopped, as real processes: what they leave, and that the next one goes on.

One story, told once for all tests: a run is killed; the next one recovers and gets SIGTERM; the next one recovers and gets Ctrl-C;
the last one recovers and comes to its end. Every process loads the engine, so there are no more of them than needed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from stable_audio_config.source.checkpoint import is_complete, read_checkpoint

pytestmark = pytest.mark.engine

PATIENCE = 240.0
"""Seconds until a process that does not come to the expected point is given up."""

STAND_IN = "step=00900000.ckpt"
"""The name of a checkpoint whose writing was cut short."""


@dataclass(frozen=True)
class Ended:
    """One process, after its end."""

    code: int
    out: str
    err: str
    steps: list[int]
    """The steps of `metrics.csv`."""
    checkpoints: list[str]
    summary: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """The command, and the one run folder that it makes and goes on in."""

    words: list[str]
    runs: Path

    @property
    def folder(self) -> Path:
        (folder,) = self.runs.iterdir()
        return folder

    def checkpoints(self) -> list[str]:
        return sorted(path.name for path in self.runs.glob("*/checkpoints/step=*.ckpt"))

    def start(self, *words: str) -> subprocess.Popen[str]:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        return subprocess.Popen([sys.executable, *self.words, *words], env=environment, **pipes)

    def wait_for_checkpoint_after(self, process: subprocess.Popen[str], step: int) -> None:
        """Returns once `process` has written a checkpoint after `step`."""
        end = time.monotonic() + PATIENCE
        while not any(step < step_of(name) < step_of(STAND_IN) for name in self.checkpoints()):
            if process.poll() is not None or time.monotonic() > end:
                process.kill()
                out, err = process.communicate()
                pytest.fail(f"no checkpoint after step {step}\n{out}\n{err}")
            time.sleep(0.05)

    def end(self, process: subprocess.Popen[str], with_signal: int) -> Ended:
        process.send_signal(with_signal)
        out, err = process.communicate(timeout=PATIENCE)
        lines = (self.folder / "metrics.csv").read_text().splitlines()[1:]
        summary = self.folder / "summary.json"
        told = json.loads(summary.read_text()) if summary.exists() else {}
        return Ended(process.returncode, out, err, [int(line.split(",")[0]) for line in lines], self.checkpoints(), told)


def step_of(name: str) -> int:
    return int(Path(name).stem.removeprefix("step="))


@pytest.fixture(scope="module")
def story(trees_in: Callable[[Path], SimpleNamespace], tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """The three processes, and what lay in the run's folder after each."""
    place = tmp_path_factory.mktemp("story")
    tree = trees_in(place / "runs").autoencoder(max_steps=100_000, checkpoint_every=2, save_top_k=3, recover=True)
    (place / "experiment.yaml").write_text(yaml.safe_dump(tree), encoding="utf-8")
    words = ["-m", "stable_audio_config", "train", str(place / "experiment.yaml")]
    run = Run(words, place / "runs" / "ae")

    process = run.start()
    run.wait_for_checkpoint_after(process, 0)
    killed = run.end(process, signal.SIGKILL)
    found = run.folder / "checkpoints"
    newest = max(name for name in killed.checkpoints if is_complete(found / name))
    content = (found / newest).read_bytes()
    (found / STAND_IN).write_bytes(content[: len(content) // 2])
    (found / f".{STAND_IN}.4711.part").write_bytes(content[:1000])

    process = run.start()
    run.wait_for_checkpoint_after(process, step_of(newest))
    terminated = run.end(process, signal.SIGTERM)

    process = run.start()
    run.wait_for_checkpoint_after(process, terminated.summary["step"])
    interrupted = run.end(process, signal.SIGINT)
    return SimpleNamespace(
        run=run, file=str(place / "experiment.yaml"), newest=newest, killed=killed, terminated=terminated, interrupted=interrupted
    )


def test_a_killed_run_leaves_a_checkpoint(story: SimpleNamespace) -> None:
    assert story.killed.code == -signal.SIGKILL
    assert story.killed.summary == {}
    assert step_of(story.newest) >= 2


def test_a_killed_run_has_recorded_every_step_up_to_its_checkpoint(story: SimpleNamespace) -> None:
    assert story.killed.steps[: step_of(story.newest)] == list(range(1, step_of(story.newest) + 1))


def test_the_next_run_goes_on_from_the_newest_complete_checkpoint(story: SimpleNamespace) -> None:
    assert f"run folder: {story.run.folder}" in story.terminated.out
    assert f"going on from {story.run.folder / 'checkpoints' / story.newest}" in story.terminated.out
    assert story.terminated.summary["step"] > step_of(story.newest)


def test_half_written_checkpoints_are_gone(story: SimpleNamespace) -> None:
    assert STAND_IN not in story.terminated.checkpoints
    assert [path.name for path in (story.run.folder / "checkpoints").iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(("name", "number"), [("terminated", signal.SIGTERM), ("interrupted", signal.SIGINT)])
def test_a_stopped_run_ends_cleanly_at_the_step_it_reached(story: SimpleNamespace, name: str, number: int) -> None:
    ended = getattr(story, name)
    assert ended.code == 128 + number, ended.err
    assert "Traceback" not in ended.out + ended.err
    assert ended.summary["state"] == "stopped"
    reached = ended.summary["step"]
    assert ended.checkpoints[-1] == f"step={reached:08}.ckpt"
    assert len(ended.checkpoints) <= 3
    assert f"stopped after {reached} steps" in ended.out
    assert ended.steps == list(range(1, reached + 1)), "no step is missing and none is there twice"


def test_the_last_run_comes_to_the_end(story: SimpleNamespace, sat: Any) -> None:
    reached = story.interrupted.summary["step"]
    done = sat("train", story.file, f"max_steps={reached + 3}")
    assert done.code == 0, done.err
    assert f"finished after {reached + 3} steps" in done.out
    folder = story.run.folder
    rows = [line.split(",") for line in (folder / "metrics.csv").read_text().splitlines()[1:]]
    assert [int(row[0]) for row in rows] == list(range(1, reached + 4))
    seconds = [float(row[2]) for row in rows]
    assert seconds == sorted(seconds), "the clock goes on too"
    assert json.loads((folder / "summary.json").read_text())["state"] == "finished"
    assert read_checkpoint(folder / "checkpoints" / story.run.checkpoints()[-1]).extra["global_step"] == reached + 3


def test_a_metrics_file_that_was_cut_short_is_read_as_far_as_it_is_whole(tmp_path: Path) -> None:
    from stable_audio_config.engine.callbacks import LossRecord

    path = tmp_path / "metrics.csv"
    path.write_text("step,epoch,seconds,loss\n1,0,0.5,3.1\n2,0,1.5,3.0\n3,0,2.5,2.9\n4,0,3.")
    LossRecord(path, 2**62)
    assert path.read_text().splitlines() == ["step,epoch,seconds,loss", "1,0,0.5,3.1", "2,0,1.5,3.0", "3,0,2.5,2.9"]
    LossRecord(path, 2)
    assert path.read_text().splitlines()[1:] == ["1,0,0.5,3.1", "2,0,1.5,3.0"]
    path.write_text("")
    LossRecord(path, 2)
    assert path.read_text() == "step,epoch,seconds,loss\n"


def test_a_stopped_run_does_not_validate_first(trees: Any, train_here: Any, monkeypatch: Any) -> None:
    from stable_audio_tools.training.autoencoders import AutoencoderTrainingWrapper

    step = AutoencoderTrainingWrapper.training_step

    def asked_to_stop(self: Any, batch: Any, batch_idx: int) -> Any:
        signal.raise_signal(signal.SIGTERM)
        return step(self, batch, batch_idx)

    monkeypatch.setattr(AutoencoderTrainingWrapper, "training_step", asked_to_stop)
    before = signal.getsignal(signal.SIGTERM)
    tree = trees.autoencoder(val_every=1, training__eval_loss_configs={"sisdr": {}})
    run = train_here({**tree, "val_dataset": tree["dataset"]})
    assert (run.outcome.state, run.outcome.step, run.outcome.signal) == ("stopped", 1, signal.SIGTERM)
    assert not (run.path / "validation.csv").exists()
    assert signal.getsignal(signal.SIGTERM) is before
