"""Sweeps: every point is composed and checked before the first is run, and each runs in a folder of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stable_audio_config.compose.composer import Composition, Request, prepare
from stable_audio_config.compose.sweep import points, sweep
from stable_audio_config.report.finding import Refused, refuse

Seen = list[tuple[dict[str, Any], tuple[str, ...], Path]]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


ROOT = """
defaults: [_self_, {training: default}]
seed: 0
batch_size: 1
name: small
hydra: {output_subdir: null, sweep: {dir: "runs/${name}", subdir: "${hydra.job.num}"}}
"""


def request(*words: str) -> Request:
    """Over a root config of a few keys: a sweep is about its points, not about what they hold."""
    folder = Path("presets")
    for name in ("training/default", "training/other"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.yaml").touch()
    (folder / "root.yaml").write_text(ROOT)
    return Request(words, "root", str(folder))


def composed_points(*words: str) -> list[Composition]:
    return points(prepare(request(*words)))


def test_every_combination_in_the_order_of_hydras_own_sweeper() -> None:
    found = composed_points("batch_size=2,4", "seed=1,2", "name=a")
    assert [(point.tree["batch_size"], point.tree["seed"]) for point in found] == [(2, 1), (2, 2), (4, 1), (4, 2)]
    assert found[0].overrides == ("batch_size=2", "seed=1", "name=a")


def test_ranges_globs_and_presets_are_swept_as_well() -> None:
    found = composed_points("seed=range(3)", "training=default,other", "batch_size=choice(2)")
    assert [point.tree["seed"] for point in found] == [0, 0, 1, 1, 2, 2]
    assert [point.choices["training"] for point in found[:2]] == ["default", "other"]


def test_an_override_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(Refused, match=r"`name=\[` cannot be read"):
        composed_points("name=[")


def test_each_point_runs_once_in_order_in_its_own_folder(here: Path) -> None:
    seen: Seen = []

    def run(tree: dict[str, Any], overrides: tuple[str, ...], folder: Path) -> int:
        seen.append((tree, overrides, folder))
        assert Path.cwd() == here, "relative paths mean in a run what they meant when they were checked"
        return 0

    shipped = Request(("experiment=quick_test", "batch_size=2,4", "name=two"))
    code = sweep(shipped, lambda composition: composition.tree, run)
    assert code == 0
    assert [tree["batch_size"] for tree, _, _ in seen] == [2, 4]
    assert [overrides for _, overrides, _ in seen] == [
        ("experiment=quick_test", "batch_size=2", "name=two"),
        ("experiment=quick_test", "batch_size=4", "name=two"),
    ]
    first, second = (folder for _, _, folder in seen)
    assert first.parent == second.parent and (first.name, second.name) == ("0", "1")
    assert first.parent.relative_to(here / "runs" / "two").name.startswith("sweep_")
    assert seen[0][0]["training"]["learning_rate"] == 1e-3, "the training section is settled for each point"
    assert "hydra" not in seen[0][0]


def test_the_largest_exit_code_is_the_sweeps() -> None:
    codes = iter((0, 1, 0))
    words = ("seed=1,2,3",)
    assert sweep(request(*words), lambda composition: composition, lambda *_: next(codes)) == 1


def test_one_bad_point_stops_the_sweep_before_its_first_run() -> None:
    ran: list[int] = []

    def check(composition: Composition) -> Composition:
        if composition.tree["seed"] == 3:
            raise refuse("wrong-value", "3 is bad", "seed")
        return composition

    def run(_checked: Any, _overrides: tuple[str, ...], _folder: Path) -> int:
        ran.append(1)
        return 0

    with pytest.raises(Refused, match="3 is bad"):
        sweep(request("seed=1,2,3"), check, run)
    assert ran == []


def test_a_single_point_is_a_sweep_of_one() -> None:
    assert len(composed_points("seed=5")) == 1
