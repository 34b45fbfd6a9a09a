"""What the door is given, checked, and what the engine is handed for it: a fresh plain dictionary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, create_model

from ...datamodels.base import Data, plain
from ...datamodels.kinds import KINDS, TRAINING
from ...report.finding import Refused, refuse
from ...validation.installed import engine_missing
from ...validation.structure import checked
from ..extension import plugin_parts

Tree = Mapping[str, Any]
"""A plain dictionary of a data model's shape."""

M = TypeVar("M", bound=Data)


def part(kind: str, given: Data | Tree) -> Data:
    """The data model of one part, checked where a plain dictionary was given.

    Raises:
        Refused: with every mistake in it; key paths begin with the kind.
    """
    tagged = KINDS[kind]
    if isinstance(given, Data):
        tag = getattr(given, tagged.key, tagged.default)
        meant = tagged.meant({tagged.key: tag}) if isinstance(tag, str) else None
        if meant is None or not isinstance(given, meant):
            raise _another(kind, given, f"the data model of one of its types ({', '.join(tagged.tags())})")
        return given
    return _checked(kind, Annotated[Data, tagged], given)


def whole(model: type[M], name: str, given: M | Tree) -> M:
    """The same for a section that stands in one data model only; key paths begin with `name`."""
    if isinstance(given, Data) and not isinstance(given, model):
        raise _another(name, given, f"`{model.__name__}`")
    typed: M = given if isinstance(given, model) else _checked(name, model, given)
    return typed


def model_config(given: Data | Tree, *types: str) -> Data:
    """A whole model config, of one of `types` where any are named. A `training` section inside a plain one is left aside."""
    if not isinstance(given, Data):
        given = {key: value for key, value in given.items() if key != "training"}
    config = part("model", given)
    found = getattr(config, "model_type", None)
    if types and found not in types:
        wanted = " or ".join(f"`{name}`" for name in types)
        raise refuse("wrong-model-type", f"`model.model_type` is `{found}`, and {wanted} is needed", "model", "model_type")
    return config


def training_config(model: Data, given: Data | Tree) -> Data:
    """The training section that belongs to the model."""
    section = TRAINING.branch(getattr(model, "model_type", ""))
    if section is None:
        message = f"there is no training section for `{getattr(model, 'model_type', None)}`"
        raise refuse("wrong-model-type", message, "model", "model_type")
    return whole(section, "training", given)


def _another(name: str, given: Data, wanted: str) -> Refused:
    message = f"`{name}` cannot be `{type(given).__name__}`"
    return refuse("wrong-type", message, name, help=f"give it {wanted}, or a plain dictionary")


def _checked(name: str, annotation: Any, given: Data | Tree) -> Any:
    return getattr(checked({name: given}, _holder(name, annotation)), name)


@cache
def _holder(name: str, annotation: Any) -> type[Data]:
    """A data model with one field: findings are made for fields."""
    fields: dict[str, Any] = {name: (annotation, ...)}
    return create_model("Given", __base__=Data, **fields)


def engine_tree(config: Data, defaults: bool = False) -> dict[str, Any]:
    """What the engine reads: exactly the keys that were written, with `defaults` those that were not as well; new at every call."""
    tree: dict[str, Any] = _written_out(config) if defaults else plain(config)
    return tree


def engine_config(model: Data, training: Data, defaults: bool = False) -> dict[str, Any]:
    """The engine's model JSON: the model's dictionary with the training section inside; new at every call."""
    return {**engine_tree(model, defaults), "training": engine_tree(training, defaults)}


_ONLY_WHERE_WRITTEN = {
    "ADPUNet": frozenset({"stft_hop_length", "stft_use_complex"}),  # Refused without `use_stft`.
    "NormConfig": frozenset({"bias", "init_alpha"}),  # Refused by some of `norm_type`.
    "AdamW8bitConfig": frozenset({"percentile_clipping", "block_wise"}),  # Refused by newer versions of bitsandbytes.
}
"""Data model -> keys that the engine does not always take: their defaults are not written out."""


def _written_out(value: Any) -> Any:
    """As `plain`, with the defaults of every section that is there. Whole sections that are left out stay out, and so does null: in
    places the engine asks only whether a key is there."""
    if isinstance(value, BaseModel):
        names = [name for name in type(value).model_fields if name in value.model_fields_set or _has_default(value, name)]
        return {**{name: _written_out(getattr(value, name)) for name in names}, **plain(value.model_extra or {})}
    if isinstance(value, dict):
        return {key: _written_out(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_written_out(item) for item in value]
    return value


def _has_default(section: BaseModel, name: str) -> bool:
    default = getattr(section, name)
    kept_out = any(name in _ONLY_WHERE_WRITTEN.get(model.__name__, ()) for model in type(section).__mro__)
    return not kept_out and default is not None and not isinstance(default, BaseModel)


@contextmanager
def building(what: str) -> Iterator[None]:
    """Inside, the engine's factories may be called: plugins' parts are built, and errors are put into words.

    Raises:
        Refused: the engine is not installed, cannot build this, or lacks a package for it.
    """
    missing = engine_missing()
    if missing is not None:
        raise Refused(missing)
    with plugin_parts():
        try:
            yield
        except (
            AssertionError,
            AttributeError,
            ImportError,
            KeyError,
            NameError,
            NotImplementedError,
            TypeError,
            ValueError,
        ) as error:
            message = f"the engine cannot build this {what}: {type(error).__name__}: {error}"
            raise refuse("not-built", message) from error
