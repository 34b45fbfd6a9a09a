"""What two models must have in common for a checkpoint of one to fit the other."""

from __future__ import annotations

import json
from typing import Any

from ..validation.view import Node
from .parts import Part, parts


def fingerprint(config: Node) -> list[tuple[str, Any]]:
    """Name and weights of every part of the model. For parts that cannot be counted, everything that is written about them.

    Raises:
        Absent: there is no model.
    """
    return sorted((part.name, _of(config, part)) for part in parts(config))


def _of(config: Node, part: Part) -> Any:
    found = part.tensors
    if found is not None:
        return sorted((*found.trained, *found.frozen)), sorted(found.stored)
    written: Any = config.tree
    for step in part.path[len(config.path) :]:
        written = written[step]
    return json.dumps(written, sort_keys=True, default=str)
