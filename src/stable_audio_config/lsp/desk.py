"""All the work behind the requests, in plain calls: what is open, what it amounts to, what was found in it.

The server calls this in one thread of its own, so that nothing here is ever at work twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

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
"""Seconds for which a document is not composed again while no text that it is made of changes: presets on disk may."""


class Unsaved(dict[str, str]):
    """The texts of open files, which remembers those that were read."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        super().__init__(texts)
        self.read: dict[str, str] = {}

    def get(self, key: str, default: Any = None) -> Any:
        """The text of an open file."""
        if key in self:
            self.read[key] = self[key]
        return super().get(key, default)


@dataclass(frozen=True)
class Seen:
    """What a document was checked with; while it is the same, checking again would find the same."""

    raw: str
    open: frozenset[str]
    """The files that were open; one that is new may differ from the disk."""
    read: Mapping[str, str]
    """Those of them that were read, with their texts."""

    def still_holds(self, raw: str, texts: Mapping[str, str]) -> bool:
        """Whether nothing of it has changed."""
        return raw == self.raw and texts.keys() == self.open and all(texts[name] == text for name, text in self.read.items())


class Desk:
    """The documents that are open, and everything that is known about them."""

    def __init__(self, config_dir: str | None = None, *, plugins: bool = False) -> None:
        self._config_dir = config_dir
        self._plugins = plugins
        self._buffers: Mapping[str, Buffer] = {}
        self._unsaved = Unsaved({})
        self._units = "utf-16"
        self._scenes: dict[str, tuple[Seen, float, Scene | Refused]] = {}
        self._last: dict[str, Scene] = {}
        """The document when it could last be composed."""
        self._seen: dict[str, Seen] = {}
        self.reported: dict[str, list[Report]] = {}
        """Document -> what was found through it."""

    def look(self, buffers: Mapping[str, Buffer], units: str, work: Callable[[], T]) -> T:
        """What `work` returns, done on these buffers."""
        self._buffers, self._units, self._unsaved = buffers, units, Unsaved(unsaved(buffers))
        token = UNSAVED.set(self._unsaved)
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
        self._seen.clear()

    def check(self, uri: str) -> None:
        """Notes what is found through a document; nothing where it is closed, or none of ours."""
        buffer = self._buffers.get(uri)
        if buffer is None or not self._is_ours(buffer):
            self.reported.pop(uri, None)
            self._last.pop(uri, None)
            self._scenes.pop(uri, None)
            self._seen.pop(uri, None)
            return
        if uri in self._seen and self._seen[uri].still_holds(buffer.raw, self._unsaved):
            return
        self._unsaved.read.clear()
        found = findings_in(buffer, self._scene(buffer), self._config_dir, plugins=self._plugins)
        self.reported[uri] = reports(found, buffer, self.files)
        self._seen[uri] = self._seen_now(buffer)

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
        known = self._scenes.get(buffer.uri)
        if known is not None and known[0].still_holds(buffer.raw, self._unsaved) and time.monotonic() - known[1] < FRESH:
            self._unsaved.read.update(known[0].read)
            return known[2]
        found: Scene | Refused
        before, self._unsaved.read = self._unsaved.read, {}
        try:
            found = scene_of(buffer, self._config_dir)
            self._last[buffer.uri] = found
        except Refused as refused:
            found = refused
        self._scenes[buffer.uri] = self._seen_now(buffer), time.monotonic(), found
        self._unsaved.read.update(before)
        return found

    def _seen_now(self, buffer: Buffer) -> Seen:
        return Seen(buffer.raw, frozenset(self._unsaved), dict(self._unsaved.read))

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
