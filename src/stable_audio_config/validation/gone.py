"""Type tags that people know from other versions and that engine 0.0.20 does not have: said with the version and the successor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..report.finding import Finding

GONE: dict[tuple[str, str], tuple[str, str]] = {
    ("model_type", "musicgen"): ("is no longer in the engine", "use model type `lm`, or the audiocraft package itself"),
}
"""(key, tag) -> what happened to it, and what to write instead."""

_NO_CLASS = "is named by engine 0.0.20, but its class is not in the package"


def gone_tags(tree: Any) -> list[Finding]:
    """One finding per tag that only other versions know."""
    return list(_walk(tree, ()))


def _walk(node: Any, path: tuple[str | int, ...]) -> Iterator[Finding]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        here = (*path, key)
        reason = _reason(here, value)
        if reason is not None:
            yield Finding(rule="removed-type", message=f"`{value}` {reason[0]}", path=here, help=reason[1])
        yield from _walk(value, here)


def _reason(path: tuple[str | int, ...], value: Any) -> tuple[str, str] | None:
    if not isinstance(value, str):
        return None
    if path[-1] == "type" and len(path) > 1 and path[-2] in ("encoder", "decoder") and value in ("patched", "staged_patched"):
        return _NO_CLASS, "use `same` (the patched transformer autoencoder that is there), or pretransform `patched`"
    return GONE.get((str(path[-1]), value))
