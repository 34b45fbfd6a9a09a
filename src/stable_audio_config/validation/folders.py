"""The files below a folder as the engine finds them, links included, and the samples in a tar file."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ..datamodels.dataset import AudioDirEntry, PreEncodedEntry

SOUNDS = ("flac", "wav", "mp3", "m4a", "ogg", "opus")
"""What the engine takes for sound in a tar file."""

LOOKED_AT = 256
"""Members of a tar file."""

AUDIO_SUFFIXES = (".wav", ".mp3", ".flac", ".ogg", ".aif", ".opus")
"""What the engine takes for sound in an `audio_dir` (engine: `get_audio_filenames`)."""

_Waiting = tuple[str, tuple[str, ...]]
"""A folder, and the real paths of itself and of those above it."""


class FoldersBelow:
    """Every file below `root`, lazily. Links to folders are followed, as the engine does; one that leads back to a folder above
    it is added to `loops` instead."""

    def __init__(self, root: Path, loops: list[Path]) -> None:
        self.root, self.loops = root, loops

    def __iter__(self) -> Iterator[Path]:
        waiting: list[_Waiting] = [(str(self.root), (os.path.realpath(self.root),))]
        while waiting:
            folder, above = waiting.pop()
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        if entry.is_dir():
                            waiting += self._entered(entry, above)
                        elif entry.is_file():
                            yield Path(entry.path)
            except OSError:  # The engine passes over what it cannot read.
                continue

    def _entered(self, entry: os.DirEntry[str], above: tuple[str, ...]) -> list[_Waiting]:
        real = os.path.realpath(entry.path) if entry.is_symlink() else f"{above[-1]}{os.sep}{entry.name}"
        if real in above:
            self.loops.append(Path(entry.path))
            return []
        return [(entry.path, (*above, real))]


def list_of(entry: AudioDirEntry | PreEncodedEntry) -> Path | None:
    """The list of files that the engine takes in the place of what the folder holds; None where there is none."""
    listed = Path(entry.filelist_path) if entry.filelist_path else Path(entry.path) / "filelist.txt"
    return listed if listed.is_file() else None


def lines_of(listed: Path) -> Iterator[str]:
    """The lines of a list of files; none where it cannot be read."""
    try:
        with listed.open(encoding="utf-8", errors="replace") as lines:
            yield from (line.strip() for line in lines)
    except OSError:
        return


def files_of(entry: AudioDirEntry | PreEncodedEntry, loops: list[Path]) -> Iterator[Path]:
    """The files that the engine would find, lazily: a folder of millions is not walked to its end. Links that lead back to a folder
    above them go to `loops`."""
    root, listed = Path(entry.path), list_of(entry)
    if listed is not None:
        yield from (root / line for line in lines_of(listed))
        return
    suffixes = AUDIO_SUFFIXES if isinstance(entry, AudioDirEntry) else (f".{entry.latent_extension}",)
    keywords = entry.keywords if isinstance(entry, AudioDirEntry) else None
    words = [word.lower() for word in keywords or ()]
    for file in FoldersBelow(root, loops):
        name = file.name
        fits = file.suffix.lower() in suffixes and not name.startswith(".") and name != "silence.npy"
        if fits and (keywords is None or any(word in name.lower() for word in words)):
            yield file


def sample_in(tar: Path, latents: bool) -> str | None:
    """What is wrong with the first members of a tar file, as the end of a sentence; None where one sample is complete."""
    wanted = ("npy",) if latents else SOUNDS
    kinds: dict[str, set[str]] = {}
    try:
        with tarfile.open(tar) as members:
            for member in islice(members, LOOKED_AT):
                folder, _, name = member.name.rpartition("/")
                stem, _, extension = name.partition(".")
                found = kinds.setdefault(f"{folder}/{stem}", set())
                found.add(extension.lower())
                if "json" in found and any(kind.endswith(wanted) for kind in found):
                    return None
    except (OSError, tarfile.TarError, EOFError, ValueError):
        return "cannot be read"
    if not kinds:
        return "is empty"
    what = "latent (npy)" if latents else f"sound ({', '.join(SOUNDS)})"
    return f"holds no {what} with a .json of the same name"
