"""docs/05-python.md is run from top to bottom; what it shows is what is printed. Its last section runs in tests/engine."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "05-python.md"


def test_every_block_runs_and_prints_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    printed = ""
    compared = 0
    for language, block in re.findall(r"```(python|text)\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL):
        if language == "text":
            pattern = re.escape(block.strip()).replace(r"\.\.\.", ".*")
            assert re.fullmatch(pattern, printed.strip()), f"shown:\n{block}\nprinted:\n{printed}"
            compared += 1
            continue
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(block, names)
        printed = out.getvalue()
    assert compared == 3


def test_every_name_that_the_package_gives_stands_on_the_page() -> None:
    import stable_audio_config

    text = PAGE.read_text(encoding="utf-8")
    quiet = {"ExperimentConfig", "Finding", "Findings", "Run", "__version__"}
    assert [name for name in stable_audio_config.__all__ if name not in quiet and not re.search(rf"\b{name}\b", text)] == []


def test_no_name_is_that_of_a_room() -> None:
    """Importing the room would put it in the place of the function."""
    import stable_audio_config

    package = Path(stable_audio_config.__file__).parent
    rooms = {path.stem for path in package.iterdir()}
    assert set(stable_audio_config.__all__) & rooms == set()
