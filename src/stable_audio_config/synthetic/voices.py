"""How each kind of sound is made. The only file of this room that needs numpy, which is imported inside the functions.

Every random number is a uniform one from a seeded PCG64: its stream is the plainest numpy has, and the same on every
machine. The two channels of a sound always differ (detune, delay, noise of their own), not only in loudness.
"""

from __future__ import annotations

import io
import math
import wave
from typing import TYPE_CHECKING, cast

from stable_audio_config.synthetic.catalogue import SAMPLE_RATE, Sound

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Mono = NDArray[np.float64]
    Voice = Callable[[Sound, np.random.Generator], tuple[Mono, Mono]]

PEAK = 10 ** (-3 / 20)
FADE_IN_SECONDS = 0.01
FADE_OUT_SECONDS = 0.04
FINGER_SOFTNESS = 3
FINGER_NOISE = 0.4
DAMPING_FRAMES = 800
SEED = 20240


def wav_bytes(sound: Sound) -> bytes:
    """The sound as a stereo 16-bit WAV file, peak at -3 dBFS, faded at both ends."""
    import numpy as np

    pair = np.stack(render(sound), axis=1)
    samples = np.rint(pair * (PEAK * 32767 / np.abs(pair).max())).astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.tobytes())
    return buffer.getvalue()


def render(sound: Sound) -> tuple[Mono, Mono]:
    """The left and right channel of the sound, each of `sound.frames` samples, panned and faded, at no fixed level."""
    import numpy as np

    rng = np.random.Generator(np.random.PCG64([SEED, sound.index]))
    left, right = VOICES[sound.voice](sound, rng)
    envelope = _fades(sound.frames)
    angle = (sound.pan + 1) * math.pi / 4
    return left * envelope * math.cos(angle), right * envelope * math.sin(angle)


def _fades(frames: int) -> Mono:
    import numpy as np

    envelope = np.ones(frames)
    first, last = int(FADE_IN_SECONDS * SAMPLE_RATE), int(FADE_OUT_SECONDS * SAMPLE_RATE)
    envelope[:first] = 0.5 - 0.5 * np.cos(np.pi * np.arange(first) / first)
    envelope[-last:] = 0.5 + 0.5 * np.cos(np.pi * np.arange(1, last + 1) / last)
    return envelope


def _seconds(frames: int) -> Mono:
    import numpy as np

    return np.arange(frames) / SAMPLE_RATE


def _white(rng: np.random.Generator, frames: int) -> Mono:
    return 2.0 * rng.random(frames) - 1.0


def _delayed(signal: Mono, seconds: float) -> Mono:
    import numpy as np

    frames = int(seconds * SAMPLE_RATE)
    return np.concatenate([np.zeros(frames), signal[: len(signal) - frames]])


def _tone(sound: Sound, rng: np.random.Generator) -> tuple[Mono, Mono]:
    """A held note whose channels are two cents flat and two cents sharp and wobble at slightly different speeds."""
    wave_name, vibrato = str(sound.settings[0]), float(sound.settings[1])
    start = rng.random(2)
    detune = 2 ** (2 / 1200)
    left = _harmonic_tone(wave_name, sound.pitch / detune, vibrato, start[0], sound.frames)
    right = _harmonic_tone(wave_name, sound.pitch * detune, vibrato * 1.07, start[1], sound.frames)
    return left, right


def _harmonic_tone(wave_name: str, pitch: float, vibrato: float, start: float, frames: int) -> Mono:
    """A sum of harmonics below 14 kHz, at most 24 of them, so that no harmonic folds back."""
    import numpy as np

    time = _seconds(frames)
    phase = 2 * np.pi * (pitch * time + start)
    if vibrato:
        depth = 0.004 * pitch / vibrato
        phase += depth * np.minimum(time / 0.5, 1.0) * np.sin(2 * np.pi * vibrato * time)
    turn = np.exp(1j * phase)
    harmonic = np.ones(frames, dtype=complex)
    total = np.zeros(frames)
    for number in range(1, min(24, int(14000 / pitch)) + 1):
        harmonic *= turn
        loudness = _harmonic_loudness(wave_name, number)
        if loudness:
            total += loudness * harmonic.imag
    return total


