"""The version of our own format: files of a later one are refused in one finding, those of an earlier one are carried up.

There is one version so far. What steps will do is shown with made-up ones, which no code of the package knows.
"""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stable_audio_config import Refused
from stable_audio_config.api import validate
from stable_audio_config.datamodels.schema_version import SCHEMA_VERSION
from stable_audio_config.source.edit import Change
from stable_audio_config.versions.schema import STEPS, carried_to, of_today, steps_between, version_of
from stable_audio_config.versions.step import Parts, Step, Unequal

Sat = Callable[..., Any]

EXPERIMENT = """\
schema_version: 2
defaults:
  - override /model: tiny_autoencoder
  - override /dataset: synthetic
name: mine
a_key_of_tomorrow: 1
batch_size: {size: 4}
"""
NEWER = "error[newer-format]: `schema_version` is 2, and stable-audio-config 0.1.0 reads up to 1"


def up(old: Parts) -> Iterator[Change | Unequal]:
    if "steps" in old.whole:
        yield old.whole.rename("steps", "max_steps")


def down(new: Parts) -> Iterator[Change | Unequal]:
    if "max_steps" in new.whole:
        yield new.whole.rename("max_steps", "steps")
    if "log_every" in new.whole:
        yield Unequal(("log_every",), "version 1 logs every step")
        yield new.whole.remove("log_every")


def defaults_up(old: Parts) -> Iterator[Change | Unequal]:
    if old.complete and "seed" not in old.whole:
        yield old.whole.set("seed", 0)


MADE_UP = {2: (Step("steps", "`steps` became `max_steps`.", up, down),), 3: (Step("seed", "0 was the seed.", defaults_up, down),)}


def test_every_later_version_has_steps_that_lead_to_it() -> None:
    assert set(STEPS) == set(range(2, SCHEMA_VERSION + 1))


def test_there_was_no_version_before_the_first() -> None:
    """The first commit with an experiment wrote `schema_version: 1`, and no key was renamed or removed since."""
    with pytest.raises(Refused) as refused:
        validate({"schema_version": 0, "name": "mine"})
    assert {finding.path for finding in refused.value.findings} >= {("schema_version",)}


def test_a_file_of_a_later_version_is_one_finding(sat: Sat, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(EXPERIMENT)
    for arguments in (("train", "mine.yaml", "--cfg"), ("train", "experiment=mine.yaml"), ("explain", "batch_size", "mine.yaml")):
        result = sat(*arguments)
        assert (result.code, result.err.count("error[")) == (1, 1), arguments
        assert result.err.startswith(NEWER) and "mine.yaml:1:17" in result.err
    for arguments in (("validate", "mine.yaml"), ("validate", "--fix", "--yes", "mine.yaml"), ("upgrade", "mine.yaml")):
        result = sat(*arguments)
        assert (result.code, (result.out + result.err).count("error[")) == (1, 1), arguments
        assert NEWER in result.out + result.err
    assert (tmp_path / "mine.yaml").read_text() == EXPERIMENT


@pytest.mark.parametrize(("command", "group"), [("pre-encode", "pre_encode"), ("generate", "inference")])
def test_a_file_for_another_command_too(sat: Sat, tmp_path: Path, command: str, group: str) -> None:
    (tmp_path / "mine.yaml").write_text("schema_version: 7\nckpt_path: a.ckpt\nunheard_of: 1\n")
    result = sat(command, f"{group}=mine.yaml")
    assert (result.code, result.err.count("error[")) == (1, 1)
    assert "error[newer-format]: `schema_version` is 7" in result.err


def test_a_runs_folder_of_a_later_version(sat: Sat, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "experiment.yaml").write_text("schema_version: 2\nname: mine\nunheard_of: 1\n")
    result = sat("train", "--from-run", "run", "--cfg")
    assert (result.code, result.err.count("error[")) == (1, 1)
    assert result.err.startswith(NEWER)


def test_a_tree_of_a_later_version_is_one_finding_from_python_too() -> None:
    with pytest.raises(Refused) as refused:
        validate({"schema_version": 2, "name": 5, "unheard_of": 1})
    assert [finding.rule for finding in refused.value.findings] == ["newer-format"]


def test_a_checkpoint_of_a_later_version_is_one_finding(sat: Sat, tmp_path: Path) -> None:
    carried = {"schema_version": 2, "experiment": {"a": 1}}
    with zipfile.ZipFile(tmp_path / "a.ckpt", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"state_dict": {}, "stable_audio_config": carried}, 2))
    result = sat("show", "a.ckpt")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(NEWER)


@pytest.mark.parametrize("said", [None, "2", 2.0, True, [2]])
def test_what_is_no_version_is_left_to_the_data_models(said: Any) -> None:
    tree = {"schema_version": said, "name": "mine"}
    assert version_of(tree) is None
    assert of_today(tree) is tree


def test_a_stamped_tree_is_carried_over_all_versions_between() -> None:
    tree = {"schema_version": 1, "steps": 5}
    done = carried_to(tree, 3, MADE_UP, today=3)
    assert done.tree == {"schema_version": 1, "max_steps": 5, "seed": 0}
    assert done.steps == ("steps", "seed")
    assert tree == {"schema_version": 1, "steps": 5}
    assert carried_to({"schema_version": 2, "steps": 5}, 3, MADE_UP, today=3).tree == {"schema_version": 2, "steps": 5, "seed": 0}


def test_of_a_tree_without_a_stamp_only_what_it_says_is_carried() -> None:
    assert carried_to({"steps": 5}, 3, MADE_UP, today=3).tree == {"max_steps": 5}
    assert carried_to({"max_steps": 5}, 3, MADE_UP, today=3).changes == ()


def test_a_way_down_says_what_is_lost() -> None:
    done = carried_to({"schema_version": 2, "max_steps": 5, "log_every": 2}, 1, MADE_UP, today=3)
    assert done.tree == {"schema_version": 2, "steps": 5}
    assert [one.message for one in done.unequal] == ["version 1 logs every step"]


def test_the_steps_between_two_versions() -> None:
    assert [step.name for step in steps_between(1, 3, MADE_UP)] == ["steps", "seed"]
    assert [step.name for step in steps_between(3, 2, MADE_UP)] == ["seed"]
    assert steps_between(2, 2, MADE_UP) == []
