"""Positions of editors and ours, and where in a half-written text something may be written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol.types import Position

from stable_audio_config.lsp.gap import gaps_at
from stable_audio_config.lsp.text import Text

CHARACTERS = "ab :\n\r\u2028\x85é🎹"
UNITS = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}


def counted(line: str, units: str) -> int:
    return len(line.encode(UNITS[units])) // {"utf-8": 1, "utf-16": 2, "utf-32": 4}[units]


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.text(CHARACTERS, max_size=30), st.sampled_from(list(UNITS)), st.booleans())
def test_an_index_comes_back_through_the_position_of_an_editor(plain: str, units: str, marked: bool) -> None:
    raw = "\ufeff" + plain if marked else plain
    text = Text(raw, is_json=False, units=units)
    lines = raw.replace("\r\n", "\n").replace("\r", "\n").split("\n")  # What an editor takes for lines.
    for index in range(len(plain) + 1):
        position = text.position(index)
        assert position.line < len(lines)
        assert position.character <= counted(lines[position.line], units) + 1
        if plain[index - 1 : index + 1] != "\r\n" and plain[index : index + 1] != "\n":
            assert text.at(position) == index


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.text(CHARACTERS, max_size=30))
def test_our_lines_and_columns_are_those_of_the_parsers(plain: str) -> None:
    text = Text(plain, is_json=False)
    for number, line in enumerate(plain.splitlines(), 1):
        for column in range(1, len(line) + 1):
            assert plain[text.index(number, column)] == line[column - 1]


@pytest.mark.parametrize(("line", "character"), [(9, 0), (1, 99), (0, 99)])
def test_a_position_beyond_the_text_is_the_nearest_in_it(line: int, character: int) -> None:
    assert Text("ab\ncd", is_json=False).at(Position(line, character)) in (2, 5)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.text(CHARACTERS, max_size=20), st.text(CHARACTERS, max_size=20))
def test_the_edit_between_two_texts_makes_one_of_the_other(before: str, after: str) -> None:
    text = Text(before, is_json=False)
    edit = text.changed_to(after)
    start, end = text.at(edit.range.start), text.at(edit.range.end)
    assert before[:start] + edit.new_text + before[end:] == after


CASES = [
    ("model:\n  enc|\n  latent_dim: 4\n", ["key"], ("model",)),
    ("model:\n  |\n  latent_dim: 4\n", ["key"], ("model",)),
    ("model:\n  encoder:\n    |\n", ["key"], ("model", "encoder")),
    ("model:\n  type: oob|\n  config: {a: 1}\n", ["value"], ("model", "type")),
    ("model:\n  type: |\n", ["value"], ("model", "type")),
    ("a:\n  ids: [x, |]\n", ["value", "key"], ("a", "ids", 1)),
    ("a:\n  - |\n", ["key", "value"], ("a", 0)),
    ("x: {a: 1, b|}\n", ["key"], ("x",)),
    ("defaults:\n  - override /mod|\n", ["key", "value"], ("defaults", 0)),
    ("defaults:\n  - override /model: tin|\n", ["value"], ("defaults", 0, "override /model")),
    ("a: 1  # note|\n", [], ()),
    ("|", ["key"], ()),
]


@pytest.mark.parametrize(("text", "roles", "path"), CASES, ids=[text for text, _, _ in CASES])
def test_what_may_be_written_in_yaml(text: str, roles: list[str], path: tuple[str | int, ...]) -> None:
    found = gaps_at(Text(text.replace("|", ""), is_json=False), text.index("|"))
    assert [gap.role for gap in found] == roles
    assert {gap.path for gap in found} <= {path}


JSON_CASES = [
    ('{"a": 1, "b|"}', "key", ()),
    ('{"a": 1,\n |\n "c": {}}', "key", ()),
    ('{"a": {"type": "oo|"}, "c": {}}', "value", ("a", "type")),
    ('{"a": {"type": |}, "c": {}}', "value", ("a", "type")),
    ('{"a": {"ids": ["x", "|"]}}', "value", ("a", "ids", 1)),
    ('{"a": {"ids": ["x"],\n\t"c|', "key", ("a",)),
    ('{"a": 1\n |\n}', "key", ()),
]


@pytest.mark.parametrize(("text", "role", "path"), JSON_CASES, ids=[text for text, _, _ in JSON_CASES])
def test_what_may_be_written_in_json(text: str, role: str, path: tuple[str | int, ...]) -> None:
    first = gaps_at(Text(text.replace("|", ""), is_json=True), text.index("|"))[0]
    assert (first.role, first.path) == (role, path)
