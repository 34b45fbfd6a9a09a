"""Whether the engine gets the same from a new file as from the old ones: read back, composed, and compared value by value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from ..report.finding import Finding, Refused
from ..source.reading import plain_tree, tree_of
from ..source.tree import without_comments
from .arguments import ON_PURPOSE, new_arguments, old_arguments
from .document import Document
from .jobs import Job
from .lines import read_back
from .presets import SHIPPED, leaves, merged, preset, same

Tree = dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """One value that is not the same."""

    place: str
    """Its dotted path in what the engine gets, or the call and argument."""
    old: Any
    new: Any


@dataclass(frozen=True)
class Equality:
    """What was compared."""

    differences: tuple[Difference, ...]
    values: dict[str, int]
    """Dictionary (`model`, `training`, `dataset`) -> how many values of it were compared."""
    arguments: int = 0
    """How many arguments of calls were compared."""
    on_purpose: tuple[str, ...] = ()
    """What is meant to differ."""
    tree: Tree | None = None
    """The new side."""

    @property
    def holds(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    def told(self) -> str:
        """What was compared, in one line."""
        parts = [f"{name} ({count} values)" for name, count in self.values.items()]
        parts += [f"{self.arguments} arguments of calls"] if self.arguments else []
        return ", ".join(parts)


MISSING = "nothing"


def equality(job: Job, document: Document, *, compose: bool = True) -> Equality:
    """Compares what the engine gets from the old files with what it gets from the new text.

    Args:
        compose: whether Hydra composes the new text, as `sat train` will. Else it is read back and laid over its presets, which
            gives the same (a test holds both to each other) in a hundredth of the time.
    """
    if job.kind == "dataset":
        tree = tree_of(document.text, str(job.target), is_json=False) if compose else _read_quickly(document.text, job)
        new = {"dataset": without_comments(tree)}
    elif compose:
        new = composed(document.text, job)
    else:
        new = overlaid(document, job)
    return compared(job, new)


def compared(job: Job, new: Tree) -> Equality:
    """The old files against a composed tree."""
    old = _old_trees(job)
    counts: dict[str, int] = {}
    differences: list[Difference] = []
    for name, tree in old.items():
        counts[name] = leaves(tree)
        differences += _differences(tree, new.get(name, MISSING), name)
    if job.command is None:
        return Equality(tuple(differences), counts, tree=new)
    model = old.get("model")
    before = old_arguments(job.command, model)
    after = new_arguments(job.command.script, new, None if model is None else new.get("model") or {})
    differences += [
        Difference(name, value, after.get(name, MISSING))
        for name, value in before.items()
        if not same(value, after.get(name, MISSING))
    ]
    return Equality(tuple(differences), counts, len(before), ON_PURPOSE.get(job.command.script, ()), new)


def _old_trees(job: Job) -> Tree:
    """The dictionaries that the engine reads, without comments."""
    trees: Tree = {}
    for name, part in job.parts.items():
        tree = part.plain
        if name == "model" and job.kind == "experiment" and "training" in tree:
            trees["training"] = tree["training"]
            tree = {key: value for key, value in tree.items() if key != "training"}
        trees[name] = tree
    return trees


def _differences(old: Any, new: Any, place: str) -> Iterator[Difference]:
    if repr(old) == repr(new):  # Says every type too, and is done in C.
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _differences(old.get(key, MISSING), new.get(key, MISSING), f"{place}.{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _differences(one, other, f"{place}.{index}")
    elif not same(old, new):
        yield Difference(place, old, new)


def overlaid(document: Document, job: Job) -> Tree:
    """What Hydra makes of a text that `document` wrote, where no preset of the user's own hides a shipped one."""
    new: Tree = without_comments(_read_quickly(document.text, job))
    new.pop("defaults", None)
    for name, fit in (("model", document.model), ("training", document.training)):
        if fit is not None:
            new[name] = merged(preset(name, fit.name), new.get(name) or {})
    return merged(_root(), new) if job.kind == "experiment" else new


def _read_quickly(text: str, job: Job) -> Tree:
    """The tree in a text of ours; what the quick reader does not know (infinity inside a list) the real one does."""
    try:
        return read_back(text)
    except ValueError:
        tree: Tree = tree_of(text, str(job.target), is_json=False)
        return tree


@cache
def _root() -> Tree:
    """Every run option's default."""
    tree: Tree = plain_tree(SHIPPED / "config.yaml")
    return {key: value for key, value in tree.items() if key not in ("defaults", "hydra")}


def composed(text: str, job: Job) -> Tree:
    """The tree that the new text composes to, at the place where it will stand.

    Raises:
        Refused: it composes to nothing.
    """
    import tempfile

    from ..compose.composer import Request, compose
    from ..compose.places import GROUPS

    places = (job.target.absolute().parent, job.target.absolute().parent.parent)
    presets = next((place for place in places if any((place / group).is_dir() for group in GROUPS)), None)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "new.yaml"
        file.write_text(text, encoding="utf-8")
        config_dir = None if presets is None else str(presets)
        try:
            if job.kind == "pre_encode":
                return compose(Request((f"pre_encode={file}",), "pre_encode", config_dir)).tree
            return compose(Request((str(file),), "config", config_dir)).tree
        except Refused as refused:
            raise Refused(*(_of_target(finding, job) for finding in refused.findings)) from None


def _of_target(finding: Finding, job: Job) -> Finding:
    return replace(finding, source=str(job.target))


def unequal(job: Job, result: Equality) -> Finding:
    """The first difference, as a finding."""
    first = result.differences[0]
    more = f" (and {len(result.differences) - 1} more)" if len(result.differences) > 1 else ""
    message = f"`{first.place}` is {_shown(first.old)} in the old files and {_shown(first.new)} in the new one{more}"
    return Finding(rule="unequal", message=message, source=str(job.target), help="nothing was written; please report this")


def _shown(value: Any) -> str:
    return f"`{json.dumps(value, ensure_ascii=False, default=str)[:100]}`" if value != MISSING else MISSING
