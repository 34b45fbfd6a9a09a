"""The command lines in the engine's README, with the real engine on a tiny model: train, resume, unwrap, fine-tune, pre-encode; and
checkpoints that the engine's own script has written.

Each goes through the script that stands in the old one's place. Only the number of steps is said in new words, for the old scripts
train until someone stops them. The README asks for a login at wandb; here wandb is told to stay offline.
"""

from __future__ import annotations

import copy
import json
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.engine

tiny = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("tiny.py"))))

MODEL = {**tiny.autoencoder_config(), "training": {**tiny.AUTOENCODER_TRAINING, "demo": {"demo_every": 1000}}}
FILES = "--dataset-config dataset.json --model-config model.json"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder as the engine's users have one: a model JSON, a dataset JSON, sounds."""
    tiny.write_sounds(tmp_path / "sounds", 4)
    (tmp_path / "model.json").write_text(json.dumps(MODEL, indent=4))
    dataset = {"dataset_type": "audio_dir", "datasets": [{"id": "my_audio", "path": "sounds"}], "random_crop": True}
    (tmp_path / "dataset.json").write_text(json.dumps(dataset, indent=4))
    return tmp_path


@pytest.fixture
def script(place: Path, sat: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`script("train", "--name x ...")` runs `sat-train --name x ...` in that folder."""
    import torch

    import stable_audio_config.cli as cli
    from stable_audio_config.cli import legacy

    monkeypatch.chdir(place)
    monkeypatch.setenv("WANDB_MODE", "disabled")
    torch.set_num_threads(1)
    main = cli.main

    def run(name: str, line: str) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr(cli, "main", lambda: main([name, *sys.argv[1:]], legacy.FORCED))
            result = sat(*line.split())
        assert result.code == 0, result.err
        assert f"this is now: sat {name} " in result.err
        return result

    return run


def newest(place: Path, name: str) -> Path:
    """The last checkpoint of the last run of a name, as one would type it."""
    return sorted((place / "runs" / name).glob("*/checkpoints/*.ckpt"))[-1].relative_to(place)


def steps_of(place: Path, name: str) -> int:
    step: int = json.loads((place / newest(place, name).parents[1] / "summary.json").read_text())["step"]
    return step


def test_the_readmes_commands_one_after_the_other(place: Path, script: Callable[..., Any]) -> None:
    # Start training, with the logger that was always there.
    script("train", f"{FILES} --name harmonai_train --batch-size 2 --num-workers 1 --checkpoint-every 2 max_steps=2")
    checkpoint = newest(place, "harmonai_train")
    saved = yaml.safe_load((checkpoint.parents[1] / "experiment.yaml").read_text())
    assert ({**saved["model"], "training": saved["training"]}, steps_of(place, "harmonai_train")) == (MODEL, 2)

    # Continue from the wrapped checkpoint.
    line = f"{FILES} --name resumed --batch-size 2 --num-workers 1 --logger nothing --ckpt-path {checkpoint} max_steps=3"
    assert f"going on from {checkpoint}" in script("train", line).out
    assert steps_of(place, "resumed") == 3

    # Unwrap, and start afresh from the unwrapped model.
    script("unwrap", f"--model-config model.json --ckpt-path {checkpoint} --name model_unwrap")
    line = f"{FILES} --name finetuned --batch-size 2 --num-workers 1 --logger none --pretrained-ckpt-path model_unwrap.ckpt"
    script("train", f"{line} max_steps=1")
    assert steps_of(place, "finetuned") == 1

    # Pre-encode with it.
    line = "--model-config model.json --ckpt-path model_unwrap.ckpt --dataset-config dataset.json --output-path latents"
    script("pre-encode", f"{line} --batch-size 2 --sample-size {tiny.SAMPLES} --num-workers 1")
    assert json.loads((place / "latents" / "details.json").read_text())["sample_size"] == tiny.SAMPLES
    assert len(list((place / "latents").rglob("*.npy"))) == 4


def engines_checkpoint(path: Path, config: dict[str, Any] | None) -> None:
    """What the engine's `train.py` writes after two steps: Lightning's file of its wrapper, the model config inside."""
    import pytorch_lightning as pl
    import torch
    from stable_audio_tools.models.factory import create_model_from_config
    from stable_audio_tools.training.factory import create_training_wrapper_from_config

    from stable_audio_config.engine import compat

    class Embedding(pl.Callback):
        def on_save_checkpoint(self, trainer: Any, pl_module: Any, checkpoint: dict[str, Any]) -> None:
            if config is not None:
                checkpoint["model_config"] = config

    compat.without_cuda()
    wrapper = create_training_wrapper_from_config(copy.deepcopy(MODEL), create_model_from_config(copy.deepcopy(MODEL)))
    mask = [torch.ones(tiny.SAMPLES)]
    batches = [(0.1 * torch.randn(2, 2, tiny.SAMPLES), ({"padding_mask": mask}, {"padding_mask": mask})) for _ in range(2)]
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        callbacks=[Embedding()],
    )
    trainer.fit(wrapper, torch.utils.data.DataLoader(batches, batch_size=None))
    trainer.save_checkpoint(path)


def test_a_checkpoint_of_the_engines_own_script(place: Path, script: Callable[..., Any], sat: Callable[..., Any]) -> None:
    engines_checkpoint(place / "epoch=0-step=2.ckpt", MODEL)

    shown = sat("show", "epoch=0-step=2.ckpt")
    assert (shown.code, yaml.safe_load(shown.out)) == (0, MODEL)

    line = f"{FILES} --name resumed --batch-size 2 --num-workers 1 --logger none --ckpt-path epoch=0-step=2.ckpt max_steps=3"
    assert "going on from epoch=0-step=2.ckpt" in script("train", line).out
    assert steps_of(place, "resumed") == 3
    inside = yaml.safe_load(sat("show", str(newest(place, "resumed"))).out)
    assert {**inside["model"], "training": inside["training"]} == MODEL, "what it has become is one of ours"

    assert sat("unwrap", "epoch=0-step=2.ckpt", "-o", "model.safetensors", "--safetensors").code == 0
    assert yaml.safe_load(sat("show", "model.safetensors").out) == tiny.autoencoder_config()


def test_one_from_before_configs_were_embedded(place: Path, script: Callable[..., Any], sat: Callable[..., Any]) -> None:
    engines_checkpoint(place / "old.ckpt", None)
    assert "holds no experiment" in sat("show", "old.ckpt").err
    script("unwrap", "--model-config model.json --ckpt-path old.ckpt --name exported")
    assert yaml.safe_load(sat("show", "exported.ckpt").out) == tiny.autoencoder_config(), "the config that was given is inside now"
    (place / "other.json").write_text(json.dumps({**MODEL, "sample_size": 4096}))
    result = sat("unwrap", "exported.ckpt", "--model-config", "other.json", "-o", "again.ckpt")
    assert "`other.json` is not the config that `exported.ckpt` carries, which is kept" in result.err