def _harmonic_loudness(wave_name: str, number: int) -> float:
    if wave_name == "sine":
        return 1.0 if number == 1 else 0.0
    if wave_name == "square":
        return 1.0 / number if number % 2 else 0.0
    if wave_name == "saw":
        return 1.0 / number
    return {1: 1.0, 2: 0.7, 3: 0.4, 4: 0.35, 6: 0.2, 8: 0.15}.get(number, 0.0)


def _chirp(sound: Sound, rng: np.random.Generator) -> tuple[Mono, Mono]:
    """A sweep with a soft octave above it; the right channel follows the left one by 11 ms."""
    import numpy as np

    first, last, times = (float(value) for value in sound.settings)
    position = (_seconds(sound.frames) * SAMPLE_RATE / sound.frames * times) % 1.0
    pitch = first * (last / first) ** position
    phase = 2 * np.pi * (np.cumsum(pitch) / SAMPLE_RATE + rng.random())
    # A sweep that starts again jumps in pitch; a dip at the seam turns the jump into a new note.
    seam = np.minimum(1.0, np.minimum(position, 1.0 - position) * 40) if times > 1 else 1.0
    signal = (np.sin(phase) + 0.25 * np.sin(2 * phase)) * (0.15 + 0.85 * seam)
    shimmer = 1.0 + 0.2 * np.sin(2 * np.pi * 3.0 * _seconds(sound.frames))
    right = _delayed(signal, 0.011) * shimmer
    right[: int(0.011 * SAMPLE_RATE)] = signal[: int(0.011 * SAMPLE_RATE)]
    return signal, right


def _string(sound: Sound, rng: np.random.Generator) -> tuple[Mono, Mono]:
    """One string heard by two microphones: same pluck, a hair's breadth of detune and 7 ms of delay between them."""
    import numpy as np

    spacing = sound.frames // int(sound.settings[0])
    left, right = np.zeros(sound.frames), np.zeros(sound.frames)
    for begin in range(0, sound.frames - spacing + 1, spacing):
        end = min(begin + spacing + DAMPING_FRAMES, sound.frames)
        frames = end - begin
        finger = _white(rng, int(SAMPLE_RATE / sound.pitch) + 1)
        # The next pluck stops what still rings: two rings of one pitch would cancel or double each other by chance.
        damped = np.minimum(1.0, np.arange(frames, 0, -1) / DAMPING_FRAMES)
        left[begin:end] += _plucked(finger, sound.pitch * 0.9995, frames) * damped
        right[begin:end] += _delayed(_plucked(finger, sound.pitch * 1.0008, frames), 0.007) * damped
    return left, right


