"""Tables and pages that are made from the code are as the code makes them, and what is written by hand beside them is true."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import stable_audio_config
from stable_audio_config.datamodels.base import Data, field_docs
from stable_audio_config.datamodels.export import kinds
from stable_audio_config.datamodels.tagged import KINDS, imported
from stable_audio_config.report.finding import Edit, Finding, Fix, Related
from stable_audio_config.report.formats import as_json
from stable_audio_config.report.pages import rule_page, table
from stable_audio_config.report.reference import kind_page
from stable_audio_config.validation.catalogue import SUBJECTS, entries, mirrored
from stable_audio_config.validation.catalogue.findings import FINDINGS
from stable_audio_config.validation.rule import RULES

ROOT = Path(__file__).parent.parent
SOURCE = Path(stable_audio_config.__file__).parent
DOCS = ROOT / "docs"
COMMAND = "python scripts/generate.py --write"


@pytest.fixture
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "scripts" / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_everything_generated_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"refresh with: {COMMAND}\n{done.stdout}{done.stderr}"


def test_a_stale_file_and_one_that_nothing_makes_are_told_and_mended(
    generate: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = tmp_path / "rules"
    pages.mkdir()
    for name, text in (("old.md", "nobody makes me"), ("stale.md", "old"), ("fresh.md", "new")):
        (pages / name).write_text(text)
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    monkeypatch.setattr(generate, "RULES", pages)
    monkeypatch.setattr(generate, "REFERENCE", tmp_path / "none")
    monkeypatch.setattr(generate, "SCHEMAS", tmp_path / "none")
    monkeypatch.setattr(generate, "MAKERS", (lambda: {pages / "stale.md": "new", pages / "fresh.md": "new"},))
    monkeypatch.setattr(sys, "argv", ["generate.py", "--check"])
    assert generate.main() == 1
    shown = capsys.readouterr()
    assert shown.out == "out of date: rules/stale.md\nout of date: rules/old.md\n"
    assert shown.err == f"refresh with: {COMMAND}\n"
    monkeypatch.setattr(sys, "argv", ["generate.py", "--write"])
    assert generate.main() == 0
    assert {file.name: file.read_text() for file in pages.iterdir()} == {"stale.md": "new", "fresh.md": "new"}
    monkeypatch.setattr(sys, "argv", ["generate.py", "--check"])
    assert generate.main() == 0


# --- names ----------------------------------------------------------------------------------------------------------------


def test_every_name_that_the_code_uses_has_a_text_and_every_text_a_use() -> None:
    known = set(entries())
    makers = {
        node.name for tree in _trees() for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and _takes_a_name(node)
    }
    used = {name for tree in _trees() for name in _names(tree, makers)} | {check.name for check in RULES}
    assert used - known == set(), "tell of it in validation/catalogue/findings.py, or make it a rule"
    assert known - used == set(), "nothing finds it any more: take it out of validation/catalogue/findings.py"


def _trees() -> Iterator[ast.Module]:
    for file in SOURCE.rglob("*.py"):
        yield ast.parse(file.read_text(encoding="utf-8"))


def _takes_a_name(function: ast.FunctionDef) -> bool:
    """`refuse(rule, ...)`, and the short forms of it that some modules have."""
    return bool(function.args.args) and function.args.args[0].arg == "rule"


def _names(tree: ast.Module, makers: set[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        named: list[ast.expr] = [keyword.value for keyword in node.keywords if keyword.arg == "rule"]
        named += node.args[:1] if node.func.id in makers else []
        yield from (value.value for value in named if isinstance(value, ast.Constant) and isinstance(value.value, str))


def test_a_text_stands_beside_rules_only_where_they_say_several_things_or_other_findings_share_the_name() -> None:
    made = {name for tree in _trees() for name in _names(tree, {"refuse"})}
    needless = [
        entry.name
        for entry in entries().values()
        if entry.name in FINDINGS and len(entry.statements) == 1 and entry.name not in made
    ]
    assert needless == []


def test_every_name_stands_under_a_subject_and_says_what_holds() -> None:
    for entry in entries().values():
        assert entry.subject in SUBJECTS, f"put the module of `{entry.name}` into SUBJECTS"
        assert entry.says.endswith("."), entry
        assert entry.severities, entry
        for statement in entry.statements:
            assert statement.says.endswith("."), entry


def test_a_rule_that_several_checks_share_is_told_once() -> None:
    for entry in entries().values():
        checks = [check for check in RULES if check.name == entry.name]
        said = [statement.says for statement in entry.statements]
        functions = [function for statement in entry.statements for function in statement.mirrors]
        assert len(said) == len(set(said))
        assert {mirrored(check.mirrors) for check in checks if check.mirrors} == set(functions)
        assert {id for check in checks for id in check.contract} == set(entry.contract)
        page = rule_page(entry, None)
        assert page.splitlines().count(entry.says) == 1
        assert all(text in page for text in (*said, *functions, *entry.contract))


def test_ids_stand_in_the_order_of_their_numbers() -> None:
    ids = entries()["channels"].contract
    assert ids.index("R-AE-9") < ids.index("R-AE-10") < ids.index("R-DC-10")


def test_severities_that_single_problems_have_are_told_too() -> None:
    assert entries()["scheduler"].severities == ("error", "warning")
    assert {check.severity for check in RULES if check.name == "quantizer"} == {"error", "warning"}
    assert {check.severity for check in RULES if check.name == "scheduler"} == {"error"}


@pytest.mark.parametrize(
    ("function", "full"),
    [
        ("models.dit.DiffusionTransformer", "stable_audio_tools.models.dit.DiffusionTransformer"),
        ("pytorch_lightning.Trainer", "pytorch_lightning.Trainer"),
        ("torch.optim", "torch.optim"),
    ],
)
def test_functions_are_named_with_their_package(function: str, full: str) -> None:
    assert mirrored(function) == full


def test_a_page_holds_the_example_that_the_tests_run() -> None:
    page = (DOCS / "rules" / "zero-scale.md").read_text(encoding="utf-8")
    folder = ROOT / "tests" / "examples" / "zero-scale"
    for name in ("bad.yaml", "bad.txt", "good.yaml"):
        assert (folder / name).read_text(encoding="utf-8").rstrip() in page


# --- reference ------------------------------------------------------------------------------------------------------------


def test_every_key_of_every_part_stands_on_the_page_of_its_kind() -> None:
    for kind in kinds():
        page = (DOCS / "reference" / f"{kind.kind}.md").read_text(encoding="utf-8")
        for tag, place in kind.branches.items():
            model = imported(place)
            assert f"`{tag}`" in page
            for key, text in field_docs(model).items():
                assert f"| `{key}` |" in page, (kind.kind, tag, key)
                assert " ".join(text.split()).replace("|", "\\|") in page, (kind.kind, tag, key)


@pytest.mark.parametrize(
    ("page", "line"),
    [
        ("bottleneck", "| `config.scale` | a number | `1.0` |  | The latent is held within minus this to plus this"),
        ("dataset", "| `datasets[].weight` | a number of at least 0 | `1.0` | 0.0.20 | How often this source is drawn"),
        ("dataset", "| `latent_extension` | was moved in 0.0.20 | write it in each entry of `datasets` |"),
        ("encoder", "| `local_attn` | was removed in 0.0.20 | use `same` or `taae`"),
        ("model", "| `model.bottleneck` | a [bottleneck](bottleneck.md), or null |"),
        ("model", "| `model.conditioning.configs` | a list, each item a [conditioner](conditioner.md) |"),
        ("training", "| `optimizer_configs.diffusion.scheduler` | a [scheduler](scheduler.md) | absent |"),
        ("experiment", "| `training` | a [training](training.md) section | required |"),
        ("distribution_shift", "`type` says which one it is; left out it is `full`."),
        ("optimizer", "## any other"),
    ],
)
def test_a_line_of_the_reference(page: str, line: str) -> None:
    assert line in (DOCS / "reference" / f"{page}.md").read_text(encoding="utf-8")


def test_pages_do_not_depend_on_the_plugins_of_who_makes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    class Own(Data):
        """A part of one's own."""

    before = kind_page(KINDS["bottleneck"])
    monkeypatch.setitem(KINDS["bottleneck"].added, "own", Own)
    assert kind_page(KINDS["bottleneck"]) == before


