"""What the tests share: a world of their own (cache, environment, working folder) and `sat` as a function."""

from __future__ import annotations

import contextlib
import copy
import io
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

FOREIGN = ("SAT_CONFIG_DIR", "SAT_RUN_FOLDER", "NO_COLOR", "FORCE_COLOR", "SLURM_PROCID", "RANK", "LOCAL_RANK")
"""Variables that change what commands do: whoever runs the tests may have set them."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-examples", action="store_true", help="rewrite tests/examples/*/bad.txt with today's messages")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The synthetic dataset is written once per session, and never to the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAT_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        patch.setenv("WANDB_ERROR_REPORTING", "false")  # wandb reads it when it is imported, and would send reports to its maker.
        yield


@pytest.fixture(autouse=True)
def _own_environment() -> Iterator[None]:
    """Each test starts from the same environment, and leaves it as it was (a run sets variables for its own children)."""
    before = dict(os.environ)
    for name in FOREIGN:
        os.environ.pop(name, None)
    os.environ["COLUMNS"] = "100"
    yield
    os.environ.clear()
    os.environ.update(before)


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str


def run_sat(*arguments: str) -> Outcome:
    """`sat ARGUMENTS` in this process, through the same door as the program: `main`."""
    from stable_audio_config.cli import main

    out, err, before = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["sat", *arguments]
    code: object = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as ended:
        code = ended.code or 0
    finally:
        sys.argv = before
    assert isinstance(code, int)
    return Outcome(code, out.getvalue(), err.getvalue())


@pytest.fixture
def sat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """`sat("train", "experiment=quick_test", "--cfg")`, run in the test's empty folder."""
    monkeypatch.chdir(tmp_path)
    return run_sat


@pytest.fixture(scope="session")
def _trees() -> dict[str, Any]:
    from stable_audio_config.compose.composer import Request, compose

    latents = "dataset.datasets.0.path=latents"
    return {
        "autoencoder": compose(Request(("experiment=quick_test",))).tree,
        "diffusion": compose(Request(("experiment=tiny_diffusion", latents))).tree,
    }


@pytest.fixture
def autoencoder_tree(_trees: dict[str, Any]) -> dict[str, Any]:
    """The composed `experiment=quick_test`, to be changed at will."""
    tree: dict[str, Any] = copy.deepcopy(_trees["autoencoder"])
    return tree


@pytest.fixture
def diffusion_tree(_trees: dict[str, Any]) -> dict[str, Any]:
    """The composed `experiment=tiny_diffusion` over the folder `latents`, to be changed at will."""
    tree: dict[str, Any] = copy.deepcopy(_trees["diffusion"])
    return tree
