"""Files that were not there before: whole or not at all, and never in the place of another."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def create_whole(file: Path, text: str) -> None:
    """The file is new and holds `text` after the call; else nothing has changed. Threads may call it side by side.

    It is written beside its place under another name and then linked there, which fails where something stands already.

    Raises:
        FileExistsError: something stands there.
        OSError: the folder cannot be written to, or the disk is full.
    """
    beside = file.parent / f".{file.name[:100]}.{os.urandom(6).hex()}.new"
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as stream:
            stream.write(text.encode("utf-8"))
            stream.flush()
            os.fsync(stream.fileno())
        _link(beside, file)
    finally:
        with suppress(OSError):
            beside.unlink()


def _link(beside: Path, file: Path) -> None:
    try:
        os.link(beside, file)
    except FileExistsError:
        raise
    except OSError:  # A file system without links: the next best is to look first.
        if file.exists() or file.is_symlink():
            raise FileExistsError(file) from None
        beside.rename(file)
