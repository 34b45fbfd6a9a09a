"""A plan as a commented file, written and checked: what stands on the disk afterwards trains."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..report.finding import Finding, Refused
from ..source.modeline import modeline
from .commented import lines_of
from .plan import Plan
from .prompts import PROMPTS
from .writing import removed_on_failure, write_new


@dataclass(frozen=True)
class Draft:
    """What was written."""

    files: tuple[Path, ...]
    """The experiment first."""
    findings: tuple[Finding, ...]
    """Warnings and notes about it."""


def text_of(plan: Plan, file: Path) -> str:
    """The experiment as text."""
    commands = {
        f"sat validate {file.as_posix()}": "is everything right?",
        f"sat train {file.as_posix()}": "train; single values can be changed behind it: batch_size=8",
        f"sat explain batch_size {file.as_posix()}": "what a key means, and where its value comes from",
    }
    width = max(map(len, commands))
    told = [f"#   {words:<{width}}  {meaning}" for words, meaning in commands.items()]
    head = [modeline("experiment", file), f"# {plan.headline[0].upper()}{plan.headline[1:]}.", *told, ""]
    return "\n".join([*head, *lines_of(plan.tree)]) + "\n"


def write(plan: Plan, file: Path) -> Draft:
    """The experiment stands in `file`, and a metadata module beside it where its model reads prompts.

    Raises:
        Refused: a file is there already; or the experiment has errors, and then none is left behind.
    """
    texts = {file: text_of(plan, file)}
    if plan.prompts is not None:
        texts[plan.prompts] = PROMPTS
    write_new(texts)
    with removed_on_failure(list(texts)):
        return Draft(tuple(texts), tuple(_checked(file)))


def _checked(file: Path) -> list[Finding]:
    """Everything that is said of the experiment, data and checkpoints included, but for what is missing on this machine alone."""
    from ..api import judged
    from ..compose.composer import Request, compose
    from ..validation.files import missing_files

    experiment, found = judged(compose(Request((str(file),))))
    found = [*found, *(finding for finding in missing_files(experiment) if finding.rule not in OF_THE_MACHINE)]
    errors = [finding for finding in found if finding.severity == "error"]
    if errors:
        raise Refused(*errors)
    return found


OF_THE_MACHINE = ("not-installed", "engine-version", "python-version", "package-version", "gpu", "device", "workers")
"""Findings about where an experiment was written, which need not be where it will run."""
