"""`sat new`: templates of presets, each of which checks clean as it is, and with every offered line switched on."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stable_audio_config.datamodels.experiment import ExperimentConfig
from stable_audio_config.datamodels.kinds import KINDS
from stable_audio_config.starting.templates import BASES

Sat = Callable[..., Any]
CASES = [(kind, tag) for kind, tags in BASES.items() for tag in tags]


@pytest.mark.parametrize(("kind", "tag"), CASES, ids=lambda word: str(word))
def test_a_template_checks_clean_and_offers_every_other_key(sat: Sat, tmp_path: Path, kind: str, tag: str) -> None:
    result = sat("new", kind, "mine", "--type", tag)
    file = tmp_path / "conf" / kind / "mine.yaml"
    first, schema, last = result.out.splitlines()
    assert (result.code, first, last) == (0, f"written: conf/{kind}/mine.yaml", f"use it: sat train {kind}=mine")
    assert schema.startswith("written: .sat/schemas/")
    checked = sat("validate", f"conf/{kind}/mine.yaml")
    assert checked.code == 0, checked.out
    text = file.read_text()
    offered = set(re.findall(r"^(?:# )?(\w+):", text, flags=re.MULTILINE))
    model = ExperimentConfig if kind == "experiment" else KINDS[kind].branch(tag)
    assert model is not None
    missing = set(model.model_fields) - offered
    assert missing <= {"schema_version", "accept_unknown", "model", "dataset", "training", *DEPRECATED}
    assert text.startswith(("# yaml-language-server: $schema=", "# @package _global_\n# yaml-language-server: $schema="))
    assert not text.endswith("\n\n")


DEPRECATED = ("mask_padding_attention", "use_effective_length_for_schedule")


@pytest.mark.parametrize(("kind", "tag"), [("experiment", "experiment"), ("dataset", "audio_dir"), ("dataset", "wds")])
def test_the_offered_lines_are_defaults_that_can_be_switched_on(sat: Sat, tmp_path: Path, kind: str, tag: str) -> None:
    sat("new", kind, "mine", "--type", tag)
    file = tmp_path / "conf" / kind / "mine.yaml"
    text = re.sub(r"^# (\w+: \S)", r"\1", file.read_text(), flags=re.MULTILINE)
    assert text.count("\n#") < file.read_text().count("\n#")
    file.write_text(text)
    checked = sat("validate", f"conf/{kind}/mine.yaml")
    assert "error" not in checked.out + checked.err


def test_a_new_experiment_runs_under_its_own_name(sat: Sat) -> None:
    sat("new", "experiment", "mine")
    assert "\nname: mine\n" in sat("train", "experiment=mine", "--cfg").out


def test_a_type_or_name_that_cannot_be_is_one_finding(sat: Sat, tmp_path: Path) -> None:
    result = sat("new", "model", "mine", "--type", "gan")
    assert "error[usage]: there is no model of type `gan`" in result.err
    assert "autoencoder, diffusion_uncond" in result.err
    assert "cannot be the name of a preset" in sat("new", "model", "a b").err
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(sat: Sat, tmp_path: Path) -> None:
    assert sat("new", "dataset", "mine").code == 0
    (tmp_path / "conf" / "dataset" / "mine.yaml").write_text("my work\n")
    result = sat("new", "dataset", "mine")
    assert (result.code, (tmp_path / "conf" / "dataset" / "mine.yaml").read_text()) == (1, "my work\n")
    assert "error[file-exists]" in result.err
