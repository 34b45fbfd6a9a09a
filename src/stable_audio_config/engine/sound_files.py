"""Where generated sounds go: NAME_000.wav with NAME_000.png beside it, and one NAME.json about them all."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..report.finding import refuse
from .record import write_json


@dataclass
class SoundFiles:
    """The files of one `sat generate`; whatever stood in the folder before stays as it is."""

    folder: Path
    name: str
    first: int
    """Number of the first sound: one more than the highest number there."""
    about: Path
    """`NAME.json`, or `NAME_<first>.json` where that is taken."""
    written: list[Path] = field(default_factory=list)

    def write_sound(self, audio: Any, sample_rate: int) -> tuple[Path, dict[str, Any]]:
        """The next WAV file, 16 bit, from (channels, samples); brought down to a peak of 1 only where it is louder.

        Also says what was done: name, seconds, peak before, whether it was brought down.
        """
        import numpy as np
        import soundfile

        peak = float(np.abs(audio).max(initial=0.0))
        path = self.folder / f"{self.name}_{self.first + self.sounds:03}.wav"
        beside = path.with_name(f".{path.name}.part")
        soundfile.write(beside, (audio / peak if peak > 1 else audio).T, sample_rate, subtype="PCM_16", format="WAV")
        beside.replace(path)
        self.written.append(path)
        length = audio.shape[1] / sample_rate
        return path, {"file": path.name, "seconds": length, "peak": peak, "peak_brought_to_1": peak > 1}

    @property
    def sounds(self) -> int:
        """How many WAV files have been written."""
        return sum(path.suffix == ".wav" for path in self.written)

    def write_about(self, content: dict[str, Any]) -> None:
        """The JSON file says what is there so far."""
        write_json(self.about, content)
        if self.about not in self.written:
            self.written.append(self.about)


def next_files(folder: Path, name: str) -> SoundFiles:
    """The folder, made where it was absent, and the first free number in it."""
    if Path(name).name != name:
        raise refuse("bad-name", f"`{name}` is to begin file names, so it cannot hold a folder", "name")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = [path.name for path in folder.iterdir()]
    except OSError as error:
        raise refuse("not-writable", f"`{folder}` cannot be used: {error.strerror}", "output_path") from None
    numbers = [re.fullmatch(rf"{re.escape(name)}_(\d+)\.(wav|png|json)", found) for found in names]
    first = 1 + max((int(match[1]) for match in numbers if match), default=-1)
    taken = f"{name}.json" in names
    return SoundFiles(folder, name, first, folder / (f"{name}_{first:03}.json" if taken else f"{name}.json"))
