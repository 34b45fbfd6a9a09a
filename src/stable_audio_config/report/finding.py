"""One fact found wrong (or suspicious), as data, and the exception that carries several to the command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One fact. `message` is the headline: lower case, no full stop, names in backticks, both numbers."""

    rule: str
    """Stable name of the rule, such as `unknown-key`."""
    message: str
    """What is wrong."""
    severity: Severity = "error"
    """error: the run would fail, or train something else than written; warning: without effect; note: worth knowing."""
    path: tuple[str | int, ...] = ()
    """Key path in the composed experiment; empty where no key is to blame."""
    source: str | None = None
    """The file or argument that it stands in, where that is known."""
    line: int | None = None
    """1-based."""
    column: int | None = None
    """1-based."""
    help: str | None = None
    """One thing to do."""


class Refused(Exception):
    """Raised with everything that was found; a command turns it into words and exit code 1."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("; ".join(finding.message for finding in findings))
        self.findings = findings


def refuse(rule: str, message: str, *path: str | int, help: str | None = None, source: str | None = None) -> Refused:
    """A `Refused` with one error in it, for `raise refuse(...)`."""
    return Refused(Finding(rule=rule, message=message, path=path, help=help, source=source))


def dotted(path: tuple[str | int, ...]) -> str:
    """`("model", "model", "strides", 0)` -> `model.model.strides.0`, the spelling of an override."""
    return ".".join(str(part) for part in path)
