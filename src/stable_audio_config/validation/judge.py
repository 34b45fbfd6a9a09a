"""Everything that can be said about a tree without looking at the disk: structure first, then every rule that can still speak."""

from __future__ import annotations

from typing import Any

from ..datamodels.experiment import ExperimentConfig
from ..report.finding import Finding, Refused, touched
from .rule import apply_rules
from .setup import experiment_setup
from .structure import checked
from .view import Broken


def judge(tree: dict[str, Any]) -> tuple[ExperimentConfig | None, list[Finding]]:
    """The typed experiment, or None where its structure is wrong, and all findings: structural ones first."""
    experiment, found = None, list[Finding]()
    try:
        experiment = checked(tree, ExperimentConfig)
    except Refused as refused:
        found = list(refused.findings)
    broken = Broken(path for finding in found for path in touched(finding))
    return experiment, [*found, *apply_rules(experiment_setup(tree, broken))]
