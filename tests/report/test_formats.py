"""Findings for other programs, byte for byte where they are pinned: JSON, GitHub, SARIF, one line each."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stable_audio_config.report.finding import Edit, Finding, Fix, Related, Severity
from stable_audio_config.report.formats import FORMATS, as_concise, as_github, as_json, as_sarif

FULL = Finding(
    rule="latent-width",
    message="`latent_dim` is 64: 100 % of it\nis wrong",
    path=("model", "strides", 0),
    source="my, own:model.json",
    line=17,
    column=27,
    excerpt='    "latent_dim": 64,',
    width=2,
    label="needs 128",
    help="set it to 128",
    related=(Related(message="latent_dim: 64", path=("model", "latent_dim"), source="other one.json", line=3, column=1),),
    fix=Fix(
        edits=(
            Edit(op="set", path=("model", "latent_dim"), value=128, file="/data/mine/my.json", local=("latent_dim",)),
            Edit(op="remove", path=("model", "x")),
            Edit(op="rename", path=("a",), value="b"),
        ),
        sure=False,
    ),
)
BARE = Finding(rule="syntax", message="not valid", severity="note")
KEYED = Finding(rule="unknown-key", message="unknown key `x`", severity="warning", path=("a", "x"))

FINDING_KEYS = ["rule", "severity", "message", "path", "file", "line", "column", "related", "help", "fix"]


def test_the_json_of_everything_that_a_finding_can_say() -> None:
    tree = json.loads(as_json([FULL]))
    assert list(tree) == ["findings", "summary"]
    assert list(tree["findings"][0]) == FINDING_KEYS
    assert tree == {
        "findings": [
            {
                "rule": "latent-width",
                "severity": "error",
                "message": "`latent_dim` is 64: 100 % of it\nis wrong",
                "path": ["model", "strides", 0],
                "file": "my, own:model.json",
                "line": 17,
                "column": 27,
                "related": [
                    {"message": "latent_dim: 64", "path": ["model", "latent_dim"], "file": "other one.json", "line": 3, "column": 1}
                ],
                "help": "set it to 128",
                "fix": {
                    "sure": False,
                    "edits": [
                        {"op": "set", "path": ["model", "latent_dim"], "value": 128},
                        {"op": "remove", "path": ["model", "x"]},
                        {"op": "rename", "path": ["a"], "value": "b"},
                    ],
                },
            }
        ],
        "summary": {"errors": 1, "warnings": 0, "notes": 0},
    }


def test_every_key_is_there_when_there_is_nothing_to_say() -> None:
    (finding,) = json.loads(as_json([BARE]))["findings"]
    assert finding == {
        "rule": "syntax", "severity": "note", "message": "not valid", "path": [], "file": None, "line": None, "column": None,
        "related": [], "help": None, "fix": None,
    }  # fmt: skip


def test_the_summary_counts() -> None:
    assert json.loads(as_json([FULL, BARE, KEYED, KEYED]))["summary"] == {"errors": 1, "warnings": 2, "notes": 1}
    assert json.loads(as_json([])) == {"findings": [], "summary": {"errors": 0, "warnings": 0, "notes": 0}}


@pytest.mark.parametrize(
    ("finding", "line"),
    [
        (
            FULL,
            "::error file=my%2C own%3Amodel.json,line=17,col=27,title=latent-width::"
            "`latent_dim` is 64: 100 %25 of it%0Ais wrong%0Ahelp: set it to 128",
        ),
        (BARE, "::notice title=syntax::not valid"),
        (KEYED, "::warning title=unknown-key::`a.x`: unknown key `x`"),
        (Finding(rule="r", message="m", source="a.yaml"), "::error title=r::m"),
        (Finding(rule="r", message="a\r::stop", source="a.yaml", line=1), "::error file=a.yaml,line=1,title=r::a%0D::stop"),
    ],
)
def test_annotations_for_github(finding: Finding, line: str) -> None:
    assert as_github([finding]) == line


def test_github_gets_nothing_of_nothing() -> None:
    assert as_github([]) == ""
    assert len(as_github([FULL, BARE, KEYED]).splitlines()) == 3


def run_of(*findings: Finding) -> Any:
    tree = json.loads(as_sarif(findings))
    assert (tree["version"], tree["$schema"]) == ("2.1.0", "https://json.schemastore.org/sarif-2.1.0.json")
    (run,) = tree["runs"]
    return run


def test_the_essentials_of_sarif() -> None:
    run = run_of(FULL, BARE, KEYED, KEYED)
    driver = run["tool"]["driver"]
    assert driver["name"] == "sat"
    assert driver["version"]
    assert [rule["id"] for rule in driver["rules"]] == ["latent-width", "syntax", "unknown-key"], "each rule once"
    assert all(rule["helpUri"].endswith(f"/docs/rules/{rule['id']}.md") for rule in driver["rules"])
    assert run["columnKind"] == "unicodeCodePoints"
    assert [result["level"] for result in run["results"]] == ["error", "note", "warning", "warning"]
    for result in run["results"]:
        assert result["ruleId"] in {rule["id"] for rule in driver["rules"]}
        assert result["message"]["text"]
        assert result.keys() <= {"ruleId", "level", "message", "locations", "relatedLocations"}


def test_where_a_sarif_result_stands() -> None:
    full, bare = run_of(FULL, BARE)["results"]
    (location,) = full["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "my%2C%20own%3Amodel.json"},
        "region": {"startLine": 17, "startColumn": 27},
    }
    assert location["logicalLocations"] == [{"fullyQualifiedName": "model.strides.0"}]
    (other,) = full["relatedLocations"]
    assert other["message"] == {"text": "latent_dim: 64"}
    assert other["physicalLocation"]["artifactLocation"] == {"uri": "other%20one.json"}
    assert "locations" not in bare
    (argument,) = run_of(Finding(rule="r", message="m", source="command line", column=3))["results"]
    assert "region" not in argument["locations"][0]["physicalLocation"], "columns count from a line"


def test_one_line_each() -> None:
    assert as_concise([FULL, BARE, KEYED]) == (
        "my, own:model.json:17:27: error[latent-width]: `latent_dim` is 64: 100 % of it\\nis wrong\n"
        "note[syntax]: not valid\n"
        "a.x: warning[unknown-key]: unknown key `x`\n"
        "1 error, 1 warning, 1 note"
    )
    assert as_concise([]) == "no findings"


@pytest.mark.parametrize("style", FORMATS)
@pytest.mark.parametrize("severity", ["error", "warning", "note"])
def test_every_format_takes_whatever_a_config_may_hold(style: str, severity: Severity) -> None:
    odd = "\x1b[31m\x07\u2028\ud800\r\n%::`"
    finding = Finding(
        rule="r",
        message=odd,
        severity=severity,
        path=(odd, 5),
        source=odd,
        line=1,
        column=400,
        width=9,
        excerpt="\t" * 300,
        help=odd,
        label=odd,
    )
    text = FORMATS[style]([finding])
    assert text
    if style in ("text", "concise"):
        assert not {"\x1b", "\x07", "\u2028", "\r"} & set(text), "nothing of a file speaks to the terminal"


def test_the_formats_that_the_command_offers_are_these() -> None:
    from stable_audio_config.cli.validate import FORMATS as OFFERED

    assert set(OFFERED) == set(FORMATS)
