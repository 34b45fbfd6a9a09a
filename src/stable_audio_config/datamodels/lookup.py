"""Which data model stands at a key path: the way down through fields, lists and tagged unions, guided by the tree itself."""

from __future__ import annotations

from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from .experiment import ExperimentConfig
from .training import training_class


def model_at(root: type[BaseModel], tree: Any, path: tuple[str | int, ...]) -> type[BaseModel] | None:
    """The model class that describes the dictionary at `path`, or None where the tree leaves the models."""
    hint: Any = root
    if root is ExperimentConfig and path[:1] == ("training",):  # This section has no tag of its own.
        model_type = _child(_child(tree, "model"), "model_type")
        hint, tree, path = training_class(model_type), _child(tree, "training"), path[1:]
    for step in path:
        model = _chosen(hint, tree)
        tree = _child(tree, step)
        if model is None:
            hint = _item_hint(hint)
        elif isinstance(step, str) and step in model.model_fields:
            hint = _field_hint(model, step)
        else:
            return None
    return _chosen(hint, tree)


def _child(tree: Any, step: str | int) -> Any:
    if isinstance(tree, Mapping):
        return tree.get(step)
    if isinstance(tree, (list, tuple)) and isinstance(step, int) and step < len(tree):
        return tree[step]
    return None


def _field_hint(model: type[BaseModel], name: str) -> Any:
    model.model_rebuild()  # Resolves forward references; does nothing when they are resolved.
    return model.model_fields[name].annotation


def _item_hint(hint: Any) -> Any:
    """The type of a list's items or of a dictionary's values."""
    for option in _options(hint):
        origin, arguments = get_origin(option), get_args(option)
        if origin in (tuple, list) and arguments:
            return arguments[0]
        if origin is dict:
            return arguments[1]
    return Any


def _options(hint: Any) -> list[Any]:
    """The branches of a union, whatever it is wrapped in."""
    origin = get_origin(hint)
    if origin is Annotated:
        return _options(get_args(hint)[0])
    if origin in (Union, UnionType):
        return [option for branch in get_args(hint) for option in _options(branch)]
    return [hint]


def _chosen(hint: Any, tree: Any) -> type[BaseModel] | None:
    """The model among the branches of `hint` that the tree means: by its tag, else by the keys it shares."""
    models = [option for option in _options(hint) if isinstance(option, type) and issubclass(option, BaseModel)]
    if len(models) <= 1 or not isinstance(tree, Mapping):
        return models[0] if models else None
    tagged = [model for model in models if _tag_fits(model, tree)]
    candidates = tagged or models
    return max(candidates, key=lambda model: len(set(model.model_fields) & set(tree)))


def _tag_fits(model: type[BaseModel], tree: Mapping[str, Any]) -> bool:
    for name, field in model.model_fields.items():
        if get_origin(field.annotation) is Literal and name in tree and field.is_required():
            return tree[name] in get_args(field.annotation)
    return False