def test_what_would_end_a_cell_is_escaped() -> None:
    assert table(["a", "b"], [["x | y", "two\nlines"]]) == "| a | b |\n| --- | --- |\n| x \\| y | two lines |"


# --- by hand --------------------------------------------------------------------------------------------------------------

EVERYTHING = Finding(
    rule="unknown-key",
    message="wrong",
    path=("a", 0),
    source="a.yaml",
    line=1,
    column=1,
    help="mend it",
    related=(Related(message="b: 1", path=("b",)),),
    fix=Fix(edits=(Edit(op="set", path=("a", 0), value=1), Edit(op="remove", path=("b",)))),
)


def test_the_page_about_findings_lists_exactly_the_keys_that_are_printed() -> None:
    tree = json.loads(as_json([EVERYTHING]))
    (finding,) = tree["findings"]
    tables = {
        "A finding": finding,
        "A related place": finding["related"][0],
        "A fix": finding["fix"],
        "An edit": finding["fix"]["edits"][0],
        "The summary": tree["summary"],
    }
    sections = re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", _page_about_findings(), flags=re.MULTILINE | re.DOTALL)
    listed = {title: re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE) for title, text in sections}
    assert {title: keys for title, keys in listed.items() if keys} == {title: list(keys) for title, keys in tables.items()}
    assert list(tree) == ["findings", "summary"]


def test_the_example_on_the_page_about_findings_is_what_is_printed(sat: Callable[..., Any], tmp_path: Path) -> None:
    (shown,) = re.findall(r"```json\n(.*?)```", _page_about_findings(), flags=re.DOTALL)
    presets = "defaults:\n  - override /model: tiny_autoencoder\n  - override /dataset: synthetic\n"
    (tmp_path / "my_experiment.yaml").write_text(f"{presets}name: mine\n\nbatchsize: 4\n")
    result = sat("validate", "--format", "json", "my_experiment.yaml")
    assert (result.code, result.err) == (1, "")
    assert json.loads(result.out) == json.loads(shown)


def _page_about_findings() -> str:
    return (DOCS / "reference" / "findings.md").read_text(encoding="utf-8")
