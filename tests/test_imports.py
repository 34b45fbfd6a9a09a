"""What is imported when: nothing heavy for help, and never torch for a mistake. Each case is a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"torch", "numpy", "pydantic", "hydra", "omegaconf", "yaml", "wandb", "stable_audio_tools", "pytorch_lightning"}
ENGINE = {"torch", "numpy", "wandb", "stable_audio_tools", "pytorch_lightning"}

PROGRAM = """
import contextlib, io, json, sys
code = 0
try:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        exec({code!r})
except SystemExit as ended:
    code = ended.code or 0
print(json.dumps([code, sorted({{name.partition(".")[0] for name in sys.modules}})]))
"""


def loaded(code: str, folder: Path) -> tuple[int, set[str]]:
    """The exit code of a program, and the packages that it has imported."""
    arguments = [sys.executable, "-c", PROGRAM.format(code=code)]
    done = subprocess.run(arguments, capture_output=True, text=True, cwd=folder, timeout=120, check=True)
    ended, modules = json.loads(done.stdout)
    return ended, set(modules)


def command(*arguments: str) -> str:
    return f"import sys; sys.argv = ['sat', *{list(arguments)!r}]; from stable_audio_config.cli import main; main()"


@pytest.mark.parametrize(
    "code",
    [
        "import stable_audio_config, stable_audio_config.report.finding",
        "from stable_audio_config import Refused, Finding, __version__",
        command("--help"),
        command("--version"),
        command("train", "--help"),
        command("train", "--multirun", "foo.json", "--nope"),
    ],
    ids=["import", "names", "help", "version", "train --help", "usage"],
)
def test_nothing_heavy_before_something_is_composed(tmp_path: Path, code: str) -> None:
    assert loaded(code, tmp_path)[1] & HEAVY == set()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("train", "experiment=quick_test", "--cfg"), 0),
        (("train", "experiment=quick_test", "batch_sise=4"), 1),
        (("train", "experiment=quick_test", "dataset=audio_dir", "dataset.datasets.0.path=/path/to/audio"), 1),
    ],
    ids=["cfg", "unknown key", "missing files"],
)
def test_no_engine_before_everything_is_checked(tmp_path: Path, arguments: tuple[str, ...], code: int) -> None:
    ended, modules = loaded(command(*arguments), tmp_path)
    assert ended == code
    assert modules & ENGINE == set()
    assert "omegaconf" in modules


def test_a_checkpoint_is_shown_without_pydantic_and_hydra(tmp_path: Path) -> None:
    (tmp_path / "experiment.yaml").write_text("name: mine\n")
    ended, modules = loaded(command("show", "."), tmp_path)
    assert (ended, modules & (HEAVY - {"yaml"})) == (0, set())


def test_an_unknown_name_of_the_package_is_an_attribute_error() -> None:
    import stable_audio_config

    assert set(stable_audio_config.__all__) == {*stable_audio_config._PLACES, "__version__"}
    for name in stable_audio_config.__all__:
        assert getattr(stable_audio_config, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nope'"):
        stable_audio_config.nope  # noqa: B018


@pytest.mark.parametrize(("more", "code"), [((), 0), (("batch_sise=4",), 1)], ids=["right", "wrong"])
def test_an_experiment_is_checked_without_a_data_model(tmp_path: Path, more: tuple[str, ...], code: int) -> None:
    ended, modules = loaded(command("validate", "experiment=quick_test", *more), tmp_path)
    assert ended == code
    assert "pydantic" not in modules
