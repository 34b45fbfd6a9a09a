"""Findings as text for a terminal; plain when piped or when NO_COLOR is set."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TextIO

from .finding import Finding, Related, dotted

_COLOUR = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "note": "\x1b[1;36m"}
_BOLD, _BLUE, _RESET = "\x1b[1m", "\x1b[1;34m", "\x1b[0m"

Paint = Callable[[str, str], str]

WIDEST = 160
"""Characters of a source line that are shown."""


_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What would break a line, or speak to the terminal: the end of a line, an escape sequence."""


def visible(text: str) -> str:
    """The text on one line, with `\\n` and its like for what cannot be seen: keys and values may hold anything."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def wants_colour(stream: TextIO) -> bool:
    """True for a terminal, unless NO_COLOR is set; FORCE_COLOR wins over both."""
    if os.environ.get("FORCE_COLOR"):
        return True
    return not os.environ.get("NO_COLOR") and stream.isatty()


def render(finding: Finding, colour: bool = False) -> str:
    """`error[rule]: headline`, then where it stands with the line and a caret, then the other places, then help."""

    def paint(code: str, text: str) -> str:
        return f"{code}{text}{_RESET}" if colour else text

    lines = [
        paint(_COLOUR[finding.severity], f"{finding.severity}[{finding.rule}]") + paint(_BOLD, f": {visible(finding.message)}")
    ]
    place = visible(_place(finding))
    if place:
        lines.append(paint(_BLUE, "  --> ") + place)
    lines += _frame(finding, paint)
    lines += [paint(_BLUE, "   = ") + paint(_BOLD, "the other place: ") + visible(_other(related)) for related in finding.related]
    if finding.help:
        lines.append(paint(_BLUE, "   = ") + paint(_BOLD, "help: ") + visible(finding.help))
    return "\n".join(lines)


def _place(finding: Finding) -> str:
    key = f"`{dotted(finding.path)}`" if finding.path else ""
    if not finding.source:
        return key
    return f"{_position(finding.source, finding.line, finding.column)} {key}".rstrip()


def _position(source: str, line: int | None, column: int | None) -> str:
    return source if line is None else f"{source}:{line}" + (f":{column}" if column is not None else "")


def _frame(finding: Finding, paint: Paint) -> list[str]:
    """The source line with its number, and the caret below the value."""
    if finding.excerpt is None or finding.column is None:
        return []
    number = "" if finding.line is None else str(finding.line)
    margin = " " * max(2, len(number))
    text, start = _window(finding.excerpt, finding.column - 1)
    width = max(1, min(finding.width, len(text) - start))
    label = f" {visible(finding.label)}" if finding.label else ""
    caret = " " * start + paint(_COLOUR[finding.severity], "^" * width + label)
    bar = paint(_BLUE, "|")
    return [f"{margin} {bar}", f"{number:>{len(margin)}} {bar} {text}".rstrip(), f"{margin} {bar} {caret}"]


def _window(line: str, start: int) -> tuple[str, int]:
    """The part of a long line around the value, tabs as spaces, and where the value begins in it."""
    line = _UNSEEN.sub("\ufffd", line.replace("\t", " "))
    if len(line) <= WIDEST:
        return line, start
    begin = max(0, min(start - 40, len(line) - WIDEST))
    shown = line[begin : begin + WIDEST]
    front, back = "... " if begin else "", " ..." if begin + WIDEST < len(line) else ""
    return f"{front}{shown}{back}", start - begin + len(front)


def _other(related: Related) -> str:
    if related.source is None:
        return f"`{dotted(related.path)}`: {related.message}"
    return f"{_position(related.source, related.line, related.column)} {related.message}"


def concise(finding: Finding) -> str:
    """One line: `file:3:9: error[rule]: headline`, as editors and `grep` like it."""
    place = _position(finding.source, finding.line, finding.column) if finding.source else dotted(finding.path)
    return visible(f"{place}: {finding.severity}[{finding.rule}]: {finding.message}".removeprefix(": "))


def summary(findings: Iterable[Finding]) -> str:
    """`2 errors, 1 warning`."""
    counts = Counter(finding.severity for finding in findings)
    total = ", ".join(f"{counts[kind]} {kind}{'s' * (counts[kind] > 1)}" for kind in ("error", "warning", "note") if counts[kind])
    return total or "no findings"


def render_all(findings: Iterable[Finding], colour: bool = False) -> str:
    """Every finding, a blank line between them, and a line that counts them."""
    found = list(findings)
    return "\n\n".join([*(render(finding, colour) for finding in found), summary(found)])


def print_findings(findings: Iterable[Finding]) -> None:
    """The findings, on stderr, in colour on a terminal."""
    print(render_all(findings, wants_colour(sys.stderr)), file=sys.stderr)
