"""Does what the data models say equal what the engine reads? The engine's source is read for it, never imported.

The reader goes through the engine from where configuration enters it (`roots`), function by function, and follows every
dictionary of it: through assignments, attributes, calls and `**`. What a dictionary may be is known from our data models, so a
test of a tag decides which branches are gone through. Each read of a key is noted with its default and held against the
data model (`compare`); what is meant to differ stands with its reason in `accepted`, and what the reader never came to is found
by a sweep over the whole source (`sweep`).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from ...datamodels.base import Data
from ...datamodels.kinds import KINDS
from .accepted import ACCEPTED, Accepted
from .compare import NOWHERE, Candidate, Comparison, below, joined, unbound
from .facts import Facts
from .report import Difference, Report
from .roots import read_engine
from .sources import Sources
from .sweep import unreached

__all__ = ["Difference", "Report", "Sources", "compare_with"]


def compare_with(sources: Sources) -> Report:
    """Every difference between our data models and the engine in `sources`, but for those that are accepted."""
    facts = read_engine(sources)
    comparison = Comparison(facts)
    found = [*comparison.keys(), *comparison.tags(), *comparison.losses(), *unbound(unreached(sources, facts))]
    meant = Meant(ACCEPTED)
    left = meant.without(found)
    comparison.aside = _set_aside(comparison, left)
    left = [one for one in left if one.kind in ("site-gone", "unbound") or one.model not in comparison.aside]
    left += meant.without(comparison.unread())
    left += meant.stale(comparison)
    return Report(version=sources.version, differences=joined(left), unchecked=tuple(sorted(_unchecked(facts))))


class Meant:
    """The accepted differences, and which of them were met."""

    def __init__(self, accepted: Iterable[Accepted]) -> None:
        self.accepted = list(accepted)
        self.met: set[tuple[int, str, str]] = set()

    def without(self, found: Iterable[Candidate]) -> list[Candidate]:
        """Those of `found` that are not accepted."""
        return [one for one in found if not self._meets(one)]

    def _meets(self, found: Candidate) -> bool:
        for index, one in enumerate(self.accepted):
            model = next((name for name in one.models.split() if name in found.names or name == "*"), None)
            key = next((word for word in one.keys.split() if word in (found.key, "*")), None)
            where = one.function in ("*", found.where.function)
            if one.kind == found.kind and model is not None and key is not None and where:
                self.met.add((index, model, key))
                return True
        return False

    def stale(self, comparison: Comparison) -> list[Candidate]:
        """Accepted differences that are not there, though what they are about was reached."""
        reached = {base.__name__ for model in comparison.reads if model not in comparison.aside for base in model.__mro__}
        functions = {"*", *comparison.facts.entered.values()}
        found = []
        for index, one in enumerate(self.accepted):
            for model, key in product(one.models.split(), one.keys.split()):
                about = model == "*" or (model.partition(".")[0] in reached | set(KINDS) and one.function in functions)
                if about and (index, model, key) not in self.met:
                    todo = f"take `{key}` of {model} ({one.kind}) out of engine/contract/accepted.py: {one.reason}"
                    found.append(Candidate("stale", NOWHERE, model, key, "accepted", "not so any more", todo))
        return found


def _set_aside(comparison: Comparison, left: Iterable[Candidate]) -> set[type[Data]]:
    """Data models that the engine refuses, or that go where nothing can be read, unless that is accepted."""
    refused = {(one.model, one.key) for one in left if one.kind == "tag-gone" and one.model in KINDS}
    lost = {one.model for one in comparison.facts.refusals if (one.owner, one.word) in refused}
    lost |= {KINDS["training"].branch(tag) or Data for owner, tag in refused if owner == "model"}
    lost |= {model for loss in comparison.facts.losses if loss.package for model in loss.models}
    entrances: set[type[Data]] = set()
    for one in left:
        if one.kind in ("site-gone", "unbound") and isinstance(one.model, type):
            (lost if one.where.line else entrances).add(one.model)
    return lost | (below(lost | entrances) - set(comparison.reads))  # What is lost in one place may be read in others.


def _unchecked(facts: Facts) -> set[str]:
    return {f"{model.__name__}: {loss.package} is not installed" for loss in facts.losses if loss.package for model in loss.models}
