"""What can be said about a config some of whose values are still to come, or cannot be worked out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ..report.finding import Finding, Path
from ..source.tree import without_comments

if TYPE_CHECKING:
    from ..compose.composer import Composition, NotWorkedOut


def unfinished(refused: NotWorkedOut, judge: Callable[[Composition], list[Finding]]) -> list[Finding]:
    """Why those values cannot be worked out, and everything that `judge` finds which has nothing to do with them."""
    composition = replace(refused.composition, tree=without_comments(refused.composition.tree))
    later = list(left_to_later(composition.tree, ()))
    rest = [found for found in judge(composition) if not any(_meet(path, other) for path in _named(found) for other in later)]
    return [*refused.placed(), *rest]


def left_to_later(node: object, path: Path) -> Iterator[Path]:
    """The paths of values that are filled in when the file is composed: `???` and interpolations."""
    if isinstance(node, str) and (node == "???" or "${" in node):
        yield path
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield from left_to_later(value, (*path, key))


def _named(finding: Finding) -> list[Path]:
    """Every key that a finding is about."""
    edits = finding.fix.edits if finding.fix is not None else ()
    return [path for path in (finding.path, *(other.path for other in finding.related), *(edit.path for edit in edits)) if path]


def _meet(one: Path, other: Path) -> bool:
    """Whether one path leads to or through the other."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
