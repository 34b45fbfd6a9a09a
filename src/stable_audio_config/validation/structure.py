"""The composed tree against the data models."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ..report.finding import Finding, Refused
from ..report.pydantic_errors import findings_from
from .gone import gone_tags

M = TypeVar("M", bound=BaseModel)


def checked(tree: dict[str, Any], model: type[M]) -> M:
    """The typed, frozen form of `tree`.

    Raises:
        Refused: with every structural mistake at once.
    """
    gone = gone_tags(tree)
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        explained = {finding.path for finding in gone}
        found = [finding for finding in findings_from(error, tree, model) if finding.path not in explained]
        raise Refused(*gone, *_guided(found)) from None


_CHOOSE = {
    "model": "choose one: model=tiny_autoencoder, or model=my_model_config.json, or a whole experiment: experiment=quick_test",
    "training": "choose one: training=default, or training=my_training.yaml",
    "dataset": "choose one: dataset=synthetic, or a folder: dataset=/data/music, or dataset=my_dataset_config.json",
}


def _guided(findings: list[Finding]) -> list[Finding]:
    """The groups that an experiment cannot do without, with what may stand there; a missing model explains a missing training."""
    missing = {finding.path[0] for finding in findings if finding.rule == "missing-key" and len(finding.path) == 1}
    guided = []
    for finding in findings:
        key = str(finding.path[0]) if len(finding.path) == 1 else ""
        if key == "training" and "model" in missing:
            continue
        guided.append(replace(finding, help=_CHOOSE[key]) if finding.rule == "missing-key" and key in _CHOOSE else finding)
    return guided
