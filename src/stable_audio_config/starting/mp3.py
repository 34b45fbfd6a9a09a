"""Rate, channels and length of an MP3 file, from its first frame and the table of contents that most encoders put there."""

from __future__ import annotations

from typing import BinaryIO

SEARCHED = 65536
"""Bytes after the tags in which the first frame begins."""

_BITRATES = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""(MPEG version, layer) -> kilobits per second, by the four bits of a frame's header."""

_RATES = (44100, 48000, 32000)


def mp3_header(opened: BinaryIO) -> tuple[int, int, float] | None:
    """Samples per second, channels and seconds; None where the stream holds no MPEG audio."""
    whole = opened.seek(0, 2)
    opened.seek(0)
    begin = _after_tags(opened.read(10))
    opened.seek(begin)
    data = opened.read(SEARCHED)
    at = _first_frame(data)
    if at is None:
        return None
    version, layer, bitrate, rate, channels = _frame(data[at : at + 4]) or (0, 0, 0, 0, 0)
    samples = 384 if layer == 1 else 576 if version == 2 and layer == 3 else 1152
    frames = _counted(data[at : at + 256])
    if frames:
        return rate, channels, frames * samples / rate
    return rate, channels, (whole - begin - at) * 8 / (bitrate * 1000)


def _after_tags(start: bytes) -> int:
    """Where sound begins: an ID3 tag says how long it is in four times seven bits."""
    if start[:3] != b"ID3":
        return 0
    size = 0
    for byte in start[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size


def _first_frame(data: bytes) -> int | None:
    """Where a frame begins that another one follows: two bytes alone are found in any file."""
    at = data.find(b"\xff")
    while 0 <= at < len(data) - 4:
        frame = _frame(data[at : at + 4])
        if frame is not None:
            length = _length(frame, data[at + 2])
            following = data[at + length : at + length + 4]
            if len(following) < 4 or _frame(following) is not None:
                return at
        at = data.find(b"\xff", at + 1)
    return None


def _frame(head: bytes) -> tuple[int, int, int, int, int] | None:
    """MPEG version (2 for 2.5 as well), layer, kilobits per second, samples per second, channels."""
    if head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    code, layer, bits, rate = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3), head[2] >> 4, head[2] >> 2 & 3
    if code == 1 or layer == 4 or bits in (0, 15) or rate == 3:
        return None
    version = 1 if code == 3 else 2
    slower = {3: 1, 2: 2, 0: 4}[code]
    return version, layer, _BITRATES[version, layer][bits - 1], _RATES[rate] // slower, 1 if head[3] >> 6 == 3 else 2


def _length(frame: tuple[int, int, int, int, int], third: int) -> int:
    """Bytes of a frame."""
    version, layer, bitrate, rate, _ = frame
    padding = third >> 1 & 1
    if layer == 1:
        return (12000 * bitrate // rate + padding) * 4
    return (72000 if version == 2 and layer == 3 else 144000) * bitrate // rate + padding


def _counted(frame: bytes) -> int:
    """The number of frames, where the first one holds a table of contents instead of sound; 0 where it does not say."""
    for name in (b"Xing", b"Info"):
        at = frame.find(name)
        if at >= 0 and frame[at + 7] & 1:
            return int.from_bytes(frame[at + 8 : at + 12], "big")
    at = frame.find(b"VBRI")
    return int.from_bytes(frame[at + 14 : at + 18], "big") if at >= 0 else 0
