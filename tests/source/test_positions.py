"""Where keys and values stand in YAML and JSON texts."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import stable_audio_config
from stable_audio_config.source.positions import Place, Span, positions, repeated_key
from stable_audio_config.source.reading import tree_of

PRESETS = sorted((Path(stable_audio_config.__file__).parent / "conf").rglob("*.yaml"))
PUBLISHED = sorted((Path(__file__).parent.parent / "published").rglob("*.json"))


def at(text: str, span: Span) -> str:
    return text.splitlines()[span.line - 1][span.column - 1 :][: span.width]


def leaves(tree: Any, path: tuple[Any, ...] = ()) -> dict[tuple[Any, ...], Any]:
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return {here: inner for key, value in items for here, inner in {(*path, key): value, **leaves(value, (*path, key))}.items()}


def test_a_key_and_its_value() -> None:
    places = positions("a: 1\nb:\n  c: [x, 'y z']  # why\n")
    assert places["a",] == Place(Span(1, 1, 1), Span(1, 4, 1), True)
    assert places["b",].key == Span(2, 1, 1)
    assert not places["b",].scalar
    assert places["b", "c"].value == Span(3, 6, 10)
    assert places["b", "c", 1] == Place(Span(3, 10, 5), Span(3, 10, 5), True)
    assert len(places) == 5


def test_a_value_over_several_lines_is_shown_by_its_first() -> None:
    places = positions('text: |\n  one\n  two\nlist:\n  - a\nlong: "one\n  two"\n')
    assert places["text",].value == Span(1, 7, 1)
    assert places["list",].value == Span(5, 3, 3)
    assert places["long",].value == Span(6, 7, 4)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old mac"])
@pytest.mark.parametrize("is_json", [False, True], ids=["yaml", "json"])
def test_every_way_to_end_a_line(end: str, is_json: bool) -> None:
    lines = ['{"a": 1,', ' "b": {', '  "c": 2}}'] if is_json else ["a: 1", "b:", "  c: 2"]
    text = end.join(lines)
    assert at(text, positions(text, is_json)["b", "c"].value) == "2"


@pytest.mark.parametrize("is_json", [False, True], ids=["yaml", "json"])
def test_characters_are_counted_not_bytes(is_json: bool) -> None:
    text = '{"é😀": "ü", "b": "\u2028", "c": 5}'
    places = positions("\ufeff" + text, is_json)
    assert [at(text, places[key,].key) for key in ("é😀", "b")] == ['"é😀"', '"b"']
    assert at(text, places["c",].value) == "5"


def test_texts_with_quotes_and_brackets_in_json() -> None:
    text = r'{"a\"}": "x\\", "\u0062": ["]", "\"", {"c": "\\\""}], "d": -1.5e-3}'
    places = positions(text, is_json=True)
    assert set(places) == set(leaves(json.loads(text)))
    assert at(text, places['a"}',].value) == r'"x\\"'
    assert at(text, places["b", 2, "c"].value) == r'"\\\""'
    assert at(text, places["d",].value) == "-1.5e-3"


def test_what_an_anchor_repeats_stands_where_it_was_written() -> None:
    text = "base: &base {x: 1, y: 2}\nmore: &more {y: 3, z: 4}\nuse:\n  <<: [*base, *more]\n  x: 5\ncopy: *base\n"
    places = positions(text)
    assert places["copy", "x"].value.line == 1
    assert places["use", "x"].value == Span(5, 6, 1)
    assert (places["use", "y"].value.line, places["use", "z"].value.line) == (1, 2), "the first of the list wins"
    assert leaves(tree_of(text, "a.yaml", is_json=False)).keys() == places.keys()


def test_a_merged_group_is_replaced_as_a_whole() -> None:
    text = "base: &base\n  g: {a: 1}\nuse:\n  <<: *base\n  g: {b: 2}\n"
    places = positions(text)
    assert ("use", "g", "b") in places
    assert ("use", "g", "a") not in places


@pytest.mark.parametrize("file", [*PUBLISHED, *PRESETS], ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_every_value_of_a_real_config_stands_at_its_place(file: Path) -> None:
    text, is_json = file.read_text(encoding="utf-8"), file.suffix == ".json"
    known = leaves(tree_of(text, file.name, is_json=is_json))
    places = positions(text, is_json)
    assert places.keys() == known.keys()
    for path, value in known.items():
        if places[path].scalar:
            written = at(text, places[path].value)
            assert tree_of(f'{{"v": {written}}}' if is_json else f"v: {written}", "v", is_json=is_json) == {"v": value}
        if not isinstance(path[-1], int):
            assert at(text, places[path].key).strip("\"'") == path[-1]


@pytest.mark.parametrize(
    ("text", "is_json"),
    [
        ("", False), ("# nothing", False), ("a: [1", False), ("a: *x", False), ("&a [*a]", False), ("? [b]\n: 1", False),
        ("\x00", False), ("a\tb: \x01", False),
        ("- 1", True), ("", True), ('{"a": ', True), ("}", True), ('{"a": 1]]', True), ("[,]", True),
    ],
)  # fmt: skip
def test_what_is_not_valid_or_holds_nothing_has_no_positions_or_some(text: str, is_json: bool) -> None:
    assert isinstance(positions(text, is_json), dict)


def levels(line: str) -> str:
    """Ten lines, each of which repeats the one before ten times."""
    pairs = pairwise("abcdefghijk")
    return "".join(line.format(new=new, ten=f"*{old}, " * 10) + "\n" for old, new in pairs)


@pytest.mark.parametrize(
    ("text", "is_json"),
    [
        ("[" * 1_000_000, False),
        ("a: " + "[" * 10_000 + "]" * 10_000, False),
        ('{"a": ' * 10_000 + "1" + "}" * 10_000, True),
        ("[" + "1, " * 200_000 + "1]", True),
        ("[" + "1, " * 200_000 + "1]", False),
        ("a: &a {x: 1}\n" + levels("{new}: &{new} {{<<: [{ten}]}}"), False),
        ("a: &a [1]\n" + levels("{new}: &{new} [{ten}]"), False),
    ],
    ids=["open lists", "deep lists", "deep groups", "long json", "long yaml", "merges", "aliases"],
)
def test_an_endless_text_gets_none(text: str, is_json: bool) -> None:
    assert positions(text, is_json) == {}


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ('{"a": 1, "a": 2}', Span(1, 10, 3)),
        ('{"a": {"b": 1}, "c": [{"b": 1,\n "b": 2}]}', Span(2, 2, 3)),
        ('{"a": 1, "\\u0061": 2}', Span(1, 10, 8)),
        ('{"a": "b", "b": "a"}', None),
        ('[{"a": 1}, {"a": 1}]', None),
    ],
)
def test_the_second_of_two_equal_keys_in_json(text: str, span: Span | None) -> None:
    assert repeated_key(text) == span
