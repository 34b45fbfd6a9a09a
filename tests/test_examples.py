"""Every rule that an experiment file can break: `bad.yaml`, the whole message it gets, and a `good.yaml` that gets none.

After a change of words: python -m pytest tests/test_examples.py --update-examples
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import stable_audio_config

EXAMPLES = Path(__file__).parent / "examples"
SOURCE = Path(stable_audio_config.__file__).parent
FOLDERS = sorted(folder for folder in EXAMPLES.iterdir() if folder.is_dir())
REFRESH = "python -m pytest tests/test_examples.py --update-examples"

NOT_IN_A_FILE = {
    "override": "what is typed after the command (tests/compose/test_overrides.py)",
    "usage": "what is typed after the command (tests/cli/test_train.py)",
    "run-failed": "what happens while training runs (tests/cli/test_train.py)",
    "placeholder": "looked for when the run starts (tests/validation/test_files.py)",
    "no-files": "looked for when the run starts (tests/validation/test_files.py)",
    "too-few-files": "looked for when the run starts (tests/validation/test_files.py)",
    "metadata-module": "looked for when the run starts (tests/validation/test_files.py)",
    "not-writable": "looked for when the run starts (tests/validation/test_files.py)",
    "not-installed": "looked for when the run starts (tests/validation/test_files.py)",
    "pretransform-weights": "looked for when the run starts (tests/validation/test_files.py)",
    "symlink-loop": "looked for when the run starts (tests/validation/test_files.py)",
    "latents": "looked for when the run starts (tests/validation/test_latent_files.py)",
    "disk-space": "looked for when the run starts (tests/validation/test_machine.py)",
    "workers": "looked for when the run starts (tests/validation/test_machine.py)",
    "stale-schema": "about generated files (tests/schemas/test_command.py)",
    "python-version": "about the machine (tests/cli/test_rule_doctor.py)",
    "package-version": "about the machine (tests/cli/test_rule_doctor.py)",
    "gpu": "about the machine (tests/cli/test_rule_doctor.py)",
    "not-found": "what is typed after the command (tests/contract/)",
    "chirp-rate": "about model files only (tests/validation/rules/test_autoencoder_training.py)",
    "no-parameters": "about model files only (tests/validation/rules/test_autoencoder_training.py)",
    "discrete-pretransform": "about language models, none of which can be trained (tests/validation/rules/test_other_models.py)",
    "codebook-pattern": "about language models, none of which can be trained (tests/validation/rules/test_other_models.py)",
    "project-cross-attn": "about language models, none of which can be trained (tests/validation/rules/test_other_models.py)",
    "old-command": "about a command line of the engine's scripts (tests/cli/test_old_command_lines.py)",
    "old-ini": "about an INI file (tests/migrate/test_ini.py)",
    "contradiction": "about files that are migrated together (tests/migrate/test_bad_input.py)",
    "unequal": "would be a mistake of migration itself (tests/migrate)",
    "file-exists": "about a file that a command makes (tests/cli/test_init.py)",
    "missing-folder": "what is typed after the command (tests/schemas/test_command.py)",
    "no-model-config": "what is typed after sat init (tests/cli/test_init.py)",
    "no-equal": "about what is carried to another version (tests/versions, tests/migrate)",
    "older-engine": "about what is carried to another version (tests/versions)",
    "by-hand": "about what is carried to another version (tests/versions)",
    "engine-version": "asked of the installed engine when the run starts (tests/validation/test_versions.py)",
}
"""Rules that no experiment file can break by itself, and where their words are pinned."""


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_mistake_gets_exactly_its_message(
    folder: Path, sat: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(folder)
    result = sat("train", "bad.yaml", "--cfg")
    expected = folder / "bad.txt"
    if request.config.getoption("--update-examples"):
        expected.write_text(result.err, encoding="utf-8")
    assert result.err == expected.read_text(encoding="utf-8"), f"if the new words are better: {REFRESH}"
    assert f"[{folder.name}]" in result.err
    assert result.code == (1 if "error[" in result.err else 0)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_mended_file_gets_none(folder: Path, sat: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    result = sat("train", "good.yaml", "--cfg")
    assert (result.code, result.err) == (0, "")


def test_every_rule_has_an_example_or_a_reason_for_none() -> None:
    rules = {rule for file in SOURCE.rglob("*.py") if "engine" not in file.relative_to(SOURCE).parts for rule in rules_in(file)}
    shown = {folder.name for folder in FOLDERS}
    assert rules - shown - set(NOT_IN_A_FILE) == set(), "add tests/examples/<rule>/bad.yaml and good.yaml"
    assert shown | set(NOT_IN_A_FILE) == rules, "an example, or a reason, for a rule that no longer exists"


def rules_in(file: Path) -> Iterator[str]:
    """The names in `Finding(rule="...")`, `refuse("...", ...)` and `@rule("...", ...)`."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        named = [keyword.value for keyword in node.keywords if keyword.arg == "rule"] if node.func.id == "Finding" else []
        if node.func.id in ("refuse", "rule"):
            named = node.args[:1]
        yield from (str(value.value) for value in named if isinstance(value, ast.Constant))
