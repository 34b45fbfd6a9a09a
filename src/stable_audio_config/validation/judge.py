"""Everything that can be said about a tree without looking at the disk: structure first, then every rule that can still speak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..datamodels.verdict import fits_experiment
from ..report.finding import Finding, Refused, touched
from ..versions.schema import newer, of_today
from .rule import apply_rules
from .setup import experiment_setup
from .view import Broken

if TYPE_CHECKING:
    from ..datamodels.experiment import ExperimentConfig


def findings_in(tree: dict[str, Any]) -> list[Finding]:
    """All findings, structural ones first. Where the structure is right, no data model is imported."""
    return apply_rules(experiment_setup(tree, Broken())) if fits_experiment(tree) else judge(tree)[1]


def judge(tree: dict[str, Any]) -> tuple[ExperimentConfig | None, list[Finding]]:
    """The typed experiment, or None where its structure is wrong, and all findings: structural ones first."""
    from ..datamodels.experiment import ExperimentConfig
    from .structure import checked

    experiment, found = None, list[Finding]()
    too_new = newer(tree)
    if too_new is not None:
        return None, [too_new]
    tree = of_today(tree)
    try:
        experiment = checked(tree, ExperimentConfig)
    except Refused as refused:
        found = list(refused.findings)
    broken = Broken(path for finding in found for path in touched(finding))
    return experiment, [*found, *apply_rules(experiment_setup(tree, broken))]
