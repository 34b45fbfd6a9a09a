"""README, docs and examples say what is true: their blocks are run. The tour is walked in tests/engine/test_tour.py."""

from __future__ import annotations

import re
import runpy
import shlex
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from stable_audio_config.cli import cli
from stable_audio_config.report.finding import Refused
from stable_audio_config.report.text import render_all

ROOT = Path(__file__).parent.parent


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)


def composed(words: list[str]) -> dict[str, object]:
    done = CliRunner().invoke(cli, ["train", *words, "--cfg"], catch_exceptions=False)
    assert done.exit_code == 0
    tree = yaml.safe_load(done.stdout)
    assert isinstance(tree, dict)
    return tree


def test_the_mistakes_in_readme_give_exactly_the_words_in_readme() -> None:
    [block] = blocks("README.md", "console")
    command, _, shown = block.partition("\n")
    words = shlex.split(command.removeprefix("$ sat "))
    with pytest.raises(Refused) as refused:
        cli.main(words, standalone_mode=False)
    assert render_all(refused.value.findings) + "\n" == shown


def test_the_experiment_in_readme_composes(tmp_path: Path) -> None:
    [block] = blocks("README.md", "yaml")
    file = tmp_path / "my_experiment.yaml"
    file.write_text(block, encoding="utf-8")
    tree = composed([str(file)])
    assert (tree["name"], tree["batch_size"], tree["training"]["learning_rate"]) == ("mine", 8, 3e-4)  # type: ignore[index]


def test_every_command_in_readme_composes_where_its_files_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_experiment.yaml").write_text(blocks("README.md", "yaml")[0], encoding="utf-8")
    (tmp_path / "model_config.json").write_text((ROOT / "examples/two_old_jsons/model_config.json").read_text(), encoding="utf-8")
    (tmp_path / "music").mkdir()
    lines = [line.partition("#")[0].strip() for block in blocks("README.md", "bash") for line in block.splitlines()]
    trains = [line for line in lines if line.startswith("sat train") and "--from-run" not in line and "--multirun" not in line]
    assert len(trains) >= 4
    for line in trains:
        words = shlex.split(line.replace("/data/music", str(tmp_path / "music")))[2:]
        assert composed([word for word in words if word != "--cfg"])["schema_version"] == 1


def test_readme_names_every_command() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"`sat {name}`" in text for name in cli.list_commands(None))  # type: ignore[arg-type]


def test_the_python_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(ROOT / "examples" / "compose_and_check.py"), run_name="__main__")
    out = capsys.readouterr().out
    assert "quick_test: autoencoder, 0.74 s per example, 8 at a time" in out
    assert "did you mean `batch_size`?" in out


def test_the_example_preset_folder_is_found_without_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "examples" / "preset_folder")
    monkeypatch.setenv("RUNS", "elsewhere")
    tree = composed(["experiment=mine"])
    assert (tree["name"], tree["save_dir"], tree["model"]["model"]["latent_dim"]) == ("mine", "elsewhere", 32)  # type: ignore[index]


def test_two_old_jsons_are_an_experiment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "examples" / "two_old_jsons")
    tree = composed(["model=model_config.json", "dataset=dataset_config.json", "name=mine"])
    assert tree["training"]["learning_rate"] == 1e-3  # type: ignore[index]
    assert tree["dataset"]["datasets"] == [{"id": "mine", "path": "my_sounds"}]  # type: ignore[index]
