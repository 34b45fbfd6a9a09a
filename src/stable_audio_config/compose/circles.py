"""Presets whose `defaults` lists name each other: Hydra follows them until Python stops it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..report.finding import Refused, refuse


def circle_in(error: RecursionError) -> Refused:
    """The refusal of such presets, by the names that Hydra was at when it was stopped."""
    names = list(_followed(error))
    start = next((index for index in reversed(range(len(names) - 1)) if names[index] == names[-1]), None) if names else None
    circle = list(dict.fromkeys(names[start:-1])) if start is not None else []
    if not circle:
        return refuse("composition", "these presets are nested too deeply")
    if len(circle) == 1:
        message = f"the `defaults` of `{circle[0]}` name itself"
    else:
        message = f"the `defaults` of {', '.join(f'`{name}`' for name in circle)} name each other in a circle"
    return refuse("composition", message, help="take one of the entries out")


def _followed(error: BaseException) -> Iterator[str]:
    """The configs whose defaults Hydra was following, from the outermost inwards."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_name == "_create_defaults_tree_impl":
            root: Any = trace.tb_frame.f_locals["root"]
            yield str(root.node.get_config_path())
        trace = trace.tb_next
