"""A folder looked at from outside: what is counted, what is read, and what is said of it."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from stable_audio_config.starting import folder
from stable_audio_config.starting.folder import LatentFolder, SoundFolder, look_at, seconds_told


def sound(file: Path, rate: int = 8000, channels: int = 1, seconds: float = 0.5) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(file), "wb") as opened:
        opened.setparams((channels, 2, rate, 0, "NONE", ""))
        opened.writeframes(bytes(int(rate * seconds) * channels * 2))


def sounds_in(place: Path) -> SoundFolder:
    found = look_at(place, "music")
    assert isinstance(found, SoundFolder)
    return found


def test_sounds_below_count_and_hidden_ones_do_not_as_in_the_engine(tmp_path: Path) -> None:
    sound(tmp_path / "deep" / "er" / "a.WAV")
    sound(tmp_path / "b.wav", rate=16000, channels=2, seconds=2)
    sound(tmp_path / "c.wav", rate=16000)
    sound(tmp_path / ".hidden.wav", rate=48000)
    (tmp_path / "notes.txt").write_text("hello")
    found = sounds_in(tmp_path)
    assert (found.files, found.rates, found.channels) == (3, ((16000, 2), (8000, 1)), ((1, 2), (2, 1)))
    assert found.seconds == (0.5, 0.5, 2.0)
    assert (found.rate, found.is_mono) == (16000, False)
    assert (
        found.told()
        == "3 sound files, 16 kHz (2) and 8 kHz (1), mono (2) and stereo (1), 0.50 s to 2.0 s (half are longer than 0.50 s)"
    )


def test_of_very_many_files_some_headers_are_read_from_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "MOST", 5)
    for number in range(20):
        sound(tmp_path / f"{number:02}.wav", rate=8000 if number < 10 else 16000)
    found = sounds_in(tmp_path)
    assert found.files == 20
    assert sum(count for _, count in found.rates) == 5
    assert {rate for rate, _ in found.rates} == {8000, 16000}


def test_a_folder_without_one_readable_header_is_still_a_folder_of_sound(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("hello")
    found = sounds_in(tmp_path)
    assert (found.rate, found.seconds, found.unreadable) == (None, None, (tmp_path / "a.wav",))
    assert found.told() == "1 sound file"


def test_what_sat_pre_encode_wrote_is_latents_even_with_sounds_beside(tmp_path: Path) -> None:
    (tmp_path / "0.npy").write_bytes(b"no array")
    (tmp_path / "silence.npy").write_bytes(b"")
    sound(tmp_path / "demo.wav")
    assert isinstance(look_at(tmp_path, "x"), SoundFolder)
    (tmp_path / "details.json").write_text("{}")
    found = look_at(tmp_path, "x")
    assert found == LatentFolder("x", 1, None, None)
    assert found is not None and found.told() == "1 latent"


def test_an_empty_folder_is_nothing(tmp_path: Path) -> None:
    assert look_at(tmp_path, "x") is None


@pytest.mark.parametrize(("seconds", "words"), [(0.744, "0.74 s"), (3.24, "3.2 s"), (47.5, "48 s"), (318.0, "5.3 min")])
def test_lengths_are_told_as_people_tell_them(seconds: float, words: str) -> None:
    assert seconds_told(seconds) == words
