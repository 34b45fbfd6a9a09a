"""Files that were not there before: whole or not at all, and never in the place of another."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def create_whole(file: Path, text: str) -> None:
    """The file is new and holds `text` after the call; else nothing has changed.

    It is written beside its place under another name and then linked there, which fails where something stands already.

    Raises:
        FileExistsError: something stands there.
        OSError: the folder cannot be written to, or the disk is full.
    """
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name[:100]}.", suffix=".new")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o666 & ~_umask())
        _link(name, file)
    finally:
        with suppress(OSError):
            Path(name).unlink()


def _link(name: str, file: Path) -> None:
    try:
        os.link(name, file)
    except FileExistsError:
        raise
    except OSError:  # A file system without links: the next best is to look first.
        if file.exists() or file.is_symlink():
            raise FileExistsError(file) from None
        Path(name).rename(file)


def _umask() -> int:
    """What new files of this process may not have; it can only be asked for by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
