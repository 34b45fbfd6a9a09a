"""A plain tree as YAML that our own reader, and OmegaConf's, give back exactly."""

from __future__ import annotations

from functools import cache
from typing import Any


def as_yaml(tree: Any, *, flow: bool = False) -> str:
    """The tree as YAML, in its own order. A text that would be read as something else, such as `1e-4`, gets quotes."""
    import yaml

    width = 10**9 if flow else 120
    return yaml.dump(tree, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=width, default_flow_style=flow)


@cache
def _dumper() -> Any:
    """PyYAML's dumper, which decides about quotes by the rules of the reader, not by its own."""
    import yaml

    from .yaml_text import yaml_loader

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            """Two equal lists are two lists: a reader need not know what an anchor is."""
            return True

    theirs = Dumper.yaml_implicit_resolvers
    ours = yaml_loader(fast=False).yaml_implicit_resolvers
    Dumper.yaml_implicit_resolvers = {first: [*theirs.get(first, []), *ours.get(first, [])] for first in {*theirs, *ours}}
    return Dumper
