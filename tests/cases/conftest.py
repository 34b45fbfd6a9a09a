"""What the cases share: a folder of their own, a file in it, and what `sat validate` finds there. None of them loads the engine."""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest

from stable_audio_config.datamodels.experiment import ExperimentConfig
from stable_audio_config.report.finding import Finding
from stable_audio_config.validation import files, installed
from stable_audio_config.validation.check import check_files
from stable_audio_config.validation.files import missing_files

HEAVY = {"torch", "stable_audio_tools", "pytorch_lightning", "wandb"}
MAKER = Path(__file__).parent.parent / "validation" / "checkpoint_maker.py"


@pytest.fixture(autouse=True)
def _own_folder_and_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    before = HEAVY & set(sys.modules)
    yield
    assert HEAVY & set(sys.modules) == before, "a mistake is found before the engine is imported"


@pytest.fixture
def found_in() -> Callable[..., list[Finding]]:
    """`found_in(text or tree, "mine.yaml")`: what `sat validate mine.yaml` finds."""

    def check(content: Any, name: str = "mine.yaml") -> list[Finding]:
        Path(name).write_text(content if isinstance(content, str) else json.dumps(content, indent=2), encoding="utf-8")
        return check_files([name])[0]

    return check


@pytest.fixture
def one(found_in: Callable[..., list[Finding]]) -> Callable[..., Finding]:
    """The one finding of a rule, which names the file and the line of its key."""

    def check(content: Any, rule: str, name: str = "mine.yaml") -> Finding:
        found = found_in(content, name)
        (finding,) = [finding for finding in found if finding.rule == rule]
        assert (finding.source, finding.line is None) == (name, False), "it tells the file and the line"
        return finding

    return check


@pytest.fixture
def before_a_run(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], list[Finding]]:
    """What `sat train` finds on the disk before it loads the engine, on a machine that has everything installed."""
    for module in (files, installed):
        monkeypatch.setattr(module, "find_spec", lambda name: ModuleSpec(name, None))
    monkeypatch.setattr(files, "engine_problems", lambda _experiment: [])
    return lambda tree: missing_files(ExperimentConfig.model_validate(tree))


@pytest.fixture(scope="session")
def checkpoint() -> Callable[..., Path]:
    """Writes a checkpoint of the names given, without torch."""
    make: Callable[..., Path] = runpy.run_path(str(MAKER))["checkpoint"]
    return make
