"""The activations that a config may name, against the installed torch."""

from __future__ import annotations

import inspect

import pytest

from stable_audio_config.validation.activations import ACTIVATIONS, ANYTHING

pytestmark = pytest.mark.engine

OTHERS = {"GLU", "MultiheadAttention"}
"""Classes beside the activations that give another shape, or take more than a signal."""


def test_the_table_has_every_activation_of_torch() -> None:
    from torch import nn
    from torch.nn.modules import activation

    theirs = {name for name in activation.__all__ if inspect.isclass(getattr(nn, name, None))}
    assert theirs - OTHERS == set(ACTIVATIONS) - {"Identity"}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_it_takes_exactly_these_keywords(name: str) -> None:
    from torch import nn

    parameters = list(inspect.signature(getattr(nn, name).__init__).parameters.values())[1:]
    named = tuple(parameter.name for parameter in parameters if parameter.kind is parameter.POSITIONAL_OR_KEYWORD)
    if ANYTHING in ACTIVATIONS[name]:
        assert any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    else:
        assert named == ACTIVATIONS[name]
