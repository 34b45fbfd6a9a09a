"""What the header of a sound file says, in every format that the engine takes for sound. Files are made by hand, byte by byte."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import pytest

from stable_audio_config.starting.sounds import Sound, read_header


def chunk(name: bytes, content: bytes, order: str = "<") -> bytes:
    return name + struct.pack(f"{order}I", len(content)) + content + b"\0" * (len(content) % 2)


def wav(rate: int = 44100, channels: int = 2, frames: int = 441, data_length: int | None = None, before: bytes = b"") -> bytes:
    fmt = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2, channels * 2, 16)
    sound = b"\0" * (frames * channels * 2)
    data = b"data" + struct.pack("<I", len(sound) if data_length is None else data_length) + sound
    body = b"WAVE" + before + chunk(b"fmt ", fmt) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def aiff(rate: int, channels: int, frames: int) -> bytes:
    exponent = rate.bit_length() - 1
    extended = struct.pack(">HQ", 16383 + exponent, rate << (63 - exponent))
    body = b"AIFF" + chunk(b"NAME", b"odd", ">") + chunk(b"COMM", struct.pack(">hIh", channels, frames, 16) + extended, ">")
    return b"FORM" + struct.pack(">I", len(body)) + body


def flac(rate: int, channels: int, frames: int) -> bytes:
    packed = rate << 44 | (channels - 1) << 41 | 15 << 36 | frames
    return b"fLaC" + b"\x80\0\0\x22" + b"\0" * 10 + packed.to_bytes(8, "big") + b"\0" * 16


def page(samples: int, packet: bytes) -> bytes:
    return b"OggS\0\x02" + struct.pack("<q", samples) + b"\0" * 12 + bytes([1, len(packet)]) + packet


def mp3(frames: int, first: bytes = b"", tag: bytes = b"") -> bytes:
    head = b"\xff\xfb\x90\x00"  # MPEG 1, layer 3, 128 kbit/s, 44.1 kHz, stereo: 417 bytes.
    frame = head + b"\0" * 413
    return tag + (head + first.ljust(413, b"\0") if first else b"") + frame * frames


@pytest.mark.parametrize(
    ("content", "sound"),
    [
        (wav(), Sound(44100, 2, 0.01)),
        (wav(before=chunk(b"LIST", b"odd")), Sound(44100, 2, 0.01)),
        (wav(48000, 1, 96, data_length=0xFFFFFFFF), Sound(48000, 1, 0.002)),
        (wav(48000, 1, 96, data_length=0), Sound(48000, 1, 0.002)),
        (aiff(44100, 2, 4410), Sound(44100, 2, 0.1)),
        (aiff(8000, 1, 8000), Sound(8000, 1, 1.0)),
        (flac(96000, 6, 96000 * 3), Sound(96000, 6, 3.0)),
        (page(0, b"\x01vorbis\0\0\0\0\x02" + struct.pack("<I", 32000) + b"\0" * 14) + page(64000, b"end"), Sound(32000, 2, 2.0)),
        (page(0, b"OpusHead\x01\x01" + struct.pack("<H", 312) + b"\0" * 8) + page(48312, b"end"), Sound(48000, 1, 1.0)),
        (mp3(100), Sound(44100, 2, 100 * 417 * 8 / 128000)),
        (mp3(3, first=b"\0" * 32 + b"Xing" + struct.pack(">II", 1, 5000)), Sound(44100, 2, 5000 * 1152 / 44100)),
        (mp3(100, tag=b"ID3\x04\0\0\0\0\x01\x00" + b"\xff" * 128), Sound(44100, 2, 100 * 417 * 8 / 128000)),
    ],
    ids=[
        "wav", "wav with an odd chunk", "wav of unknown length", "wav that was cut off", "aiff", "aiff mono", "flac", "vorbis",
        "opus", "mp3", "mp3 that counts its frames", "mp3 behind a tag",
    ],
)  # fmt: skip
def test_a_header_tells_rate_channels_and_length(tmp_path: Path, content: bytes, sound: Sound) -> None:
    (tmp_path / "sound").write_bytes(content)
    found = read_header(tmp_path / "sound")
    assert found is not None
    assert (found.rate, found.channels) == (sound.rate, sound.channels)
    assert found.seconds == pytest.approx(sound.seconds, rel=1e-6)


def test_a_file_of_the_standard_librarys_writer_is_read(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((1, 3, 22050, 0, "NONE", ""))
        file.writeframes(b"\0\0\0" * 11025)
    assert read_header(tmp_path / "a.wav") == Sound(22050, 1, 0.5)


@pytest.mark.parametrize("content", [wav(), aiff(44100, 2, 1), flac(44100, 2, 44100), page(0, b"\x01vorbis"), mp3(2)], ids=str)
def test_what_is_cut_off_anywhere_is_unreadable_or_told_as_far_as_it_goes(tmp_path: Path, content: bytes) -> None:
    for end in range(min(len(content), 80)):
        (tmp_path / "sound").write_bytes(content[:end])
        found = read_header(tmp_path / "sound")
        assert found is None or found.rate > 0


@pytest.mark.parametrize("content", [b"", b"hello", wav(rate=0), wav(channels=0), b"\xff" * 4000, b"OggS", b"fLaC", b"ID3"])
def test_what_is_no_sound_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "sound").write_bytes(content)
    assert read_header(tmp_path / "sound") is None
    assert read_header(tmp_path) is None
