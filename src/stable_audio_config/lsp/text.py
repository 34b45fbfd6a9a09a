"""One text, and the two ways to count in it: editors' units (UTF-16, mostly) and our lines and characters.

Editors end a line at `\\n`, `\\r\\n` and `\\r` only. The parsers of YAML and `str.splitlines` know more ends. So every
position goes through its index in the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

from lsprotocol.types import Position, Range, TextEdit

from ..source.positions import Place, Span, positions

_END = re.compile(r"\r\n|\r|\n")
MARK = "\ufeff"
"""A byte order mark, which no parser counts."""


class Text:
    """The text of one document."""

    def __init__(self, raw: str, *, is_json: bool, units: str = "utf-16") -> None:
        self.raw = raw
        """As the editor has it."""
        self.plain = raw.removeprefix(MARK)
        """Without a byte order mark; every index counts in this."""
        self.is_json = is_json
        self._shift = len(raw) - len(self.plain)
        self._units = units
        self._ours = [0]
        for line in self.plain.splitlines(keepends=True):
            self._ours.append(self._ours[-1] + len(line))
        self._theirs = [0, *(found.end() for found in _END.finditer(raw))]

    @cached_property
    def places(self) -> dict[tuple[str | int, ...], Place]:
        """Key path -> place; empty where the text is not valid."""
        return positions(self.plain, self.is_json)

    def index(self, line: int, column: int) -> int:
        """The index of our line and column, both from 1."""
        start = self._ours[min(max(line, 1), len(self._ours)) - 1]
        return min(start + max(column, 1) - 1, len(self.plain))

    def position(self, index: int) -> Position:
        """Where the editor sees an index."""
        at = index + self._shift
        line = bisect_right(self._theirs, at) - 1
        return Position(line, self._width(self.raw[self._theirs[line] : at]))

    def at(self, position: Position) -> int:
        """The index of a position of the editor; the end of its line where it lies beyond."""
        if position.line >= len(self._theirs):
            return len(self.plain)
        start = self._theirs[position.line]
        following = self._theirs[position.line + 1] if position.line + 1 < len(self._theirs) else len(self.raw)
        line = self.raw[start:following].rstrip("\r\n")
        count = units = 0
        while count < len(line) and units < position.character:
            units += self._width(line[count])
            count += 1
        return max(0, start + count - self._shift)

    def range(self, start: int, end: int) -> Range:
        """Where the editor sees the text between two indexes."""
        return Range(self.position(start), self.position(end))

    def span(self, span: Span) -> Range:
        """The same for one of our spans."""
        start = self.index(span.line, span.column)
        return self.range(start, min(start + span.width, len(self.plain)))

    def bounds(self, span: Span) -> tuple[int, int]:
        """The indexes at which one of our spans begins and ends."""
        start = self.index(span.line, span.column)
        return start, min(start + span.width, len(self.plain))

    def _width(self, part: str) -> int:
        if self._units == "utf-32":
            return len(part)
        if self._units == "utf-8":
            return len(part.encode("utf-8", "surrogatepass"))
        return len(part) + sum(char > "\uffff" for char in part)

    def changed_to(self, after: str) -> TextEdit:
        """The edit that makes `after` of this text: what the two begin and end with stays."""
        before, shortest = self.plain, min(len(self.plain), len(after))
        start = next((index for index in range(shortest) if before[index] != after[index]), shortest)
        rest = shortest - start
        end = next((count for count in range(rest) if before[-1 - count] != after[-1 - count]), rest)
        start -= before[max(0, start - 1) : start + 1] == "\r\n"  # Editors see no place inside the end of a line.
        end -= before[len(before) - end - 1 : len(before) - end + 1] == "\r\n"
        return TextEdit(self.range(start, len(before) - end), after[start : len(after) - end])
