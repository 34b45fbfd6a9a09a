"""Everything known about one key of an experiment: what it is, what it means, where it was written and what it beat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from ..compose.composer import Composition
from ..compose.origins import origins_of
from ..datamodels.base import field_docs, since
from ..datamodels.experiment import ExperimentConfig
from ..datamodels.lookup import Place, field_hint, kind_of, place_of
from ..report.finding import Path, dotted, refuse
from ..report.place import Origin
from ..report.types import field_in_words


@dataclass(frozen=True)
class Explanation:
    """What is known about one key."""

    path: Path
    value: Any
    """What counts in the end, interpolations resolved."""
    meaning: str
    """The string under the field; empty for a list item."""
    accepts: str
    """What may stand there, in words."""
    default: str
    """What holds where nothing is written."""
    written: Origin | None
    """Where the value was written; None where the default holds."""
    beaten: tuple[Origin, ...]
    """What was written and lost, the latest first."""
    reader: str
    """The engine's function that reads it, as far as it is known."""
    since: str | None
    """The first engine version that knows it, after 0.0.19."""


def explain(composition: Composition, key: str) -> Explanation:
    """What is known about `key`, such as `model.model.latent_dim`; the beginning may be left out where that is unambiguous.

    Raises:
        Refused: there is no such key.
    """
    path = _find(composition.tree, key)
    origins = origins_of(composition)
    value = _value(composition.tree, path)
    entry = entry_of(ExperimentConfig, composition.tree, path)
    return Explanation(
        path=path,
        value=value,
        meaning=entry.meaning,
        accepts=entry.accepts,
        default=entry.default,
        written=origins.of(path) if value is not PydanticUndefined else None,
        beaten=tuple(origins.beaten(path)),
        reader=entry.reader,
        since=entry.since,
    )


@dataclass(frozen=True)
class Entry:
    """What the data models say about one key, wherever it is written; see `Explanation`."""

    meaning: str
    accepts: str
    default: str
    reader: str
    since: str | None


def entry_of(root: type[BaseModel], tree: Any, path: Path) -> Entry:
    """What the data models say about the key at `path` of `tree`, which begins at `root`; empty texts where that is nothing."""
    place = place_of(root, tree, path[:-1])
    name, model = str(path[-1]), place.model
    reader = place.kind.factory if place.kind is not None else ""
    if model is None or name not in model.model_fields:
        return Entry(_meaning_of_item(root, tree, path), "", "", reader, None)
    return Entry(field_docs(model).get(name, ""), _accepts(place, name), _default(model, name), reader, since(model, name))


def _find(tree: Any, key: str) -> Path:
    """The full path of a key that may be given by its end."""
    path = _exact(tree, key.split("."), ())
    if path is not None:
        return path
    names = {dotted(known): known for known in every_key(tree, ())}
    ends = [name for name in names if name.endswith(f".{key}")]
    if len(ends) == 1:
        return names[ends[0]]
    if ends:
        listed = ", ".join(f"`{name}`" for name in ends[:6])
        raise refuse("usage", f"`{key}` stands at {len(ends)} places", help=f"say which: {listed}")
    near = get_close_matches(key, names, n=1, cutoff=0.6) or [
        name for name in names if get_close_matches(key.split(".")[-1], [name.split(".")[-1]], cutoff=0.8)
    ]
    described = _described(tree, key)
    if described is not None:
        return described
    raise refuse("usage", f"this experiment has no key `{key}`", help=f"did you mean `{near[0]}`?" if near else None)


def _described(tree: Any, key: str) -> Path | None:
    """A key that is not written, but that the data model at its place has."""
    *way, last = key.split(".")
    path = _exact(tree, way, ()) if way else ()
    if path is None:
        return None
    model = place_of(ExperimentConfig, tree, path).model
    return (*path, last) if model is not None and last in model.model_fields else None


def _exact(tree: Any, steps: list[str], path: Path) -> Path | None:
    for step in steps:
        if isinstance(tree, Mapping) and step in tree:
            path, tree = (*path, step), tree[step]
        elif isinstance(tree, list) and step.isdigit() and int(step) < len(tree):
            path, tree = (*path, int(step)), tree[int(step)]
        else:
            return None
    return path


def every_key(tree: Any, path: Path) -> list[Path]:
    """The path of every key and list item, groups before what is in them."""
    items: list[tuple[str | int, Any]] = []
    if isinstance(tree, Mapping):
        items = list(tree.items())
    elif isinstance(tree, list):
        items = list(enumerate(tree))
    return [here for key, value in items for here in ((*path, key), *every_key(value, (*path, key)))]


def _value(tree: Any, path: Path) -> Any:
    for step in path:
        if isinstance(tree, Mapping) and step not in tree:
            return PydanticUndefined
        tree = tree[step]
    return tree


def _meaning_of_item(root: type[BaseModel], tree: Any, path: Path) -> str:
    """A list item means what its list means."""
    for end in range(len(path) - 1, 0, -1):
        if isinstance(path[end], int):
            continue
        place: Place = place_of(root, tree, path[:end])
        if place.model is not None:
            return field_docs(place.model).get(str(path[end]), "")
    return ""


def _default(model: type[BaseModel], name: str) -> str:
    field = model.model_fields[name]
    if field.is_required():
        return "none: it must be written"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        return "its own defaults"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return str(list(value)) if isinstance(value, tuple) else str(value)


def _accepts(place: Place, name: str) -> str:
    """What a field takes, in words: `a whole number above 0`."""
    if place.kind is not None and not place.inside and name == place.kind.key:
        return ", ".join(f"`{tag}`" for tag in place.kind.tags())
    assert place.model is not None
    kind = kind_of(field_hint(place.model, name))
    if kind is not None:
        return f"a {kind.kind.replace('_', ' ')}: {', '.join(f'`{tag}`' for tag in kind.tags())}"
    return field_in_words(place.model.model_fields[name])
