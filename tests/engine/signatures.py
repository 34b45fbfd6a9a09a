"""Keys and defaults of the engine's own constructors, and of our data models, in one comparable form."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

from pydantic import BaseModel

from stable_audio_config.datamodels.base import plain

REQUIRED = "(required)"


def load(path: str) -> Any:
    module, name = path.split(":")
    return getattr(importlib.import_module(module), name)


def keywords(*paths: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in paths:
        for name, parameter in inspect.signature(load(path)).parameters.items():
            if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                found.setdefault(name, REQUIRED if parameter.default is parameter.empty else parameter.default)
    return found


def ours(model: type[BaseModel]) -> dict[str, Any]:
    fields = model.model_fields.items()
    return {name: REQUIRED if f.is_required() else f.get_default(call_default_factory=True) for name, f in fields}


def comparable(defaults: dict[str, Any]) -> dict[str, Any]:
    """Python holds `True == 1`; a key whose default is a switch must not pass for one whose default is a number."""
    return {name: (isinstance(value, bool), plain(value)) for name, value in defaults.items()}
