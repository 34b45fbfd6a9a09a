"""What an editor shows beside the mouse: what a key means, what it is set to, where that was written, and what follows from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lsprotocol.types import Hover, MarkupContent, MarkupKind

from ..report.finding import Path as Key
from ..report.finding import dotted
from ..report.place import Origin, shown
from ..source.reading import read_text
from ..validation.document import GROUPS
from ..validation.explain import entry_of
from .buffers import Files
from .computed import facts
from .cursor import Cursor, interpolation_at, referred
from .defaults import entries, file_of_entry
from .scene import Scene, file_of, value_at
from .spots import location

LONGEST = 200
"""Characters of a value that are shown."""


def hover(scene: Scene, cursor: Cursor, index: int, files: Files, config_dir: str | None) -> Hover | None:
    """What is known about the key or value at the cursor."""
    if cursor.path[0] == "defaults":
        lines = _preset(scene, cursor, config_dir)
    else:
        lines = _key(scene, scene.whole(cursor.path), files)
        named = interpolation_at(scene.buffer.text, index)
        if named is not None:
            lines += _referred(scene, named[0], scene.whole(cursor.path), files)
    if not lines:
        return None
    return Hover(MarkupContent(MarkupKind.Markdown, "\n\n".join(lines)), scene.buffer.text.span(cursor.span))


def _key(scene: Scene, path: Key, files: Files) -> list[str]:
    entry = entry_of(scene.root, scene.tree, path)
    try:
        value, known = value_at(scene.tree, path), True
    except LookupError:
        value, known = None, False
    lines = [f"`{dotted(path)}`" + (f": `{_short(value)}`" if known and not isinstance(value, (dict, list)) else "")]
    lines += [" ".join(entry.meaning.split())] if entry.meaning else []
    told = [
        ("takes", entry.accepts),
        ("default", f"`{entry.default}`" if entry.default and " " not in entry.default else entry.default),
        ("read by", entry.reader and f"`stable_audio_tools.{entry.reader}`"),
        ("since", entry.since and f"engine {entry.since}"),
        *(_origins(scene, path, files) if known else []),
    ]
    listed = "\n".join(f"- {label}: {text}" for label, text in told if text)
    lines += [listed] if listed else []
    follows = facts(scene, path, value) if known else []
    return [*lines, *(["---", *follows] if follows else [])]


def _origins(scene: Scene, path: Key, files: Files) -> list[tuple[str, str]]:
    """Where the value that counts was written, and what it beat. Of a document that stands by itself its reader sees that."""
    if scene.composition is None:
        return []
    written = scene.origin(path)
    if written is None or written.path != path:
        return []
    beaten = [("beats", f"{_place(origin, scene, files)}: `{_short(origin.value)}`") for origin in scene.beaten(path)]
    return [("written", _place(written, scene, files)), *beaten]


def _place(origin: Origin, scene: Scene, files: Files) -> str:
    if origin.span is None:
        return origin.excerpt or origin.source
    file, words = file_of(origin), f"{origin.source}:{origin.span.line}"
    found = location(origin, scene, files)
    return words if found is None or file is None else f"[{words}]({found.uri}#L{origin.span.line})"


def _referred(scene: Scene, name: str, at: Key, files: Files) -> list[str]:
    """What an interpolation stands for."""
    path = referred(name, at)
    try:
        value = value_at(scene.tree, path)
    except LookupError:
        return []
    origin = scene.origin(path)
    place = f", {_place(origin, scene, files)}" if origin is not None else ""
    return ["---", f"`${{{name}}}` is `{_short(value)}`{place}"]


def _preset(scene: Scene, cursor: Cursor, config_dir: str | None) -> list[str]:
    """The preset that an entry of the `defaults` list names, with the comment at its beginning."""
    if cursor.path == ("defaults",):
        return _choices(scene)
    entry = next((entry for entry in entries(scene.buffer) if entry.at == cursor.path), None)
    file = None if entry is None else file_of_entry(entry, scene.buffer, config_dir)
    if entry is None or file is None:
        return []
    return [f"`{entry.group}={entry.name}`: {shown(file)}", *_comment(file)]


def _choices(scene: Scene) -> list[str]:
    """Which presets the whole was composed of."""
    chosen = scene.composition.choices if scene.composition is not None else {}
    others = {group: name for group, name in chosen.items() if name not in ("null", scene.buffer.name)}
    ordered = sorted(others, key=lambda group: (*(group.startswith(known) for known in GROUPS), group), reverse=True)
    return ["\n".join(f"- {group}: `{others[group]}`" for group in ordered)]


def _comment(file: Path) -> list[str]:
    lines = [line for line in read_text(file).splitlines() if not line.startswith(("# @package", "# yaml-language-server"))]
    told: list[str] = []
    for line in lines:
        if not line.startswith("#"):
            break
        told.append(line.lstrip("# "))
    return ["  \n".join(told)] if told else []


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."
