"""The same mistakes through check-jsonschema, as a person without an editor would use the schemas: over the command line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from editors.mistakes import FILES, KINDS, MISTAKES, Mistake

from stable_audio_config.schemas.documents import flavours
from stable_audio_config.schemas.files import place
from stable_audio_config.source.positions import positions

Found = dict[str, list[tuple[str | int, ...]]]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """Name of a mistake, or of a file without one -> the key paths that are reported. One run of the program for each kind."""
    folder = tmp_path_factory.mktemp("files")
    texts = {mistake.name: (mistake.file, mistake.text) for mistake in MISTAKES} | {
        name: (name, text) for name, text in FILES.items()
    }
    names: dict[str, str] = {}
    for number, (name, (file, text)) in enumerate(texts.items()):
        names[f"{number}{Path(file).suffix}"] = name
        (folder / f"{number}{Path(file).suffix}").write_text(text, encoding="utf-8")
    reported: Found = {name: [] for name in texts}
    for kind in sorted(set(KINDS.values())):
        files = [file for file, name in names.items() if KINDS[texts[name][0]] == kind]
        for error in _errors(folder, kind, files):
            deepest = error.get("best_deep_match") or error
            reported[names[error["filename"]]].append(_path(deepest["path"]))
    return reported


def _errors(folder: Path, kind: str, files: list[str]) -> list[Any]:
    schema = str(place(kind, flavours(kind)[-1]))
    arguments = [sys.executable, "-m", "check_jsonschema", "-o", "json", "--schemafile", schema, *files]
    done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    report = json.loads(done.stdout)
    assert report["parse_errors"] == [], done.stderr
    return list(report["errors"])


def _path(text: str) -> tuple[str | int, ...]:
    """`$.datasets[0].path` -> the steps."""
    return tuple(int(number) if number else name for name, number in re.findall(r"\.([^.\[]+)|\[(\d+)\]", text))


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_reported_where_it_is(mistake: Mistake, found: Found) -> None:
    """At the key of its line, or, where that key is one too many, at the group that holds it."""
    places = positions(mistake.text, mistake.file.endswith(".json"))
    on_the_line = [path for path, stands in places.items() if mistake.line in (stands.key.line, stands.value.line)]
    assert on_the_line
    known = {one for path in on_the_line for one in (path, path[:-1])}
    assert found[mistake.name]
    assert set(found[mistake.name]) <= known


def test_a_right_file_passes(found: Found) -> None:
    assert {name: found[name] for name in FILES if found[name]} == {}
