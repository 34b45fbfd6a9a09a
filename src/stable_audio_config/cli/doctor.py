"""`sat doctor`"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..validation.doctor import Health


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(as_json: bool) -> None:
    """Say what this machine and this installation are, and what is wrong with them.

    Versions, GPUs, loggers, plugins, folders and free space. Nothing is loaded and nothing is written. The exit code is 1 where
    something cannot work.

    \b
    sat doctor
    sat doctor --json
    """
    from ..validation.doctor import examined

    health = examined()
    click.echo(_as_json(health) if as_json else _as_text(health))
    sys.exit(1 if any(finding.severity == "error" for finding in health.findings) else 0)


def _as_json(health: Health) -> str:
    """The facts, and beside them what `sat validate --format json` prints of findings."""
    import json

    from ..report.formats import as_json

    return json.dumps({**health.facts, **json.loads(as_json(health.findings))}, indent=2, ensure_ascii=False)


def _as_text(health: Health) -> str:
    from ..report.text import render_all, wants_colour

    lines: list[str] = []
    for subject, facts in health.facts.items():
        longest = max(map(len, facts), default=0)
        lines += [subject, *(f"  {name:<{longest}}  {'-' if fact is None else fact}" for name, fact in facts.items())]
        lines += ["" if facts else "  none\n"]
    found = render_all(health.findings, wants_colour(sys.stdout)) if health.findings else "nothing found wrong"
    return "\n".join([*lines, found])
