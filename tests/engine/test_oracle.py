"""A small sample of the oracle: the engine's verdict about small mutants, and ours. The large one: `python -m oracle`."""

from __future__ import annotations

import json
from argparse import Namespace
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from oracle.__main__ import run
from oracle.bases import bases, write_material
from oracle.mutations import mutant
from oracle.report import CATEGORIES, UNSCORED, Row, category, is_right, wrong
from oracle.sinks import swallowed
from oracle.watched import unread, watched

pytestmark = pytest.mark.engine

COUNT, SEED = 60, 1
QUICK = ("dit, cross and global", "dit, lora", "dit over latents", "inpainting", "unconditional dit", "clap", "seanet rvq")
"""The bases whose mutants take the engine least time."""


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Row]]:
    """Every mutant of the sample, judged by both."""
    import torch
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from stable_audio_tools.models import clap
    from torch.utils.data import BatchSampler, DataLoader

    threads, compiles = torch.get_num_threads(), torch._dynamo.config.disable
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FigureCanvasAgg, "draw", FigureCanvasAgg.draw)  # So that all of it is the libraries' own again afterwards.
        patch.setattr(Figure, "tight_layout", Figure.tight_layout)
        patch.setattr(clap, "RobertaCLAPTextBranch", clap.RobertaCLAPTextBranch)
        patch.setattr(torch._dynamo.config, "disable", compiles)
        for loader in (DataLoader, BatchSampler):  # A mutant that is interrupted leaves Lightning's own patches of these behind.
            for name in ("__init__", "__setattr__", "__delattr__"):
                patch.setattr(loader, name, getattr(loader, name))
        patch.chdir(tmp_path_factory.mktemp("working"))
        folder = tmp_path_factory.mktemp("oracle")
        write_material(folder)
        yield list(run(folder / "log.jsonl", folder, Namespace(count=COUNT, seed=SEED, bases=QUICK)))
    torch.set_num_threads(threads)


def test_ours_is_the_engines_verdict(rows: list[Row]) -> None:
    assert len(rows) == COUNT
    assert not all(row["category"] in UNSCORED for row in rows)
    found = wrong(rows)
    assert not found, "\n".join(found)


def test_the_sample_has_something_of_everything(rows: list[Row]) -> None:
    assert {row["category"] for row in rows} >= set(CATEGORIES)
    assert {row["base"] for row in rows} == set(QUICK)


def test_the_mutants_of_a_seed_are_always_the_same(tmp_path: Path) -> None:
    trees = bases(tmp_path)
    one, other = ([mutant(number, 5, trees) for number in range(40)] for _ in range(2))
    assert one == other
    assert trees == bases(tmp_path), "the bases are not changed"
    assert all(a.tree != trees[a.base] for a in one)


def test_reading_is_noticed_whichever_way_it_is_done() -> None:
    reads: Any = defaultdict(set)
    tree = {"a": 1, "b": {"c": 2, "d": 3}, "e": [{"f": 1, "g": 2}], "h": 5, "i": 6}
    config = watched(tree, reads)
    assert config["a"] == 1 and "h" in config and dict(**config["b"]) == {"c": 2, "d": 3}
    assert [one.get("f") for one in config["e"]] == [1]
    assert sorted(map(str, unread(tree, reads))) == ["('e', 0, 'g')", "('i',)"]
    assert isinstance(config, dict) and json.dumps(config["b"]) == '{"c": 2, "d": 3}'


def test_a_copy_tells_too() -> None:
    import copy

    reads: Any = defaultdict(set)
    copy.deepcopy(watched({"a": {"b": 1, "c": 2}}, reads))["a"].copy().pop("b")
    assert list(unread({"a": {"b": 1, "c": 2}}, reads)) == [("a", "c")]


def test_a_key_that_a_sink_drops_is_not_read() -> None:
    patched = {"type": "patched", "config": {"channels": 2, "patch_size": 4, "patchsize": 4}}
    assert list(swallowed({"pretransform": patched})) == [("pretransform", "config", "patchsize")]


BASE: Row = {"engine": {"unread": [], "dead": 0, "stage": "", "slow": False, "finite": True}, "ours": []}


def row(**changes: Any) -> Row:
    """A mutant of `depth` that runs like its base, with changes to the engine's verdict."""
    ours, operator = changes.pop("ours", []), changes.pop("operator", "number")
    about = {"path": ["model", "depth"], "also": [], "operator": operator, "ours": ours}
    made = {**about, "engine": {**BASE["engine"], **changes}}
    made["category"] = category(made, BASE)
    return made


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "must not reject"),
        ({"stage": "build"}, "must catch"),
        ({"stage": "step", "slow": True}, "slow"),
        ({"stage": "build", "operator": "type"}, "exempt"),
        ({"unread": [["model", "depth"]]}, "must find"),
        ({"unread": [["model"]]}, "must find"),
        ({"unread": [["model", "width"]]}, "free"),
        ({"finite": False}, "free"),
        ({"dead": 1}, "free"),
    ],
)
def test_what_the_engine_does_says_what_is_asked_of_us(changes: dict[str, Any], expected: str) -> None:
    assert row(**changes)["category"] == expected


def finding(severity: str, *path: str, others: tuple[list[str], ...] = ()) -> Row:
    return {"rule": "some-rule", "severity": severity, "path": list(path), "message": "", "others": list(others)}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"stage": "build"}, False),
        ({"stage": "build", "ours": [finding("error", "model", "depth")]}, True),
        ({"stage": "build", "ours": [finding("error", "model")]}, True),
        ({"stage": "build", "ours": [finding("error", "model", "width")]}, False),
        ({"stage": "build", "ours": [finding("error", "model", "width", others=(["model", "depth"],))]}, True),
        ({"stage": "build", "ours": [finding("warning", "model", "depth")]}, False),
        ({"unread": [["model", "depth"]]}, False),
        ({"unread": [["model", "depth"]], "ours": [finding("note", "model")]}, True),
        ({"ours": [finding("warning", "model", "depth")]}, True),
        ({"ours": [finding("error", "model", "depth")]}, False),
    ],
)
def test_our_findings_are_right_or_not(changes: dict[str, Any], expected: bool) -> None:
    assert is_right(row(**changes), BASE) is expected
