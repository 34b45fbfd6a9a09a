"""Where every value of a composed experiment was written, and which values it beat.

Hydra says in which order which file was merged at which place; that order is replayed here over the positions of keys
and values in those files, then the command line's overrides, then our own settling of `training`. The values themselves
always come from Hydra: nothing is composed twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.override_parser.types import Override
from hydra.types import RunMode
from omegaconf import OmegaConf

from ..report.place import Origin, own, shown
from ..source.positions import Place, positions
from ..source.reading import plain_tree, read_text
from .composer import Composition, Prepared
from .loading import Merged, search_path
from .overrides import NOTHING
from .reading import dataset_of_folder
from .settle import DEFAULT, is_saved, recipe_file
from .source import PresetSource

Key = tuple[str | int, ...]


@dataclass
class Origins:
    """Key path -> what was written there, the last one being what counts."""

    at: dict[Key, list[Origin]] = field(default_factory=dict)
    _around: set[Key] = field(default_factory=set)
    """The paths that something was laid below. It only grows: most values have nothing below them, which is told at once."""

    def of(self, path: Key) -> Origin | None:
        """Where the value at `path` was written: itself, or the nearest group around it (an interpolation, a folder)."""
        for end in range(len(path), 0, -1):
            found = self.at.get(path[:end])
            if found:
                return found[-1]
        return None

    def beaten(self, path: Key) -> list[Origin]:
        """What was written at `path` and lost, the latest first."""
        return list(reversed(self.at.get(path, [])[:-1]))

    def lay(self, path: Key, value: Any, origin: Origin | _File) -> None:
        """Merges `value` at `path`, as OmegaConf does: groups are merged, everything else is replaced."""
        if isinstance(value, Mapping):
            if path and not self._is_group(path):
                self._clear(path)
            if path:
                self._put(path, _origin(origin, path, value))
            for key, item in value.items():
                self.lay((*path, str(key)), item, origin)
            return
        if value == "???" and path in self.at:
            return  # A value that is still to come beats none that is there.
        self._clear(path)
        self._put(path, _origin(origin, path, value))
        if isinstance(value, (list, tuple)):
            for index, item in enumerate(value):
                self.lay((*path, index), item, origin)

    def _put(self, path: Key, *origins: Origin) -> None:
        self.at.setdefault(path, []).extend(origins)
        around = path[:-1]
        while around not in self._around:
            self._around.add(around)
            around = around[:-1]

    def _is_group(self, path: Key) -> bool:
        return path in self.at and isinstance(self.at[path][-1].value, Mapping)

    def _clear(self, path: Key) -> None:
        if path in self._around:
            for other in [key for key in self.at if key[: len(path)] == path and len(key) > len(path)]:
                del self.at[other]

    def drop(self, path: Key) -> None:
        """Takes `path` and everything below it out."""
        self._clear(path)
        self.at.pop(path, None)

    def taken(self, path: Key) -> Origins:
        """What lies at `path` and below, taken out, as origins of its own."""
        inside = Origins({key[len(path) :]: found for key, found in self.at.items() if key[: len(path)] == path and key != path})
        self.drop(path)
        return inside

    def under(self, path: Key, below: Origins) -> None:
        """Puts `below` at `path`, beneath what lies there already."""
        kept = [key for key in below.at if not self._replaced(path, key, below)]
        for key in kept:
            here = (*path, *key)
            own = self.at.pop(here, [])
            self._put(here, *(replace(origin, path=here) for origin in below.at[key]), *own)

    def _replaced(self, top: Key, key: Key, below: Origins) -> bool:
        """True if something lies above `key` here that was not merged with what lies there in `below`, but replaced it."""
        around = (key[:end] for end in range(1, len(key)))
        return any((*top, *path) in self.at and not (self._is_group((*top, *path)) and below._is_group(path)) for path in around)


@dataclass(frozen=True)
class _File:
    """A file that is merged at `package`."""

    name: str
    file: str | None
    lines: tuple[str, ...]
    places: dict[Key, Place]
    package: Key


def _origin(source: Origin | _File, path: Key, value: Any) -> Origin:
    if isinstance(source, Origin):
        return replace(source, value=value, path=path)
    local = path[len(source.package) :]
    place = source.places.get(local)
    found = Origin(source=source.name, value=value, file=source.file, local=local, path=path)
    return found if place is None else replace(found, key=place.key, span=place.value, lines=source.lines)


def origins_of(composition: Composition) -> Origins:
    """Where every value of this composition comes from."""
    prepared = composition.prepared
    if prepared is None:
        return Origins()
    merged = composition.merged or _merged(prepared)
    origins = Origins()
    for default in merged.defaults:
        if default.config_path is None or default.config_path.split("/")[0] == "hydra":
            continue
        package = _package(default.package)
        for source in _sources(default.config_path, package, prepared):
            origins.lay(package, source[0], source[1])
    for override in merged.overrides:
        if not str(override.key_or_group).startswith("hydra"):
            _apply(override, origins, prepared, composition.tree)
    _settle(origins, composition, prepared)
    return origins


def _merged(prepared: Prepared) -> Merged:
    """What Hydra lays over each other, where it was asked by someone else: in a sweep, by its sweeper."""
    loader = ConfigLoaderImpl(config_search_path=search_path(prepared.folders))
    found = loader.compute_defaults_list(prepared.root, prepared.words, RunMode.RUN)
    return Merged(found.defaults, found.config_overrides)


def _package(package: str | None) -> Key:
    if package in (None, "", "_global_"):
        return ()
    return tuple(str(package).split("."))


def _sources(config_path: str, package: Key, prepared: Prepared) -> Iterator[tuple[Mapping[str, Any], Origin | _File]]:
    """The content of one entry of the defaults list, and where it stands."""
    if config_path.endswith(f"/{NOTHING}"):
        return
    for folder in prepared.folders:
        file = PresetSource("", f"presets://{folder}")._find(config_path)
        if file is None:
            continue
        if file.is_dir():
            word = next((word for word in prepared.typed if str(file) in word), f"dataset={file}")
            tree = OmegaConf.to_container(dataset_of_folder(file), resolve=False)
            assert isinstance(tree, dict)
            yield {str(key): value for key, value in tree.items()}, _argument(word)
        else:
            yield _read(file, package)
        return


def _read(file: Path, package: Key) -> tuple[dict[str, Any], _File]:
    text = read_text(file)
    tree = {str(key): value for key, value in plain_tree(file).items() if key != "defaults"}
    return tree, _File(shown(file), own(file), tuple(text.splitlines()), positions(text, file.suffix == ".json"), package)


def _argument(word: str) -> Origin:
    return Origin(source="command line", value=None, excerpt=word)


def _apply(override: Override, origins: Origins, prepared: Prepared, tree: Any) -> None:
    path = _steps(str(override.key_or_group), tree)
    if override.is_delete():
        origins.drop(path)
        return
    word = _as_typed(override, prepared)
    origins.lay(path, override.value(), _argument(word))


def _as_typed(override: Override, prepared: Prepared) -> str:
    line = override.input_line or ""
    if line in prepared.words:
        index = prepared.words.index(line) - (len(prepared.words) - len(prepared.typed))
        if 0 <= index < len(prepared.typed):
            return prepared.typed[index]
    return line.lstrip("+")


def _steps(key: str, tree: Any) -> Key:
    """The dotted key as a path; a number counts items where a list stands."""
    path: list[str | int] = []
    for step in key.split("."):
        if isinstance(tree, list) and step.isdigit():
            path.append(int(step))
            tree = tree[int(step)] if int(step) < len(tree) else None
        else:
            path.append(step)
            tree = tree.get(step) if isinstance(tree, dict) else None
    return tuple(path)


def _settle(origins: Origins, composition: Composition, prepared: Prepared) -> None:
    """What `settle.py` did to the values, done to their origins."""
    choices = composition.choices
    if "training" not in choices:
        return
    inside = origins.taken(("model", "training"))
    if choices["training"] != DEFAULT or is_saved(choices, prepared.folders):
        return
    if not inside.at:
        file = recipe_file(choices, composition.tree.get("model"), prepared.folders)
        if file is None:
            return
        inside = Origins()
        tree, source = _read(file, ())
        inside.lay((), tree, source)
    origins.under(("training",), inside)
