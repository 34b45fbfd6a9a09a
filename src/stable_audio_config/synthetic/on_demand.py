"""The synthetic sounds are written when a run is about to read them, never when a configuration is only looked at."""

from __future__ import annotations

from ..datamodels.dataset import DatasetConfig
from .cache import audio_folder, ensure


def ensure_for(*datasets: DatasetConfig | None) -> None:
    """The synthetic sounds exist, if one of the datasets is made of them."""
    wanted = str(audio_folder())
    if any(getattr(entry, "path", None) == wanted for dataset in datasets if dataset is not None for entry in dataset.datasets):
        ensure()
