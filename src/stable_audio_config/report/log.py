"""What a run prints is also kept in its folder."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO


class _Both:
    """A stream that writes to the terminal and, without progress bars, to a file."""

    def __init__(self, stream: TextIO, file: TextIO) -> None:
        self._stream, self._file = stream, file

    def write(self, text: str) -> int:
        if "\r" not in text and "\x1b[" not in text and text:
            self._file.write(text)
            self._file.flush()
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def logged_to(path: Path, active: bool = True) -> Iterator[None]:
    """Everything printed inside lands in `path` too."""
    if not active:
        yield
        return
    before = sys.stdout, sys.stderr
    with path.open("a", encoding="utf-8") as file:
        sys.stdout, sys.stderr = _Both(before[0], file), _Both(before[1], file)
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before
