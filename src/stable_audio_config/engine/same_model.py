"""Whether two model configs build the same networks: both are built, on torch's `meta` device, which holds no numbers."""

from __future__ import annotations

import copy
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
from stable_audio_tools.models.factory import create_model_from_config

from ..report.finding import Refused
from .door.models import create_model

Tree = dict[str, Any]


@dataclass(frozen=True)
class Proof:
    """What came of building both."""

    tensors: int
    """Weights and buffers of the old model."""
    numbers: int
    """What they hold."""
    differences: tuple[str, ...] = ()
    """Names that one model has only, or in another shape."""
    failed: str = ""
    """Why one of them cannot be built here."""

    @property
    def holds(self) -> bool:
        """Whether both were built, and are the same."""
        return not self.differences and not self.failed

    def told(self) -> str:
        """The outcome in one line."""
        if self.failed:
            return f"not proved: {self.failed}"
        if self.differences:
            return f"not the same: {len(self.differences)} of {self.tensors} weights differ, first `{self.differences[0]}`"
        return f"proved: the engine builds the same model from both, {self.tensors} weights and buffers ({self.numbers:,} numbers)"


def same_model(old: Tree, new: Tree) -> Proof:
    """The model of the old JSON, by the engine's own factory, against that of the new tree, by ours."""
    try:
        with _without_numbers():
            theirs = _shapes(create_model_from_config(copy.deepcopy(old)))
        with _without_numbers():
            ours = _shapes(create_model(copy.deepcopy(new)))
    except Refused as refused:
        return Proof(0, 0, failed=f"the new config is refused: {refused.findings[0].message}")
    except Exception as error:  # Whatever the engine raises: a download that fails, a part that is not installed.
        return Proof(0, 0, failed=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")
    names = [name for name in {**theirs, **ours} if theirs.get(name) != ours.get(name)]
    numbers = sum(int(torch.Size(shape).numel()) for shape in theirs.values())
    return Proof(len(theirs), numbers, tuple(names))


def _without_numbers() -> AbstractContextManager[Any]:
    return torch.device("meta")


def _shapes(model: Any) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
