"""`sat report`: one file that says what was asked, found and composed, and nothing that its reader should not see."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Sat = Callable[..., Any]


def test_the_report_of_an_experiment_has_findings_versions_and_the_composed_tree(sat: Sat, tmp_path: Path) -> None:
    result = sat("report", "experiment=quick_test", "batch_sise=8", "model.model.encoder.type=ooblek")
    assert (result.code, result.err) == (0, "")
    assert result.out == "written: sat-report.md\nread it before you show it to anybody; nothing was sent\n"
    text = (tmp_path / "sat-report.md").read_text()
    titles = [line for line in text.splitlines() if line.startswith("## ")]
    assert titles == [
        "## What I did, and what I expected",
        "## What happened instead",
        "## About",
        "## Findings",
        "## Machine and versions",
        "## Composed",
    ]
    for told in (
        "experiment=quick_test batch_sise=8",
        "did you mean `batch_size`?",
        "2 errors",
        "pydantic: ",
        "downsampling_ratio: 256",
    ):
        assert told in text


def test_secrets_and_names_are_not_in_it(sat: Sat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USER", "grace")
    monkeypatch.setenv("WANDB_API_KEY", "correct-horse-battery")
    monkeypatch.setenv("SAT_CACHE", str(tmp_path / "home" / "cache"))
    (tmp_path / "mine.yaml").write_text(
        "defaults:\n  - override /model: tiny_autoencoder\n"
        f"dataset:\n  dataset_type: audio_dir\n  datasets:\n    - {{id: x, path: {tmp_path}/home/sounds}}\n"
        "name: correct-horse-battery\nsave_dir: /mnt/grace/runs\nproject: https://ada:lovelace@host.example\n"
    )
    text = sat("report", "mine.yaml", "-o", "-").out
    for hidden in ("correct-horse", "grace", "lovelace", str(tmp_path / "home")):
        assert hidden not in text
    for kept in ("path: ~/sounds", "save_dir: …/runs", "host.example"):
        assert kept in text
    assert not (tmp_path / "sat-report.md").exists()


def test_the_report_of_a_run_has_the_end_of_its_log_and_its_versions(sat: Sat, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "experiment.yaml").write_text(sat("train", "experiment=quick_test", "--cfg").out)
    (run / "log.txt").write_text("\n".join(f"line {number}" for number in range(200)))
    (run / "versions.json").write_text(json.dumps({"python": "3.10.0"}))
    text = sat("report", "run", "-o", "-").out
    assert '"python": "3.10.0"' in text
    assert "line 199" in text
    assert "line 119" not in text
    assert "name: quick_test" in text


def test_what_cannot_be_composed_is_reported_with_its_findings(sat: Sat, tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("a: [")
    assert "error[syntax]" in sat("report", "broken.yaml", "-o", "-").out
    assert "error[unknown-preset]" in sat("report", "experiment=nope", "-o", "-").out
    assert "error[missing-file]" in sat("report", "gone.yaml", "-o", "-").out


def test_without_words_it_is_about_the_machine(sat: Sat) -> None:
    text = sat("report", "-o", "-").out
    assert "## Machine and versions" in text
    assert "## Findings" not in text


def test_an_earlier_report_is_not_overwritten(sat: Sat, tmp_path: Path) -> None:
    (tmp_path / "sat-report.md").write_text("my words\n")
    result = sat("report")
    assert (result.code, (tmp_path / "sat-report.md").read_text()) == (1, "my words\n")
    assert "error[file-exists]" in result.err
