"""What may be written at the cursor: keys, tags, values, presets, ids of conditioners, keys inside `${...}`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any, Literal, get_args, get_origin

from lsprotocol.types import CompletionItem, CompletionItemKind, MarkupContent, MarkupKind, TextEdit
from pydantic import BaseModel

from ..datamodels.base import field_docs
from ..datamodels.lookup import Place, field_hint, item_hint, kind_of, models_in, place_of
from ..report.finding import Path as Key
from ..report.finding import dotted
from ..report.types import in_words
from ..source.edit import written
from ..validation.document import GROUPS, group_of, kind_of_document
from ..validation.explain import every_key
from ..validation.id_lists import INPAINT
from .buffers import Buffer
from .conditioners import ids_near, is_id_group, is_id_place
from .defaults import folders_for, group_named
from .gap import Gap, gaps_at
from .scene import COMPOSED, Scene, Tree, alone, laid_over, value_at

_IN_INTERPOLATION = re.compile(r"\$\{([\w.\[\]]*)$")

ENTRIES = ("override /model", "override /training", "override /dataset", "override /dataset@val_dataset", "_self_")
"""What the `defaults` list of an experiment may begin an entry with."""


class Rank(IntEnum):
    """The order in which an editor lists what may be written."""

    REQUIRED = 0
    OPTIONAL = 1


def completion(buffer: Buffer, index: int, last: Scene | None, config_dir: str | None) -> list[CompletionItem]:
    """What may be written at an index.

    Args:
        buffer: the document, which need not be valid at the moment.
        index: where the cursor is.
        last: what the document amounted to when it could last be composed; it says what presets have written.
        config_dir: the user's folder of presets.
    """
    inside = _IN_INTERPOLATION.search(buffer.text.plain[:index])
    if inside is not None and last is not None:
        return list(_references(buffer, last.tree, index - len(inside[1]), index))
    found: list[CompletionItem] = []
    for gap in gaps_at(buffer.text, index):
        if gap.path[:1] == ("defaults",):
            found += _presets(buffer, gap, config_dir)
        else:
            scene = _around(buffer, gap, last)
            found += _keys(buffer, gap, scene) if gap.role == "key" else _values(buffer, gap, scene)
    return list({(item.label, item.kind): item for item in found}.values())


def _around(buffer: Buffer, gap: Gap, last: Scene | None) -> Scene:
    """The document as it is now, over what presets said when it could last be composed."""
    tree = gap.tree if gap.tree is not None else (last.buffer.tree if last is not None else None) or {}
    now = alone(buffer, tree, kind_of_document(tree, buffer.name) if tree or last is None else last.kind)
    if last is None or last.composition is None or last.kind != now.kind:
        return now
    return Scene(now.kind, laid_over(last.tree, now.tree), buffer, last.composition)


def _keys(buffer: Buffer, gap: Gap, scene: Scene) -> Iterator[CompletionItem]:
    path = scene.whole(gap.path) if gap.path or scene.kind in COMPOSED else (scene.kind,)
    here = _written(gap)
    if is_id_group(path):
        for naming in ids_near(scene.tree, path):
            if naming.id not in here:
                yield _item(buffer, gap, naming.id, CompletionItemKind.Reference, "conditioner", Rank.OPTIONAL)
        return
    place = place_of(scene.root, scene.tree, path)
    for name, model in _fields(place, scene, gap.path):
        if name not in here:
            yield _key(buffer, gap, name, model)
    if place.model is None and place.kind is not None and not place.inside and place.kind.key not in here:
        words = ", ".join(place.kind.tags())
        yield _item(buffer, gap, place.kind.key, CompletionItemKind.Property, words, Rank.REQUIRED)


def _written(gap: Gap) -> Mapping[str, Any]:
    """The keys that the group has already."""
    try:
        group = value_at(gap.tree or {}, gap.path)
    except LookupError:
        return {}
    return group if isinstance(group, Mapping) else {}


def _fields(place: Place, scene: Scene, local: Key) -> Iterator[tuple[str, type[BaseModel]]]:
    if place.model is not None:
        yield from ((name, place.model) for name in place.model.model_fields)
    if scene.kind == "model" and not local:  # The engine's model JSON holds its training section too.
        yield "training", scene.root


def _key(buffer: Buffer, gap: Gap, name: str, model: type[BaseModel]) -> CompletionItem:
    field = model.model_fields[name]
    hint = field_hint(model, name)
    kind = kind_of(hint)
    takes = f"a {kind.kind.replace('_', ' ')}" if kind is not None else in_words(field.annotation)
    default = "" if field.is_required() else f", default {_default(field.get_default(call_default_factory=True))}"
    rank = Rank.REQUIRED if field.is_required() else Rank.OPTIONAL
    shape = CompletionItemKind.Module if kind is not None or models_in(hint) else CompletionItemKind.Property
    item = _item(buffer, gap, name, shape, f"{takes}{default}", rank)
    item.documentation = MarkupContent(MarkupKind.Markdown, " ".join(field_docs(model).get(name, "").split()))
    return item


def _default(value: Any) -> str:
    return "its own" if isinstance(value, BaseModel) else written(list(value) if isinstance(value, tuple) else value, True)


def _values(buffer: Buffer, gap: Gap, scene: Scene) -> Iterator[CompletionItem]:
    path = scene.whole(gap.path)
    if is_id_place(path):
        yield from _ids(buffer, gap, scene, path)
        return
    items = [step for step in path if isinstance(step, int)]
    depth = next((index for index in range(len(path) - 1, -1, -1) if isinstance(path[index], str)), 0)
    place = place_of(scene.root, scene.tree, path[:depth])
    name = str(path[depth]) if path else ""
    if place.kind is not None and not place.inside and name == place.kind.key:
        tags = place.kind.tags()
        for tag in tags:
            model = place.kind.branch(tag)
            item = _item(buffer, gap, tag, CompletionItemKind.EnumMember, place.kind.kind.replace("_", " "), Rank.OPTIONAL)
            words = (model.__doc__ or "") if model is not None else ""
            item.documentation = MarkupContent(MarkupKind.Markdown, " ".join(words.split()))
            yield item
        return
    if place.model is None or name not in place.model.model_fields:
        return
    hint = field_hint(place.model, name)
    for _ in items[: len(path) - depth - 1]:
        hint = item_hint(hint)
    default = place.model.model_fields[name].get_default(call_default_factory=True) if depth == len(path) - 1 else None
    for word in _words(hint):
        detail = "default" if word == _default(default) or word == default else ""
        yield _item(buffer, gap, word, CompletionItemKind.Value, detail, Rank.OPTIONAL)


def _ids(buffer: Buffer, gap: Gap, scene: Scene, path: Key) -> Iterator[CompletionItem]:
    try:
        listed = set(map(str, value_at(scene.tree, path[:-1])))
    except (LookupError, TypeError):
        listed = set()
    known = {naming.id: "conditioner" for naming in ids_near(scene.tree, path)}
    if isinstance(scene.tree.get("training"), Mapping) and scene.tree["training"].get("inpainting") is not None:
        known |= dict.fromkeys(INPAINT, "made by inpainting")
    for name, detail in known.items():
        if name not in listed:
            yield _item(buffer, gap, name, CompletionItemKind.Reference, detail, Rank.OPTIONAL)


def _words(hint: Any) -> list[Any]:
    """The words that a type hint lists: of a `Literal`, `true` and `false`, `null`."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return list(arguments)
    if hint is bool:
        return [True, False]
    if hint is type(None):
        return [None]
    if origin in (tuple, list, dict) or (origin is not None and isinstance(origin, type) and issubclass(origin, BaseModel)):
        return []
    inner = arguments[:1] if hasattr(hint, "__metadata__") else arguments
    return list(dict.fromkeys(word for argument in inner for word in _words(argument)))


