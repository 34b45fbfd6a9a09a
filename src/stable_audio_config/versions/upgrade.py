"""One file carried to another version: of our own format, and of the engine whose JSON it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ..datamodels.schema_version import SCHEMA_VERSION
from ..report.finding import Finding, Refused, dotted
from ..report.locate import located
from ..report.place import origin_in_text
from ..source.edit import Change, written
from ..source.reading import read_text, tree_of
from ..validation.document import kind_of_document
from ..validation.versions import newer_parts
from . import deprecated
from .carry import Carried, Direction, carry
from .engine_0_0_20 import AFTER, BEFORE, STEPS
from .schema import KEY, carried_to, newer, version_of
from .step import Unequal
from .text import carried_text

ENGINES = (BEFORE, AFTER)
"""The versions of the engine between which there is a way."""

OURS = ("experiment", "pre_encode", "inference")
"""Files of our own format; the others have the engine's."""


OLDER = Finding(
    rule="older-engine",
    message=f"this file was written for an engine before {AFTER}, which trains otherwise where nothing is said",
    severity="note",
    help=f"--from-engine {BEFORE} keeps what the file leaves unsaid, too",
)
"""What its own keys prove about a file."""


@dataclass(frozen=True)
class Ask:
    """What a user wants."""

    schema: int = SCHEMA_VERSION
    """The version of our own format."""
    from_engine: str | None = None
    """What the file was written for; None where nobody knows."""
    to_engine: str = AFTER
    """What it is to run on."""


@dataclass(frozen=True)
class Upgraded:
    """What came of one file."""

    file: Path
    before: str
    after: str
    """The same text where nothing has to change, or something cannot."""
    findings: tuple[Finding, ...] = ()
    steps: tuple[str, ...] = ()
    """The names of the steps that changed something."""

    @property
    def changes(self) -> bool:
        """Whether there is something to write."""
        return self.after != self.before


def upgraded(file: Path, ask: Ask) -> Upgraded:
    """The file's text as it would be in the other version. Nothing is written.

    Raises:
        Refused: it cannot be read, or is of a later version than this package knows.
    """
    text, is_json = read_text(file), file.suffix == ".json"
    tree = tree_of(text, str(file), is_json=is_json)
    place = partial(origin_in_text, str(file), text, is_json)
    too_new = newer(tree)
    if too_new is not None:
        raise Refused(*located([too_new], place))
    done = _carried(tree, kind_of_document(tree, str(file)), ask)
    found = [_finding(one) for one in done.unequal]
    if ask.from_engine is None and ask.to_engine == AFTER and _is_older(tree, done):
        found.append(OLDER)
    after, left = carried_text(text, done.changes, is_json=is_json)
    found += [_by_hand(change) for change in left]
    if any(finding.severity == "error" for finding in found):
        after = text
    placed = tuple(replace(finding, source=finding.source or str(file)) for finding in located(found, place))
    return Upgraded(file, text, after, placed, done.steps)


def _is_older(tree: Mapping[str, Any], done: Carried) -> bool:
    """Whether a model's file has keys that only the older engine knows."""
    return "model_type" in tree and bool({step.name for step in STEPS} & set(done.steps))


def _carried(tree: Mapping[str, Any], kind: str, ask: Ask) -> Carried:
    """Our own format first, then the engine's, then what is deprecated."""
    done = Carried(dict(tree))
    if kind in OURS:
        done = carried_to(tree, ask.schema)
        if version_of(tree) not in (None, ask.schema):
            done = _after(done, Carried({**done.tree, KEY: ask.schema}, (Change("set", (KEY,), ask.schema),)))
    way = _direction(ask)
    if way is not None:
        # Our own experiments have always been for engine 0.0.20: what one leaves unsaid is of that version unless someone says not.
        done = _after(done, carry(done.tree, kind, STEPS, way, complete=way == "down" or ask.from_engine == BEFORE))
    if ask.to_engine == AFTER:
        return _after(done, carry(done.tree, kind, deprecated.STEPS))
    told = {one.path for one in done.unequal}
    new = (one for one in _too_new(done.tree, kind) if not any(one.path[: len(path)] == path for path in told if path))
    return replace(done, unequal=(*done.unequal, *new))


def _after(one: Carried, other: Carried) -> Carried:
    return Carried(
        other.tree, (*one.changes, *other.changes), (*one.unequal, *other.unequal), tuple(dict.fromkeys((*one.steps, *other.steps)))
    )


def _direction(ask: Ask) -> Direction | None:
    if ask.to_engine == AFTER:
        return None if ask.from_engine == AFTER else "up"
    return None if ask.from_engine == BEFORE else "down"


def _too_new(tree: Mapping[str, Any], kind: str) -> Iterator[Unequal]:
    """What no step could carry down: keys and words that engine 0.0.19 does not know."""
    shift, whole = 0, tree
    if kind in ("model", "dataset"):
        shift, whole = 1, {kind: {key: value for key, value in tree.items() if key != "training"}}
        if kind == "model" and "training" in tree:
            whole = {**whole, "training": tree["training"]}
    for path, tag, needed in newer_parts(whole, BEFORE):
        local = path if path[0] == "training" else path[shift:]
        word = f"`{dotted(local)}: {tag}`" if tag is not None else f"`{dotted(local)}`"
        what = "cannot build it" if tag is not None else "does not read it"
        yield Unequal(local, f"{word} is new in engine {needed}, and {BEFORE} {what}", "error" if tag is not None else "warning")


def _finding(one: Unequal) -> Finding:
    return Finding(rule="no-equal", message=one.message, severity=one.severity, path=one.path, help=one.help)


def _by_hand(change: Change) -> Finding:
    key, name = dotted(change.path), change.path[-1]
    todo = {
        "set": f"write `{name}: {written(change.value, True)}` there",
        "remove": "take it out",
        "rename": f"call it `{change.value}`",
    }[change.op]
    return Finding(
        rule="by-hand", message=f"`{key}` cannot be changed in this file without losing its form", path=change.path, help=todo
    )


def outcome(file: Path, ask: Ask) -> Upgraded | list[Finding]:
    """What comes of a file; the findings alone where it cannot be read."""
    try:
        return upgraded(file, ask)
    except Refused as refused:
        return [replace(finding, source=finding.source or str(file)) for finding in refused.findings]
