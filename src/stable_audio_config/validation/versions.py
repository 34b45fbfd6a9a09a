"""What an experiment uses that an older engine does not know: the marks beside keys (`Since`) and tags (`Tagged.since`), read out.

An engine ignores most keys that it does not know, so such a run would end with something else than was written. Marks begin
with 0.0.20: what has none is taken to be known to the installed engine, however old it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..datamodels.base import since
from ..datamodels.experiment import ExperimentConfig
from ..datamodels.kinds import TRAINING
from ..datamodels.lookup import field_hint, item_hint, kind_of, models_in
from ..datamodels.tagged import Tagged
from ..report.finding import Finding, Path, dotted

Version = tuple[int, ...]

TooNew = tuple[Path, str | None, str]
"""A key path, the tag if that is what is too new there, and the version that it needs."""


def newer_than(tree: Mapping[str, Any], version: str) -> list[Finding]:
    """One error for each key and tag of a (structurally valid) experiment tree that engine `version` does not know.

    What stands below such a key, or inside a part with such a tag, is as new as it is and gets no finding of its own.
    """
    return [_finding(path, tag, needed, version) for path, tag, needed in newer_parts(tree, version)]


def newer_parts(tree: Mapping[str, Any], version: str) -> Iterator[TooNew]:
    """Those keys and tags themselves, of an experiment tree that may lack whole sections."""
    return _in_model(tree, ExperimentConfig, (), numbers(version))


def _finding(path: Path, tag: str | None, needed: str, version: str) -> Finding:
    key, instead = dotted(path), "take the key out"
    if tag is not None:
        key, instead = f"{key}: {tag}", f"write another `{path[-1]}`"
    return Finding(
        rule="engine-version",
        message=f"`{key}` needs engine {needed}, but {version} is installed",
        path=path,
        help=f"pip install stable-audio-tools=={needed}, or {instead}",
    )


def numbers(version: str) -> Version:
    """`0.0.20rc1` -> (0, 0, 20): what comes before and after a release counts as that release."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def _in_model(tree: Mapping[str, Any], model: Any, path: Path, installed: Version) -> Iterator[TooNew]:
    for key, value in tree.items():
        if key not in model.model_fields:  # An unknown key that the experiment accepts.
            continue
        here, needed = (*path, key), since(model, key)
        if needed is not None and numbers(needed) > installed:
            yield here, None, needed
        elif model is ExperimentConfig and key == "training":
            yield from _in_training(tree, value, installed)
        else:
            yield from _in_value(value, field_hint(model, key), here, installed)


def _in_training(tree: Mapping[str, Any], value: Any, installed: Version) -> Iterator[TooNew]:
    """This section has no tag of its own; where the model's is too new, that has been said."""
    section = TRAINING.meant(tree.get("model"))
    if section is not None and _newer_tag(TRAINING, tree.get("model"), installed) is None:
        yield from _in_value(value, section, ("training",), installed)


def _in_value(value: Any, hint: Any, path: Path, installed: Version) -> Iterator[TooNew]:
    if isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _in_value(item, item_hint(hint), (*path, index), installed)
        return
    if not isinstance(value, Mapping):
        return
    kind = kind_of(hint)
    if kind is None:
        models = models_in(hint)
        if models:
            yield from _in_model(value, models[0], path, installed)
        return
    newer = _newer_tag(kind, value, installed)
    if newer is not None:
        yield (*path, kind.key), kind.tag_of(value), newer
        return
    model = kind.meant(value)
    if model is not None:
        yield from _in_model(value, model, path, installed)


def _newer_tag(kind: Tagged, value: Any, installed: Version) -> str | None:
    """The version that a part's tag needs, where that is above the installed one."""
    needed = kind.since.get(kind.tag_of(value) or "")
    return needed if needed is not None and numbers(needed) > installed else None
