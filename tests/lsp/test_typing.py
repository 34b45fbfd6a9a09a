"""Every text on the way to a config, and every question about it, has an answer; none of them is an exception."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from lsp.project import EXPERIMENT, MODEL
from lsprotocol.types import Position, Range

from stable_audio_config.lsp.buffers import buffer_of
from stable_audio_config.lsp.desk import Desk
from stable_audio_config.lsp.spots import Declined

ENGINES = json.dumps(yaml.safe_load(MODEL), indent=2)
EVERYTHING = Range(Position(0, 0), Position(99, 0))
JUNK = [
    '"',
    "{",
    "[",
    ":",
    " ",
    "\n",
    "- ",
    "${",
    "}",
    "#",
    "&a",
    "*a",
    "<<: ",
    "\t",
    "🎹",
    "\u2028",
    "1e400",
    "???",
    "\0",
    "${.",
    "|\n",
    "@",
]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str, int], None]:
    """Asks everything about a file with a text, at an index."""
    root = tmp_path_factory.mktemp("typing")
    for name, text in {"conf/model/mine.yaml": MODEL, "conf/experiment/mine.yaml": EXPERIMENT}.items():
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text(text)
    desk, versions = Desk(), iter(range(10**6))

    def ask(name: str, text: str, index: int) -> None:
        one = buffer_of((root / name).as_uri(), next(versions), text, "utf-16")
        uri, at = one.uri, one.text.position(min(index, len(one.text.plain)))

        def work() -> None:
            desk.check(uri)
            questions: list[Any] = [desk.hover, desk.completion, desk.definition, desk.references, desk.can_rename]
            for question in questions:
                question(uri, at)
            with suppress(Declined):
                desk.rename(uri, at, "another one")
            desk.symbols(uri)
            desk.hints(uri, EVERYTHING)
            desk.actions(uri, EVERYTHING, None)
            desk.diagnostics()

        desk.look({uri: one}, "utf-16", work)

    return ask


@pytest.mark.parametrize(("name", "text"), [("conf/model/mine.yaml", MODEL), ("model.json", ENGINES)], ids=["yaml", "json"])
def test_a_config_typed_from_its_first_character_on(asked: Callable[[str, str, int], None], name: str, text: str) -> None:
    for end in range(0, len(text), 17):
        asked(name, text[:end], end)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    st.sampled_from(["conf/model/mine.yaml", "conf/experiment/mine.yaml", "model.json"]),
    st.floats(0, 1),
    st.sampled_from(JUNK),
    st.integers(0, 30),
)
def test_a_config_with_something_else_in_the_middle(
    asked: Callable[[str, str, int], None], name: str, where: float, junk: str, less: int
) -> None:
    text = {"conf/model/mine.yaml": MODEL, "model.json": ENGINES}.get(name, EXPERIMENT)
    index = int(where * len(text))
    asked(name, text[:index] + junk + text[index + less :], index + len(junk))


def test_a_file_that_is_gone_from_the_disk_is_still_answered(asked: Callable[[str, str, int], None], tmp_path: Path) -> None:
    asked(str(tmp_path / "conf" / "experiment" / "gone.yaml"), EXPERIMENT, EXPERIMENT.index("sample_size"))
