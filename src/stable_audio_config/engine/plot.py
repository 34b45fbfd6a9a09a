"""The loss curve of a run as a picture."""

from __future__ import annotations

import csv
import math
from pathlib import Path


def draw_loss(metrics: Path, picture: Path, title: str) -> bool:
    """`picture` shows every loss in `metrics` and their running mean; False when there is nothing to show."""
    with metrics.open(encoding="utf-8") as file:
        rows = [(int(row["step"]), float(row["loss"])) for row in csv.DictReader(file)]
    rows = [(step, loss) for step, loss in rows if math.isfinite(loss)]
    if not rows:
        return False
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    steps, losses = zip(*rows, strict=True)
    figure, axes = pyplot.subplots(figsize=(8, 4.5), dpi=120)
    axes.plot(steps, losses, color="#9db7d5", linewidth=0.8, label="each step")
    axes.plot(steps, running_mean(losses, max(1, len(losses) // 20)), color="#1f4e79", linewidth=1.8, label="running mean")
    if min(losses) > 0 and max(losses) / min(losses) > 30:
        axes.set_yscale("log")
    axes.set(title=title, xlabel="optimizer step", ylabel="loss")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(picture)
    pyplot.close(figure)
    return True


def running_mean(values: tuple[float, ...], window: int) -> list[float]:
    """For each value the mean of the last `window` values up to it."""
    means, total = [], 0.0
    for index, value in enumerate(values):
        total += value
        if index >= window:
            total -= values[index - window]
        means.append(total / min(index + 1, window))
    return means
