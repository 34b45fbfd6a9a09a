"""Where the synthetic dataset lies, and how it gets there whole or not at all.

The files are written to a temporary folder beside their place, flushed to the disk and renamed in one step, so that
neither a second process nor a killed one can leave a half-written dataset where a data loader would read it.
"""

from __future__ import annotations

import os
import shutil
import time
import uuid
from pathlib import Path

from stable_audio_config.synthetic.catalogue import sounds

FORMAT_VERSION = 1
"""Part of the cache folder's name: raised whenever sounds or labels change, so that old files are never mixed in."""
WAV_HEADER_BYTES = 44
FRAME_BYTES = 4
ABANDONED_AFTER_SECONDS = 3600.0


def cache_folder() -> Path:
    """`stable-audio-config/synthetic-1` under `SAT_CACHE`, else under `XDG_CACHE_HOME`, else under `~/.cache`.

    The path is absolute, because a run may change its working folder between asking and reading.
    """
    chosen = os.environ.get("SAT_CACHE") or _xdg_cache_home() or "~/.cache"
    return Path(chosen).expanduser().absolute() / "stable-audio-config" / f"synthetic-{FORMAT_VERSION}"


def _xdg_cache_home() -> str | None:
    # The XDG specification says that a relative path is invalid and is to be ignored.
    home = os.environ.get("XDG_CACHE_HOME")
    return home if home and Path(home).is_absolute() else None


def audio_folder() -> Path:
    """The folder that `ensure` fills by default; it holds the audio and label files and nothing else."""
    return cache_folder() / "audio"


def metadata_module() -> Path:
    """The file to name as `custom_metadata_module` in a dataset config."""
    return Path(__file__).with_name("metadata.py")


def ensure(folder: Path | None = None) -> Path:
    """All sounds and their labels stand in the folder that is returned (`audio_folder()` unless another one is given).

    What stands there already stays as it is; files of other names are left alone. Safe against a second process at the
    same time and against being killed. Raises OSError where the folder cannot be written, ImportError without numpy.
    """
    folder = audio_folder() if folder is None else Path(folder).absolute()
    if not _missing(folder):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(folder)
    draft = folder.with_name(f"{_draft_prefix(folder)}{uuid.uuid4().hex}")
    draft.mkdir()
    try:
        _write_all(draft)
        _put_in_place(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def _expected_sizes() -> dict[str, int]:
    sizes: dict[str, int] = {}
    for sound in sounds():
        sizes[f"{sound.name}.json"] = len(sound.labels)
        sizes[f"{sound.name}.wav"] = WAV_HEADER_BYTES + FRAME_BYTES * sound.frames
    return sizes


def _missing(folder: Path) -> list[str]:
    """The names of files that are absent or not as long as they should be, each label file before its audio file."""
    try:
        with os.scandir(folder) as entries:
            found = {entry.name: entry.stat().st_size for entry in entries if entry.is_file()}
    except FileNotFoundError:
        found = {}
    return [name for name, size in _expected_sizes().items() if found.get(name) != size]


def _write_all(draft: Path) -> None:
    from stable_audio_config.synthetic.voices import wav_bytes

    for sound in sounds():
        _write(draft / f"{sound.name}.wav", wav_bytes(sound))
        _write(draft / f"{sound.name}.json", sound.labels)
    _flush_folder(draft)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _put_in_place(draft: Path, folder: Path) -> None:
    """The draft becomes the folder; where a folder stands already, only what it lacks is moved into it.

    Somebody who is reading an existing folder never sees a file of it disappear.
    """
    try:
        draft.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
        for name in _missing(folder):
            (draft / name).replace(folder / name)
        _flush_folder(folder)
    _flush_folder(folder.parent)


def _flush_folder(folder: Path) -> None:
    # Only POSIX systems let a folder be opened and flushed; elsewhere a rename is as durable as the system makes it.
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _draft_prefix(folder: Path) -> str:
    return f".{folder.name}.draft-"


def _remove_abandoned(folder: Path) -> None:
    """Drafts that a killed process left an hour ago or earlier are gone; a younger one may still be in the making."""
    for draft in folder.parent.glob(f"{_draft_prefix(folder)}*"):
        try:
            age = time.time() - draft.stat().st_mtime
        except FileNotFoundError:
            continue
        if age > ABANDONED_AFTER_SECONDS:
            shutil.rmtree(draft, ignore_errors=True)
