"""Rate, channels and length of a sound file, from its header alone: WAV, FLAC, AIFF, Ogg (Vorbis and Opus) and MP3.

The core reads them itself because the library that could is in the engine's extra, and because a folder of ten thousand files is
looked at in a second or two when nothing but headers is read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .mp3 import mp3_header

OPUS_RATE = 48000
"""Opus is always decoded at this rate."""

LAST_PAGE = 65536
"""Bytes at the end of an Ogg file among which its last page begins."""


@dataclass(frozen=True)
class Sound:
    """What a header says."""

    rate: int
    """Samples per second."""
    channels: int
    """How many."""
    seconds: float
    """Length."""


def read_header(file: Path) -> Sound | None:
    """What the header of a sound file says; None where it cannot be read or is of another format."""
    try:
        with file.open("rb") as opened:
            start = opened.read(12)
            opened.seek(0)
            found = _by_format(start, opened)
    except (OSError, struct.error, IndexError, ValueError, OverflowError, ZeroDivisionError):
        return None
    return found if found is not None and found.rate > 0 and found.channels > 0 else None


def _by_format(start: bytes, opened: BinaryIO) -> Sound | None:
    if start[:4] in (b"RIFF", b"RF64") and start[8:] == b"WAVE":
        return _wave(opened)
    if start[:4] == b"FORM" and start[8:] in (b"AIFF", b"AIFC"):
        return _aiff(opened)
    if start[:4] == b"fLaC":
        return _flac(opened)
    if start[:4] == b"OggS":
        return _ogg(opened)
    found = mp3_header(opened)
    return None if found is None else Sound(*found)


def _chunks(opened: BinaryIO, size: str) -> Iterator[tuple[bytes, int]]:
    """Name and length of each chunk of a RIFF or AIFF file; the stream stands at its content."""
    opened.seek(12)
    while len(head := opened.read(8)) == 8:
        (length,) = struct.unpack(size, head[4:])
        here = opened.tell()
        yield head[:4], length
        opened.seek(here + length + length % 2)


def _wave(opened: BinaryIO) -> Sound | None:
    rate = channels = bytes_per_frame = 0
    whole = opened.seek(0, 2)
    for name, length in _chunks(opened, "<I"):
        if name == b"fmt ":
            _, channels, rate, _, bytes_per_frame = struct.unpack("<HHIIH", opened.read(14))
        elif name == b"data" and bytes_per_frame:
            # A recorder that was cut off, and every file above 4 GB, leaves a length here that is not true.
            there = min(length, whole - opened.tell()) if length not in (0, 0xFFFFFFFF) else whole - opened.tell()
            return Sound(rate, channels, there / bytes_per_frame / rate)
    return None


def _aiff(opened: BinaryIO) -> Sound | None:
    for name, _ in _chunks(opened, ">I"):
        if name == b"COMM":
            channels, frames, _, exponent, mantissa = struct.unpack(">hIhHQ", opened.read(18))
            rate = int(mantissa * 2.0 ** ((exponent & 0x7FFF) - 16383 - 63))  # A number of 80 bits.
            return Sound(rate, channels, frames / rate)
    return None


def _flac(opened: BinaryIO) -> Sound:
    """The first block of every FLAC file, `STREAMINFO`."""
    block = opened.read(4 + 4 + 34)[8:]
    packed = int.from_bytes(block[10:18], "big")  # 20 bits rate, 3 channels - 1, 5 bits per sample - 1, 36 samples.
    rate = packed >> 44
    return Sound(rate, (packed >> 41 & 7) + 1, (packed & (1 << 36) - 1) / rate)


def _ogg(opened: BinaryIO) -> Sound | None:
    """The first packet names the codec; the last page says how many samples there are in all."""
    page = opened.read(27)
    packet = opened.read(page[26] + 64)[page[26] :]
    if packet[1:7] == b"vorbis":
        channels, rate = struct.unpack("<BI", packet[11:16])
        skipped = 0
    elif packet[:8] == b"OpusHead":
        channels, skipped = struct.unpack("<BH", packet[9:12])
        rate = OPUS_RATE
    else:
        return None
    opened.seek(max(0, opened.seek(0, 2) - LAST_PAGE))
    tail = opened.read()
    last = tail.rindex(b"OggS")
    (samples,) = struct.unpack("<q", tail[last + 6 : last + 14])
    return Sound(rate, channels, max(0, samples - skipped) / rate)
