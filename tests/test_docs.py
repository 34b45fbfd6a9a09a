"""README, docs and examples say what is true: their blocks are run. What needs the engine is run once more in tests/engine.

After a change of messages, `pytest tests/test_docs.py --update-examples` writes what the pages show anew.
"""

from __future__ import annotations

import re
import runpy
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from page_blocks import SMALL, Block, blocks_of, commands, expanded, printed, shown, shrunk, write, write_music

from stable_audio_config.cli import cli
from stable_audio_config.report.finding import Refused
from stable_audio_config.report.text import render_all

ROOT = Path(__file__).parent.parent

FOLLOWED = ("index.md", "03-concepts.md", "04-cookbook.md")
"""The pages that are followed here, block by block. Others have a test of their own, which names the page."""

COMPOSED = ("train", "pre-encode", "generate")
"""Commands that are composed and checked here, with --cfg: to do their work they need the engine."""


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


def run(words: list[str], sat: Callable[..., Any], block: Block) -> None:
    """One command of a `bash` block, as far as it goes without the engine."""
    words = words[words.index("sat") :]  # What stands before it starts processes: srun, torchrun.
    if words[1] == "unwrap":
        assert block.how.startswith(SMALL), "sat unwrap is tested by the engine's test, which needs a comment `small: ...`"
        return
    only_check = words[1] in COMPOSED and "--multirun" not in words  # A sweep is checked point by point; none of them is run.
    done = sat(*expanded(words[1:]), *(["--cfg"] if only_check else []))
    assert done.code == 0, (words, done.out, done.err)


def follow(page: Path, sat: Callable[..., Any], update: bool) -> str:
    """Runs every block; gives back the page's text, with today's output where that is asked for."""
    text = page.read_text(encoding="utf-8")
    for block in blocks_of(page):
        if block.title is not None:
            write(block)
            started = [shlex.split(line) for line in block.text.splitlines() if line.startswith("srun ")]
            for words in started:
                run(words, sat, block)
            if block.language == "bash":
                subprocess.run(["bash", "-n", block.title], check=True)
        elif block.language == "bash":
            for words in commands(block):
                run(words, sat, block)
            assert not block.how or shrunk(block)
        elif block.language == "console":
            pairs = [(command, output, printed(command, sat)) for command, output in shown(block)]
            today = "".join(f"$ {command}\n{now}" for command, _, now in pairs)
            if update:
                text = text.replace(block.text, today)
            else:
                assert pairs
                assert block.text == today, "pytest tests/test_docs.py --update-examples writes it anew"
        elif block.language == "python":
            exec(compile(block.text, str(page), "exec"), {"__name__": "__main__"})
        else:
            pytest.fail(f"{page.name} has a block that no test runs:\n{block.text}")
    return text


@pytest.mark.parametrize("name", FOLLOWED)
def test_a_page_does_what_it_shows(
    name: str, sat: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    write_music()
    monkeypatch.setattr("stable_audio_config.cli.sweep_point.run_apart", lambda *_point: 0)
    update = bool(request.config.getoption("--update-examples"))
    text = follow(ROOT / "docs" / name, sat, update)
    if update:
        (ROOT / "docs" / name).write_text(text, encoding="utf-8")


def test_every_page_with_blocks_is_followed_by_a_test() -> None:
    tests = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py"))
    pages = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
    forgotten = [page.name for page in pages if blocks_of(page) and page.name not in FOLLOWED and f'"{page.name}"' not in tests]
    assert not forgotten, "write its name into FOLLOWED, or follow it in a test of its own"


def test_what_contributing_tells_is_what_is_done() -> None:
    done = (ROOT / ".ci" / "run").read_text(encoding="utf-8") + (ROOT / "justfile").read_text(encoding="utf-8")
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    lines = [line for block in blocks_of(ROOT / "CONTRIBUTING.md") for line in block.text.splitlines()]
    assert lines
    for line in lines:
        assert line.removeprefix("python3 -m uv run ").removeprefix("python3 -m uv sync ").removesuffix(" uv") in done, line
    assert all(f"`just {name}`" in text for name in ("fmt", "check", "test", "bench"))