def _plucked(finger: Mono, pitch: float, frames: int) -> Mono:
    """Karplus-Strong: a loop averaged with its neighbour on each turn, then stretched to the exact pitch.

    The loop starts as a string pulled up at a fifth of its length, which makes sure of a fundamental, with the noise of
    the fingertip on it. A loop of N samples with a two-point average sounds at rate / (N + 1/2): hence the stretch.
    """
    import numpy as np

    length = len(finger)
    for _ in range(FINGER_SOFTNESS):
        finger = 0.5 * (finger + np.roll(finger, 1))
    loop = np.interp(np.arange(length) / length, [0.0, 0.2, 1.0], [0.0, 1.0, 0.0]) + FINGER_NOISE * finger
    # The mean is taken out because it would never die away.
    loop = loop - loop.mean()
    stretch = pitch * (length + 0.5) / SAMPLE_RATE
    needed = int(frames * stretch) + 2
    keep = 0.5 ** (length / (SAMPLE_RATE * 1.6))
    turns = [loop]
    for _ in range(needed // length + 1):
        previous = np.concatenate([turns[-2][-1:] if len(turns) > 1 else loop[-1:], turns[-1]])
        turns.append(keep * 0.5 * (previous[1:] + previous[:-1]))
    played = np.concatenate(turns)
    attack = np.minimum(1.0, np.arange(frames) / 60)
    return cast("Mono", np.interp(np.arange(frames) * stretch, np.arange(len(played)), played) * attack)


def _drums(sound: Sound, rng: np.random.Generator) -> tuple[Mono, Mono]:
    """Eight steps in eighth notes, repeated to the end, in a room whose walls answer and whose hiss fills the rests."""
    steps, tempo = str(sound.settings[0]), float(sound.settings[1])
    step_frames = int(30 / tempo * SAMPLE_RATE)
    channels = [0.03 * _band(_white(rng, sound.frames), 80, 4000) for _ in range(2)]
    for number in range(math.ceil(sound.frames / step_frames)):
        begin = number * step_frames
        for letter, sides in _hits(steps[number % len(steps)]):
            for channel, side in zip(channels, sides, strict=True):
                hit = _hit(letter, rng)[: sound.frames - begin]
                channel[begin : begin + len(hit)] += side * hit
    left, right = channels
    return left + 0.35 * _delayed(right, 0.019), right + 0.35 * _delayed(left, 0.013)


def _hits(step: str) -> list[tuple[str, tuple[float, float]]]:
    """Which drums a step strikes and how loud each is on the left and on the right."""
    sides = {"k": (1.0, 0.93), "s": (0.8, 0.6), "h": (0.25, 0.4)}
    struck = {".": "", "K": "kh", "S": "sh"}.get(step, step)
    return [(letter, sides[letter]) for letter in struck]


def _hit(letter: str, rng: np.random.Generator) -> Mono:
    import numpy as np

    time = _seconds(int(0.4 * SAMPLE_RATE))
    if letter == "k":
        falling = 48 * time + 100 / 28 * (1 - np.exp(-28 * time))
        return cast("Mono", np.sin(2 * np.pi * falling) * np.exp(-7 * time))
    noise = _white(rng, len(time))
    if letter == "s":
        drum = np.sin(2 * np.pi * 185 * time) * np.exp(-22 * time)
        return cast("Mono", 0.6 * drum + 0.7 * _band(noise, 900, 9000) * np.exp(-11 * time))
    return cast("Mono", _band(noise, 6000, 16000) * np.exp(-38 * time))


def _noise(sound: Sound, rng: np.random.Generator) -> tuple[Mono, Mono]:
    """Filtered noise that is a quarter shared between the channels and otherwise their own."""
    manner, low, high = str(sound.settings[0]), float(sound.settings[1]), float(sound.settings[2])
    shared = _white(rng, sound.frames)
    left, right = (0.6 * shared + _white(rng, sound.frames) for _ in range(2))
    if manner == "steady":
        return _band(left, low, high), _band(right, low, high)
    if manner == "surging":
        return _surge(_band(left, low, high), 0.0), _surge(_band(right, low, high), 0.17)
    first, last = (low, high) if manner == "rising" else (high, low)
    return _sweep(left, first, last, 0.0), _sweep(right, first, last, 0.04)


def _band(signal: Mono, low: float, high: float) -> Mono:
    """The part of a signal between two frequencies, with soft edges, scaled to a peak of one.

    The transform is padded to a power of two: some lengths are ten times slower than the next such number.
    """
    import numpy as np

    padded = 1 << (len(signal) - 1).bit_length()
    spectrum = np.fft.rfft(signal, padded)
    pitch = np.fft.rfftfreq(padded, 1 / SAMPLE_RATE)
    spectrum *= 1 / (1 + _eighth_power(pitch / high)) * (1 - 1 / (1 + _eighth_power(pitch / low)))
    filtered = np.fft.irfft(spectrum, padded)[: len(signal)]
    return cast("Mono", filtered / np.abs(filtered).max())


def _eighth_power(ratio: Mono) -> Mono:
    # Three squarings are exact on every machine and far faster than a general power.
    squared = ratio * ratio
    squared *= squared
    squared *= squared
    return squared


def _surge(signal: Mono, lag: float) -> Mono:
    """The signal swelling three times in two seconds, as surf does; `lag` seconds later than it otherwise would."""
    import numpy as np

    return cast("Mono", signal * (0.55 - 0.45 * np.cos(2 * np.pi * 1.5 * (_seconds(len(signal)) - lag))))


def _sweep(signal: Mono, first: float, last: float, lag: float) -> Mono:
    """A band about an octave and a half wide that moves from one frequency to another, built of ten that take turns."""
    import numpy as np

    position = np.arange(len(signal)) / len(signal) - lag
    total = np.zeros(len(signal))
    for place in np.linspace(0, 1, 10):
        middle = first * (last / first) ** place
        total += _band(signal, middle / 1.5, middle * 1.5) * np.exp(-(((position - place) / 0.1) ** 2))
    return total


VOICES: dict[str, Voice] = {"tone": _tone, "chirp": _chirp, "string": _string, "drums": _drums, "noise": _noise}
