"""A rule: one cross-field check with a stable name. Writing one means writing a function; its docstring is its page.

@rule("latent-width", on="AutoencoderModel", mirrors="models.bottleneck.VAEBottleneck", contract=("R-AE-1",))
def latent_width(model: Node) -> Iterator[Problem]:
    \"\"\"A VAE bottleneck halves the encoder's channels.

    Why it matters, in whole sentences.
    \"\"\"
    ...
    yield Problem("encoder.config.latent_dim", "the headline", help="what to do")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

from ..datamodels.shapes import Shape
from ..report.finding import Edit, Finding, Fix, Path, Related, Severity
from .setup import Setup
from .view import Absent, Node

WHOLE = "setup"
"""For `on`: the rule looks at several parts of the experiment and is given the `Setup`."""


@dataclass(frozen=True)
class Problem:
    """What a rule found. Keys are dotted, below the node that the rule was given; a `Path` is absolute."""

    at: str | Path
    """The key to blame."""
    message: str
    help: str | None = None
    label: str | None = None
    related: tuple[tuple[Path, str], ...] = ()
    """(key path, what stands there) of other places."""
    fix: Fix | None = None
    severity: Severity | None = None
    """Where it differs from the rule's."""


@dataclass(frozen=True)
class Rule:
    """One registered check."""

    name: str
    """Stable; several checks may share one."""
    on: str
    """The name of the data model that it is run on, wherever one stands; or `setup`."""
    severity: Severity
    mirrors: str
    """The function of the engine that fails or misreads, as `module.function`."""
    contract: tuple[str, ...]
    """Ids of the engine's cross-field rules that it covers."""
    check: Callable[[Any], Iterator[Problem]]

    @property
    def subject(self) -> str:
        """The file that it stands in: geometry, conditioning, training, data, run, ..."""
        return self.check.__module__.rsplit(".", 1)[-1]


RULES: list[Rule] = []
"""Every rule, in the order of its module; filled when `rules` is imported."""


def rule(
    name: str, *, on: str, mirrors: str = "", contract: tuple[str, ...] = (), severity: Severity = "error"
) -> Callable[[Callable[[Any], Iterator[Problem]]], Callable[[Any], Iterator[Problem]]]:
    """Registers the decorated check."""

    def register(check: Callable[[Any], Iterator[Problem]]) -> Callable[[Any], Iterator[Problem]]:
        RULES.append(Rule(name, on, severity, mirrors, contract, check))
        return check

    return register


def apply_rules(setup: Setup) -> list[Finding]:
    """What every rule finds, each once."""
    from . import rules  # noqa: F401  Fills RULES.

    found: dict[tuple[str, Path, str], Finding] = {}
    due: list[tuple[int, int, Any]] = [(number, 0, setup) for number in _numbers(None, len(RULES))]
    for index, node in enumerate(setup.nodes):
        due += [(number, index, node) for number in _numbers(node.model, len(RULES))]
    for number, _, subject in sorted(due, key=itemgetter(0, 1)):
        for finding in _findings(RULES[number], subject):
            found.setdefault((finding.rule, finding.path, finding.message), finding)
    return list(found.values())


@cache
def _numbers(shape: Shape | None, _count: int) -> tuple[int, ...]:
    """Which of so many rules look at dictionaries of this shape; with None, which look at everything together."""
    names = frozenset([WHOLE]) if shape is None else shape.names
    return tuple(number for number, entry in enumerate(RULES) if entry.on in names)


def _findings(entry: Rule, subject: Any) -> Iterator[Finding]:
    try:
        for problem in entry.check(subject):
            yield _finding(entry, subject, problem)
    except Absent:
        return


def _finding(entry: Rule, subject: Any, problem: Problem) -> Finding:
    base = subject.path if isinstance(subject, Node) else ()
    path = (*base, *problem.at.split(".")) if isinstance(problem.at, str) and problem.at else base
    return Finding(
        rule=entry.name,
        message=problem.message,
        severity=problem.severity or entry.severity,
        path=path if isinstance(problem.at, str) else problem.at,
        help=problem.help,
        label=problem.label,
        related=tuple(Related(message=message, path=place) for place, message in problem.related),
        fix=problem.fix,
    )


def setting(path: Path, value: Any, *, sure: bool = True) -> Fix:
    """The fix that sets one key."""
    return Fix(edits=(Edit(op="set", path=path, value=value),), sure=sure)


def removing(path: Path) -> Fix:
    """The fix that takes one key out."""
    return Fix(edits=(Edit(op="remove", path=path),))
