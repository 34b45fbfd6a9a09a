"""The package's types as a user's editor sees them: pyright's checker on scripts, and its language server while one is typed."""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="pyright is a program for node, which is not installed here")


def reported(file: Path, folder: Path) -> list[dict[str, Any]]:
    """What pyright says of one file, in a folder of its own: the settings of this repository are not the user's."""
    program = str(Path(sys.executable).with_name("pyright"))
    command = [program, "--outputjson", "--pythonpath", sys.executable, str(file)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, check=False)
    assert done.stdout.startswith("{"), done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["generalDiagnostics"]
    return found


def test_nothing_is_wrong_with_a_right_script(tmp_path: Path) -> None:
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    shutil.copy(HERE / "user_script.py", tmp_path)
    found = reported(tmp_path / "user_script.py", tmp_path)
    assert [(item["range"]["start"]["line"] + 1, item["message"]) for item in found] == []


def test_an_error_is_found_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "pyrightconfig.json").write_text(
        '{"reportUnnecessaryComparison": "error", "reportUnusedExpression": false}',
    )
    text = (HERE / "mistakes.py.txt").read_text()
    (tmp_path / "mistakes.py").write_text(text)
    told = {item["range"]["start"]["line"]: item["message"] for item in reported(tmp_path / "mistakes.py", tmp_path)}
    marked = {number: line.partition("# wrong: ")[2] for number, line in enumerate(text.splitlines()) if "# wrong: " in line}
    assert told.keys() == marked.keys()
    assert {number: words for number, words in marked.items() if words not in told[number]} == {}, told


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    names = runpy.run_path(str(HERE / "pyright_server.py"))
    with names["PyrightServer"](tmp_path_factory.mktemp("user")) as running:
        yield running


START = 'from stable_audio_config import check, inspect_model, load_experiment\nexperiment = load_experiment("mine.yaml")\n'


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("experiment.", {"batch_size", "model", "training", "dataset", "pretransform_ckpt_path", "model_copy"}),
        ("experiment.batch", {"batch_size"}),
        ("experiment.model.", {"model_type", "sample_rate", "sample_size"}),
        ('assert experiment.model.model_type == "diffusion_cond"\nexperiment.model.model.', {"conditioning", "diffusion"}),
        ('check("mine.yaml").', {"errors", "count"}),
        ('check("mine.yaml")[0].', {"rule", "message", "help", "path", "line", "fix"}),
        ('inspect_model("mine.yaml").', {"trained", "frozen", "memory", "flow"}),
        ("import stable_audio_config\nstable_audio_config.", {"load_experiment", "train", "explain", "presets", "Refused"}),
    ],
    ids=lambda value: value.splitlines()[-1] if isinstance(value, str) else "",
)
def test_attributes_are_completed_while_they_are_typed(server: Any, line: str, offered: set[str]) -> None:
    found = server.completions(START + line)
    assert offered <= found.keys()
