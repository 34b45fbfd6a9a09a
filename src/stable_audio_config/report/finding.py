"""One fact found wrong (or suspicious), as data, and the exception that carries several to the command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]

Path = tuple[str | int, ...]
"""A key path in the composed experiment or the file that was checked."""


@dataclass(frozen=True, kw_only=True)
class Related:
    """Another place that has to do with the fact: the one that disagrees."""

    message: str
    """What stands there, such as `latent_dim: 64`."""
    path: Path
    source: str | None = None
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One change of a tree."""

    op: Literal["set", "remove", "rename"]
    path: Path
    """The key that is set, removed or renamed."""
    value: Any = None
    """The new value, or the new name of the key."""
    file: str | None = None
    """The file that holds the key, where that is known and may be changed."""
    local: Path = ()
    """The key path in that file, which may be merged at another place of the experiment."""


@dataclass(frozen=True, kw_only=True)
class Fix:
    """A cure as data: it can be applied to the source file without losing its comments."""

    edits: tuple[Edit, ...]
    sure: bool = True
    """False where a person should decide: shown, but applied only when asked for by name."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One fact. `message` is the headline: lower case, no full stop, names in backticks, both numbers."""

    rule: str
    """Stable name of the rule, such as `unknown-key`."""
    message: str
    """What is wrong."""
    severity: Severity = "error"
    """error: the run would fail, or train something else than written; warning: without effect; note: worth knowing."""
    path: Path = ()
    """Key path in the composed experiment; empty where no key is to blame."""
    source: str | None = None
    """The file or argument that it stands in, where that is known."""
    line: int | None = None
    """1-based."""
    column: int | None = None
    """1-based."""
    excerpt: str | None = None
    """The text of that line."""
    width: int = 1
    """Characters that the caret underlines."""
    label: str | None = None
    """Words beside the caret: what the value should be."""
    help: str | None = None
    """One thing to do."""
    related: tuple[Related, ...] = ()
    """Other places, such as the one that disagrees."""
    fix: Fix | None = None
    """The cure as data, where there is one."""

    def __str__(self) -> str:
        """What a terminal shows of it, without colour."""
        from .text import render

        return render(self)

    def _repr_html_(self) -> str:
        from .notebook import findings_html

        return findings_html([self])


class Refused(Exception):
    """Raised with everything that was found; a command turns it into words and exit code 1."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("; ".join(finding.message for finding in findings))
        self.findings = findings

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows in the place of a traceback, which would tell of us and not of the mistake."""
        from .text import render_all

        return render_all(self.placed()).splitlines()

    def placed(self) -> tuple[Finding, ...]:
        """The findings, with the places of their keys as far as those can be told without another word of the caller."""
        return self.findings


def refuse(rule: str, message: str, *path: str | int, help: str | None = None, source: str | None = None) -> Refused:
    """A `Refused` with one error in it, for `raise refuse(...)`."""
    return Refused(Finding(rule=rule, message=message, path=path, help=help, source=source))


def dotted(path: Path) -> str:
    """`("model", "model", "strides", 0)` -> `model.model.strides.0`, the spelling of an override."""
    return ".".join(str(part) for part in path)


def touched(finding: Finding) -> list[Path]:
    """The key that a finding names, and the one that was meant: about neither can anything else be said."""
    meant = [(*edit.path[:-1], str(edit.value)) for edit in finding.fix.edits if edit.op == "rename"] if finding.fix else []
    return [path for path in (finding.path, *meant) if path]
