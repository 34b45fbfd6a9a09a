"""A value of a shipped preset, set in the experiment instead: groups are made, comments kept, nothing else changes."""

from __future__ import annotations

import pytest

from stable_audio_config.lsp.overriding import overridden
from stable_audio_config.lsp.text import Text
from stable_audio_config.report.finding import Edit

PATH = ("model", "config", "depth")

CASES = {
    "nothing there": ("name: x\n", "name: x\nmodel:\n  config:\n    depth: 4\n"),
    "no last line end": ("name: x", "name: x\nmodel:\n  config:\n    depth: 4\n"),
    "an outer group": ("model:\n    # wide\n    width: 2\n", "model:\n    # wide\n    config:\n      depth: 4\n    width: 2\n"),
    "the group": ("model:\n  config:\n    width: 2  # wide\n", "model:\n  config:\n    depth: 4\n    width: 2  # wide\n"),
    "a group on one line": ("model: {config: {width: 2}}\n", "model: {config: {depth: 4, width: 2}}\n"),
    "an outer group on one line": ("model: {width: 2}\n", 'model: {config: {"depth": 4}, width: 2}\n'),
    "an empty group": ("model: {}\n", 'model: {config: {"depth": 4}}\n'),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES.keys())
def test_a_value_is_set_where_its_group_is_or_would_be(before: str, after: str) -> None:
    assert overridden(Text(before, is_json=False), before, Edit(op="set", path=PATH, value=4)) == after


@pytest.mark.parametrize(
    ("before", "edit"),
    [
        ("model:\n  config: ${other}\n", Edit(op="set", path=PATH, value=4)),
        ("name: x\n", Edit(op="remove", path=PATH)),
        ("name: x\n", Edit(op="set", path=("model", "strides", 0), value=4)),
        ("name: [\n", Edit(op="set", path=PATH, value=4)),
    ],
    ids=["an interpolation in its place", "no setting", "an item of a list", "not valid"],
)
def test_what_cannot_be_set_here_is_left(before: str, edit: Edit) -> None:
    assert overridden(Text(before, is_json=False), before, edit) is None
