"""New files in a user's folder: never one that is there already, and nothing of a file that turns out to be wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from ..report.finding import refuse
from ..source.edit import write_whole


def refuse_if_there(*files: Path) -> None:
    """Nothing stands where a file is to be written.

    Raises:
        Refused: something does.
    """
    for file in files:
        if file.exists() or file.is_symlink():
            raise refuse("file-exists", f"`{file}` is there already", help="choose another name; nothing was written")


def write_new(texts: Mapping[Path, str]) -> None:
    """Every file holds its text, its folder made where it was not there.

    Raises:
        Refused: one is there already, or cannot be written; then none is left behind.
    """
    refuse_if_there(*texts)
    with removed_on_failure(*texts):
        for file, text in texts.items():
            _write(file, text)


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, text)
    except OSError as error:
        message = f"`{file}` cannot be written: {error.strerror or error}"
        raise refuse("not-writable", message, help="choose another folder") from None


@contextmanager
def removed_on_failure(*files: Path) -> Iterator[None]:
    """The files are gone where what follows fails."""
    try:
        yield
    except BaseException:
        for file in files:
            with suppress(OSError):
                file.unlink()
        raise
