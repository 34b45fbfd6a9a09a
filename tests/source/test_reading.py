"""What a text can do wrong: each ends in one finding that names the file, and the line where there is one."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from stable_audio_config.report.finding import Finding, Refused
from stable_audio_config.source import reading
from stable_audio_config.source.reading import decoded, plain_tree, read_text, tree_of
from stable_audio_config.source.writing import as_yaml


def refusal(text: str, *, is_json: bool) -> Finding:
    with pytest.raises(Refused) as refused:
        tree_of(text, "file", is_json=is_json)
    (finding,) = refused.value.findings
    assert finding.source == "file"
    assert "\n" not in finding.message
    return finding


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ('{"a": 1,\n "b": 4', (2, 8), "not valid JSON: expecting ',' delimiter"),
        ('{"a": "b', (1, 7), "not valid JSON: unterminated string starting"),
        ('{"a": 1} x', (1, 10), "not valid JSON: extra data"),
        ('{"a": 1,}', (1, 8), "not valid JSON: a comma before `}`"),
        ('{\n// why\n"a": 1}', (2, 1), "not valid JSON: a comment, which JSON does not know"),
        ("{'a': 1}", (1, 2), "not valid JSON: a text in single quotes"),
        ('{"a": "b\tc"}', (1, 9), "not valid JSON: invalid control character"),
        ('{"a": 1,\r"b": }', (2, 6), "not valid JSON: expecting value"),
        ('{"a": 1,\r\n"b": }', (2, 6), "not valid JSON: expecting value"),
        ('{"a": "\u2028", "b": }', (2, 9), "not valid JSON: expecting value"),
        ('{"a": ' + "9" * 5000 + "}", (1, 7), "not valid JSON: a number of 5000 characters, of at most 4300"),
    ],
)
def test_a_mistake_in_json(text: str, place: tuple[int, int], message: str) -> None:
    finding = refusal(text, is_json=True)
    assert (finding.rule, finding.message) == ("syntax", message)
    assert (finding.line, finding.column) == place
    assert finding.excerpt == text.splitlines()[place[0] - 1]


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a: 1\n\tb: 2\n", (2, 1), "a tab indents here; YAML takes spaces only"),
        ("a: {b: [1, 2\n", (2, 1), "expected ',' or ']', but got '<stream end>'"),
        ("a: 1\nb: 2\na: 3\n", (3, 1), "the key `a` stands twice"),
        ("1: 1\n1: 2\n", (2, 1), "the key `1` stands twice"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n  d: 1\n  d: 2\n", (5, 3), "the key `d` stands twice"),
        ("a: *x\n", (1, 4), "found undefined alias 'x'"),
        ("a: 1\n---\nb: 2\n", (2, 1), "expected a single document in the stream, but found another document"),
        ("a: !!int b\n", (1, 4), "not `int`, as its tag says"),
        ("a: !!bool b\n", (1, 4), "not `bool`, as its tag says"),
        ('a: !!int ""\n', (1, 4), "not `int`, as its tag says"),
        ("? [a]\n: 1\n", (1, 3), "found unhashable key"),
        ("a: 1\nb: \x01\n", (2, 4), "the character U+0001, which YAML does not allow"),
        ("a: " + "9" * 5000, (1, 4), "a number of 5000 characters, of at most 4300"),
        ("a: 0x" + "f" * 5000, (1, 4), "a number of 5002 characters, of at most 4300"),
        ("a: " + "9:" * 5000 + "9", (1, 4), "a number of 10001 characters, of at most 4300"),
        ("<<: 5\n", (1, 5), "expected a mapping or list of mappings for merging, but found scalar"),
    ],
)  # fmt: skip
def test_a_mistake_in_yaml(text: str, place: tuple[int, int], message: str) -> None:
    finding = refusal(text, is_json=False)
    assert (finding.rule, finding.message) == ("syntax", f"not valid YAML: {message}")
    assert (finding.line, finding.column) == place


@pytest.mark.parametrize("tag", ["!mine", "!!python/name:os.system", "!!set", "!!binary", "!!timestamp", "!!omap", "!!pairs"])
def test_a_tag_of_what_no_config_holds(tag: str) -> None:
    finding = refusal(f"a: {tag} x\n", is_json=False)
    full = tag.replace("!!", "tag:yaml.org,2002:")
    assert finding.message == f"not valid YAML: the tag '{full}' is not allowed: a config holds plain values"
    assert (finding.line, finding.column) == (1, 4)


def test_a_long_text_is_told_in_the_words_of_the_fast_parser() -> None:
    finding = refusal("".join(f"key{number}: 1\n" for number in range(2_000)) + "\tx: 1\n", is_json=False)
    assert (finding.line, finding.message) == (2001, "not valid YAML: a tab indents here; YAML takes spaces only")


def bomb(first: str, levels: str, one: str) -> str:
    lines = [f"{new}: &{new} {one % ', '.join([f'*{old}'] * 10)}" for old, new in pairwise(levels)]
    return "\n".join([first, *lines])


@pytest.mark.parametrize(
    ("text", "is_json", "message"),
    [
        ("a: " + "[" * 10_000 + "]" * 10_000, False, "is nested too deeply"),
        ("[" * 1_000_000, False, "is nested too deeply"),
        ("- " * 1_000_000, False, "is nested too deeply"),
        ("\n".join(" " * depth + "a:" for depth in range(2_000)), False, "is nested too deeply"),
        ("a: " + "[" * 200 + "]" * 200, False, "is nested too deeply"),
        ('{"a": ' * 10_000 + "1" + "}" * 10_000, True, "is nested too deeply"),
        ("[" * 1_000_000, True, "is nested too deeply"),
        ("&a [*a]", False, "is nested too deeply"),
        ("a: &a {b: *a}", False, "is nested too deeply"),
        (bomb("a: &a [1, 1, 1]", "abcdefghijkl", "[%s]"), False, "holds more than 50000 values"),
        (f"a: &a [{'1, ' * 9_000}]\nb: [{'*a, ' * 9_000}]", False, "holds more than 50000 values"),
        ("a: [" + "1, " * 60_000 + "]", False, "holds more than 50000 keys and values"),
        ("--- a\n" * 60_000, False, "holds more than 50000 keys and values"),
        ('{"a": [' + "1, " * 60_000 + "1]}", True, "holds more than 50000 values"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 40 else "",
)
def test_a_text_without_an_end_is_not_followed(text: str, is_json: bool, message: str) -> None:
    finding = refusal(text, is_json=is_json)
    assert (finding.rule, finding.message) == ("unreadable-file", f"`file` {message}")


def test_a_group_that_merges_itself_gains_nothing() -> None:
    assert tree_of("&a\n<<: *a\nb: 1", "file", is_json=False) == {"b": 1}


def test_merged_keys_have_a_limit_too() -> None:
    finding = refusal(bomb("a: &a {x: 1}", "abcdefghijkl", "{<<: [%s]}"), is_json=False)
    assert finding.message == "not valid YAML: more than 50000 keys through `<<`"
    assert finding.line == 5, "the first line that is too much"


def test_anchors_and_merges_of_an_ordinary_size_are_read() -> None:
    text = "deep:\n  er:\n    mid: &mid\n      <<: &base {a: 1, b: 2}\n      b: 3\ntop:\n  <<: *mid\n  c: 4\nagain: *mid\n"
    tree = tree_of(text, "file", is_json=False)
    assert tree["top"] == {"a": 1, "b": 3, "c": 4}
    assert tree["again"] == tree["deep"]["er"]["mid"] == {"a": 1, "b": 3}, "a group that is merged first holds its keys once"


@pytest.mark.parametrize("is_json", [False, True], ids=["yaml", "json"])
def test_a_whole_number_that_nothing_counts_with(is_json: bool) -> None:
    text = f'{{"a": [1,\n {{"b": {10**400}}}], "c": {-(2**65)}, "d": {2**64 - 1}}}'
    with pytest.raises(Refused) as refused:
        tree_of(text, "file", is_json=is_json)
    first, second = refused.value.findings
    assert (first.rule, first.path, first.line, first.column) == ("wrong-value", ("a", 1, "b"), 2, 8)
    assert first.message == "`a.1.b` has more than 64 bits, too many for a whole number"
    assert second.path == ("c",)


def test_numbers_that_are_none_are_left_to_whoever_knows_the_key() -> None:
    tree = tree_of('{"a": NaN, "b": -Infinity, "c": 1e400}', "file", is_json=True)
    assert str(tree) == "{'a': nan, 'b': -inf, 'c': inf}"
    assert str(tree_of("a: .nan\nb: -.inf\nc: 1e400\n", "file", is_json=False)) == str(tree)


@pytest.mark.parametrize("text", ["[1, 2]", '"text"', "5", "null"])
def test_what_holds_no_keys(text: str) -> None:
    finding = refusal(text, is_json=True)
    assert finding.message == "`file` must hold keys and values, not a list or a single value"


def test_yaml_is_read_as_omegaconf_reads_it() -> None:
    tree = tree_of("a: 1e-4\nb: 2026-11-23\nc: 012\nd: '1e-4'\ne: yes\nf: 1_000\ng: ~\nh: 0x10\n", "file", is_json=False)
    assert tree == {"a": 1e-4, "b": "2026-11-23", "c": 10, "d": "1e-4", "e": True, "f": 1000, "g": None, "h": 16}
    assert tree_of(as_yaml(tree), "file", is_json=False) == tree


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bytes(range(256)), "`file` is not UTF-8 text (byte 128)"),
        ("é".encode("latin-1"), "`file` is not UTF-8 text (byte 0)"),
        ('{"a": 1}'.encode("utf-16"), "`file` is not UTF-8 text (byte 0)"),
        (b"\x89PNG\r\n", "`file` is not UTF-8 text (byte 0)"),
        (b"a: \0", "`file` is not a text file"),
        (b"\xed\xa0\x80", "`file` is not UTF-8 text (byte 0)"),
    ],
)
def test_bytes_that_are_no_text(content: bytes, message: str) -> None:
    with pytest.raises(Refused) as refused:
        decoded(content, "file")
    (finding,) = refused.value.findings
    assert (finding.rule, finding.message, finding.source) == ("unreadable-file", message, "file")


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert decoded(b"\xef\xbb\xbfa: 1", "file") == "a: 1"


def test_no_more_is_read_than_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST", 1_000_000)
    with (tmp_path / "a.yaml").open("wb") as file:
        file.truncate(10**11)  # Sparse: it takes no place on the disk.
    with pytest.raises(Refused, match="is larger than 1 MB"):
        read_text(tmp_path / "a.yaml")


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_words: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", closed)  # Root may open everything, so the system is asked to say no.
    with pytest.raises(Refused) as refused:
        read_text(tmp_path / "a.yaml")
    assert refused.value.findings[0].message == f"`{tmp_path / 'a.yaml'}` cannot be read: Permission denied"


@pytest.mark.parametrize("name", ["loop.yaml", "gone.yaml", "folder.yaml", "a" * 300 + ".yaml"])
def test_what_cannot_be_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(Refused) as refused:
        plain_tree(tmp_path / name)
    assert refused.value.findings[0].rule in ("unreadable-file", "missing-file")


def test_the_same_tree_in_both_languages(tmp_path: Path) -> None:
    tree = {"a": [1, 2.5, None, True, {"b": "é"}], "c": {}}
    (tmp_path / "a.json").write_text(json.dumps(tree))
    (tmp_path / "a.yaml").write_text(as_yaml(tree))
    assert plain_tree(tmp_path / "a.json") == plain_tree(tmp_path / "a.yaml") == tree


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ('{"a": "\\ud800"}', 8),
        ('{"\\uDFFF": 1}', 3),
        ('{"a": "\\ud83d\\ud83d\\ude00"}', 8),
        ('{"a": "\\\\\\udc00"}', 10),
    ],
)
def test_half_of_a_character(text: str, column: int) -> None:
    finding = refusal(text, is_json=True)
    assert (finding.rule, finding.line, finding.column) == ("syntax", 1, column)
    assert finding.message.endswith("is half of a character")


def test_both_halves_of_a_character_and_what_only_looks_like_one() -> None:
    assert tree_of('{"a": "\\ud83d\\ude00", "b": "\\\\ud800"}', "file", is_json=True) == {"a": "😀", "b": "\\ud800"}
