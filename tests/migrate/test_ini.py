"""INI files as prefigure reads them. tests/engine/test_migrate_prefigure.py asks prefigure itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from stable_audio_config.migrate.ini import ini_of
from stable_audio_config.report.finding import Refused
from stable_audio_config.report.text import render_all


def values(text: str) -> dict[str, object]:
    return {key: entry.value for key, entry in ini_of(text, "x.ini").entries.items()}


def test_values_are_literals_of_python_where_they_are_ones() -> None:
    text = "[DEFAULTS]\na = 8\nb = 1e-4\nc = '8'\nd = None\ne = auto\nf = [1, 2]\ng =\nh = 8 # per GPU\ni: 3\n"
    assert values(text) == {"a": 8, "b": 1e-4, "c": "8", "d": None, "e": "auto", "f": [1, 2], "g": "", "h": 8, "i": 3}


def test_a_true_that_became_false_a_path_with_its_quotes_and_a_name_that_was_ignored_are_named() -> None:
    text = "[DEFAULTS]\nname = mine\nuse_it = True\nsave_dir = 'my_dir'\nlogger = wandb # or comet\nrecover = false\n"
    ini = ini_of(text, "x.ini")
    read = {key: entry.value for key, entry in ini.entries.items()}
    assert read == {"name": None, "use_it": False, "save_dir": Path("'my_dir'"), "logger": "wandb # or comet", "recover": "false"}
    said = [(finding.line, finding.severity, finding.message.split(":")[0]) for finding in ini.findings]
    assert said == [
        (2, "note", "`name` was ignored by prefigure, which takes it from --name only"),
        (3, "warning", "`use_it = True` became False"),
        (4, "warning", "`save_dir` kept its quotes"),
        (5, "warning", "the comment behind `logger` is part of its value for prefigure"),
        (6, "note", '`recover = false` became the text "false"'),
    ]


def test_prefigure_stops_at_its_own_keys() -> None:
    ini = ini_of("[DEFAULTS]\na = 1\nconfig_file = x\nb = 2\n", "x.ini")
    assert [entry.key for entry in ini.entries.values() if entry.read] == ["a"]
    assert [finding.line for finding in ini.findings] == [3, 4]


def test_every_comment_is_kept_at_its_key() -> None:
    text = "# first\n[DEFAULTS]\n#a comment\n; another\na = 1 # beside\n[OTHER]\n# elsewhere\nx = 1\n# last\n"
    ini = ini_of(text, "x.ini")
    entry = ini.entries["a"]
    assert (entry.comments, entry.beside, ini.last_comments) == (("first", "a comment", "another"), "beside", ("elsewhere", "last"))
    assert [(finding.line, finding.message) for finding in ini.findings] == [
        (6, "the section [OTHER] was ignored: prefigure reads [DEFAULTS] only")
    ]


def test_a_hash_inside_a_text_is_no_comment() -> None:
    entry = ini_of("[DEFAULTS]\na = 'x # y' # z\nb = 'x # y'\n", "x.ini").entries
    assert (entry["a"].value, entry["a"].beside, entry["b"].value, entry["b"].beside) == ("x # y", "z", "x # y", "")


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_every_end_of_line_will_do(ends: str) -> None:
    ini = ini_of(ends.join(["[DEFAULTS]", "a = 1", "b = True", ""]), "x.ini")
    assert [(entry.value, entry.line) for entry in ini.entries.values()] == [(1, 2), (False, 3)]


HALF_VALID = {
    "no section": ("a = 1\n", 1, "a key stands before the first section"),
    "another section": ("[TRAIN]\na = 1\n", None, "`x.ini` has no section [DEFAULTS]"),
    "a key twice": ("[DEFAULTS]\na = 1\n\na = 2\n", 4, "`a` stands twice in section [DEFAULTS]"),
    "a section twice": ("[DEFAULTS]\na = 1\n[DEFAULTS]\n", 3, "the section [DEFAULTS] stands twice"),
    "no value": ("[DEFAULTS]\na = 1\nbatch_size\n", 3, "a line is neither `key = value` nor a comment"),
    "a percent sign": ("[DEFAULTS]\na = 50%\n", 2, "`a` holds a `%` that means nothing"),
    "two spellings": ("[DEFAULTS]\na_b = 1\na-b = 2\n", 3, "`a_b` and `a-b` are both the flag `--a-b`"),
    "prefigure's own flag": ("[DEFAULTS]\nhelp = 1\n", 2, "`--help` is prefigure's own flag"),
    "no literal": ("[DEFAULTS]\na = {[]: 1}\n", 2, "`a` is no value that prefigure can read"),
}


@pytest.mark.parametrize("situation", HALF_VALID)
def test_what_prefigure_cannot_read_is_refused_with_its_line(situation: str) -> None:
    text, line, message = HALF_VALID[situation]
    with pytest.raises(Refused) as refused:
        ini_of(text, "x.ini")
    [finding] = refused.value.findings
    assert (finding.rule, finding.line, finding.message) == ("old-ini", line, message)
    assert finding.source == "x.ini"


def test_the_whole_message() -> None:
    with pytest.raises(Refused) as refused:
        ini_of("[DEFAULTS]\nbatch_size 8\n", "my.ini")
    assert render_all(refused.value.findings) == (
        "error[old-ini]: a line is neither `key = value` nor a comment\n"
        "  --> my.ini:2:1\n"
        "   |\n"
        " 2 | batch_size 8\n"
        "   | ^^^^^^^^^^^^\n"
        "   = help: write a value, or # before it\n\n"
        "1 error"
    )
