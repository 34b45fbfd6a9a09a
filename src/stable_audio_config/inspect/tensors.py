"""Shapes of weights: those of single layers, and what a part holds of them.

The functions give the shapes that the layers of torch have. Every network is put together from them, so that two
configs can be compared weight by weight, and a count is never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

Shape = tuple[int, ...]
Shapes = list[Shape]


@dataclass(frozen=True)
class Tensors:
    """The weights of one part as it is built."""

    trained: tuple[Shape, ...] = ()
    """Parameters that take gradients."""
    frozen: tuple[Shape, ...] = ()
    """Parameters that take none."""
    stored: tuple[Shape, ...] = ()
    """Saved in a checkpoint, but no parameters: codebooks that are learnt as moving averages."""

    @property
    def trained_count(self) -> int:
        """Numbers that training changes."""
        return sum(map(prod, self.trained))

    @property
    def frozen_count(self) -> int:
        """Numbers that training leaves as they are."""
        return sum(map(prod, self.frozen))

    @property
    def count(self) -> int:
        """All parameters."""
        return self.trained_count + self.frozen_count

    def with_gradients(self, wanted: bool) -> Tensors:
        """The same weights, all of them trained or all of them frozen."""
        all_of_them = (*self.trained, *self.frozen)
        return Tensors(all_of_them, (), self.stored) if wanted else Tensors((), all_of_them, self.stored)

    def __add__(self, other: Tensors) -> Tensors:
        return Tensors(self.trained + other.trained, self.frozen + other.frozen, self.stored + other.stored)


def trained(shapes: Shapes) -> Tensors:
    """A part whose weights all take gradients."""
    return Tensors(tuple(shapes))


def linear(inputs: int, outputs: int, bias: bool = True) -> Shapes:
    """A linear layer."""
    return [(outputs, inputs), *([(outputs,)] if bias else [])]


def conv(inputs: int, outputs: int, kernel: int, bias: bool = True) -> Shapes:
    """A convolution over time."""
    return [(outputs, inputs, kernel), *([(outputs,)] if bias else [])]


def transposed(inputs: int, outputs: int, kernel: int) -> Shapes:
    """A transposed convolution over time."""
    return [(inputs, outputs, kernel), (outputs,)]


def normed_conv(inputs: int, outputs: int, kernel: int, bias: bool = True) -> Shapes:
    """A convolution with weight normalisation, which keeps one length for every output channel beside the direction."""
    return [*([(outputs,)] if bias else []), (outputs, 1, 1), (outputs, inputs, kernel)]


def normed_transposed(inputs: int, outputs: int, kernel: int) -> Shapes:
    """A transposed convolution with weight normalisation: one length for every input channel, which is torch's first axis."""
    return [(outputs,), (inputs, 1, 1), (inputs, outputs, kernel)]


def scale_and_shift(channels: int) -> Shapes:
    """What torch's group and layer norms learn."""
    return [(channels,), (channels,)]


def embedding(entries: int, width: int) -> Shapes:
    """A table with one row for each entry."""
    return [(entries, width)]


def two_layers(inputs: int, width: int, bias: bool = False) -> Shapes:
    """Two linear layers with an activation between them: how the engine projects conditions."""
    return [*linear(inputs, width, bias), *linear(width, width, bias)]
