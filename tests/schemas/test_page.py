"""docs/10-schemas.md says what is true: its commands run, and its tables are those of the code."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner
from page_blocks import blocks_of, commands
from schemas.test_strict import DIFFERENCES

from stable_audio_config import __version__
from stable_audio_config.schemas.documents import DIALECT, flavours, identity
from stable_audio_config.source.modeline import FILES

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "10-schemas.md"
TEXT = PAGE.read_text(encoding="utf-8")
BASH = [block for block in blocks_of(PAGE) if block.language == "bash"]
YAML = [yaml.safe_load(block.text) for block in blocks_of(PAGE) if block.language == "yaml"]


def rows(head: str) -> list[list[str]]:
    """The cells of the table that begins with that line."""
    lines = TEXT.partition(f"{head}\n")[2].splitlines()[1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[: lines.index("")]]


def test_the_table_of_schemas_is_that_of_the_code() -> None:
    assert [row[:2] for row in rows("| name | file in `.sat/schemas` | a file of this kind holds |")] == [
        [f"`{name}`", f"`{file}`"] for name, file in FILES.items()
    ]
    assert f"`{identity('experiment', 'strict')}`" in TEXT
    assert "2020-12" in DIALECT
    assert {name for name in FILES if len(flavours(name)) == 1} == {"engine_model", "engine_dataset"}


def test_the_table_of_differences_is_that_of_the_tests() -> None:
    assert rows("| what | why |") == [[name, reason] for name, (_, reason) in DIFFERENCES.items()]


def test_the_commands_of_the_page_run(sat: Callable[..., Any]) -> None:
    for words in commands(BASH[0]):
        shown = sat(*words[1:])
        assert (words[0], shown.code, shown.err) == ("sat", 0, "")


def test_the_command_for_other_validators_judges_a_saved_experiment(sat: Callable[..., Any], tmp_path: Path) -> None:
    """In this process: the program itself is run in tests/editors."""
    from check_jsonschema import main

    printing, (program, *words) = commands(BASH[1])
    assert (printing[:3], printing[3:], program) == (["sat", "schema", "experiment"], [">", words[1]], "check-jsonschema")
    (tmp_path / words[1]).write_text(sat(*printing[1:3]).out, encoding="utf-8")
    saved = tmp_path / words[2]
    saved.parent.mkdir(parents=True)
    saved.write_text(sat("train", "experiment=quick_test", "--cfg").out, encoding="utf-8")
    wrong = saved.with_name("wrong.yaml")
    wrong.write_text(saved.read_text(encoding="utf-8") + "no_such_key: 1\n", encoding="utf-8")
    said = CliRunner().invoke(main, [*words, "wrong.yaml".join(words[2].rsplit("experiment.yaml", 1))])
    assert said.exit_code == 1
    assert "wrong.yaml::$: Additional properties are not allowed ('no_such_key' was unexpected)" in said.output
    assert "experiment.yaml::" not in said.output


def test_the_hooks_and_the_inputs_that_the_page_names_are_there() -> None:
    hooks, workflow = YAML
    offered = [hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))]
    [repository] = hooks["repos"]
    assert [hook["id"] for hook in repository["hooks"]] == offered
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    step = workflow["jobs"]["configs"]["steps"][1]
    assert step["with"].keys() <= action["inputs"].keys()
    named = set(re.findall(r"`(config-dir|strict|paths)", TEXT))
    assert named | step["with"].keys() == action["inputs"].keys()
    assert {repository["rev"], step["uses"].partition("@")[2]} == {f"v{__version__}"}
