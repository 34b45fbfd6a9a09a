"""A value that is still to come, or cannot be worked out, hides no other mistake; and nothing is said that depends on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stable_audio_config.validation.check import check_files

EXPERIMENT = """\
# @package _global_
defaults:
  - override /model: tiny_autoencoder
  - override /dataset: synthetic
name: mine
"""


def rules(folder: Path, text: str, name: str = "experiment/mine.yaml") -> list[tuple[str, int | None]]:
    file = folder / "conf" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    found, _ = check_files([str(file)], str(folder / "conf"))
    return [(finding.rule, finding.line) for finding in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dataset:\n  drop_last: ???\nmax_stepz: 5\n", [("missing-value", 7), ("unknown-key", 8)]),
        ("batch_size: ${nothing}\nmax_stepz: 5\n", [("interpolation", 6), ("unknown-key", 7)]),
        ("model:\n  sample_size: ${nothing}\n", [("interpolation", 7)]),
        ("model:\n  sample_size: ${nothing}\n  audio_channels: 3\n", [("interpolation", 7), ("audio-channels", 8)]),
    ],
    ids=["a value to come", "an interpolation of nothing", "what depends on it", "what does not"],
)
def test_other_mistakes_of_an_experiment_are_found_beside_it(
    tmp_path: Path, text: str, expected: list[tuple[str, int | None]]
) -> None:
    assert rules(tmp_path, EXPERIMENT + text) == expected


def test_a_preset_for_pre_encoding_may_leave_its_checkpoint_open_but_misspell_nothing(tmp_path: Path) -> None:
    text = "# @package _global_\ndefaults:\n  - default\nckpt_path: ???\n"
    assert rules(tmp_path, text, "pre_encode/mine.yaml") == []
    assert rules(tmp_path, text + "smaple_size: 5\n", "pre_encode/mine.yaml") == [("unknown-key", 5)]
