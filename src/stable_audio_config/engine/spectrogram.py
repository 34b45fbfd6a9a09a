"""The picture of a sound: power over time (s) and logarithmic frequency (Hz), in dB below its loudest point."""

from __future__ import annotations

from pathlib import Path
from typing import Any

BANDS = 256
FLOOR_DB = -90.0
LOWEST_HZ = 30.0
MAX_COLUMNS = 1600
TICKS_HZ = (50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000)


def log_spectrogram(audio: Any, sample_rate: int) -> tuple[Any, float]:
    """Power in dB, shape (BANDS, columns), lowest frequency first, and the seconds from one column to the next.

    `audio` is an array (channels, samples); the power of the channels is averaged.
    """
    import numpy as np

    size = 2048
    hop = max(size // 4, audio.shape[1] // MAX_COLUMNS)
    padded = np.pad(audio.astype(np.float64), ((0, 0), (size // 2, size // 2 + hop)))
    starts = range(0, audio.shape[1] + 1, hop)
    window = np.hanning(size)
    columns = [(np.abs(np.fft.rfft(padded[:, start : start + size] * window)) ** 2).mean(axis=0) for start in starts]
    power = np.stack(columns, axis=1)
    edges = np.geomspace(min(LOWEST_HZ, sample_rate / 8), sample_rate / 2, BANDS + 1) * size / sample_rate
    low = np.minimum(np.floor(edges[:-1]).astype(int), power.shape[0] - 1)
    high = np.maximum(np.ceil(edges[1:]).astype(int), low + 1)
    # A band's mean power is a difference of running sums; low bands are narrower than one bin and share it.
    sums = np.concatenate([np.zeros((1, power.shape[1])), np.cumsum(power, axis=0)])
    bands = (sums[np.minimum(high, power.shape[0])] - sums[low]) / (high - low)[:, None]
    decibels = 10 * np.log10(np.maximum(bands, 1e-20))
    return np.maximum(decibels - decibels.max(), FLOOR_DB), hop / sample_rate


def write_spectrogram(path: Path, audio: Any, sample_rate: int, title: str) -> None:
    """A PNG picture of `audio` (channels, samples)."""
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    picture, _ = log_spectrogram(audio, sample_rate)
    lowest, highest = min(LOWEST_HZ, sample_rate / 8), sample_rate / 2
    figure = Figure(figsize=(10, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    extent = (0.0, audio.shape[1] / sample_rate, float(np.log10(lowest)), float(np.log10(highest)))
    image = axes.imshow(picture, origin="lower", aspect="auto", extent=extent, cmap="magma", vmin=FLOOR_DB, vmax=0)
    ticks = [hertz for hertz in TICKS_HZ if lowest <= hertz <= highest]
    labels = [f"{hertz // 1000}k" if hertz >= 1000 else str(hertz) for hertz in ticks]
    axes.set_yticks([float(np.log10(hertz)) for hertz in ticks], labels)
    axes.set_xlabel("time (s)")
    axes.set_ylabel("frequency (Hz)")
    axes.set_title(title if len(title) <= 100 else f"{title[:97]}...", parse_math=False)
    figure.colorbar(image, ax=axes, label="dB, 0 is the loudest")
    beside = path.with_name(f".{path.name}.part")
    figure.savefig(beside, format="png", dpi=100)
    beside.replace(path)
