"""The table that suggestions are made from: what the presets hold, and which values a key can have.

`python scripts/generate.py --write` puts it beside this file; nothing else in this room may import this module, which imports data
models and YAML.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from ..compose.places import GROUPS, SHIPPED
from ..datamodels.experiment import ExperimentConfig
from ..datamodels.export import kinds
from ..datamodels.inference import InferenceConfig
from ..datamodels.lookup import field_hint, item_hint, models_in
from ..datamodels.pre_encode import PreEncodeConfig
from ..datamodels.tagged import Tagged, imported
from ..source.reading import plain_tree
from ..source.tree import without_comments
from ..validation.catalogue import entries

Table = dict[str, Any]


def words() -> Table:
    """The whole table."""
    return {
        "presets": {group: _presets(group) for group in GROUPS},
        "choices": _choices(),
        "roots": _roots(),
        "rules": list(entries()),
    }


def _presets(group: str) -> Table:
    """Name -> content, parts that begin with `_` included: a recipe is chosen by the model beside it."""
    folder = SHIPPED / group
    files = sorted(file for file in folder.rglob("*") if file.suffix in (".yaml", ".yml", ".json"))
    return {_name(file, folder): without_comments(plain_tree(file)) for file in files}


def _name(file: Path, folder: Path) -> str:
    return file.relative_to(folder).with_suffix("").as_posix()


def _roots() -> Table:
    """The keys of what other commands compose."""
    return {"pre_encode": list(PreEncodeConfig.model_fields), "inference": list(InferenceConfig.model_fields)}


def _choices() -> Table:
    """Name of a data model -> key -> the values it can have, for keys that have few."""
    found: Table = {}
    for model in _models():
        for key in model.model_fields:
            values = list(_values(field_hint(model, key)))
            if len(values) > 1:
                found.setdefault(model.__name__, {})[key] = values
    return dict(sorted(found.items()))


def _models() -> Iterator[type[BaseModel]]:
    """Every data model that can be reached, once."""
    kinds_found: list[Tagged] = kinds()
    waiting: list[type[BaseModel]] = [ExperimentConfig, InferenceConfig, PreEncodeConfig]
    waiting += [
        imported(place) for kind in kinds_found for place in (*kind.branches.values(), *([kind.other] if kind.other else []))
    ]
    seen: set[type[BaseModel]] = set()
    while waiting:
        model = waiting.pop()
        if model in seen:
            continue
        seen.add(model)
        yield model
        for key in model.model_fields:
            hint = field_hint(model, key)
            waiting += [*models_in(hint), *models_in(item_hint(hint))]


def _values(hint: Any) -> Iterator[str]:
    """The values that a type hint lists, as they are typed; nothing for types without end."""
    origin = get_origin(hint)
    if origin is Literal:
        yield from (str(value) for value in get_args(hint))
    elif hint is bool:
        yield from ("true", "false")
    elif origin in (Union, UnionType):
        options = [option for option in get_args(hint) if option is not type(None)]
        for option in options:
            yield from _values(option)
    elif hasattr(hint, "__metadata__") and get_args(hint):
        yield from _values(get_args(hint)[0])
