"""The lines that migration writes: the real reader of YAML gives the tree back, and so does the quick one."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from stable_audio_config.migrate.lines import lines_of, read_back
from stable_audio_config.migrate.presets import same
from stable_audio_config.source.reading import tree_of

TEXTS = [
    "a b", "a  b", " a", "a ", "1e-4", "yes", "No", "null", "~", "0x10", "é", "#x", "a #b", "a: b", "a:", "- x", "-", "'", '"',
    "\\", "a\\", "a\nb", "\t", "2026-11-23", "1_000", "12:30:45", "<<", "=", "", "*a", "&a", "!a", "%a", "@a", "`a`", "{a}", "[a]",
    "a,b", "?", "? a", "|", ">", ".inf", ".5", "./x", "../y", "/data/my music/x.wav", "~/x", "\u2028", "\u0085", "\x7f", "\ufeff",
    "😀", "${oc.env:HOME}", "\\${x}", "x\\\\${y}", "${", "$", "on", "y", "a/b.c+d", "C:\\new", "true", "True", "- ", "a -b", "...",
    "---", "a\r\nb", "16-mixed",
]  # fmt: skip
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.one_of(st.none(), st.booleans(), st.integers(-(2**62), 2**62), FLOATS, st.sampled_from(TEXTS), st.text(max_size=5))
TREES = st.recursive(
    VALUES,
    lambda inside: st.one_of(
        st.lists(inside, max_size=3), st.dictionaries(st.one_of(st.sampled_from(TEXTS), st.text(max_size=4)), inside, max_size=3)
    ),
    max_leaves=12,
)
GROUPS = st.dictionaries(st.sampled_from([*TEXTS, "model", "type"]), TREES, max_size=4)


def can_stand(value: Any) -> bool:
    if isinstance(value, dict):
        return all(can_stand(part) for item in value.items() for part in item)
    if isinstance(value, list):
        return all(map(can_stand, value))
    return not isinstance(value, str) or (value != "???" and not any("\ud800" <= letter <= "\udfff" for letter in value))


@given(GROUPS.filter(can_stand))
@settings(max_examples=400, deadline=None, derandomize=True)
def test_both_readers_give_back_what_was_written(tree: dict[str, Any]) -> None:
    written = "\n".join(lines_of(tree)) or "{}"
    if tree:
        assert same(read_back(written), tree)
    composed = OmegaConf.to_container(OmegaConf.create({"k": tree_of(written, "x", is_json=False)}), resolve=True)
    assert isinstance(composed, dict)
    assert same(composed["k"], tree)


@pytest.mark.parametrize("number", [1e-5, 1e16, -2.5e-7, 0.1, 1.0, -0.0, 1e300])
def test_numbers_are_numbers_to_every_reader_of_yaml(number: float) -> None:
    import yaml

    [line] = lines_of({"x": number})
    assert same(yaml.safe_load(line), {"x": number})


@pytest.mark.parametrize("number", [math.inf, -math.inf])
def test_what_json_has_no_word_for_is_read_back(number: float) -> None:
    [line] = lines_of({"x": number})
    assert read_back(line) == {"x": number} == tree_of(line, "x", is_json=False)


def test_comments_stand_beside_keys_and_are_read_over() -> None:
    tree = {"a": 1, "b": {"c": ["x"]}, "d": [{"e": "f # g"}]}
    lines = lines_of(tree, {("a",): "one # two", ("b",): "group", ("d", 0, "e"): "inside"})
    assert lines[0] == "a: 1  # one # two"
    assert read_back("\n".join(["# above", *lines])) == tree == tree_of("\n".join(lines), "x", is_json=False)


@pytest.mark.parametrize("text", ["???", "\ud83d"])
def test_what_cannot_stand_in_an_experiment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"still to come|half"):
        lines_of({"a": [text]})


@pytest.mark.parametrize("text", ["a: &x 1\n  b: 2", "a:\nb: 1", "a: 1\na: 2", "a: [1", "  a: 1\nb: 2", "a:\n  - b: 1\n - c: 2"])
def test_the_quick_reader_takes_nothing_that_others_wrote_in_another_way(text: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        read_back(text)


@pytest.mark.parametrize("file", sorted((Path(__file__).parent.parent / "published").glob("*.json")), ids=lambda file: file.stem)
def test_published_configs_come_back(file: Path) -> None:
    tree = json.loads(file.read_text(encoding="utf-8"))
    written = "\n".join(lines_of(tree))
    assert same(read_back(written), tree)
    assert same(tree_of(written, "x", is_json=False), tree)
