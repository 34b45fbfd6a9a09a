"""Findings as text, byte for byte, and when there is colour."""

from __future__ import annotations

import io

import pytest

from stable_audio_config.report.finding import Finding, Refused, dotted, refuse
from stable_audio_config.report.text import print_findings, render, render_all, wants_colour

FULL = Finding(
    rule="wrong-type",
    message="`a.b` must be an integer, not \"4\"",
    path=("a", "b", 0),
    source="mine.yaml",
    line=3,
    column=7,
    help="write 4 without quotes",
)  # fmt: skip


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_everything_that_a_finding_can_say() -> None:
    assert render(FULL) == (
        'error[wrong-type]: `a.b` must be an integer, not "4"\n'
        "  --> mine.yaml:3:7 `a.b.0`\n"
        "   = help: write 4 without quotes"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("finding", "text"),
    [
        (Finding(rule="r", message="m"), "error[r]: m"),
        (Finding(rule="r", message="m", severity="warning"), "warning[r]: m"),
        (Finding(rule="r", message="m", severity="note", path=("a",)), "note[r]: m\n  --> `a`"),
        (Finding(rule="r", message="m", source="f.yaml"), "error[r]: m\n  --> f.yaml"),
        (Finding(rule="r", message="m", source="f.yaml", line=2), "error[r]: m\n  --> f.yaml:2"),
        (Finding(rule="r", message="m", help="h"), "error[r]: m\n   = help: h"),
    ],
)
def test_what_is_not_known_is_left_out(finding: Finding, text: str) -> None:
    assert render(finding) == text


def test_the_same_in_colour() -> None:
    assert render(FULL, colour=True) == (
        '\x1b[1;31merror[wrong-type]\x1b[0m\x1b[1m: `a.b` must be an integer, not "4"\x1b[0m\n'
        "\x1b[1;34m  --> \x1b[0mmine.yaml:3:7 `a.b.0`\n"
        "\x1b[1;34m   = \x1b[0m\x1b[1mhelp: \x1b[0mwrite 4 without quotes"
    )
    for severity, code in (("warning", "\x1b[1;33mwarning"), ("note", "\x1b[1;36mnote")):
        assert render(Finding(rule="r", message="m", severity=severity), colour=True).startswith(code)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("severities", "last"),
    [
        ([], "no findings"),
        (["error"], "1 error"),
        (["note", "error", "warning", "error"], "2 errors, 1 warning, 1 note"),
        (["warning", "warning", "note", "note"], "2 warnings, 2 notes"),
    ],
)
def test_the_last_line_counts(severities: list[str], last: str) -> None:
    findings = [Finding(rule="r", message="m", severity=severity) for severity in severities]  # type: ignore[arg-type]
    assert render_all(findings).split("\n\n")[-1] == last
    assert len(render_all(findings).split("\n\n")) == len(findings) + 1


@pytest.mark.parametrize(
    ("environment", "stream", "colour"),
    [
        ({}, Terminal(), True),
        ({}, io.StringIO(), False),
        ({"NO_COLOR": "1"}, Terminal(), False),
        ({"NO_COLOR": ""}, Terminal(), True),
        ({"FORCE_COLOR": "1"}, io.StringIO(), True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, io.StringIO(), True),
        ({"FORCE_COLOR": ""}, io.StringIO(), False),
    ],
)
def test_colour_is_for_terminals(
    environment: dict[str, str], stream: io.StringIO, colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert wants_colour(stream) is colour


def test_findings_go_to_stderr(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    print_findings([Finding(rule="r", message="m")])
    assert capsys.readouterr() == ("", "error[r]: m\n\n1 error\n")
    monkeypatch.setenv("FORCE_COLOR", "1")
    print_findings([Finding(rule="r", message="m")])
    assert "\x1b[1;31merror[r]" in capsys.readouterr().err


def test_a_refusal_carries_its_findings() -> None:
    refused = Refused(Finding(rule="a", message="one"), Finding(rule="b", message="two"))
    assert (str(refused), len(refused.findings)) == ("one; two", 2)
    (finding,) = refuse("a", "one", "key", 0, help="h", source="f").findings
    assert finding == Finding(rule="a", message="one", path=("key", 0), help="h", source="f")
    assert dotted(finding.path) == "key.0"
