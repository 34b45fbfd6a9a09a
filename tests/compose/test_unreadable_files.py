"""What is said about a file that cannot be read as a preset; `read_config` alone, without a composition."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stable_audio_config.compose.reading import read_config
from stable_audio_config.report.finding import Finding, Refused
from stable_audio_config.source import reading


def refusal(file: Path) -> Finding:
    with pytest.raises(Refused) as refused:
        read_config(file)
    (finding,) = refused.value.findings
    assert finding.source == str(file)
    return finding


@pytest.mark.parametrize(
    ("name", "text", "place", "message"),
    [
        ("a.yaml", "a: 1\n\tb: 2\n", (2, 1), "not valid YAML: a tab indents here; YAML takes spaces only"),
        ("a.yaml", "a: [1\n", (2, 1), "not valid YAML: expected ',' or ']', but got '<stream end>'"),
        ("a.yaml", "a: 1\nb: 2\na: 3\n", (3, 1), "not valid YAML: the key `a` stands twice"),
        ("a.yaml", "a: *x\n", (1, 4), "not valid YAML: found undefined alias 'x'"),
        (
            "a.yaml",
            "a: 1\n---\nb: 2\n",
            (2, 1),
            "not valid YAML: expected a single document in the stream, but found another document",
        ),
        ("a.yaml", "a: 1\n  b: 2\n", (2, 4), "not valid YAML: mapping values are not allowed here"),
        ("a.json", '{"a": 1,\n "b": }', (2, 7), "not valid JSON: expecting value"),
        ("a.json", '{"a": 1\n "b": 2}', (2, 2), "not valid JSON: expecting ',' delimiter"),
        ("a.json", "", (1, 1), "not valid JSON: expecting value"),
        ("a.json", "{'a': 1}", (1, 2), "not valid JSON: a text in single quotes"),
    ],
)
def test_a_syntax_error_is_told_with_its_position(
    tmp_path: Path, name: str, text: str, place: tuple[int, int], message: str
) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    finding = refusal(file)
    assert (finding.rule, finding.line, finding.column) == ("syntax", *place)
    assert finding.message == message


def test_no_code_in_a_yaml_file_is_run(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(f"a: !!python/object/apply:pathlib.Path.touch ['{tmp_path / 'made'}']\n")
    assert refusal(file).rule == "syntax"
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("text", ["[1, 2]", '"text"', "5", "null", "true"])
def test_a_json_file_without_keys_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.json"
    file.write_text(text)
    finding = refusal(file)
    assert (finding.rule, finding.message) == ("wrong-type", f"`{file}` must hold keys and values, not a list or a single value")


@pytest.mark.parametrize("text", ["- 1\n- 2\n", "just words\n", "5\n"])
def test_a_yaml_file_without_keys_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(text)
    assert refusal(file).rule == "wrong-type"


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n"])
def test_an_empty_yaml_file_is_an_empty_preset(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(text)
    assert read_config(file) == {}


def test_a_key_that_stands_twice_in_json_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('{"a": {"lr": 1, "b": 2, "lr": 3}}')
    finding = refusal(file)
    assert (finding.rule, finding.message) == ("duplicate-key", f"`lr` stands twice in one group of `{file}`")


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    for name, text in (("a.json", '{"a": 1}'), ("a.yaml", "a: 1\n")):
        (tmp_path / name).write_text(text, encoding="utf-8-sig")
        assert read_config(tmp_path / name) == {"a": 1}


def test_windows_line_ends_and_non_ascii_text_are_fine(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes("name: Übung\r\nbatch_size: 2\r\n".encode())
    assert read_config(tmp_path / "a.yaml") == {"name": "Übung", "batch_size": 2}


def test_a_number_in_scientific_notation_is_a_number(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("lr: 1e-4\n")
    assert read_config(tmp_path / "a.yaml") == {"lr": 1e-4}


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"name: \xff\xfe\x00")
    finding = refusal(file)
    assert (finding.rule, finding.message) == ("unreadable-file", f"`{file}` is not UTF-8 text (byte 6)")


def test_a_control_character_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"name: a\x00b\n")
    finding = refusal(file)
    assert (finding.rule, finding.message) == ("unreadable-file", f"`{file}` is not a text file")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '{"a":' + "[" * 5000 + "]" * 5000 + "}"),
        ("a.json", '{"a":' * 5000 + "1" + "}" * 5000),
        ("b.json", '{"a":' * 400 + "1" + "}" * 400),
        ("a.yaml", "a: " + "[" * 600 + "]" * 600),
    ],
    ids=["list", "keys", "less deep", "yaml"],
)
def test_a_file_that_is_nested_too_deeply_is_refused(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    finding = refusal(file)
    assert (finding.rule, finding.message) == ("unreadable-file", f"`{file}` is nested too deeply")


def test_an_interpolation_that_cannot_be_parsed_is_refused_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("name: ${a\n")
    finding = refusal(file)
    assert finding.rule == "composition"
    assert finding.message.startswith(f"`{file}` cannot be used: ")


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST", 3_000_000)
    file = tmp_path / "a.yaml"
    file.write_text("# " + "x" * 3_000_000)
    assert refusal(file).message == f"`{file}` is larger than 3 MB"


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="does not exist"):
        read_config(tmp_path / "none.yaml")
    finding = refusal(tmp_path)
    assert (finding.rule, finding.message) == ("unreadable-file", f"`{tmp_path}` cannot be read: Is a directory")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_read_permission_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("a: 1\n")
    file.chmod(0)
    assert refusal(file).message == f"`{file}` cannot be read: Permission denied"


@pytest.mark.parametrize(
    ("defaults", "message", "help"),
    [
        ("5", "`defaults` must be a list, not `5`", "for example `- override /model: tiny_autoencoder`"),
        (
            "{model: a, dataset: b}",
            "`defaults` must be a list, not a group of 2 keys",
            "for example `- override /model: tiny_autoencoder`",
        ),
        ("[[a]]", "`defaults.0` must be one group and its preset, not a list", "ONE"),
        ("[a, null]", "`defaults.1` must be one group and its preset, not null", "ONE"),
        ("[{model: a, dataset: b}]", "`defaults.0` must be one group and its preset, not a group of 2 keys", "ONE"),
        ("[{model: 2026}]", "`defaults.0` must name a preset or a file, not `2026`", "write it in quotes: '2026'"),
        ("[{model: true}]", "`defaults.0` must name a preset or a file, not `true`", "write it in quotes: 'true'"),
        ("[{model: {a: 1}}]", "`defaults.0` must name a preset or a file, not a group of keys", None),
        ("[{model: [a, 1]}]", "`defaults.0` must list names of presets, not `1`", None),
    ],
)
def test_a_defaults_list_of_another_shape_is_refused(tmp_path: Path, defaults: str, message: str, help: str | None) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(f"defaults: {defaults}\n")
    finding = refusal(file)
    one = "write one `group: preset` or `override /group: preset` per line, each with a dash before it"
    assert (finding.rule, finding.message, finding.help) == ("defaults-list", message, one if help == "ONE" else help)


def test_every_shape_that_hydra_reads_is_let_through(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("defaults:\n  - _self_\n  - model: null\n  - training: [a, b]\n  - override /dataset@val_dataset: c\n")
    assert len(read_config(file).defaults) == 4
