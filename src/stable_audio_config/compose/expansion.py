"""How much a config grows when its interpolations are filled in, estimated before OmegaConf does it.

A few lines that each repeat the one before ten times would fill any memory.
"""

from __future__ import annotations

import re
from typing import Any

from omegaconf import DictConfig, OmegaConf

from ..report.finding import refuse

MOST = 100_000
"""Values that are looked up. The shipped experiments need 10."""

LONG = 100
"""Characters of a text that count as one more lookup."""

_REFERENCE = re.compile(r"\$\{\s*(?:oc\.(?:select|dict\.values|dict\.keys):)?\s*([^${}:,]*)")
"""The beginning of an interpolation and the key after it, up to where it depends on another one."""

Path = tuple[str | int, ...]


def check_expansion(config: DictConfig) -> None:
    """Nothing, for a config that stays of an ordinary size.

    Raises:
        Refused: it would not.
    """
    tree = OmegaConf.to_container(config, resolve=False)
    if "${" not in str(tree):
        return
    counted = _Counted(tree)
    counted.below(tree, ())
    if counted.worst is not None:
        name = ".".join(map(str, counted.worst))
        message = f"`{name}` cannot be worked out: its interpolations repeat each other more than {MOST} times"
        raise refuse("interpolation", message, *counted.worst)


class _Counted:
    """The lookups that each value takes, each counted once."""

    def __init__(self, tree: Any) -> None:
        self.tree = tree
        self.worst: Path | None = None
        """The first value that takes too many."""
        self._known: dict[Path, int] = {}

    def below(self, node: Any, path: Path) -> int:
        """The lookups of everything at `path`. What refers to itself counts once: OmegaConf refuses it."""
        if path in self._known:
            return self._known[path]
        self._known[path] = 1
        if isinstance(node, dict):
            count = 1 + sum(self.below(value, (*path, key)) for key, value in node.items())
        elif isinstance(node, list):
            count = 1 + sum(self.below(value, (*path, index)) for index, value in enumerate(node))
        elif isinstance(node, str):
            count = 1 + len(node) // LONG + sum(self._referred(name.strip(), path) for name in _REFERENCE.findall(node))
        else:
            count = 1
        if count > MOST and self.worst is None:
            self.worst = path
        self._known[path] = count
        return count

    def _referred(self, name: str, path: Path) -> int:
        here: Path = ()
        if name.startswith("."):
            up = len(name) - len(name.lstrip("."))
            here, name = path[: max(0, len(path) - up)], name.lstrip(".")
        steps = [step for step in re.split(r"[.\[\]]", name) if step]
        target = _at(self.tree, (*here, *steps))
        return 1 if target is None else self.below(*target)


def _at(tree: Any, steps: Path) -> tuple[Any, Path] | None:
    """The value at a path and that path, numbers counting items; None where there is nothing."""
    path: Path = ()
    for step in steps:
        if isinstance(tree, dict) and step in tree:
            tree, path = tree[step], (*path, step)
        elif isinstance(tree, list) and str(step).isdigit() and int(step) < len(tree):
            tree, path = tree[int(step)], (*path, int(step))
        else:
            return None
    return (tree, path) if path else None
