"""Findings and experiments as a notebook shows them: small, and with every text of a config escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any

from .finding import Finding
from .text import render, render_all, summary

if TYPE_CHECKING:
    from ..datamodels.experiment import ExperimentConfig

COLOURS = {"error": "#c62828", "warning": "#a15c00", "note": "#00695c"}
"""Severity -> a colour that can be read on white and on black."""

SHOWN = 50
"""Findings that are shown one by one."""


class Findings(tuple[Finding, ...]):
    """Several findings: a tuple that a terminal and a notebook show as `sat validate` prints them."""

    __slots__ = ()

    def __repr__(self) -> str:
        """What `sat validate` prints."""
        return render_all(self)

    def _repr_html_(self) -> str:
        return findings_html(self)

    @property
    def errors(self) -> Findings:
        """Those with which a run would fail, or train something else than written."""
        return Findings(finding for finding in self if finding.severity == "error")


def findings_html(findings: Iterable[Finding]) -> str:
    """The findings, one below the other, and how many there are."""
    found = list(findings)
    shown = "".join(_finding(finding) for finding in found[:SHOWN])
    left = f"<div>... and {len(found) - SHOWN} more</div>" if len(found) > SHOWN else ""
    return f"<div>{shown}{left}<div><b>{escape(summary(found))}</b></div></div>"


def _finding(finding: Finding) -> str:
    head, _, rest = render(finding).partition("\n")
    mark, _, message = head.partition(": ")
    colour = COLOURS[finding.severity]
    below = f'<pre style="margin:0 0 0.6em">{escape(rest)}</pre>' if rest else ""
    return f'<div><b style="color:{colour}">{escape(mark)}</b>: <b>{escape(message)}</b>{below}</div>'


def experiment_facts(experiment: ExperimentConfig) -> dict[str, str]:
    """What one wants to know of an experiment at a glance."""
    model, data = experiment.model, experiment.dataset
    rate, size = getattr(model, "sample_rate", None), getattr(model, "sample_size", None)
    length = f"{size} samples, {size / rate:.2f} s at {rate / 1000:g} kHz" if rate and size else None
    steps = "until stopped" if experiment.max_steps < 0 else f"{experiment.max_steps} steps"
    sources = ", ".join(str(getattr(entry, "s3_path", None) or getattr(entry, "path", None)) for entry in data.datasets[:3])
    more = f", and {len(data.datasets) - 3} more" if len(data.datasets) > 3 else ""
    facts = {
        "model": model.model_type,
        "example": length,
        "training": f"{steps}, {experiment.batch_size} at a time, {experiment.precision}",
        "data": f"{data.dataset_type}: {sources}{more}",
        "starts from": experiment.ckpt_path or experiment.pretrained_ckpt_path or experiment.pretransform_ckpt_path,
    }
    return {name: str(fact) for name, fact in facts.items() if fact is not None}


def experiment_text(experiment: ExperimentConfig) -> str:
    """`<ExperimentConfig quick_test: autoencoder, ...>`, on one line."""
    return f"<ExperimentConfig {experiment.name}: {'; '.join(experiment_facts(experiment).values())}>"


def experiment_html(experiment: ExperimentConfig) -> str:
    """A table of the facts, and everything that was written behind a click."""
    from ..datamodels.base import plain
    from ..source.writing import as_yaml

    rows = "".join(_row(name, fact) for name, fact in experiment_facts(experiment).items())
    whole = escape(as_yaml(plain(experiment)))
    table = f"<table><caption><b>{escape(experiment.name)}</b></caption>{rows}</table>"
    return f"<div>{table}<details><summary>everything</summary><pre>{whole}</pre></details></div>"


def _row(name: str, fact: Any) -> str:
    left = 'style="text-align:left"'
    return f"<tr><th {left}>{escape(name)}</th><td {left}>{escape(str(fact))}</td></tr>"
