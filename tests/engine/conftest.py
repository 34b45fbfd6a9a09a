"""What the tests of training share: tiny experiments on tiny sounds, and a way to run one in this process."""

from __future__ import annotations

import copy
import csv
import json
import runpy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

tiny = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("tiny.py"))))

METADATA = """\
def get_custom_metadata(info, audio):
    return {"kind": int(info["relpath"].split("_")[1][0]) % 5}
"""

DEMO = {"demo_every": 2, "demo_steps": 2, "num_demos": 2, "demo_cfg_scales": [1], "demo_cond_from_batch": True}

Tree = dict[str, Any]


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """`sounds`: eight tones; `latents`: eight latents of the tiny autoencoder's shape; `metadata`: a module that adds `kind`."""
    import numpy as np

    folder = tmp_path_factory.mktemp("material")
    tiny.write_sounds(folder / "sounds", 8)
    (folder / "metadata.py").write_text(METADATA, encoding="utf-8")
    (folder / "latents").mkdir()
    frames = tiny.SAMPLES // tiny.RATIO
    random = np.random.default_rng(3)
    for number in range(8):
        np.save(folder / "latents" / f"{number}.npy", random.standard_normal((tiny.LATENT, frames)).astype("float32"))
        about = {"padding_mask": [1] * frames, "seconds_start": 0, "seconds_total": 0.1, "kind": number % 5}
        (folder / "latents" / f"{number}.json").write_text(json.dumps(about), encoding="utf-8")
    return SimpleNamespace(sounds=folder / "sounds", latents=folder / "latents", metadata=folder / "metadata.py")


@pytest.fixture
def trees(trees_in: Callable[[Path], SimpleNamespace], tmp_path: Path) -> SimpleNamespace:
    """`autoencoder(**changes)` and `diffusion(**changes)`: whole experiments of three steps as plain trees."""
    return trees_in(tmp_path / "runs")


@pytest.fixture(scope="session")
def trees_in(material: SimpleNamespace) -> Callable[[Path], SimpleNamespace]:
    """`trees`, with runs in the given folder."""
    return lambda save_dir: tiny_trees(material, save_dir)


def tiny_trees(material: SimpleNamespace, save_dir: Path) -> SimpleNamespace:
    audio = {"id": "sounds", "path": str(material.sounds), "custom_metadata_module": str(material.metadata)}
    shared = {
        "save_dir": str(save_dir),
        "batch_size": 2,
        "max_steps": 3,
        "precision": "32-true",
        "accelerator": "cpu",
        "devices": 1,
        "num_workers": 0,
        "logger": "none",
        "dataset": {"dataset_type": "audio_dir", "datasets": [audio]},
    }

    def make(name: str, model: Tree, training: Tree, changes: Tree) -> Tree:
        return changed({"name": name, **shared, "model": model, "training": training}, changes)

    return SimpleNamespace(
        autoencoder=lambda **changes: make("ae", tiny.autoencoder_config(), {**tiny.AUTOENCODER_TRAINING, "demo": None}, changes),
        diffusion=lambda **changes: make("dit", tiny.diffusion_config(), {**tiny.DIFFUSION_TRAINING, "demo": None}, changes),
        demo=DEMO,
        latents={"dataset_type": "pre_encoded", "datasets": [{"id": "latents", "path": str(material.latents)}]},
    )


def changed(tree: Tree, changes: Tree) -> Tree:
    """A copy of `tree` with `changes`: `training__demo` reaches inside, everything else replaces."""
    tree = copy.deepcopy(tree)
    for key, value in changes.items():
        *above, last = key.split("__")
        node = tree
        for part in above:
            node = node[part]
        node[last] = copy.deepcopy(value)
    return tree


@pytest.fixture
def train_here() -> Callable[..., SimpleNamespace]:
    """Trains one tree through `engine.train.train`; gives back its folder, its outcome and the rows of its `metrics.csv`."""

    def run(tree: Tree, resume: Path | None = None) -> SimpleNamespace:
        from stable_audio_config.datamodels.experiment import ExperimentConfig
        from stable_audio_config.engine.run_folder import begin, new_folder
        from stable_audio_config.engine.train import train

        experiment = ExperimentConfig.model_validate(tree)
        folder = new_folder(experiment)
        begin(folder, experiment, ())
        outcome = train(experiment, folder, resume)
        return SimpleNamespace(folder=folder, path=folder.path, outcome=outcome, rows=read_rows(folder.metrics))

    return run


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def rows_of() -> Callable[[Path], list[dict[str, str]]]:
    """`rows_of(path)`: the rows of a CSV file."""
    return read_rows


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Tree], str]:
    """Writes a tree as an experiment file for the command line; gives back its path."""

    def write(tree: Tree, name: str = "my_experiment.yaml") -> str:
        import yaml

        path = tmp_path / name
        path.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
        return str(path)

    return write
