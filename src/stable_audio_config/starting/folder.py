"""A folder of sound, or of latents, looked at from outside: how many files, and what their headers say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median

from .sounds import Sound, read_header

MOST = 2000
"""Headers that are read: more would say the same, and take minutes on a disk far away."""

COUNTED = 1_000_000
"""Files that are counted at most."""


@dataclass(frozen=True)
class SoundFolder:
    """What is known about a folder of sound."""

    path: str
    """As it was named."""
    files: int
    """Sound files in it and below."""
    rates: tuple[tuple[int, int], ...]
    """Samples per second and how many of the files have them, the most common first."""
    channels: tuple[tuple[int, int], ...]
    """The same for channels."""
    seconds: tuple[float, float, float] | None
    """The shortest, the median and the longest; None where no header could be read."""
    unreadable: tuple[Path, ...] = ()
    """Files whose headers say nothing that could be understood."""

    @property
    def rate(self) -> int | None:
        """The most common rate."""
        return self.rates[0][0] if self.rates else None

    @property
    def is_mono(self) -> bool:
        """Whether every file has one channel."""
        return [count for count, _ in self.channels] == [1]

    def told(self) -> str:
        """One line for a person: `48 sound files, 44.1 kHz, stereo, 0.74 s to 3.2 s (half are longer than 1.5 s)`."""
        parts = [f"{self.files} sound file{'s' if self.files != 1 else ''}"]
        parts += [_shares(self.rates, lambda rate: f"{rate / 1000:g} kHz"), _shares(self.channels, channels_told)]
        if self.seconds is not None:
            shortest, middle, longest = self.seconds
            same = longest - shortest < 0.005
            half = f" (half are longer than {seconds_told(middle)})"
            parts.append(seconds_told(longest) if same else f"{seconds_told(shortest)} to {seconds_told(longest)}{half}")
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class LatentFolder:
    """What is known about a folder of latents."""

    path: str
    """As it was named."""
    files: int
    """Latents in it and below."""
    channels: int | None
    """Width of the first one whose header can be read."""
    frames: int | None
    """Its length."""

    def told(self) -> str:
        """One line for a person."""
        shape = "" if self.channels is None else f", {self.channels} wide, {self.frames} frames"
        return f"{self.files} latent{'s' if self.files != 1 else ''}{shape}"


def look_at(folder: Path, name: str) -> SoundFolder | LatentFolder | None:
    """What the folder holds; None where there is neither sound nor a latent in it."""
    from ..validation.folders import AUDIO_SUFFIXES, FoldersBelow

    sounds: list[Path] = []
    latents: list[Path] = []
    for file in islice(FoldersBelow(folder, []), COUNTED):
        if file.suffix.lower() in AUDIO_SUFFIXES and not file.name.startswith("."):
            sounds.append(file)
        elif file.suffix == ".npy" and file.name != "silence.npy":
            latents.append(file)
    if (folder / "details.json").is_file() and latents:
        sounds = []
    if sounds:
        return _sounds(name, sorted(sounds))
    return _latents(name, sorted(latents)) if latents else None


def _sounds(name: str, files: list[Path]) -> SoundFolder:
    every = max(1, len(files) // MOST)
    tried = files[::every][:MOST]
    found = {file: read_header(file) for file in tried}
    good: list[Sound] = [sound for sound in found.values() if sound is not None]
    lengths = sorted(sound.seconds for sound in good)
    return SoundFolder(
        path=name,
        files=len(files),
        rates=tuple(Counter(sound.rate for sound in good).most_common()),
        channels=tuple(Counter(sound.channels for sound in good).most_common()),
        seconds=(lengths[0], median(lengths), lengths[-1]) if lengths else None,
        unreadable=tuple(file for file, sound in found.items() if sound is None),
    )


def _latents(name: str, files: list[Path]) -> LatentFolder:
    from ..validation.latent_files import npy_shape

    shapes = (shape for file in files[:MOST] if (shape := npy_shape(file)) is not None and len(shape) >= 2)
    shape = next(shapes, None)
    return LatentFolder(name, len(files), shape[-2] if shape else None, shape[-1] if shape else None)


def _shares(counts: tuple[tuple[int, int], ...], words: Callable[[int], str]) -> str:
    if len(counts) < 2:
        return "".join(words(value) for value, _ in counts)
    return " and ".join(f"{words(value)} ({count})" for value, count in counts[:4])


def channels_told(channels: int) -> str:
    """`mono`, `stereo`, or a number."""
    return {1: "mono", 2: "stereo"}.get(channels, f"{channels} channels")


def seconds_told(seconds: float) -> str:
    """A length as a person says it: `0.74 s`, `3.2 s`, `47 s`, `5.3 min`."""
    if seconds >= 100:
        return f"{seconds / 60:.1f} min"
    return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
