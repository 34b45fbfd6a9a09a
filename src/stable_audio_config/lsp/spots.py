"""Where things are defined and named: presets, the values of interpolations, conditioners, files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lsprotocol.types import Location, Range, TextEdit, WorkspaceEdit

from ..report.finding import Path as Key
from ..report.place import Origin
from ..source.edit import written
from .buffers import Files
from .conditioners import Naming, namings, of_id
from .cursor import Cursor, interpolation_at, referred
from .defaults import entries, file_of_entry
from .scene import Scene, file_of
from .text import Text


class Declined(Exception):
    """What the editor asked for cannot be done; the words are for its user."""


@dataclass(frozen=True)
class Spot:
    """One key or value in one file."""

    file: Path | None
    """None for a document without a file."""
    text: Text
    at: Key
    """Its path in that file."""
    role: str

    @property
    def bounds(self) -> tuple[int, int]:
        """Where it begins and ends in the text."""
        place = self.text.places[self.at]
        return self.text.bounds(place.key if self.role == "key" else place.value)

    @property
    def range(self) -> Range:
        """The same for the editor."""
        return self.text.range(*self.bounds)


def definition(scene: Scene, cursor: Cursor | None, index: int, files: Files, config_dir: str | None) -> Location | None:
    """Where the thing at the cursor is defined: the preset, the value that is referred to, the conditioner, the file that is named;
    of a key, the value that it beats."""
    named = interpolation_at(scene.buffer.text, index)
    if named is not None and cursor is not None:
        return _of_value(scene, referred(named[0], scene.whole(cursor.path)), files)
    if cursor is None:
        return None
    if cursor.path[0] == "defaults":
        entry = next((entry for entry in entries(scene.buffer) if entry.at == cursor.path), None)
        file = None if entry is None else file_of_entry(entry, scene.buffer, config_dir)
        return None if file is None else Location(files.uri(file), _top())
    naming = naming_at(scene, cursor)
    if naming is not None and not naming.defines:
        own = next((other for other in of_id(scene.tree, naming.holder, naming.id) if other.defines), None)
        return None if own is None else _of_value(scene, own.at, files)
    return _file_named(cursor, scene, files) or _beaten(scene, cursor, files)


def _top() -> Range:
    from lsprotocol.types import Position

    return Range(Position(0, 0), Position(0, 0))


def _of_value(scene: Scene, path: Key, files: Files) -> Location | None:
    origin = scene.origin(path)
    return None if origin is None else location(origin, scene, files)


def location(origin: Origin, scene: Scene, files: Files) -> Location | None:
    """Where a value was written; None for the command line."""
    if origin.span is None:
        return None
    file = file_of(origin)
    text = scene.buffer.text if file is None or origin.source == scene.buffer.name else files.text(file)
    if text is None:
        return None
    span = origin.key if origin.key is not None else origin.span
    uri = scene.buffer.uri if text is scene.buffer.text or file is None else files.uri(file)
    return Location(uri, text.span(span))


def _file_named(cursor: Cursor, scene: Scene, files: Files) -> Location | None:
    """The file that a value names: a metadata module, a checkpoint, a list of files."""
    start, end = scene.buffer.text.bounds(cursor.span)
    name = scene.buffer.text.plain[start:end].strip("\"'")
    if cursor.role == "key" or not ("/" in name or "." in name) or len(name) > 1000:
        return None
    try:
        file = Path(name).expanduser().absolute()
        return Location(files.uri(file), _top()) if file.is_file() else None
    except (OSError, RuntimeError, ValueError):  # No name of a file, or a user's folder that is not there.
        return None


def _beaten(scene: Scene, cursor: Cursor, files: Files) -> Location | None:
    beaten = scene.beaten(scene.whole(cursor.path)) if cursor.role == "key" else []
    return next((found for origin in beaten if (found := location(origin, scene, files)) is not None), None)


def naming_at(scene: Scene, cursor: Cursor) -> Naming | None:
    """The conditioner that the key or value at the cursor names."""
    path = scene.whole(cursor.path)
    return next((naming for naming in namings(scene.tree) if naming.at == path and naming.role == cursor.role), None)


def spots(scene: Scene, naming: Naming, files: Files) -> list[Spot]:
    """Every place that names the same conditioner, in all files that the experiment is composed of."""
    found = [spot for other in of_id(scene.tree, naming.holder, naming.id) for spot in _spot(scene, other, files)]
    once = {(str(spot.file), spot.bounds): spot for spot in found}  # What an anchor repeats is written once.
    return list(once.values())


def _spot(scene: Scene, naming: Naming, files: Files) -> Iterator[Spot]:
    origin = scene.origin(naming.at)
    if origin is None or origin.span is None or origin.path != naming.at:
        return
    if naming.role == "value" and isinstance(origin.value, str) and "${" in origin.value:
        return  # What it refers to is named for itself.
    file = file_of(origin)
    text = scene.buffer.text if origin.source == scene.buffer.name or file is None else files.text(file)
    if text is not None and origin.local in text.places:
        yield Spot(scene.buffer.path if text is scene.buffer.text else file, text, origin.local, naming.role)


def renamed(scene: Scene, naming: Naming, new: str, files: Files) -> WorkspaceEdit:
    """The edits that give a conditioner another id wherever it is named.

    Raises:
        Declined: a shipped preset names it, or another conditioner has that id.
    """
    from ..report.place import own

    if not new.strip():
        raise Declined("a conditioner needs an id")
    if new != naming.id and any(other.defines for other in of_id(scene.tree, naming.holder, new)):
        raise Declined(f"there is a conditioner `{new}` already")
    edits: dict[str, list[TextEdit]] = {}
    for spot in spots(scene, naming, files):
        if spot.file is not None and own(spot.file) is None and spot.file != scene.buffer.path:
            raise Declined(f"`{naming.id}` is named in the shipped preset {spot.file.stem}: copy the preset first")
        uri = scene.buffer.uri if spot.file is None else files.uri(spot.file)
        start, end = spot.bounds
        before = spot.text.plain[start:end]
        edits.setdefault(uri, []).append(TextEdit(spot.range, _spelled(before, new, spot.text.is_json)))
    return WorkspaceEdit(changes=edits)


def _spelled(before: str, new: str, is_json: bool) -> str:
    """The new name in the quotes of the old one, or in those that it needs."""
    quote = before[0]
    if not is_json and quote in "\"'" and not set(new) & {quote, "\\"}:
        return f"{quote}{new}{quote}"
    return written(new, is_json)


def word_range(scene: Scene, cursor: Cursor) -> tuple[Range, str]:
    """The range of the name at the cursor without its quotes, and the name."""
    start, end = scene.buffer.text.bounds(cursor.span)
    word = scene.buffer.text.plain[start:end]
    quoted = len(word) > 1 and word[0] in "\"'" and word[-1] == word[0]
    return scene.buffer.text.range(start + quoted, end - quoted), word[1:-1] if quoted else word
