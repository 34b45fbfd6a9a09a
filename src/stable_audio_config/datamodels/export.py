"""The data models as plain tables: which keys there are, with their defaults, and a schema that pydantic-core alone can check.

`python scripts/generate.py --write` puts both beside this file. `shapes.py` reads them: a clean file is then checked, and
every rule run, without importing a single data model. A test holds both ways to the same verdicts.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel

from .base import plain
from .kinds import KINDS, TRAINING
from .lookup import field_hint, item_hint, kind_of, models_in
from .tagged import Tagged, imported
from .verdict import WITH

Tree = dict[str, Any]

CONFIG: Tree = {"strict": True, "extra_fields_behavior": "forbid", "allow_inf_nan": False}
"""What `Data` says for all data models."""


def place_of_class(model: type[BaseModel]) -> str:
    """`coders.oobleck:OobleckEncoder`, the name of a data model in the tables."""
    return f"{model.__module__.removeprefix(__package__ + '.')}:{model.__qualname__}"


def kinds() -> list[Tagged]:
    """Every kind that the tables hold."""
    return [*(kind for kind in KINDS.values() if kind is not TRAINING), TRAINING]


# --- shapes ---------------------------------------------------------------------------------------------------------------


def shapes() -> Tree:
    """Every kind with its tags, and every data model that can be reached from one with its keys."""
    found: Tree = {}
    for kind in kinds():
        for place in _places(kind):
            _collect(imported(place), found)
    from .experiment import ExperimentConfig

    _collect(ExperimentConfig, found)
    return {"kinds": {kind.kind: _kind(kind) for kind in kinds()}, "shapes": dict(sorted(found.items()))}


def _places(kind: Tagged) -> list[str]:
    return [*kind.branches.values(), *([kind.other] if kind.other else [])]


def _kind(kind: Tagged) -> Tree:
    extra = {name: value for name, value in (("default", kind.default), ("other", kind.other)) if value is not None}
    return {"key": kind.key, "tags": dict(kind.branches), **extra}


def _collect(model: type[BaseModel], found: Tree) -> None:
    place = place_of_class(model)
    if place in found:
        return
    found[place] = shape_table(model)
    for name in model.model_fields:
        hint = field_hint(model, name)
        for _ in range(3):
            for inner in models_in(hint):
                _collect(inner, found)
            hint = item_hint(hint)


def shape_table(model: type[BaseModel]) -> Tree:
    """One data model: the names of its class and of those it derives from, and its keys."""
    names = [base.__name__ for base in model.__mro__ if issubclass(base, BaseModel) and base is not BaseModel]
    gone = {key: [past.what, past.instead] for key, past in getattr(model, "gone", {}).items()}
    fields = {name: _field(model, name) for name in model.model_fields}
    return {"names": names, "fields": fields, **({"gone": gone} if gone else {})}


def _field(model: type[BaseModel], name: str) -> Tree:
    field = model.model_fields[name]
    slot = _slot(field_hint(model, name))
    return slot if field.is_required() else {**slot, "default": plain(field.get_default(call_default_factory=True))}


def _slot(hint: Any) -> Tree:
    """What may stand at a key: a kind, a data model, or a list or dictionary of such."""
    kind = kind_of(hint)
    if kind is not None:
        return {"kind": kind.kind}
    models = models_in(hint)
    if models:
        return {"shape": place_of_class(models[0])}
    inner = item_hint(hint)
    item = {} if inner is Any else _slot(inner)
    return {"item": item} if item else {}


# --- schema ---------------------------------------------------------------------------------------------------------------


def schema_table() -> Tree:
    """Everything that pydantic-core needs to check any kind: a definition for every kind and every data model."""
    definitions: dict[str, Tree] = {}
    for kind in kinds():
        definitions[f"kind:{kind.kind}"] = _kind_schema(kind, definitions)
    from .experiment import ExperimentConfig

    model_schema(ExperimentConfig, definitions)
    branches = {kind.kind: {tag: place_of_class(imported(place)) for tag, place in kind.branches.items()} for kind in kinds()}
    found = [{**definition, "ref": ref} for ref, definition in sorted(definitions.items())]
    return {"branches": branches, "definitions": found}


def _kind_schema(kind: Tagged, definitions: dict[str, Tree]) -> Tree:
    choices = {tag: model_schema(imported(place), definitions) for tag, place in kind.branches.items()}
    if kind.default is not None:
        return {"type": "union", "mode": "left_to_right", "choices": list(choices.values())}
    tagged: Tree = {"type": "tagged-union", "discriminator": kind.key, "choices": choices}
    if kind.other is None:
        return tagged
    others = model_schema(imported(kind.other), definitions)
    others = {**definitions.pop(others["schema_ref"])}
    name = others["fields"][kind.key]
    listed = "|".join(map(re.escape, kind.branches))
    no_other = {"pattern": f"^(?!(?:{listed})$)", "regex_engine": "python-re"}  # The other engine knows no look-ahead.
    unlisted = {**name, "schema": {**name["schema"], **no_other}}
    others["fields"] = {**others["fields"], kind.key: unlisted}
    return {"type": "union", "mode": "left_to_right", "choices": [tagged, others]}


def model_schema(model: type[BaseModel], definitions: dict[str, Tree]) -> Tree:
    """A reference to a data model, which stands in `definitions` after the call with all it holds, parts of a kind left out."""
    place = place_of_class(model)
    if place not in definitions:
        definitions[place] = {}  # Stands until its own turn is over: models may hold themselves.
        model.model_rebuild()
        definitions[place] = _fields_of(model.__pydantic_core_schema__, definitions)
    return {"type": "definition-ref", "schema_ref": place}


def _fields_of(core: Any, definitions: dict[str, Tree]) -> Tree:
    while core["type"] in ("definitions", "model"):
        _remember(core)
        core = core["schema"]
    if core["type"] != "model-fields":
        raise TypeError(f"a data model's schema begins with {core['type']}")
    fields = {name: _typed_dict_field(field["schema"], definitions) for name, field in core["fields"].items()}
    return {"type": "typed-dict", "fields": fields, "config": CONFIG}  # It does not inherit what holds around it.


_REFERRED: dict[str, type[BaseModel]] = {}
"""Pydantic's own name of a data model that a schema uses twice -> the data model."""


