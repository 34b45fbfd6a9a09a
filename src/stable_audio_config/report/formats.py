"""Findings for other programs: JSON, GitHub's annotations, SARIF. The text of a terminal is in `text.py`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from .finding import Edit, Finding, Fix, Related, dotted
from .text import concise, render_all, summary

DOCS = "https://github.com/stable-audio-config/stable-audio-config/blob/main/docs/rules"


def as_json(findings: Sequence[Finding]) -> str:
    """`{"findings": [...], "summary": {...}}`; `docs/reference/findings.md` describes it. It only ever grows."""
    counts = Counter(finding.severity for finding in findings)
    tree = {
        "findings": [_finding(finding) for finding in findings],
        "summary": {"errors": counts["error"], "warnings": counts["warning"], "notes": counts["note"]},
    }
    return json.dumps(tree, indent=2, ensure_ascii=False)


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "message": finding.message,
        "path": list(finding.path),
        "file": finding.source,
        "line": finding.line,
        "column": finding.column,
        "related": [_related(other) for other in finding.related],
        "help": finding.help,
        "fix": None if finding.fix is None else _fix(finding.fix),
    }


def _related(other: Related) -> dict[str, Any]:
    return {
        "message": other.message,
        "path": list(other.path),
        "file": other.source,
        "line": other.line,
        "column": other.column,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {"sure": fix.sure, "edits": [_edit(edit) for edit in fix.edits]}


def _edit(edit: Edit) -> dict[str, Any]:
    return {"op": edit.op, "path": list(edit.path), **({"value": edit.value} if edit.op != "remove" else {})}


_GITHUB = {"error": "error", "warning": "warning", "note": "notice"}


def as_github(findings: Sequence[Finding]) -> str:
    """Workflow commands, which GitHub shows at the lines of a pull request."""
    return "\n".join(_annotation(finding) for finding in findings)


def _annotation(finding: Finding) -> str:
    place = {"file": finding.source, "line": finding.line, "col": finding.column} if finding.line is not None else {}
    properties = {**place, "title": finding.rule}
    head = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in properties.items() if value is not None)
    words = finding.message + (f"\nhelp: {finding.help}" if finding.help else "")
    where = "" if finding.line is not None or not finding.path else f"`{dotted(finding.path)}`: "
    return f"::{_GITHUB[finding.severity]} {head}::{_escaped(where + words)}"


def _escaped(text: str, further: str = "") -> str:
    for char in "%\r\n" + further:
        text = text.replace(char, f"%{ord(char):02X}")
    return text


def as_sarif(findings: Sequence[Finding]) -> str:
    """SARIF 2.1.0, for code scanning."""
    from .. import __version__

    rules = sorted({finding.rule for finding in findings})
    driver = {"name": "sat", "version": __version__, "rules": [{"id": rule, "helpUri": f"{DOCS}/{rule}.md"} for rule in rules]}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": [_result(finding) for finding in findings]}
    tree = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(tree, indent=2, ensure_ascii=False)


def _result(finding: Finding) -> dict[str, Any]:
    words = finding.message + (f"; help: {finding.help}" if finding.help else "")
    result: dict[str, Any] = {"ruleId": finding.rule, "level": finding.severity, "message": {"text": words}}
    if finding.source is not None:
        result["locations"] = [_location(finding.source, finding.line, finding.column, finding.path)]
    related = [
        {**_location(other.source, other.line, other.column, other.path), "message": {"text": other.message}}
        for other in finding.related
        if other.source is not None
    ]
    return {**result, "relatedLocations": related} if related else result


def _location(source: str, line: int | None, column: int | None, path: tuple[str | int, ...]) -> dict[str, Any]:
    region = {"region": {"startLine": line, "startColumn": column or 1}} if line is not None else {}
    where: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": {"uri": quote(source.replace("\\", "/"), errors="replace")}, **region}
    }
    return {**where, "logicalLocations": [{"fullyQualifiedName": dotted(path)}]} if path else where


def as_concise(findings: Sequence[Finding]) -> str:
    """One line for each finding, and the count."""
    return "\n".join([*(concise(finding) for finding in findings), summary(findings)])


FORMATS = {
    "text": render_all,
    "concise": as_concise,
    "json": as_json,
    "github": as_github,
    "sarif": as_sarif,
}
"""Name of `--format` -> renderer."""
