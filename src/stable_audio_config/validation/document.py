"""One file by itself: what kind of config it holds, and everything that can be said about it without composing anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any, Literal, cast

from ..datamodels.shapes import kind
from ..datamodels.verdict import fits
from ..report.finding import Finding, Path, touched
from ..source.tree import without_comments
from .rule import apply_rules
from .setup import Setup, dataset_setup, model_setup
from .unfinished import left_to_later
from .view import Broken

Kind = Literal["model", "dataset", "training", "experiment", "pre_encode", "inference"]
"""What a file holds: the engine's model or dataset JSON (or the same as YAML), a training section, or something composed."""

Tree = dict[str, Any]

GROUPS = ("model", "training", "dataset", "experiment", "pre_encode", "inference")
"""The folders of presets."""


def kind_of_document(tree: Mapping[str, Any], name: str) -> Kind:
    """What its keys say, else the folder that it stands in; what neither tells is taken for an experiment."""
    if "model_type" in tree:
        return "model"
    if "dataset_type" in tree:
        return "dataset"
    folder = group_of(name)
    if folder in ("pre_encode", "inference"):
        return cast("Kind", folder)
    if "model" in tree and tree.keys() & {"sample_rate", "sample_size", "audio_channels"}:
        return "model"
    if folder in ("model", "dataset", "training"):
        return cast("Kind", folder)
    return "dataset" if "datasets" in tree and not tree.keys() & {"defaults", "model", "training"} else "experiment"


def group_of(name: str) -> str | None:
    """The group of presets whose folder the file stands in, however deep."""
    return next((part for part in reversed(PurePath(name).parts[:-1]) if part in GROUPS), None)


def judge_document(tree: Mapping[str, Any], what: Kind) -> list[Finding]:
    """Everything about a file of the engine, or one of that shape. Its unknown keys are errors only where they look like typos."""
    written = without_comments(tree)
    later = list(left_to_later(written, ()))
    judges: dict[Kind, Callable[[Tree], list[Finding]]] = {
        "model": _model_file,
        "dataset": _dataset_file,
        "training": _training_file,
    }
    found = [finding for finding in judges[what](written) if not any(finding.path[: len(path)] == path for path in later)]
    broken = Broken([*later, *(path for finding in found for path in touched(finding))])
    setups: dict[Kind, Callable[[Tree, Broken], Setup]] = {"model": model_setup, "dataset": dataset_setup}
    rules = apply_rules(setups[what](written, broken)) if what in setups else []
    return [*(_forgiven(finding) for finding in found), *rules]


def _model_file(tree: Tree) -> list[Finding]:
    found = errors_of_kind("model", {key: value for key, value in tree.items() if key != "training"})
    tag = tree.get("model_type")
    if tree.get("training") is None or not isinstance(tag, str):
        return found
    return found + errors_of_branch("training", tag, tree["training"], ("training",))


def _dataset_file(tree: Tree) -> list[Finding]:
    return errors_of_kind("dataset", tree)


def _training_file(tree: Tree) -> list[Finding]:
    """Nothing in it says which model type it is for: the one that it fits best. Parts may be left to an experiment."""
    tags = kind("training").tags
    found = ([finding for finding in errors_of_branch("training", tag, tree) if finding.rule != "missing-key"] for tag in tags)
    return min(found, key=len)


def errors_of_kind(name: str, tree: Any) -> list[Finding]:
    """What is wrong with the structure of a part, which says by its tag what it is."""
    if fits(tree, name):
        return []
    from .mistakes import of_kind

    return of_kind(name, tree)


def errors_of_branch(name: str, tag: str, tree: Any, base: Path = ()) -> list[Finding]:
    """The same for a part whose tag stands elsewhere. `base` is its key path in the file."""
    if fits(tree, name, tag):
        return []
    from .mistakes import of_branch

    return of_branch(name, tag, tree, base)


def _forgiven(finding: Finding) -> Finding:
    """The engine ignores unknown keys: one that resembles no key that could have been meant keeps an old file working."""
    unknown = finding.rule == "unknown-key" and finding.fix is None
    return replace(finding, severity="warning") if unknown else finding
