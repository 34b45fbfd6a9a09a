"""A bug report as one Markdown text: what was asked, what was found, on what machine, and what would have run."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..report.finding import Finding, Refused
from .scrub import scrubbed_tree, scrubber

TAIL = 80
"""Lines from the end of a run's log."""

HEAD = """\
# A report about stable-audio-config

Read it before you show it to anybody: secrets, homes and user names were taken out as far as a program can know them.

## What I did, and what I expected

(please write it here)

## What happened instead

(please write it here; a traceback helps)
"""


@dataclass(frozen=True)
class Subject:
    """What the report is about, as far as it can be told."""

    findings: tuple[Finding, ...] = ()
    tree: dict[str, Any] | None = None
    """The composed experiment, or what a file holds; None where nothing could be composed."""
    log: str | None = None
    """The end of the run's log."""
    versions: str | None = None
    """What the run was made with, where that was recorded."""


def collected(words: tuple[str, ...], config_dir: str | None = None) -> str:
    """The report about what the words name: overrides, files, or a run's folder; without any, about the machine alone."""
    subject = _run(Path(words[0])) if len(words) == 1 and Path(words[0]).is_dir() else _composed(words, config_dir)
    return scrubber()("\n".join([HEAD, *_sections(words, subject)]).rstrip() + "\n")


def _sections(words: tuple[str, ...], subject: Subject) -> Iterator[str]:
    from ..report.text import render_all

    if words:
        yield _section("About", shlex.join(words))
        yield _section("Findings", render_all(subject.findings) if subject.findings else "none")
    yield _section("Machine and versions", _machine())
    if subject.versions is not None:
        yield _section("Versions of the run", subject.versions, "json")
    if subject.log is not None:
        yield _section(f"The last {TAIL} lines of the run's log", subject.log)
    if subject.tree is not None:
        from ..source.writing import as_yaml

        yield _section("Composed", as_yaml(scrubbed_tree(subject.tree)), "yaml")


def _section(title: str, text: str, language: str = "text") -> str:
    fence = "```" if "```" not in text else "````"
    return f"## {title}\n\n{fence}{language}\n{text.rstrip()}\n{fence}\n"


def _machine() -> str:
    from ..report.text import render_all
    from ..validation.doctor import examined

    health = examined()
    lines = []
    for subject, facts in health.facts.items():
        lines += [subject, *(f"  {name}: {'-' if fact is None else fact}" for name, fact in facts.items())]
    return "\n".join([*lines, *(["", render_all(health.findings)] if health.findings else [])])


def _composed(words: tuple[str, ...], config_dir: str | None) -> Subject:
    """What `sat validate` says of the words, and the tree that they stand for."""
    if not words:
        return Subject()
    from ..inspect.given import given
    from ..validation.check import check_files, check_words

    files = [word for word in words if "=" not in word]
    if len(files) == len(words):
        findings, _ = check_files(files, config_dir)
    else:
        findings = check_words(words, config_dir)
    try:
        return Subject(tuple(findings), given(words, config_dir).tree)
    except Refused:  # The findings say why.
        return Subject(tuple(findings))


def _run(folder: Path) -> Subject:
    """What a run left behind."""
    from ..inspect.given import given
    from ..validation.check import check_files

    experiment = folder / "experiment.yaml"
    if not experiment.is_file():
        return Subject(tuple(check_files([str(folder)])[0]))
    findings, _ = check_files([str(experiment)])
    log = _text(folder / "log.txt")
    tail = None if log is None else "\n".join(log.splitlines()[-TAIL:])
    try:
        tree: dict[str, Any] | None = given((str(folder),)).tree
    except Refused:
        tree = None
    return Subject(tuple(findings), tree, tail, _text(folder / "versions.json"))


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
