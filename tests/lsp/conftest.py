"""One server for all tests of this folder: starting it takes as long as importing pydantic and Hydra."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lsp.editor import Editor
from lsp.project import EXPERIMENT, MODEL


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project on disk."""
    root = tmp_path_factory.mktemp("project")
    for name, text in {"model/mine": MODEL, "experiment/mine": EXPERIMENT}.items():
        file = root / "conf" / f"{name}.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(text)
    return root


@pytest.fixture(scope="module")
def editor(folder: Path) -> Iterator[Editor]:
    with Editor(folder) as started:
        yield started
