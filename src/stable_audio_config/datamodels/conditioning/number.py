"""Conditioners that read a number or one of a list of options."""

from __future__ import annotations

from typing import Annotated, Literal

from ..base import Sequence, Since
from .base import ConditionerOptions, NamedConditioner


class IntConditionerConfig(ConditionerOptions):
    min_val: int = 0
    """Smallest number; smaller ones are raised to it. Only 0 works: the table of embeddings is not shifted by it."""
    max_val: int = 512
    """Greatest number; greater ones are lowered to it."""


class IntConditioner(NamedConditioner):
    """A token from a whole number: one learned vector for each."""

    type: Literal["int"]
    """`int`."""
    config: IntConditionerConfig
    """May be empty, but not left out."""


class NumberConditionerConfig(ConditionerOptions):
    min_val: float = 0
    """The number that becomes 0; smaller ones are raised to it."""
    max_val: float = 1
    """The number that becomes 1, greater than `min_val`; greater ones are lowered to it. For seconds, the longest
    duration."""
    fourier_features_type: Annotated[Literal["learned", "expo"], Since("0.0.20")] = "learned"
    """`learned` learns its frequencies; `expo` has fixed ones, evenly spaced in octaves."""


class NumberConditioner(NamedConditioner):
    """A token from a number, such as `seconds_total`."""

    type: Literal["number"]
    """`number`."""
    config: NumberConditionerConfig
    """May be empty, but not left out."""


class ListConditionerConfig(ConditionerOptions):
    options: Sequence[str | int | float | bool]
    """The values that have a vector of their own. All others share one, without a word."""


class ListConditioner(NamedConditioner):
    """A token from a value out of a list."""

    type: Literal["list"]
    """`list`."""
    config: ListConditionerConfig
    """Its settings."""
