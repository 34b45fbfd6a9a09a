"""The pages of `docs/reference` as markdown: every key of every data model, with the string that stands under it.

One page for each kind of part, one for each thing that is composed. Keys of groups inside a part are written with dots;
`[]` is an item of a list, `*` a name of one's own choice. Only what is built in is shown, whatever plugins are installed.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from ..datamodels.absent import OrAbsent
from ..datamodels.base import Gone, field_docs, plain, since
from ..datamodels.kinds import TRAINING
from ..datamodels.lookup import field_hint, item_hint, kind_of, models_in
from ..datamodels.tagged import Tagged, imported
from .pages import MADE, table
from .types import field_in_words

Model = type[BaseModel]

GROUP = "a group of keys"
"""What `field_in_words` says of a data model and of a kind of part alike."""

HEAD = ["key", "takes", "default", "since", "meaning"]

_NO_NULL = get_args(OrAbsent[int])[-1]  # type: ignore[misc]
"""The mark of a field whose None means that nothing was written."""


@dataclass(frozen=True)
class Row:
    """One key of a table."""

    model: Model
    key: str
    at: str
    """The keys before it, with their dots."""


@dataclass(frozen=True)
class Below:
    """Data models of which any one may stand at a key: each gets a table of its own."""

    at: str
    models: tuple[Model, ...]


def kind_page(kind: Tagged) -> str:
    """One kind of part: its tags, and the keys of each."""
    branches = _branches(kind)
    parts = [
        MADE.format(source="the data models"),
        f"# {words(kind)}",
        f"`{kind.key}` says which one it is{_where(kind)}. Built by `stable_audio_tools.{kind.factory}`.",
        table([f"`{kind.key}`", "since", "what it is"], [_tag(kind, tags, model) for tags, model in branches]),
    ]
    if kind.gone:
        parts += ["Of other versions:", table([f"`{kind.key}`", "what became of it", "instead"], _gone(kind.gone))]
    for tags, model in branches:
        parts += [f"## {_tags(tags)}", _doc(model), *_tables(model)]
    return "\n\n".join(parts) + "\n"


def words(kind: Tagged) -> str:
    """The name of a kind in words: `arc discriminator`."""
    return kind.kind.replace("_", " ")


def _where(kind: Tagged) -> str:
    if kind is TRAINING:
        return ": that of the model, since the section itself has no such key"
    return f"; left out it is `{kind.default}`" if kind.default is not None else ""


def _branches(kind: Tagged) -> list[tuple[list[str], Model]]:
    """Every data model with its tags; that for all other tags comes last, without any."""
    found: dict[str, list[str]] = {}
    for tag, place in kind.branches.items():
        found.setdefault(place, []).append(tag)
    known: list[tuple[list[str], Model]] = [(tags, imported(place)) for place, tags in found.items()]
    return known if kind.other is None else [*known, ([], imported(kind.other))]


def _tags(tags: list[str]) -> str:
    return ", ".join(f"`{tag}`" for tag in tags) or "any other"


def _tag(kind: Tagged, tags: list[str], model: Model) -> list[str]:
    versions = ", ".join(dict.fromkeys(kind.since[tag] for tag in tags if tag in kind.since))
    return [_tags(tags), versions, _doc(model).partition("\n\n")[0]]


def model_page(title: str, intro: str, model: Model) -> str:
    """What is composed as a whole: an experiment, a pre-encoding, a generation."""
    return "\n\n".join([MADE.format(source="the data models"), f"# {title}", intro, _doc(model), *_tables(model)]) + "\n"


def _doc(model: Model) -> str:
    """The docstring of a data model; empty where it has none of its own."""
    return inspect.cleandoc(vars(model).get("__doc__") or "")


def _tables(model: Model, at: str = "") -> Iterator[str]:
    """The table of a data model, the keys that it no longer has, and the tables of what may stand below."""
    rows: list[Row] = []
    below: list[Below] = []
    for entry in _walk(model, at):
        (rows if isinstance(entry, Row) else below).append(entry)  # type: ignore[arg-type]
    yield table(HEAD, [_cells(row) for row in rows])
    gone = [cells for inner, prefix in _groups(rows, model, at) for cells in _gone(getattr(inner, "gone", {}), prefix)]
    if gone:
        yield "Keys of other versions:"
        yield table(["key", "what became of it", "instead"], gone)
    for choice in below:
        for inner in choice.models:
            yield f"**`{choice.at.removesuffix('.')}`**: {_doc(inner)}"
            yield from _tables(inner, choice.at)


def _groups(rows: Iterable[Row], model: Model, at: str) -> list[tuple[Model, str]]:
    """Every data model of a table, with the keys before its own."""
    return list(dict.fromkeys([(model, at), *((row.model, row.at) for row in rows)]))


def _walk(model: Model, at: str) -> Iterator[Row | Below]:
    """The keys of a data model, each followed by those of the group that stands there. Parts with a kind have their own pages."""
    for key in model.model_fields:
        yield Row(model, key, at)
        hint, place = field_hint(model, key), f"{at}{key}"
        while kind_of(hint) is None and not models_in(hint) and (inner := _inside(hint)) is not None:
            place, hint = f"{place}{inner}", item_hint(hint)
        models = () if kind_of(hint) is not None else tuple(models_in(hint))
        if len(models) == 1:
            yield from _walk(models[0], f"{place}.")
        elif models:
            yield Below(f"{place}.", models)


def _inside(hint: Any) -> str | None:
    """What leads to an item: `[]` in a list, `.*` in a dictionary; None where there are no items."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (tuple, list):
        return "[]" if arguments else None
    if origin is dict:
        return ".*"
    wrapped = arguments[:1] if origin is Annotated else arguments if origin in (Union, UnionType) else ()
    return next((found for option in wrapped if (found := _inside(option)) is not None), None)


