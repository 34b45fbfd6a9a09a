"""Which metadata the data come with, and which keys of it the conditioners would miss. Reads no files: see `metadata.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from ..report.finding import Path
from .rule import Problem
from .setup import Setup
from .view import Node

BY_ITSELF = {
    "audio_dir": frozenset(
        ("path", "relpath", "timestamps", "seconds_start", "seconds_total", "padding_mask", "sample_rate", "load_time")
    ),
    "pre_encoded": frozenset(("latent_filename", "latent_crop_start", "latent_crop_length", "padding_mask", "audio")),
}
"""What the engine says about every sound or latent, by `dataset_type`."""

Keys = frozenset[str] | None
"""Keys of the metadata; None where they cannot be told."""


@dataclass(frozen=True)
class Disk:
    """What is known to those who may look at files."""

    returned: Callable[[str], Keys]
    """What a custom metadata module returns."""
    beside: Callable[[Node], Keys]
    """What stands in the JSON beside the latents of an entry."""


@dataclass(frozen=True)
class Lack:
    """Keys that one entry of a dataset does not give."""

    entry: Node
    missing: dict[str, Path]
    """Key -> the conditioner's `id` that wants it."""
    offered: frozenset[str]
    """What it does give."""

    @property
    def at(self) -> Path:
        """The key to blame: what should give more."""
        if self.entry.has("custom_metadata_module"):
            return self.entry.at("custom_metadata_module")
        return self.entry.path

    def problem(self, missing: Mapping[str, Path]) -> Problem:
        """The words about those of the keys that nothing else explains."""
        names = " and ".join(f"`{name}`" for name in missing)
        read = "a conditioner reads" if len(missing) == 1 else "conditioners read"
        has_module = self.entry.has("custom_metadata_module")
        who = "the metadata module does not return" if has_module else "the metadata of this data do not have"
        return Problem(
            self.at,
            f"{read} {names}, which {who}: the first step would fail",
            help=self._help(missing, has_module=has_module),
            related=tuple((at, f"id: {name}") for name, at in missing.items()),
        )

    def _help(self, missing: Mapping[str, Path], *, has_module: bool) -> str:
        near = [(name, match) for name in missing for match in get_close_matches(name, self.offered, n=1, cutoff=0.6)]
        if near:
            name, match = near[0]
            return f"there is `{match}`: rename it, or write default_keys: {{{name}: {match}}}"
        them = f"`{next(iter(missing))}`" if len(missing) == 1 else "them"
        return f"return {them} there" if has_module else f"write a custom_metadata_module that returns {them}"


def supplies(setup: Setup, disk: Disk | None = None) -> Iterator[Lack]:
    """What the entries of the datasets lack. Without `disk` only sounds without a custom metadata module are looked at."""
    wanted = _wanted(setup)
    for data in setup.datasets:
        if wanted and data("dataset_type") in BY_ITSELF and (data.path[-1] != "val_dataset" or setup.run("val_every") > 0):
            entries = data.parts("datasets")
            for entry in entries:
                offered = _offered(data("dataset_type"), entry, entries, disk)
                missing = {keys[-1]: at for keys, at in wanted if offered is not None and not offered.intersection(keys)}
                if offered is not None and missing:
                    yield Lack(entry, missing, offered)


def _wanted(setup: Setup) -> list[tuple[tuple[str, ...], Path]]:
    """(keys of which one must be there, `id` of the conditioner), for every conditioner that sees the metadata."""
    wanted = []
    for conditioning in setup.named("Conditioning"):
        other = conditioning("default_keys")
        for conditioner in conditioning.parts("configs"):
            name = conditioner("id")
            wanted.append(((name, *([other[name]] if name in other else [])), conditioner.at("id")))
    return wanted


def _offered(kind: str, entry: Node, entries: list[Node], disk: Disk | None) -> Keys:
    """The keys that an entry gives. The engine takes every custom metadata module whose `path` is part of a file's path."""
    beside = [other for other in entries if other("path") in entry("path") or entry("path") in other("path")]
    named = (other.tree.get("custom_metadata_module") for other in (entry, *beside))
    modules = {module for module in named if isinstance(module, str)}  # Anything else is a mistake that has its own finding.
    more = [_returned(module, disk) for module in modules]
    if kind == "pre_encoded":
        more.append(None if disk is None else disk.beside(entry))
    return None if None in more else BY_ITSELF[kind].union(*(keys for keys in more if keys is not None))


def _returned(module: str, disk: Disk | None) -> Keys:
    return None if disk is None else disk.returned(module)
