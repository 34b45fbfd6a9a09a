"""The last section of docs/05-python.md, which needs the engine, and what else Python can ask of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import stable_audio_config as sat

pytestmark = pytest.mark.engine

PAGE = Path(__file__).parent.parent.parent / "docs" / "05-python.md"


def test_the_section_about_training_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    [block] = re.findall(r"```python engine\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    names: dict[str, Any] = {}
    exec(block, names)
    run = names["run"]
    assert (run.state, run.step, run.folder.parent.name) == ("finished", 3, "quick_test")
    assert (tmp_path / "autoencoder.ckpt").is_file()
    assert names["done"].parameters == sum(parameter.numel() for parameter in names["model"].parameters())
    assert "autoencoder" in (run.folder / "experiment.yaml").read_text()
    with pytest.raises(sat.Refused, match="exists already"):
        sat.unwrap(run.checkpoints()[-1], "autoencoder.ckpt")
    again = sat.train(names["experiment"].model_copy(update={"recover": True, "max_steps": 4}))
    assert (again.step, again.folder.resolve()) == (4, run.folder.resolve())


def test_a_plain_model_config_is_built_and_a_wrong_one_refused() -> None:
    tree = sat.compose_tree("model=tiny_autoencoder")["model"]
    assert sat.build_model(tree).downsampling_ratio == 256
    with pytest.raises(sat.Refused, match="latent_dim"):
        sat.build_model({**tree, "model": {**tree["model"], "latent_dim": "wide"}})
