"""What the tests of the rules share: shipped small models, changed at will, and what is found in them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pytest

from stable_audio_config.report.finding import Finding

Look = Callable[..., list[Finding]]
LATENTS = "dataset=pre_encoded dataset.datasets.0.path=latents training.pre_encoded=true"


@cache
def _composed(words: str) -> dict[str, Any]:
    from stable_audio_config.compose.composer import Request, compose

    return compose(Request(tuple(words.replace("LATENTS", LATENTS).split()))).tree


def changed(tree: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`tree` with the values at the dotted keys; `...` takes a key out."""
    tree = copy.deepcopy(tree)
    for keys, value in changes.items():
        *way, last = keys.split(".")
        node: Any = tree
        for step in way:
            node = node[int(step)] if isinstance(node, list) else node.setdefault(step, {})
        if value is ...:
            del node[last]
        elif isinstance(node, list):
            node[int(last)] = copy.deepcopy(value)
        else:
            node[last] = copy.deepcopy(value)
    return tree


@pytest.fixture
def look() -> Look:
    """`look("model=tiny_lm dataset=synthetic", {"training.use_ema": True})`: all that is found. `LATENTS` stands for a dataset of
    latents, and training on them."""
    from stable_audio_config.validation.judge import judge

    return lambda words, changes=None: judge(changed(_composed(words), changes or {}))[1]
