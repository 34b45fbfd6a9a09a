"""The 48 sounds of the synthetic dataset as plain data: names, labels and settings, but no sound yet.

Nothing here needs numpy, so that looking whether the files are complete costs a directory listing and no more. Pitches
come from the minor pentatonic scale on A: whatever a model learns to mix from them sounds agreeable.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

SAMPLE_RATE = 44100
KINDS = ("tone", "chirp", "string", "drums", "noise")
"""What the label `kind` counts: a tone is 0, noise is 4."""


@dataclass(frozen=True)
class Sound:
    """One file: what it is called, what is said of it, and what its voice needs to play it."""

    index: int
    voice: str
    detail: str
    prompt: str
    pitch: float
    pan: float
    settings: tuple[float | str, ...]

    @property
    def name(self) -> str:
        return f"{self.index:02d}-{self.voice}-{self.detail}"

    @property
    def kind(self) -> int:
        return KINDS.index(self.voice)

    @property
    def frames(self) -> int:
        """1.5 s to 3 s in steps of an eighth, scattered over the dataset, so that neighbours differ in length."""
        return int((1.5 + 0.125 * (self.index * 7 % 13)) * SAMPLE_RATE)

    @property
    def labels(self) -> bytes:
        """The JSON file beside the audio, byte for byte."""
        labels = {"prompt": self.prompt, "kind": self.kind, "pitch": self.pitch}
        return (json.dumps(labels, indent=2) + "\n").encode("utf-8")


TONES = (
    # wave, Hz, pan, vibrato in Hz (0: none)
    ("sine", 220.0, -0.7, 0.0),
    ("sine", 440.0, 0.7, 5.5),
    ("sine", 659.26, 0.0, 0.0),
    ("square", 110.0, 0.0, 0.0),
    ("square", 196.0, -0.6, 4.5),
    ("square", 329.63, 0.6, 0.0),
    ("saw", 110.0, 0.7, 0.0),
    ("saw", 164.81, -0.7, 5.0),
    ("saw", 261.63, 0.0, 6.0),
    ("organ", 146.83, 0.0, 0.0),
    ("organ", 293.66, 0.5, 6.5),
    ("organ", 392.0, -0.5, 0.0),
)
CHIRPS = (
    # first Hz, last Hz, pan, how often it sweeps
    (110.0, 1760.0, -0.7, 1),
    (220.0, 880.0, 0.7, 2),
    (80.0, 8000.0, 0.0, 1),
    (440.0, 3520.0, 0.5, 4),
    (1760.0, 110.0, 0.7, 1),
    (880.0, 220.0, -0.7, 2),
    (6000.0, 200.0, 0.0, 1),
    (2640.0, 660.0, -0.5, 4),
    (330.0, 990.0, 0.0, 3),
)
STRINGS = (
    # Hz, pan, how often it is plucked
    (82.41, 0.0, 1),
    (110.0, -0.7, 2),
    (130.81, 0.7, 1),
    (146.83, 0.0, 3),
    (164.81, -0.5, 2),
    (196.0, 0.5, 4),
    (220.0, -0.7, 1),
    (261.63, 0.7, 3),
    (293.66, 0.0, 2),
    (329.63, -0.6, 4),
    (392.0, 0.6, 3),
    (440.0, 0.0, 4),
)
DRUMS = (
    # eight steps of kick (k), snare (s), hat (h), kick and hat (K), snare and hat (S), rest (.); beats per minute; pan
    ("k.s.k.s.", 110.0, 0.0),
    ("K.S.KhS.", 120.0, -0.4),
    ("hhhhhhhh", 100.0, 0.6),
    ("KhShKkSh", 128.0, 0.4),
    ("k.kks.k.", 90.0, -0.6),
    ("ksskkssk", 140.0, 0.0),
    ("KhhShhKS", 105.0, -0.5),
    ("k.h.k.h.", 124.0, 0.5),
)
NOISES = (
    # what it does, lowest Hz, highest Hz, pan
    ("steady", 20.0, 300.0, 0.0),
    ("steady", 400.0, 1600.0, -0.6),
    ("steady", 4000.0, 16000.0, 0.6),
    ("rising", 120.0, 9000.0, -0.5),
    ("falling", 120.0, 9000.0, 0.5),
    ("surging", 60.0, 5000.0, 0.0),
    ("surging", 800.0, 7000.0, 0.6),
)


@cache
def sounds() -> tuple[Sound, ...]:
    """All 48 sounds in the order of their file names."""
    written = [*map(_tone, TONES), *map(_chirp, CHIRPS), *map(_string, STRINGS)]
    written += [*map(_drums, DRUMS), *map(_noise, NOISES)]
    return tuple(Sound(index, *facts) for index, facts in enumerate(written))


Facts = tuple[str, str, str, float, float, tuple[float | str, ...]]


def _tone(row: tuple[str, float, float, float]) -> Facts:
    wave, pitch, pan, vibrato = row
    article = "an" if wave == "organ" else "a"
    manner = " with vibrato" if vibrato else ""
    prompt = f"{article} {wave} tone at {pitch:g} Hz{manner}, {_place(pan)}"
    return "tone", f"{wave}-{pitch:.0f}hz", prompt, pitch, pan, (wave, vibrato)


def _chirp(row: tuple[float, float, float, int]) -> Facts:
    first, last, pan, times = row
    direction = "rising" if first < last else "falling"
    prompt = f"a chirp {direction} from {first:g} Hz to {last:g} Hz{_times(times)}, {_place(pan)}"
    return "chirp", f"{direction}-{first:.0f}hz-{last:.0f}hz", prompt, 0.0, pan, (first, last, times)


def _string(row: tuple[float, float, int]) -> Facts:
    pitch, pan, times = row
    prompt = f"a plucked string at {pitch:g} Hz{_times(times)}, {_place(pan)}"
    return "string", f"plucked-{pitch:.0f}hz", prompt, pitch, pan, (times,)


def _drums(row: tuple[str, float, float]) -> Facts:
    steps, tempo, pan = row
    letters = {"kick": "kK", "snare": "sS", "hi-hat": "hKS"}
    heard = [name for name, its in letters.items() if set(its) & set(steps)]
    listed = " and ".join(", ".join(heard).rsplit(", ", 1))
    prompt = f"a drum pattern of {listed} at {tempo:g} beats per minute, {_place(pan)}"
    return "drums", f"{'-'.join(heard)}-{tempo:.0f}bpm", prompt, 0.0, pan, (steps, tempo)


def _noise(row: tuple[str, float, float, float]) -> Facts:
    manner, low, high, pan = row
    prompt = f"{manner} noise between {low:g} Hz and {high:g} Hz, {_place(pan)}"
    return "noise", f"{manner}-{low:.0f}hz-{high:.0f}hz", prompt, 0.0, pan, (manner, low, high)


def _place(pan: float) -> str:
    if pan == 0.0:
        return "in the centre"
    return "panned left" if pan < 0 else "panned right"


def _times(times: int) -> str:
    return ("", ", played twice", ", played three times", ", played four times")[times - 1]
