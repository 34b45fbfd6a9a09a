"""The cures of findings as code actions: one for each, and one for all that are sure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from lsprotocol.types import CodeAction, CodeActionKind, Range, TextEdit, WorkspaceEdit

from ..report.finding import Edit, Finding, Fix
from ..source.edit import Change, edited, written
from .buffers import Buffer, Files
from .findings import Report
from .overriding import overridden
from .scene import kind_of_buffer
from .text import Text

ALL = "source.fixAll.sat"
"""The kind of the action that applies every sure cure of a document; editors run it when saving, if asked to."""


def actions(buffer: Buffer, at: Range, reported: Iterable[Report], files: Files, only: Sequence[str] | None) -> list[CodeAction]:
    """The cures of what is reported in a stretch of the document, and of everything in it.

    Args:
        buffer: the document.
        at: the stretch that the editor asks about.
        reported: everything that was found, in this document and others.
        files: the texts that are changed.
        only: kinds of actions that the editor wants; None wants all.
    """
    here = [report for report in reported if report.uri == buffer.uri]
    found: list[CodeAction] = []
    if _wanted(CodeActionKind.QuickFix, only):
        touched = [report for report in here if _meet(report.diagnostic.range, at)]
        found += [action for report in touched if (action := _cure(report, buffer, files)) is not None]
    if _wanted(ALL, only):
        found += _all_cures(buffer, here, files)
    return found


def _wanted(kind: str, only: Sequence[str] | None) -> bool:
    return only is None or any(kind == wanted or kind.startswith(f"{wanted}.") or not wanted for wanted in only)


def _meet(one: Range, other: Range) -> bool:
    return _key(one.start) <= _key(other.end) and _key(other.start) <= _key(one.end)


def _key(position: object) -> tuple[int, int]:
    return getattr(position, "line", 0), getattr(position, "character", 0)


def _cure(report: Report, buffer: Buffer, files: Files) -> CodeAction | None:
    fix = report.finding.fix
    changes = None if fix is None else _changes([fix], buffer, files)
    if fix is None or not changes:
        return None
    title = " and ".join(_words(edit) for edit in fix.edits)
    if any(edit.file is None for edit in fix.edits):
        title += " in this experiment"
    kind, edit = CodeActionKind.QuickFix, WorkspaceEdit(changes=changes)
    return CodeAction(title, kind, [report.diagnostic], is_preferred=fix.sure, edit=edit)


def _all_cures(buffer: Buffer, here: Iterable[Report], files: Files) -> list[CodeAction]:
    """One action for all sure cures that change this document alone."""
    fixes = [report.finding.fix for report in here if report.finding.fix is not None and _is_sure(report.finding, buffer, files)]
    changes = _changes(fixes, buffer, files)
    if not changes:
        return []
    return [CodeAction("Fix everything that has one cure", ALL, edit=WorkspaceEdit(changes=changes))]


def _is_sure(finding: Finding, buffer: Buffer, files: Files) -> bool:
    assert finding.fix is not None
    return finding.fix.sure and all(
        edit.file is not None and files.uri(Path(edit.file)) == buffer.uri for edit in finding.fix.edits
    )


def _changes(fixes: list[Fix], buffer: Buffer, files: Files) -> dict[str, list[TextEdit]]:
    """File -> the edits that all cures make which can be made."""
    texts: dict[str, str] = {}
    for fix in fixes:
        after = _applied(fix, texts, buffer, files)
        if after is not None:
            texts |= after
    made = {}
    for file, after_all in texts.items():
        text = files.text(Path(file))
        if text is not None and text.plain != after_all:
            made[files.uri(Path(file))] = [text.changed_to(after_all)]
    return made


def _applied(fix: Fix, texts: dict[str, str], buffer: Buffer, files: Files) -> dict[str, str] | None:
    """File -> its text with this cure too; None where one of its changes cannot be made."""
    by_file: dict[str, list[Edit]] = defaultdict(list)
    for edit in fix.edits:
        if edit.file is None and not _may_override(buffer):
            return None
        by_file[edit.file or buffer.name].append(edit)
    made: dict[str, str] = {}
    for file, edits in by_file.items():
        text = files.text(Path(file))
        after = None if text is None else _edited(text, texts.get(file, text.plain), edits)
        if after is None:
            return None
        made[file] = after
    return made


def _may_override(buffer: Buffer) -> bool:
    """Whether a value of a shipped preset can be set in this document instead: in an experiment."""
    return kind_of_buffer(buffer) == "experiment" and "defaults" in (buffer.tree or {})


def _edited(text: Text, before: str, edits: list[Edit]) -> str | None:
    after: str | None = before
    for edit in edits:
        if after is None:
            return None
        if edit.file is None:
            after = overridden(text, after, edit)
        else:
            after = edited(after, [Change(edit.op, edit.local, edit.value)], is_json=text.is_json)
    return after


def _words(edit: Edit) -> str:
    name = f"`{edit.path[-1]}`"
    if edit.op == "remove":
        return f"Remove {name}"
    if edit.op == "rename":
        return f"Rename {name} to `{edit.value}`"
    return f"Set {name} to {written(edit.value, True)}"
