"""All the work behind the requests, in plain calls: what is open, what it amounts to, what was found in it.

The server calls this in one thread of its own, so that nothing here is ever at work twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from lsprotocol import types

from ..report.finding import Refused
from ..source.reading import UNSAVED
from .buffers import Buffer, Files, unsaved
from .completion import completion
from .computed import hints
from .cures import actions
from .cursor import Cursor, cursor_at
from .findings import Report, findings_in, reports
from .hover import hover
from .scene import Scene, alone, kind_of_buffer, scene_of
from .spots import Declined, definition, naming_at, renamed, spots, word_range
from .symbols import symbols

T = TypeVar("T")

FRESH = 5.0
"""Seconds for which a composed document is not composed again while no buffer changes: presets on disk may."""


class Desk:
    """The documents that are open, and everything that is known about them."""

    def __init__(self, config_dir: str | None = None, *, plugins: bool = False) -> None:
        self._config_dir = config_dir
        self._plugins = plugins
        self._buffers: Mapping[str, Buffer] = {}
        self._units = "utf-16"
        self._scenes: dict[str, tuple[object, float, Scene | Refused]] = {}
        self._last: dict[str, Scene] = {}
        """The document when it could last be composed."""
        self.reported: dict[str, list[Report]] = {}
        """Document -> what was found through it."""

    def look(self, buffers: Mapping[str, Buffer], units: str, work: Callable[[], T]) -> T:
        """What `work` returns, done on these buffers."""
        self._buffers, self._units = buffers, units
        token = UNSAVED.set(unsaved(buffers))
        try:
            return work()
        finally:
            UNSAVED.reset(token)

    @property
    def files(self) -> Files:
        """The texts as they are now."""
        return Files(self._buffers, self._units)

    def forget(self) -> None:
        """Something has changed on disk."""
        self._scenes.clear()

    def check(self, uri: str) -> None:
        """Notes what is found through a document; nothing where it is closed, or none of ours."""
        buffer = self._buffers.get(uri)
        if buffer is None or not self._is_ours(buffer):
            self.reported.pop(uri, None)
            self._last.pop(uri, None)
            return
        found = findings_in(buffer, self._scene(buffer), self._config_dir, plugins=self._plugins)
        self.reported[uri] = reports(found, buffer, self.files)

    def _is_ours(self, buffer: Buffer) -> bool:
        """One that was ours stays so while its text is not valid."""
        return buffer.is_ours or (buffer.tree is None and buffer.uri in self._last)

    def diagnostics(self) -> dict[str, list[types.Diagnostic]]:
        """Document -> everything found in it, through whichever document that was; once each."""
        found: dict[str, list[types.Diagnostic]] = {}
        seen: set[tuple[str, str, str, int, int]] = set()
        for uri in sorted(self.reported, key=lambda uri: uri not in self._buffers):
            for report in sorted(self.reported[uri], key=lambda report: report.uri != uri):
                start, code = report.diagnostic.range.start, str(report.diagnostic.code)
                mark = (report.uri, code, report.finding.message, start.line, start.character)
                if mark not in seen:
                    seen.add(mark)
                    found.setdefault(report.uri, []).append(report.diagnostic)
        return found

    def _scene(self, buffer: Buffer) -> Scene | Refused:
        """What a document amounts to, or why that cannot be told."""
        state = tuple(sorted((one.uri, one.version, hash(one.raw)) for one in self._buffers.values()))
        known = self._scenes.get(buffer.uri)
        if known is not None and known[0] == state and time.monotonic() - known[1] < FRESH:
            return known[2]
        found: Scene | Refused
        try:
            found = scene_of(buffer, self._config_dir)
            self._last[buffer.uri] = found
        except Refused as refused:
            found = refused
        self._scenes[buffer.uri] = state, time.monotonic(), found
        return found

    def _at(self, uri: str, position: types.Position) -> tuple[Scene, Cursor | None, int] | None:
        """The document, and what stands at a position of it; None where it is not valid, or none of ours."""
        buffer = self._buffers.get(uri)
        if buffer is None or not buffer.is_ours:
            return None
        scene, kind = self._scene(buffer), kind_of_buffer(buffer)
        if isinstance(scene, Refused):
            if buffer.tree is None or kind is None:
                return None
            scene = alone(buffer, buffer.tree, kind)
        index = buffer.text.at(position)
        return scene, cursor_at(buffer.text, index), index

    def hover(self, uri: str, position: types.Position) -> types.Hover | None:
        """What is known about the thing at a position."""
        found = self._at(uri, position)
        if found is None or found[1] is None:
            return None
        return hover(found[0], found[1], found[2], self.files, self._config_dir)

    def completion(self, uri: str, position: types.Position) -> list[types.CompletionItem]:
        """What may be written at a position."""
        buffer = self._buffers.get(uri)
        if buffer is None or not self._is_ours(buffer):
            return []
        if buffer.uri not in self._last and buffer.tree is not None:
            self._scene(buffer)
        return completion(buffer, buffer.text.at(position), self._last.get(uri), self._config_dir)

    def definition(self, uri: str, position: types.Position) -> types.Location | None:
        """Where the thing at a position is defined."""
        found = self._at(uri, position)
        return None if found is None else definition(*found, self.files, self._config_dir)

    def references(self, uri: str, position: types.Position) -> list[types.Location]:
        """Every place that names the conditioner at a position."""
        found = self._at(uri, position)
        naming = naming_at(found[0], found[1]) if found is not None and found[1] is not None else None
        if found is None or naming is None:
            return []
        files = self.files
        return [
            types.Location(uri if spot.file is None else files.uri(spot.file), spot.range)
            for spot in spots(found[0], naming, files)
        ]

    def can_rename(self, uri: str, position: types.Position) -> types.PrepareRenamePlaceholder | None:
        """The id of a conditioner at a position; nothing else can be renamed."""
        found = self._at(uri, position)
        if found is None or found[1] is None or naming_at(found[0], found[1]) is None:
            return None
        return types.PrepareRenamePlaceholder(*word_range(found[0], found[1]))

    def rename(self, uri: str, position: types.Position, new: str) -> types.WorkspaceEdit:
        """The edits that give the conditioner at a position another id.

        Raises:
            Declined: there is none, or it cannot be renamed.
        """
        found = self._at(uri, position)
        naming = naming_at(found[0], found[1]) if found is not None and found[1] is not None else None
        if found is None or naming is None:
            raise Declined("only the id of a conditioner can be renamed")
        return renamed(found[0], naming, new, self.files)

    def actions(self, uri: str, at: types.Range, only: list[str] | None) -> list[types.CodeAction]:
        """The cures of what was found in a stretch of a document."""
        buffer = self._buffers.get(uri)
        everything = [report for found in self.reported.values() for report in found]
        return [] if buffer is None else actions(buffer, at, everything, self.files, only)

    def symbols(self, uri: str) -> list[types.DocumentSymbol]:
        """The outline of a document."""
        buffer = self._buffers.get(uri)
        return symbols(buffer.text) if buffer is not None and buffer.is_ours else []

    def hints(self, uri: str, at: types.Range) -> list[types.InlayHint]:
        """Short notes beside the values in a stretch of a document."""
        buffer = self._buffers.get(uri)
        scene = self._scene(buffer) if buffer is not None and buffer.is_ours else None
        if buffer is None or not isinstance(scene, Scene):
            return []
        found = []
        for local, words in hints(scene):
            place = buffer.text.span(buffer.text.places[local].value).end
            if at.start.line <= place.line <= at.end.line:
                found.append(types.InlayHint(place, words, padding_left=True))
        return found
