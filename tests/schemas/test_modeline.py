"""The line that names a file's schema: where it leads, where it stands, and that nothing else of the file changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stable_audio_config.compose.places import SHIPPED
from stable_audio_config.schemas.files import FOLDER as PACKAGED
from stable_audio_config.source.modeline import FILES, FOLDER, MARK, modeline, with_modeline


@pytest.mark.parametrize("file", sorted(SHIPPED.rglob("*.yaml")), ids=lambda file: str(file.relative_to(SHIPPED)))
def test_a_shipped_preset_names_the_schema_of_its_group(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    place = (file.parent / lines[1 if lines[0].startswith("# @") else 0].removeprefix(MARK)).resolve()
    group = file.relative_to(SHIPPED).parts[0].removesuffix(".yaml").replace("config", "experiment")
    assert place == PACKAGED / "authoring" / FILES[group]
    assert place.is_file()


def test_the_line_leads_to_the_schemas_that_were_installed_above(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir(parents=True)
    file = tmp_path / "conf" / "model" / "mine.yaml"
    assert modeline("model", file) == f"{MARK}../../.sat/schemas/model_config_schema.json"
    assert modeline("experiment", tmp_path / "mine.yaml") == f"{MARK}.sat/schemas/experiment_schema.json"


def test_without_any_it_leads_to_where_they_would_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert modeline("dataset") == f"{MARK}.sat/schemas/dataset_config_schema.json"
    assert modeline("dataset", tmp_path / "conf" / "dataset" / "a.yaml") == f"{MARK}../../.sat/schemas/dataset_config_schema.json"
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert modeline("dataset", tmp_path / "elsewhere" / "a.yaml") == f"{MARK}.sat/schemas/dataset_config_schema.json"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: 1\n", "LINE\na: 1\n"),
        ("# words\na: 1\n", "LINE\n# words\na: 1\n"),
        ("# @package _global_\n# words\na: 1\n", "# @package _global_\nLINE\n# words\na: 1\n"),
        (f"# @package model\n{MARK}old.json\na: 1\n", "# @package model\nLINE\na: 1\n"),
        ("", "LINE\n"),
    ],
    ids=["bare", "comment", "package", "another", "empty"],
)
def test_it_stands_below_the_package_and_above_everything_else(before: str, after: str) -> None:
    line = f"{MARK}x.json"
    assert with_modeline(before, line) == after.replace("LINE", line)
    assert with_modeline(with_modeline(before, line), line) == with_modeline(before, line)


@pytest.mark.parametrize("above", [True, False])
def test_a_package_is_found_on_either_side_of_it(sat: Callable[..., Any], tmp_path: Path, above: bool) -> None:
    """Editors that add a modeline put it above everything else."""
    (tmp_path / "conf" / "dataset").mkdir(parents=True)
    lines = [f"{MARK}x.json", "# @package _global_"]
    head = "\n".join(lines if above else reversed(lines))
    content = "seed: 777\ndataset: {dataset_type: audio_dir, datasets: [{id: a, path: .}]}\n"
    (tmp_path / "conf" / "dataset" / "rare.yaml").write_text(f"{head}\n{content}", encoding="utf-8")
    shown = sat("train", "experiment=quick_test", "dataset=rare", "--cfg")
    assert shown.code == 0, shown.err
    assert "seed: 777\n" in shown.out
