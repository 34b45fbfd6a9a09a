"""A made-up engine of a few lines, and what the reader finds in it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stable_audio_config.datamodels.base import Data
from stable_audio_config.engine.contract.compare import Comparison, shown
from stable_audio_config.engine.contract.facts import Facts
from stable_audio_config.engine.contract.roots import enter, start
from stable_audio_config.engine.contract.sources import ENGINE, Sources
from stable_audio_config.engine.contract.values import Option, Section

CONDITIONAL = None
"""A key that the engine insists on in some circumstances only."""


@dataclass
class Found:
    """What was found when the function `build` of `engine.py` was given a dictionary of `model`."""

    facts: Facts

    def keys(self, model: type[Data]) -> dict[str, Any]:
        """Key -> the default that it is read with, "required", or CONDITIONAL where no read is certain either way."""
        found: dict[str, Any] = {}
        for key, reads in Comparison(self.facts).reads.get(model, {}).items():
            needed = [read.required for read in reads]
            default = next((read.default for read in reads if read.default is not None), None)
            found[key] = "required" if True in needed else CONDITIONAL if None in needed else shown(default)
        return found

    @property
    def words(self) -> set[tuple[str, str]]:
        """Words that our data models do not know, with the kind or key that they are of."""
        return {(word.owner, word.word) for word in self.facts.words}

    @property
    def refused(self) -> set[tuple[str, str]]:
        """Words of ours that the engine has no branch for."""
        return {(refusal.owner, refusal.word) for refusal in self.facts.refusals}

    @property
    def lost(self) -> set[tuple[str, str]]:
        """Data models that could not be followed, and where to."""
        return {(model.__name__, loss.to) for loss in self.facts.losses for model in loss.models}


Reading = Callable[..., Found]


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    """Reads `engine.py`, and files beside it: `reading(source, Model, other="...")`; an option stands for a tag of a kind."""

    def read(source: str, *models: type[Data] | Option, **files: str) -> Found:
        options = tuple(model if isinstance(model, Option) else Option(model) for model in models)
        for name, text in {"engine": source, **files}.items():
            (tmp_path / f"{name}.py").write_text(textwrap.dedent(text))
        run = start(Sources(tmp_path, search=()))
        for option in options:
            enter(run, (f"{ENGINE}.engine", "build"), Section("config", options=(option,)))
        return Found(run.facts)

    return read
