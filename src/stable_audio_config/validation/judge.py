"""Everything that can be said about a tree without looking at the disk: structure first, then every rule that can still speak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..report.finding import Finding, touched
from ..versions.schema import newer, of_today
from .rule import apply_rules
from .setup import experiment_setup
from .structure import checked, structural
from .view import Broken

if TYPE_CHECKING:
    from ..datamodels.experiment import ExperimentConfig


def findings_in(tree: dict[str, Any]) -> list[Finding]:
    """All findings, structural ones first. Data models are imported only for what the tables do not know: plugins' types."""
    too_new = newer(tree)
    return [too_new] if too_new is not None else _findings(of_today(tree))[1]


def judge(tree: dict[str, Any]) -> tuple[ExperimentConfig | None, list[Finding]]:
    """The typed experiment, or None where its structure is wrong, and all findings: structural ones first."""
    too_new = newer(tree)
    if too_new is not None:
        return None, [too_new]
    tree = of_today(tree)
    wrong, found = _findings(tree)
    if wrong:
        return None, found
    from ..datamodels.experiment import ExperimentConfig

    return checked(tree, ExperimentConfig), found


def _findings(tree: dict[str, Any]) -> tuple[bool, list[Finding]]:
    """Whether the structure is wrong, and everything found."""
    wrong = structural(tree)
    broken = Broken(path for finding in wrong for path in touched(finding))
    return bool(wrong), [*wrong, *apply_rules(experiment_setup(tree, broken))]
