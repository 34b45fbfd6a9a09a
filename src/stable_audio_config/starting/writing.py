"""New files in a user's folder: never one that is there already, and nothing of a file that turns out to be wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from ..report.finding import refuse
from ..source.new_file import create_whole


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
    ours: list[Path] = []
    with removed_on_failure(ours):
        for file, text in texts.items():
            _write(file, text)
            ours.append(file)


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        create_whole(file, text)
    except FileExistsError:  # It has come between looking and writing.
        refuse_if_there(file)
        raise refuse("not-writable", f"`{file.parent}` is no folder", help="choose another folder") from None
    except OSError as error:
        message = f"`{file}` cannot be written: {error.strerror or error}"
        raise refuse("not-writable", message, help="choose another folder") from None


@contextmanager
def removed_on_failure(ours: list[Path]) -> Iterator[None]:
    """The files that we have written are gone where what follows fails; what somebody else has put there is left alone."""
    try:
        yield
    except BaseException:
        for file in ours:
            with suppress(OSError):
                file.unlink()
        raise
