"""Findings with key paths become findings with file, line and column."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path as File
from typing import Any

from ..source.positions import Span
from ..source.reading import read_text
from .finding import Edit, Finding, Path, Refused, Related
from .place import Origin, origin_in_text

Lookup = Callable[[Path], Origin | None]

AT_THE_KEY = ("unknown-key", "removed-key", "missing-key")
"""Rules about a key itself rather than about its value."""


def located(findings: Iterable[Finding], origin_of: Lookup) -> list[Finding]:
    """The findings, each with the place of its key or value, and of the other places it names."""
    return [_located(finding, origin_of) for finding in findings]


def _located(finding: Finding, origin_of: Lookup) -> Finding:
    if finding.source is not None or not finding.path:
        return finding
    origin = origin_of(finding.path)
    if origin is None:
        return finding
    related = tuple(_related(other, origin_of) for other in finding.related)
    fix = finding.fix
    if fix is not None:
        fix = replace(fix, edits=tuple(_edit(edit, origin_of) for edit in fix.edits))
    place = _place(origin, at_the_key=finding.rule in AT_THE_KEY or _is_group(origin))
    return replace(finding, **place, related=related, fix=fix)


def _related(other: Related, origin_of: Lookup) -> Related:
    origin = origin_of(other.path)
    if origin is None:
        return other
    place = _place(origin, at_the_key=False)
    return replace(other, source=place["source"], line=place["line"], column=place["column"])


def _edit(edit: Edit, origin_of: Lookup) -> Edit:
    """The change with the file that it belongs into: that of the key, or of the group that is to get the key."""
    origin = origin_of(edit.path)
    if origin is None or origin.file is None:
        return edit
    return replace(edit, file=origin.file, local=(*origin.local, *edit.path[len(origin.path) :]))


def _is_group(origin: Origin) -> bool:
    """A group is shown by its key: for itself, and for a key inside it that was not written."""
    return isinstance(origin.value, (dict, list)) and origin.key is not None


def _place(origin: Origin, *, at_the_key: bool) -> dict[str, Any]:
    if origin.span is None:
        return {"source": origin.source, "line": None, **_in_argument(origin, at_the_key)}
    span: Span = origin.key if at_the_key and origin.key is not None else origin.span
    line = origin.lines[span.line - 1] if 0 < span.line <= len(origin.lines) else None
    return {"source": origin.source, "line": span.line, "column": span.column, "excerpt": line, "width": span.width}


def _in_argument(origin: Origin, at_the_key: bool) -> dict[str, Any]:
    """The value, or the key, in an argument such as `batch_size=8`; all of one that is neither."""
    word = origin.excerpt or ""
    key, equals, value = word.partition("=")
    start, width = 0, len(word)
    if equals and value:
        name = key.rpartition(".")[2]
        start, width = (len(key) - len(name), len(name)) if at_the_key else (len(key) + 1, len(value))
    return {"column": start + 1, "excerpt": word or None, "width": max(1, width)}


def refused_in(file: File, finding: Finding) -> Refused:
    """A refusal because of what stands at the path of `finding` in a file, which may land anywhere in an experiment."""
    (found,) = located([finding], partial(origin_in_text, str(file), read_text(file), file.suffix == ".json"))
    return Refused(replace(found, path=()))
