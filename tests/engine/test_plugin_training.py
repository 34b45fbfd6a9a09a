"""A real plugin package (tests/plugin_package): its parts are built by the engine wherever they stand, and trained."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from plugin_record import PACKAGE, write_record

from stable_audio_config.datamodels.kinds import KINDS
from stable_audio_config.plugins import PARTS, load_installed

pytestmark = pytest.mark.engine

Tree = dict[str, Any]

LEAKY: Tree = {"type": "leaky", "config": {"dim": 4}}
TEMPO: Tree = {"id": "tempo", "type": "tempo", "config": {"slowest": 60.0}}

METADATA = """\
def get_custom_metadata(info, audio):
    number = int(info["relpath"].split("_")[1][0])
    return {"kind": number % 5, "tempo": 70 + 20 * number}
"""


@pytest.fixture
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The package is installed, as far as this process can see."""
    monkeypatch.syspath_prepend(str(PACKAGE))
    monkeypatch.syspath_prepend(str(write_record(tmp_path / "site")))
    load_installed.cache_clear()
    yield
    PARTS.clear()
    for kind in KINDS.values():
        kind.added.clear()
    load_installed.cache_clear()
    for name in ("gentle_parts", "gentle_parts.networks"):
        sys.modules.pop(name, None)


@pytest.fixture
def metadata(tmp_path: Path) -> str:
    path = tmp_path / "metadata.py"
    path.write_text(METADATA, encoding="utf-8")
    return str(path)


def autoencoder_tree(trees: SimpleNamespace) -> Tree:
    """An autoencoder with the plugin's bottleneck, whose coders have the width that it needs."""
    tree: Tree = trees.autoencoder(model__model__bottleneck=LEAKY, checkpoint_every=1)
    tree["model"]["model"]["encoder"]["config"]["latent_dim"] = 4
    return tree


def diffusion_tree(trees: SimpleNamespace, metadata: str) -> Tree:
    """A diffusion model with the plugin's conditioner, over an autoencoder with the plugin's bottleneck."""
    tree: Tree = trees.diffusion(checkpoint_every=1)
    model = tree["model"]["model"]
    model["conditioning"]["configs"].insert(1, TEMPO)
    model["diffusion"]["cross_attention_cond_ids"] = ["tempo", "kind"]
    model["pretransform"]["config"] = autoencoder_tree(trees)["model"]["model"]
    tree["dataset"]["datasets"][0]["custom_metadata_module"] = metadata
    return tree


def weights(run: Path, step: int) -> dict[str, Any]:
    """The weights of the training wrapper after a step."""
    import torch

    found: dict[str, Any] = torch.load(run / "checkpoints" / f"step={step:08}.ckpt", weights_only=False)["state_dict"]
    return found


@pytest.mark.usefixtures("_installed")
def test_an_autoencoder_trains_the_bottleneck_of_a_plugin(
    trees: SimpleNamespace, train_here: Callable[..., SimpleNamespace]
) -> None:
    run = train_here(autoencoder_tree(trees))
    assert run.outcome.step == 3
    name = "autoencoder.bottleneck.limit"
    first, last = weights(run.path, 1)[name], weights(run.path, 3)[name]
    assert first.shape == (1, 4, 1)
    assert not first.equal(last)
    from stable_audio_tools.models import autoencoders, factory

    assert autoencoders.create_bottleneck_from_config is factory.create_bottleneck_from_config
    with pytest.raises(NotImplementedError, match="leaky"):
        factory.create_bottleneck_from_config(dict(LEAKY))


@pytest.mark.usefixtures("_installed")
def test_a_diffusion_model_trains_the_conditioner_of_a_plugin(
    trees: SimpleNamespace, train_here: Callable[..., SimpleNamespace], metadata: str, tmp_path: Path
) -> None:
    from stable_audio_config.engine.loading import load_model
    from stable_audio_config.engine.unwrap import unwrap

    run = train_here(diffusion_tree(trees, metadata))
    assert run.outcome.step == 3
    first, last = weights(run.path, 1), weights(run.path, 3)
    for layer in ("0.weight", "0.bias", "2.weight", "2.bias"):
        name = f"diffusion.conditioner.conditioners.tempo.embedding.{layer}"
        assert not first[name].equal(last[name]), name
    frozen = "diffusion.pretransform.model.bottleneck.limit"
    assert first[frozen].equal(last[frozen])
    file = unwrap(run.folder.complete_checkpoints()[-1], tmp_path / "model.ckpt").path
    model = load_model(file, model_type="diffusion_cond").model
    assert list(model.conditioner.conditioners) == ["kind", "tempo", "seconds_total"], "in the order of the config"
    assert type(model.pretransform.model.bottleneck).__name__ == "Leaky"


def test_the_command_trains_with_a_plugin_that_is_only_named(
    trees: SimpleNamespace, written: Callable[..., str], tmp_path: Path
) -> None:
    tree = {**autoencoder_tree(trees), "plugins": ["gentle_parts"], "max_steps": 2}
    words = [sys.executable, "-m", "stable_audio_config", "train", written(tree)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    alone = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert alone.returncode == 1
    assert "error[plugin]: the plugin module `gentle_parts` cannot be loaded: ModuleNotFoundError" in alone.stderr
    environment["PYTHONPATH"] = str(PACKAGE)
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [run] = (Path(tree["save_dir"]) / "ae").iterdir()
    assert not weights(run, 1)["autoencoder.bottleneck.limit"].equal(weights(run, 2)["autoencoder.bottleneck.limit"])
