"""`sat rule`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .completing import rules

if TYPE_CHECKING:
    from ..validation.catalogue import Entry, Statement

WIDTH = 100
"""Characters of a line of text."""


@click.command("rule")
@click.argument("name", required=False, shell_complete=rules)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(name: str | None, as_json: bool) -> None:
    """Say what a finding's name means: what must hold, why, and where the engine fails. Without a name, list them all.

    \b
    sat rule latent-width
    sat rule
    sat rule --json
    """
    from ..validation.catalogue import entries

    known = entries()
    shown = list(known.values()) if name is None else [_found(known, name)]
    if as_json:
        import json

        tree = [_as_tree(entry) for entry in shown]
        click.echo(json.dumps({"rules": tree} if name is None else tree[0], indent=2, ensure_ascii=False))
    else:
        click.echo(_listed(shown) if name is None else _page(shown[0]))


def _found(known: dict[str, Entry], name: str) -> Entry:
    """The entry of that name, which may be written as findings show it: `error[latent-width]`.

    Raises:
        Refused: there is none.
    """
    from difflib import get_close_matches

    from ..report.finding import refuse

    name = name.rpartition("[")[2].rstrip("]:")
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    help = f"did you mean `{near[0]}`?" if near else "sat rule lists them all"
    raise refuse("usage", f"there is no rule `{name}`", help=help)


def _listed(shown: list[Entry]) -> str:
    from itertools import groupby

    longest = max(len(entry.name) for entry in shown)
    lines: list[str] = []
    for subject, group in groupby(shown, key=lambda entry: entry.subject):
        lines += ["", subject] if lines else [subject]
        lines += [f"  {entry.name:<{longest}}  {entry.says}" for entry in group]
    return "\n".join(lines)


def _page(entry: Entry) -> str:
    parts = [f"{entry.name}: {' or '.join(entry.severities)}\n{_wrapped(entry.says)}"]
    parts += [_wrapped(entry.why)] if entry.why else []
    for statement in sorted(entry.statements, key=lambda statement: statement.says != entry.says):
        parts += _section(statement, entry)
    facts = [("covers", ", ".join(entry.contract)), ("page", f"{entry.page}, in the repository")]
    parts.append("\n".join(f"  {label:<6}  {text}" for label, text in facts if text))
    return "\n\n".join(parts)


def _section(statement: Statement, entry: Entry) -> list[str]:
    """One thing that a name stands for; its sentence and severity are said where they are not those of the name."""
    marked = f" ({', '.join(statement.severities)})" if statement.severities != entry.severities else ""
    own = statement.says != entry.says
    indent = "    " if own else "  "
    parts = [_wrapped(statement.says + marked, "  - ")] if own else []
    parts += [_wrapped(statement.why, indent)] if statement.why else []
    parts += ["\n".join(f"{indent}{'where' if not index else '':<6}  {name}" for index, name in enumerate(statement.mirrors))]
    return [part for part in parts if part]


def _wrapped(text: str, indent: str = "  ") -> str:
    """Paragraphs that begin with `indent`, and have that much room before their other lines."""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    return "\n\n".join(click.wrap_text(part, WIDTH, indent, " " * len(indent)) for part in paragraphs)


def _as_tree(entry: Entry) -> dict[str, Any]:
    return {
        "rule": entry.name,
        "subject": entry.subject,
        "severities": list(entry.severities),
        "says": entry.says,
        "why": " ".join(entry.why.split()),
        "statements": [_statement(statement) for statement in entry.statements],
        "contract": list(entry.contract),
        "page": entry.page,
    }


def _statement(statement: Statement) -> dict[str, Any]:
    return {
        "says": statement.says,
        "why": " ".join(statement.why.split()),
        "severities": list(statement.severities),
        "mirrors": list(statement.mirrors),
    }
