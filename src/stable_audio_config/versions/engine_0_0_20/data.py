"""What changed for datasets."""

from __future__ import annotations

from collections.abc import Iterator

from ...source.edit import Change
from ..step import Parts, Unequal

KEY = "latent_extension"


def latent_extension_up(old: Parts) -> Iterator[Change | Unequal]:
    """Each folder has the ending that all of them had."""
    for dataset in old.datasets:
        if dataset("dataset_type") != "pre_encoded" or KEY not in dataset:
            continue
        for entry in dataset.items("datasets"):
            if KEY not in entry:
                yield entry.set(KEY, dataset(KEY))
        yield dataset.remove(KEY)


def latent_extension_down(new: Parts) -> Iterator[Change | Unequal]:
    """One ending for all folders can be said; several cannot."""
    for dataset in new.datasets:
        entries = dataset.items("datasets")
        if dataset("dataset_type") != "pre_encoded" or not any(KEY in entry for entry in entries):
            continue
        endings = {entry(KEY, "npy") for entry in entries}
        if len(endings) > 1:
            message = f"engine 0.0.19 takes one `{KEY}` for all folders, and these have {len(endings)}"
            yield Unequal(dataset.at("datasets"), message, "error", "encode them with one ending, or train on them apart")
            continue
        for entry in entries:
            if KEY in entry:
                yield entry.remove(KEY)
        yield dataset.set(KEY, endings.pop())