def _presets(buffer: Buffer, gap: Gap, config_dir: str | None) -> Iterator[CompletionItem]:
    """Entries of a `defaults` list, or the presets of the group that one names."""
    own = group_of(buffer.name) or ""
    if gap.role == "key" or len(gap.path) < 3:
        entries = [entry for entry in ENTRIES if own in ("", "experiment") or entry == "_self_"]
        for entry in entries:
            yield _item(buffer, gap, entry, CompletionItemKind.Keyword, "", Rank.REQUIRED, colon=entry != "_self_")
        if own not in ("", "experiment"):
            yield from _names(buffer, gap, own, config_dir)
        return
    yield from _names(buffer, gap, group_named(str(gap.path[2]), own), config_dir)


def _names(buffer: Buffer, gap: Gap, group: str, config_dir: str | None) -> Iterator[CompletionItem]:
    from ..compose.places import SHIPPED, find_preset, preset_names

    folders = folders_for(buffer, config_dir) if group in GROUPS else []
    for name in preset_names(folders, group):
        shipped = all(find_preset(folder, f"{group}/{name}") is None for folder in folders if folder != SHIPPED)
        detail = f"{group}, shipped" if shipped else f"{group}, your own"
        yield _item(buffer, gap, name, CompletionItemKind.File, detail, Rank.OPTIONAL if shipped else Rank.REQUIRED, colon=False)


def _references(buffer: Buffer, tree: Tree, start: int, end: int) -> Iterator[CompletionItem]:
    """The keys that an interpolation may name."""
    edit = buffer.text.range(start, end)
    for path in every_key(tree, ()):
        name, value = dotted(path), value_at(tree, path)
        if not isinstance(value, (Mapping, list)):
            detail = written(value, True)[:60]
            yield CompletionItem(
                name, kind=CompletionItemKind.Reference, detail=detail, text_edit=TextEdit(edit, name), filter_text=name
            )


def _item(
    buffer: Buffer, gap: Gap, value: Any, shape: CompletionItemKind, detail: str, rank: Rank, *, colon: bool | None = None
) -> CompletionItem:
    """One thing that may be written, spelled as the file needs it."""
    is_key = gap.role == "key" if colon is None else colon
    name = value if isinstance(value, str) else written(value, True)
    spelled = written(value, buffer.is_json) if not is_key or buffer.is_json else name
    if gap.quoted and not buffer.is_json and isinstance(value, str):
        quote = buffer.text.plain[gap.start]
        spelled = f"{quote}{name}{quote}"
    text = f"{spelled}: " if is_key and not gap.has_value else spelled
    typed = buffer.text.plain[gap.start : gap.end]
    edit = TextEdit(buffer.text.range(gap.start, gap.end), text)
    filtered = f"{typed[0]}{name}" if gap.quoted else name
    return CompletionItem(
        name, kind=shape, detail=detail or None, sort_text=f"{int(rank)}{name}", filter_text=filtered, text_edit=edit
    )
