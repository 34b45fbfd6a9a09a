"""The pages of `docs/rules` as markdown: one for each name of a finding, the index, and the engine's cross-field rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..validation.catalogue import Entry, Statement
    from ..validation.catalogue.contract import Row

MADE = "<!-- Made by `python scripts/generate.py --write`: change {source} instead. -->"
"""The first line of a generated page."""


@dataclass(frozen=True)
class Example:
    """An experiment with one mistake, and the same without it."""

    bad: str
    message: str
    """What `sat train bad.yaml` prints."""
    good: str


def rule_page(entry: Entry, example: Example | None) -> str:
    """The page of one name: what must hold, why, which function of the engine fails, a wrong file, its message, a right file."""
    parts = [
        MADE.format(source="the docstrings in `validation/rules`, or `validation/catalogue/findings.py`,"),
        f"# `{entry.name}`",
        f"{_severities(entry.severities)} · {entry.subject} · [all rules](README.md)",
        entry.says,
    ]
    parts += [entry.why] if entry.why else []
    for statement in sorted(entry.statements, key=lambda statement: statement.says != entry.says):
        parts += _section(statement, entry)
    parts += [_covered(entry)] if entry.contract else []
    parts += _shown(example) if example is not None else []
    return "\n\n".join(parts) + "\n"


def _severities(names: Iterable[str]) -> str:
    return " or ".join(f"**{name}**" for name in names)


def _section(statement: Statement, entry: Entry) -> list[str]:
    """One thing that a name stands for; its sentence and severity are said where they are not those of the name."""
    marked = f" ({_severities(statement.severities)})" if statement.severities != entry.severities else ""
    head = f"## {statement.says}{marked}" if statement.says != entry.says else ""
    functions = ", ".join(f"`{name}`" for name in statement.mirrors)
    return [part for part in (head, statement.why, f"Where it fails or misreads: {functions}." if functions else "") if part]


def _covered(entry: Entry) -> str:
    return f"Covers {', '.join(entry.contract)} of the [engine's cross-field rules](contract.md)."


def _shown(example: Example) -> list[str]:
    return [
        "## Wrong",
        f"```yaml\n{example.bad.rstrip()}\n```",
        f"```text\n{example.message.rstrip()}\n```",
        "## Right",
        f"```yaml\n{example.good.rstrip()}\n```",
    ]


def rules_index(entries: Iterable[Entry]) -> str:
    """The names by subject, each with its sentence."""
    found = list(entries)
    parts = [
        MADE.format(source="the docstrings in `validation/rules`, or `validation/catalogue`,"),
        "# Rules",
        f"Every finding has a stable name: the word in brackets, as in `error[latent-width]`. There are {len(found)}. "
        "`sat rule NAME` prints what stands here, without the example.",
        "**error**: the run would fail, or would train something else than what is written. **warning**: accepted, but without "
        "effect, or surely not meant. **note**: worth knowing.",
        "[contract.md](contract.md) lists the engine's cross-field rules with the names that cover them.",
    ]
    for subject, group in groupby(found, key=lambda entry: entry.subject):
        rows = [[f"[`{entry.name}`]({entry.name}.md)", ", ".join(entry.severities), entry.says] for entry in group]
        parts += [f"## {subject}", table(["name", "severity", "what holds where there is none"], rows)]
    return "\n\n".join(parts) + "\n"


def contract_page(rows: Iterable[Row]) -> str:
    """Every cross-field rule of the engine: what covers it, or why nothing can."""
    found = list(rows)
    covered = sum(bool(row.rules) for row in found)
    parts = [
        MADE.format(source="`contract=` of the rules, or `validation/catalogue/contract.py`,"),
        "# The engine's cross-field rules",
        f"What must agree with what, read out of the source of engine 0.0.20: {len(found)} rules. {covered} of them are found in a "
        "config, or in the files that it names, before training begins. The others cannot be, or need not be: the reason stands "
        "beside them.",
    ]
    for area, group in groupby(found, key=lambda row: row.area):
        cells = [[row.id, ", ".join(f"[`{name}`]({name}.md)" for name in row.rules), row.note] for row in group]
        parts += [f"## {area}", table(["id", "found as", "what holds, or why it is not looked for"], cells)]
    return "\n\n".join(parts) + "\n"


def table(head: list[str], rows: Iterable[list[str]]) -> str:
    """A markdown table; line ends become spaces, and what would end a cell is escaped."""
    lines = [_row(head), _row(["---"] * len(head)), *(_row([_cell(text) for text in row]) for row in rows)]
    return "\n".join(lines)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
