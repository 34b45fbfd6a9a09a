"""The composed tree against the data models."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic_core import ValidationError

from ..datamodels import faults
from ..datamodels.places import experiment
from ..datamodels.verdict import fits_experiment
from ..report.finding import Finding, Refused
from ..report.pydantic_errors import findings_about, findings_from

if TYPE_CHECKING:
    from ..datamodels.base import Data

    M = TypeVar("M", bound=Data)


def structural(tree: dict[str, Any]) -> list[Finding]:
    """Every structural mistake of a whole experiment. Data models are loaded only where the tables do not know enough."""
    if fits_experiment(tree):
        return []
    try:
        if not _accepted(tree):
            return _guided(findings_about(faults.in_experiment(tree), tree, experiment()))
    except faults.AskDataModels:
        pass
    from ..datamodels.experiment import ExperimentConfig

    try:
        checked(tree, ExperimentConfig)
    except Refused as refused:
        return list(refused.findings)
    return []


def checked(tree: dict[str, Any], model: type[M]) -> M:
    """The typed, frozen form of `tree`. Keys that it names in `accept_unknown` are kept unchecked.

    Raises:
        Refused: with every structural mistake at once.
    """
    from ..datamodels.tagged import typed

    accepted = _accepted(tree)
    known = _without(tree, (), accepted) if accepted else tree
    try:
        found = typed(model, known)
    except ValidationError as error:
        raise Refused(*_guided([*findings_from(error, tree, model), *_training_beside_a_broken_model(known, error)])) from None
    return _with_unknown_keys(tree, model) if accepted else found


def _training_beside_a_broken_model(tree: dict[str, Any], error: ValidationError) -> list[Finding]:
    """The training section's own mistakes, which Pydantic did not look for: the model that decides about it was not valid."""
    from ..datamodels.kinds import TRAINING
    from ..datamodels.tagged import typed

    if not any(item["loc"][:1] == ("model",) for item in error.errors(include_url=False)):
        return []
    section = TRAINING.meant(tree.get("model"))
    if section is None or tree.get("training") is None:
        return []
    try:
        typed(section, tree["training"])
    except ValidationError as another:
        return findings_from(another, tree["training"], section, ("training",))
    return []


def _accepted(tree: dict[str, Any]) -> frozenset[str]:
    names = tree.get("accept_unknown")
    return frozenset(name for name in names if isinstance(name, str)) if isinstance(names, (list, tuple)) else frozenset()


def _without(node: Any, path: tuple[str, ...], names: frozenset[str]) -> Any:
    """`node` without the keys whose dotted path is among `names`; the number of a list item may be written as `*`."""
    if isinstance(node, dict):
        kept = ((key, (*path, str(key))) for key in node)
        return {key: _without(node[key], here, names) for key, here in kept if not _named(here, names)}
    if isinstance(node, list):
        return [_without(item, (*path, str(index)), names) for index, item in enumerate(node)]
    return node


def _named(path: tuple[str, ...], names: frozenset[str]) -> bool:
    return ".".join(path) in names or ".".join("*" if step.isdigit() else step for step in path) in names


def _with_unknown_keys(tree: dict[str, Any], model: type[M]) -> M:
    from ..datamodels.tagged import UNKNOWN_KEYS, typed

    token = UNKNOWN_KEYS.set("allow")
    try:
        return typed(model, tree)
    except ValidationError as error:
        raise Refused(*_guided(findings_from(error, tree, model))) from None
    finally:
        UNKNOWN_KEYS.reset(token)


_CHOOSE = {
    "model": "choose one: model=tiny_autoencoder, or model=my_model_config.json, or a whole experiment: experiment=quick_test",
    "training": "choose one: training=default, or training=my_training.yaml",
    "dataset": "choose one: dataset=synthetic, or a folder: dataset=/data/music, or dataset=my_dataset_config.json",
}


def _guided(findings: Iterable[Finding]) -> list[Finding]:
    """The groups that an experiment cannot do without, with what may stand there; a missing model explains a missing training."""
    found = list(findings)
    missing = {finding.path[0] for finding in found if finding.rule == "missing-key" and len(finding.path) == 1}
    guided = []
    for finding in found:
        key = str(finding.path[0]) if len(finding.path) == 1 else ""
        if key == "training" and "model" in missing:
            continue
        guided.append(replace(finding, help=_CHOOSE[key]) if finding.rule == "missing-key" and key in _CHOOSE else finding)
    return guided
