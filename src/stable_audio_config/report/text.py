"""Findings as text for a terminal; plain when piped or when NO_COLOR is set."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable
from typing import TextIO

from .finding import Finding, dotted

_COLOUR = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "note": "\x1b[1;36m"}
_BOLD, _BLUE, _RESET = "\x1b[1m", "\x1b[1;34m", "\x1b[0m"


def wants_colour(stream: TextIO) -> bool:
    """True for a terminal, unless NO_COLOR is set; FORCE_COLOR wins over both."""
    if os.environ.get("FORCE_COLOR"):
        return True
    return not os.environ.get("NO_COLOR") and stream.isatty()


def render(finding: Finding, colour: bool = False) -> str:
    """`error[rule]: headline`, then where it stands, then help."""

    def paint(code: str, text: str) -> str:
        return f"{code}{text}{_RESET}" if colour else text

    lines = [paint(_COLOUR[finding.severity], f"{finding.severity}[{finding.rule}]") + paint(_BOLD, f": {finding.message}")]
    place = _place(finding)
    if place:
        lines.append(paint(_BLUE, "  --> ") + place)
    if finding.help:
        lines.append(paint(_BLUE, "   = ") + paint(_BOLD, "help: ") + finding.help)
    return "\n".join(lines)


def _place(finding: Finding) -> str:
    key = f"`{dotted(finding.path)}`" if finding.path else ""
    if not finding.source:
        return key
    position = "".join(f":{number}" for number in (finding.line, finding.column) if number is not None)
    where = f"{finding.source}{position}"
    return f"{where} {key}".rstrip()


def render_all(findings: Iterable[Finding], colour: bool = False) -> str:
    """Every finding, a blank line between them, and a line that counts them."""
    found = list(findings)
    counts = Counter(finding.severity for finding in found)
    total = ", ".join(f"{counts[kind]} {kind}{'s' * (counts[kind] > 1)}" for kind in ("error", "warning", "note") if counts[kind])
    return "\n\n".join([*(render(finding, colour) for finding in found), total or "no findings"])


def print_findings(findings: Iterable[Finding]) -> None:
    """The findings, on stderr, in colour on a terminal."""
    print(render_all(findings, wants_colour(sys.stderr)), file=sys.stderr)