def _cells(row: Row) -> list[str]:
    meaning = field_docs(row.model).get(row.key, "")
    return [f"`{row.at}{row.key}`", _takes(row), _default(row), since(row.model, row.key) or "", meaning]


def _takes(row: Row) -> str:
    field, hint = row.model.model_fields[row.key], field_hint(row.model, row.key)
    if row.key == "training" and field.annotation is Any:
        return "a [training](training.md) section"
    text = field_in_words(field)
    if _NO_NULL in field.metadata:
        text = text.removesuffix(", or null")
    for _ in range(3):
        kind = kind_of(hint)
        if kind is not None:
            article = "an" if words(kind)[0] in "aeiou" else "a"
            return text.replace(GROUP, f"{article} [{words(kind)}]({kind.kind}.md)")
        hint = item_hint(hint)
    return text


def _default(row: Row) -> str:
    field = row.model.model_fields[row.key]
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None and _NO_NULL in field.metadata:
        return "absent"
    return "its own" if isinstance(value, BaseModel) else f"`{json.dumps(plain(value), ensure_ascii=False)}`"


def _gone(table_of: Mapping[str, Gone], at: str = "") -> list[list[str]]:
    return [[f"`{at}{name}`", gone.what, gone.instead] for name, gone in table_of.items()]


def reference_index(kinds: Iterable[Tagged], others: Mapping[str, str]) -> str:
    """The pages, with what they are about.

    Args:
        kinds: those with a page.
        others: file -> what it is about.
    """
    rows = [[f"[{words(kind)}]({kind.kind}.md)", _count(kind), f"`stable_audio_tools.{kind.factory}`"] for kind in kinds]
    parts = [
        MADE.format(source="the data models"),
        "# Reference",
        "Every key that a configuration may have: what it takes, its default, the first engine version that knows it (where that "
        "is younger than 0.0.19) and what it means. `sat explain KEY` says the same of a key of your experiment, with its value.",
        "Keys of groups are written with dots: `config.latent_dim`. `[]` is an item of a list, `*` a name of your own.",
        table(["page", "about"], [[f"[{file.removesuffix('.md')}]({file})", about] for file, about in others.items()]),
        "## Parts that are chosen by a type",
        table(["page", "types", "built by"], rows),
    ]
    return "\n\n".join(parts) + "\n"


def _count(kind: Tagged) -> str:
    return ", ".join(f"`{tag}`" for tag in kind.branches)
