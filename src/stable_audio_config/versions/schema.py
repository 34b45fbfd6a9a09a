"""The versions of our own format: what a release wrote is read by every later one; the other way is one clear refusal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..datamodels.schema_version import SCHEMA_VERSION
from ..report.finding import Finding, Refused

if TYPE_CHECKING:
    from .carry import Carried
    from .step import Step

KEY = "schema_version"

FIRST = 1
"""The version of every file that was written since the first day."""

STEPS: dict[int, tuple[Step, ...]] = {}
"""Version -> the steps that lead to it from the version before. There is one version so far, and so there are none."""


def version_of(tree: Mapping[str, Any]) -> int | None:
    """The version that the tree says it has; None where it says none, or nonsense."""
    found = tree.get(KEY)
    return found if type(found) is int else None


def newer(tree: Mapping[str, Any], source: str | None = None) -> Finding | None:
    """The one finding about a tree that only a later version of this package can read; of such a tree nothing else can be said."""
    found = version_of(tree)
    if found is None or found <= SCHEMA_VERSION:
        return None
    message = f"`{KEY}` is {found}, and stable-audio-config {__version__} reads up to {SCHEMA_VERSION}"
    return Finding(
        rule="newer-format",
        message=message,
        path=(KEY,),
        source=source,
        help="pip install --upgrade stable-audio-config",
    )


def steps_between(before: int, after: int, steps: Mapping[int, tuple[Step, ...]] = STEPS) -> list[Step]:
    """All steps between two versions, in their order up; the same list leads down when it is taken from its end."""
    low, high = sorted((before, after))
    return [step for version in range(low + 1, high + 1) for step in steps.get(version, ())]


def carried_to(
    tree: Mapping[str, Any],
    target: int = SCHEMA_VERSION,
    steps: Mapping[int, tuple[Step, ...]] = STEPS,
    today: int = SCHEMA_VERSION,
) -> Carried:
    """The tree as of version `target`. Of one that does not say its version, only what it says is carried, never what it leaves
    unsaid: it may be of any version up to `today`."""
    from .carry import carry  # Every experiment is asked for its version; few have to be carried.

    said = version_of(tree)
    before = said if said is not None else FIRST if target == today else today
    way = steps_between(before, target, steps)
    return carry(tree, "experiment", way, "up" if before <= target else "down", complete=said is not None)


def of_today(tree: dict[str, Any], source: str | None = None) -> dict[str, Any]:
    """The tree in today's format; one that does not say its version is taken for that.

    Raises:
        Refused: it is of a later one.
    """
    too_new = newer(tree, source)
    if too_new is not None:
        raise Refused(too_new)
    said = version_of(tree)
    if said is None or not FIRST <= said < SCHEMA_VERSION:
        return tree
    return {**carried_to(tree).tree, KEY: SCHEMA_VERSION}
