"""What the readers of YAML and JSON share: the limits of what is read, and the words about a text that is not valid."""

from __future__ import annotations

from ..report.finding import Finding, Refused

DEEPEST = 150
"""Groups and lists inside each other. The deepest published config has 12."""

MOST = 50_000
"""Values, those that an alias repeats counted every time. The largest published config has 300."""

LONGEST = 4_300
"""Characters of a number. Python reads no longer ones, and works on them for longer the more there are."""


def place_of(text: str, index: int) -> tuple[int, int]:
    """Line and column of a character, both from 1; lines as `str.splitlines` and the parser of YAML count them."""
    before = text[:index].splitlines(keepends=True)
    if not before or before[-1].splitlines()[0] != before[-1]:  # The last of them is complete.
        return len(before) + 1, 1
    return len(before), len(before[-1]) + 1


def too_long(length: int) -> str:
    """The words about a number that no one computes with."""
    return f"a number of {length} characters, of at most {LONGEST}"


def not_valid(
    name: str, language: str, problem: str, line: int | None, column: int | None, text: str, help: str | None = None
) -> Refused:
    """The refusal of a text, with the place of the problem."""
    lines = text.splitlines()
    excerpt = lines[line - 1] if line is not None and line <= len(lines) else None
    message = f"not valid {language}: {problem}"
    return Refused(Finding(rule="syntax", message=message, source=name, line=line, column=column, excerpt=excerpt, help=help))
