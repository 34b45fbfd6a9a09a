"""Findings as diagnostics: each in the file where it was written, and in the document that it was found through."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lsprotocol.types import (
    CodeDescription,
    Diagnostic,
    DiagnosticRelatedInformation,
    DiagnosticSeverity,
    DiagnosticTag,
    Location,
    Range,
)

from ..report.finding import Finding, Refused, Related, dotted
from ..report.formats import DOCS
from ..report.locate import located
from ..report.place import SHIPPED, origin_in_text, own
from ..source.tree import without_comments
from ..validation.check import check_composed, check_files
from ..validation.document import judge_document
from .buffers import Buffer, Files
from .defaults import entry_of_group
from .scene import COMPOSED, Scene, folder_for, kind_of_buffer
from .text import Text

SEVERITIES = {
    "error": DiagnosticSeverity.Error,
    "warning": DiagnosticSeverity.Warning,
    "note": DiagnosticSeverity.Information,
}
TAGS = {"no-effect": [DiagnosticTag.Unnecessary], "deprecated": [DiagnosticTag.Deprecated]}
"""Rules whose findings editors fade out or strike through."""


@dataclass(frozen=True)
class Report:
    """One diagnostic, and the finding that it shows."""

    uri: str
    diagnostic: Diagnostic
    finding: Finding


def findings_in(buffer: Buffer, scene: Scene | Refused, config_dir: str | None, *, plugins: bool) -> list[Finding]:
    """Everything that is found through the document, as `sat validate` would say it of a file with this text.

    Args:
        buffer: the document.
        scene: what it amounts to, or why that cannot be told.
        config_dir: the user's folder of presets.
        plugins: whether the modules that it names in `plugins` may be imported.
    """
    kind = kind_of_buffer(buffer)
    if isinstance(scene, Refused) and (kind is None or kind == "experiment"):
        return list(scene.placed())
    if isinstance(scene, Scene) and scene.composition is not None and kind == "experiment":
        from ..api import findings_about

        return check_composed(scene.composed, partial(findings_about, plugins=plugins))
    if buffer.path is not None and buffer.path.exists() and not (buffer.is_json and kind in COMPOSED):
        return check_files([buffer.name], folder_for(buffer, config_dir), plugins)[0]
    return _alone(buffer)


def _alone(buffer: Buffer) -> list[Finding]:
    """What can be said of a document that no file holds yet: nothing that needs presets."""
    kind, tree = kind_of_buffer(buffer), buffer.tree
    if tree is None or kind is None or kind in COMPOSED or "defaults" in tree:
        return []
    found = judge_document(without_comments(tree), kind)
    return located(found, partial(origin_in_text, buffer.name, buffer.text.plain, buffer.is_json))


def reports(found: list[Finding], buffer: Buffer, files: Files) -> list[Report]:
    """The findings as diagnostics, those about other files at two places: there, and where this document brings that file in."""
    return [report for finding in found for report in _reports(finding, buffer, files)]


def _reports(finding: Finding, buffer: Buffer, files: Files) -> Iterator[Report]:
    there = _file(finding.source, buffer)
    if there is None or _same(there, buffer.path):
        place = _range(buffer.text, finding) if finding.line is not None else _entrance(finding, buffer)
        yield Report(buffer.uri, _diagnostic(finding, place, buffer, files), finding)
        return
    text = files.text(there)
    if text is not None and own(there) is not None and finding.line is not None:
        yield Report(files.uri(there), _diagnostic(finding, _range(text, finding), buffer, files), finding)
    yield Report(buffer.uri, _pointer(finding, there, text, buffer, files), finding)


def _pointer(finding: Finding, there: Path, text: Text | None, buffer: Buffer, files: Files) -> Diagnostic:
    """The finding about another file, in this document."""
    here = _diagnostic(finding, _entrance(finding, buffer), buffer, files)
    line = "" if finding.line is None else f":{finding.line}"
    here.message = f"{here.message}\n(in {finding.source}{line})"
    if text is not None and finding.line is not None:
        location = Location(files.uri(there), _range(text, finding))
        here.related_information = [DiagnosticRelatedInformation(location, finding.message), *(here.related_information or [])]
    return here


def _entrance(finding: Finding, buffer: Buffer) -> Range:
    """The place in the document that has to do with a finding about something else: a key that disagrees, an entry of its
    `defaults`, else its first line."""
    for other in finding.related:
        if other.line is not None and _same(_file(other.source, buffer), buffer.path):
            return _related_range(buffer.text, other)
    place = entry_of_group(buffer, str(finding.path[0]) if finding.path else "", finding.message)
    if place is not None:
        return buffer.text.span(place)
    for end in range(len(finding.path), 0, -1):
        known = buffer.text.places.get(finding.path[:end])
        if known is not None:
            return buffer.text.span(known.key)
    first = buffer.text.plain.splitlines()[:1]
    return buffer.text.range(0, len(first[0]) if first else 0)


def _diagnostic(finding: Finding, place: Range, buffer: Buffer, files: Files) -> Diagnostic:
    lost = [f"the other place: `{dotted(other.path)}` {other.message}" for other in finding.related if other.line is None]
    words = [finding.message, *([finding.label] if finding.label else []), *lost]
    words += [f"help: {finding.help}"] if finding.help else []
    return Diagnostic(
        range=place,
        message="\n".join(words),
        severity=SEVERITIES[finding.severity],
        code=finding.rule,
        code_description=CodeDescription(f"{DOCS}/{finding.rule}.md"),
        source="sat",
        tags=TAGS.get(finding.rule),
        related_information=list(_other_places(finding, buffer, files)) or None,
    )


def _other_places(finding: Finding, buffer: Buffer, files: Files) -> Iterator[DiagnosticRelatedInformation]:
    for other in finding.related:
        file = _file(other.source, buffer)
        text = buffer.text if _same(file, buffer.path) else None if file is None else files.text(file)
        if other.line is not None and text is not None:
            uri = buffer.uri if text is buffer.text or file is None else files.uri(file)
            yield DiagnosticRelatedInformation(Location(uri, _related_range(text, other)), other.message)


def _file(source: str | None, buffer: Buffer) -> Path | None:
    """The file that a finding names, as messages name it."""
    if source is None or source == "command line":
        return None
    if source.startswith("preset "):
        return SHIPPED / source.removeprefix("preset ")
    return buffer.path if source == buffer.name else Path.cwd() / source


def _same(one: Path | None, other: Path | None) -> bool:
    return one == other or (one is not None and other is not None and os.path.realpath(one) == os.path.realpath(other))


def _range(text: Text, finding: Finding) -> Range:
    start = text.index(finding.line or 1, finding.column or 1)
    return text.range(start, min(start + finding.width, len(text.plain)))


def _related_range(text: Text, other: Related) -> Range:
    """From where the other place begins to the end of the value there."""
    line, column = other.line or 1, other.column or 1
    spans = (place.value for place in text.places.values())
    span = next((span for span in spans if (span.line, span.column) == (line, column)), None)
    start = text.index(line, column)
    return text.range(start, start) if span is None else text.span(span)
