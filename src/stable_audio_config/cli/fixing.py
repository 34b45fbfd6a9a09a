"""`--fix`: the cures of findings, shown as a diff and written when asked for."""

from __future__ import annotations

from collections import defaultdict
from difflib import unified_diff
from pathlib import Path

import click

from ..report.finding import Finding
from ..source.edit import Change, edited, write_whole
from ..source.reading import read_text


def mend(findings: list[Finding], *, write: bool, show: bool) -> list[Finding]:
    """The findings that are left. With `write` the files are changed, each as a whole; without, the changes are only shown."""
    left: list[Finding] = []
    cured: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        file = _file_of(finding)
        if file is None:
            left.append(finding)
        else:
            cured[file].append(finding)
    for file, group in cured.items():
        left += _mend_file(Path(file), group, write, show)
    return left


def _file_of(finding: Finding) -> str | None:
    """The one file that all changes of the cure belong into; None if there is no sure cure."""
    if finding.fix is None or not finding.fix.sure:
        return None
    files = {edit.file for edit in finding.fix.edits}
    return files.pop() if len(files) == 1 else None


def _mend_file(file: Path, findings: list[Finding], write: bool, show: bool) -> list[Finding]:
    """The findings of one file that are left."""
    before = after = read_text(file)
    left: list[Finding] = []
    for finding in findings:
        assert finding.fix is not None
        changes = [Change(edit.op, edit.local, edit.value) for edit in finding.fix.edits]
        text = edited(after, changes, is_json=file.suffix == ".json")
        if text is None:
            left.append(finding)
        else:
            after = text
    if show and after != before:
        name = name_of(file)
        click.echo(
            "".join(unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), name, f"{name} (mended)"))
        )
    if write and after != before:
        try:
            write_whole(file, _with_mark(file, after))
        except OSError as error:
            return [*findings, _not_written(name_of(file), error)]
        return left
    return findings if not write else left


def name_of(file: Path) -> str:
    """The path as one would type it here."""
    return str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else str(file)


def _not_written(name: str, error: OSError) -> Finding:
    message = f"`{name}` was left as it is, because nothing can be written there: {error.strerror or error}"
    return Finding(rule="not-writable", message=message, source=name, help="make room, or check the permissions of its folder")


def _with_mark(file: Path, text: str) -> str:
    """A file that began with a byte order mark keeps it."""
    return "\ufeff" + text if file.read_bytes()[:3] == b"\xef\xbb\xbf" else text