def _remember(core: Any) -> None:
    for definition in core.get("definitions", ()):
        _REFERRED[definition["ref"]] = definition["cls"]


def _typed_dict_field(core: Any, definitions: dict[str, Tree]) -> Tree:
    optional = core["type"] == "default"
    inner = _plain_schema(core["schema"] if optional else core, definitions)
    return {"type": "typed-dict-field", "schema": inner, "required": not optional}


def _plain_schema(core: Any, definitions: dict[str, Tree]) -> Tree:
    """A core schema without classes, functions and defaults."""
    kind = core["type"]
    if kind == "function-plain":
        return {"type": "definition-ref", "schema_ref": f"kind:{core['function']['function'].__self__.kind}"}
    if kind == "function-wrap":  # The training section of an experiment: its model says which branch it must fit.
        return {"type": "any"}
    if kind == "definition-ref":
        return model_schema(_REFERRED[core["schema_ref"]], definitions)
    if kind == "model":
        return model_schema(core["cls"], definitions)
    if kind in ("definitions", "default"):
        _remember(core)
        return _plain_schema(core["schema"], definitions)
    kept = {name: value for name, value in core.items() if name not in ("metadata", "ref")}
    if kind == "tuple" and core.get("variadic_item_index") is not None:
        bounds = {name: core[name] for name in ("min_length", "max_length") if name in core}
        return {"type": "list", "items_schema": _plain_schema(core["items_schema"][0], definitions), **bounds}
    for name in ("schema", "keys_schema", "values_schema"):
        if name in kept:
            kept[name] = _plain_schema(kept[name], definitions)
    if kind == "tuple":
        kept["items_schema"] = [_plain_schema(item, definitions) for item in core["items_schema"]]
    if kind == "union":
        kept["choices"] = [_plain_schema(choice, definitions) for choice in core["choices"]]
    if kind == "tagged-union":
        choices = {tag: _plain_schema(choice, definitions) for tag, choice in core["choices"].items()}
        if callable(core["discriminator"]):  # The tag is the key that decides: `faults` goes by it. A verdict tries every branch.
            union = {"type": "union", "mode": "left_to_right", "choices": list(choices.values())}
            return {**union, "metadata": {WITH: list(choices)}}
        kept["choices"] = choices
    return kept
