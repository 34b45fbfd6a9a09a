"""Single keys changed in a text, the rest of it kept byte for byte; and files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from stable_audio_config.source.edit import Change, applied, edited, write_whole, written

YAML = """\
# a model
model: &m   # the whole of it
  "strides": [2, 4]   # down
  latent_dim: 16      # wide
  type:  'vae'

other: {a: 1, b: x}   # on one line
list:
- id: one
  path: here
- id: two
text: |
  many
  lines
"""
JSON = """\
{
  "model": {"strides": [2, 4], "latent_dim": 16},
  "type": "vae",
  "list": [
    {
      "id": "one",
      "path": "here"
    }
  ],
  "last": true
}
"""


def changed(text: str, op: Any, path: tuple[Any, ...], value: Any = None, *, is_json: bool = False) -> str | None:
    return edited(text, [Change(op, path, value)], is_json=is_json)


def difference(before: str, after: str | None) -> tuple[str, str]:
    """What stood in the one stretch that differs, and what stands there now."""
    assert after is not None
    start = same_characters(before, after)
    end = same_characters(before[start:][::-1], after[start:][::-1])
    return before[start : len(before) - end], after[start : len(after) - end]


def same_characters(one: str, other: str) -> int:
    return next(
        (index for index, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), min(len(one), len(other))
    )


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (("model", "latent_dim"), 32, "  latent_dim: 32      # wide"),
        (("model", "latent_dim"), 1e-4, "  latent_dim: 0.0001      # wide"),
        (("model", "latent_dim"), None, "  latent_dim: null      # wide"),
        (("model", "latent_dim"), True, "  latent_dim: true      # wide"),
        (("model", "latent_dim"), "1e-4", "  latent_dim: '1e-4'      # wide"),
        (("model", "latent_dim"), "yes", "  latent_dim: 'yes'      # wide"),
        (("model", "type"), "wavelet", "  type:  wavelet"),
        (("model", "strides", 1), 8, '  "strides": [2, 8]   # down'),
        (("other", "b"), 5, "other: {a: 1, b: 5}   # on one line"),
        (("model", "strides"), 8, '  "strides": 8   # down'),
        (("list", 0, "path"), "there", "  path: there"),
        (("list", 1, "id"), "é: #", "- id: 'é: #'"),
    ],
)
def test_a_value_in_yaml(path: tuple[Any, ...], value: Any, line: str) -> None:
    after = changed(YAML, "set", path, value)
    assert after is not None
    (new,) = set(after.splitlines()) - set(YAML.splitlines())
    assert new == line


def test_a_value_in_json() -> None:
    assert difference(JSON, changed(JSON, "set", ("model", "latent_dim"), 32, is_json=True)) == ("16", "32")
    assert difference(JSON, changed(JSON, "set", ("type",), 'a"b', is_json=True)) == ("vae", 'a\\"b')
    assert difference(JSON, changed(JSON, "set", ("model", "strides", 0), 7, is_json=True)) == ("2", "7")


def test_a_key_is_renamed_in_its_own_quotes() -> None:
    assert difference(YAML, changed(YAML, "rename", ("model", "strides"), "ratios")) == ("stride", "ratio")
    assert difference(YAML, changed(YAML, "rename", ("model", "latent_dim"), "width")) == ("latent_dim", "width")
    assert difference(JSON, changed(JSON, "rename", ("type",), "kind", is_json=True)) == ("type", "kind")


def test_a_key_with_a_line_of_its_own_is_removed_with_its_comment() -> None:
    assert changed(YAML, "remove", ("model", "latent_dim")) == YAML.replace("  latent_dim: 16      # wide\n", "")
    assert changed(JSON, "remove", ("type",), is_json=True) == JSON.replace('  "type": "vae",\n', "")


def test_a_key_is_removed_from_a_group_on_one_line() -> None:
    assert changed(YAML, "remove", ("other", "a")) == YAML.replace("{a: 1, b: x}", "{b: x}")
    assert changed(YAML, "remove", ("other", "b")) == YAML.replace("{a: 1, b: x}", "{a: 1}")
    assert changed("a: {b: 1}  # kept\n", "remove", ("a", "b")) == "a: {}  # kept\n"
    assert changed('{"a": {"b": 1}, "c": 2}', "remove", ("c",), is_json=True) == '{"a": {"b": 1}}'


def test_a_group_that_loses_its_last_key_says_that_it_is_empty() -> None:
    assert changed("a:  # why\n  b: 1\nc: 2\n", "remove", ("a", "b")) == "a: {}  # why\nc: 2\n"
    assert changed("a:\n  b: [1, 2]\n", "remove", ("a", "b")) == "a: {}\n"


def test_an_empty_group_gets_its_first_key() -> None:
    assert changed("a: {b: {}}  # why\n", "set", ("a", "b", "c"), 1) == "a: {b: {c: 1}}  # why\n"
    assert changed('{"a": { }}', "set", ("a", "c"), 1, is_json=True) == '{"a": {"c": 1}}'


def test_the_comma_before_the_last_key_goes_with_it() -> None:
    after = changed(JSON, "remove", ("last",), is_json=True)
    assert after is not None
    assert after.endswith("  ]\n}\n")
    after = changed(JSON, "remove", ("list", 0, "path"), is_json=True)
    assert after is not None
    assert '"id": "one"\n    }' in after


def test_a_new_key_stands_before_the_first_of_its_group() -> None:
    assert changed(YAML, "set", ("model", "depth"), 3) == YAML.replace('  "strides"', '  depth: 3\n  "strides"')
    assert changed(YAML, "set", ("other", "z"), "x") == YAML.replace("{a: 1", "{z: x, a: 1")
    assert changed(YAML, "set", ("name",), "mine") == YAML.replace("model: &m", "name: mine\nmodel: &m")
    assert changed(JSON, "set", ("list", 0, "new"), None, is_json=True) == JSON.replace('"id"', '"new": null,\n      "id"')


@pytest.mark.parametrize(
    ("op", "path", "value"),
    [
        ("set", ("text",), "one line"),
        ("set", ("list",), 5),
        ("set", ("list", 7), 5),
        ("set", ("nowhere", "deep"), 5),
        ("set", ("model",), {"a": 1}),
        ("remove", ("model",), None),
        ("remove", ("list", 0, "id"), None),
        ("remove", ("nowhere",), None),
        ("rename", ("nowhere",), "x"),
        ("rename", ("model", "strides"), "latent_dim"),
        ("rename", ("list", 0), "x"),
        ("rename", ("model", "latent_dim"), "a: b"),
    ],
)
def test_what_cannot_be_done_in_place_is_not_done(op: Any, path: tuple[Any, ...], value: Any) -> None:
    assert changed(YAML, op, path, value) is None


def test_an_anchor_is_not_changed_for_all_who_repeat_it() -> None:
    text = "a: &a {x: 1}\nb: *a\n"
    assert changed(text, "set", ("b", "x"), 2) is None
    assert changed(text, "set", ("a", "x"), 2) is None


def test_several_changes_are_all_made_or_none() -> None:
    both = [Change("set", ("model", "latent_dim"), 32), Change("rename", ("model", "type"), "kind")]
    after = edited(YAML, both, is_json=False)
    assert after is not None
    assert "latent_dim: 32 " in after
    assert "kind:  'vae'" in after
    assert edited(YAML, [*both, Change("remove", ("nowhere",))], is_json=False) is None
    assert edited("a: [1", both, is_json=False) is None


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_the_ends_of_lines_stay_as_they_are(end: str) -> None:
    text = YAML.replace("\n", end)
    after = changed(text, "set", ("model", "latent_dim"), 32)
    assert difference(text, after) == ("16", "32")
    text = "a: 1\r\nb: 2\r\n"
    assert changed(text, "set", ("c",), 3) == "c: 3\r\na: 1\r\nb: 2\r\n"


def test_a_number_that_is_none_is_no_reason_to_leave_the_rest() -> None:
    assert changed("a: .nan\nb: 1\n", "set", ("b",), 2) == "a: .nan\nb: 2\n"


def test_a_tree_with_a_change_leaves_the_tree() -> None:
    tree = {"a": {"b": 1, "c": 2}, "d": [1]}
    assert applied(tree, Change("rename", ("a", "b"), "x")) == {"a": {"x": 1, "c": 2}, "d": [1]}
    assert list(applied(tree, Change("rename", ("a", "b"), "x"))["a"]) == ["x", "c"], "in its place"
    assert applied(tree, Change("remove", ("d", 0))) == {"a": {"b": 1, "c": 2}, "d": []}
    assert tree == {"a": {"b": 1, "c": 2}, "d": [1]}


@pytest.mark.parametrize(
    ("value", "text"), [(1, "1"), (None, "null"), ("a b", "a b"), ("null", "'null'"), ([1, "a"], '[1, "a"]'), ("", "''")]
)
def test_a_value_as_it_stands_in_yaml(value: Any, text: str) -> None:
    assert written(value, is_json=False) == text


def test_a_file_is_written_with_the_mode_that_it_had(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("old")
    file.chmod(0o640)
    write_whole(file, "new\r\n")
    assert file.read_bytes() == b"new\r\n"
    assert file.stat().st_mode & 0o777 == 0o640
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.yaml"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text("old")
    (tmp_path / "link.yaml").symlink_to("real.yaml")
    write_whole(tmp_path / "link.yaml", "new")
    assert (tmp_path / "link.yaml").is_symlink()
    assert (tmp_path / "real.yaml").read_text() == "new"


@pytest.mark.parametrize("step", ["fsync", "replace", "write"])
def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def full(*_words: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    file = tmp_path / "a.yaml"
    file.write_text("old")
    if step == "replace":
        monkeypatch.setattr(Path, "replace", full)
    elif step == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    else:
        monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(file, "new")
    monkeypatch.undo()
    assert file.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.yaml"], "nothing is left beside it"


def test_an_interruption_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_words: object) -> None:
        raise KeyboardInterrupt

    file = tmp_path / "a.yaml"
    file.write_text("old")
    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(file, "new")
    monkeypatch.undo()
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [("a.yaml", "old")]
