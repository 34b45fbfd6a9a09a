"""Model configs with the figures that the engine's repository has published: each works as `model=that.json`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stable_audio_config import Refused, load_experiment
from stable_audio_config.datamodels.base import plain

PUBLISHED = sorted((Path(__file__).parent / "published").glob("*.json"))
CANNOT_RUN = {"stable_audio_1_0": "broken-in-engine"} | {
    f"dance_diffusion_{name}": "broken-in-engine" for name in ("base", "base_16k", "base_44k", "large")
}


@pytest.mark.parametrize("file", [file for file in PUBLISHED if file.stem not in CANNOT_RUN], ids=lambda file: file.stem)
def test_a_published_config_becomes_an_experiment_and_comes_back_key_for_key(file: Path) -> None:
    written = json.loads(file.read_text())
    latents = ("dataset=pre_encoded", "dataset.datasets.0.path=latents")
    dataset = latents if written["training"].get("pre_encoded") else ("dataset=synthetic",)
    experiment = load_experiment(f"model={file}", *dataset)
    assert {**plain(experiment.model), "training": plain(experiment.training)} == written


@pytest.mark.parametrize("name", CANNOT_RUN)
def test_a_published_config_that_the_engine_cannot_run_is_refused_with_the_reason(name: str) -> None:
    file = Path(__file__).parent / "published" / f"{name}.json"
    with pytest.raises(Refused) as refused:
        load_experiment(f"model={file}", "dataset=synthetic")
    errors = [finding for finding in refused.value.findings if finding.severity == "error"]
    assert [finding.rule for finding in errors] == [CANNOT_RUN[name]]


def test_what_was_inside_the_file_yields_to_overrides() -> None:
    file = next(file for file in PUBLISHED if file.stem == "stable_audio_2_0_vae")
    experiment = load_experiment(f"model={file}", "dataset=synthetic", "training.demo.demo_every=5", "model.sample_size=131072")
    assert (experiment.training.demo.demo_every, experiment.model.sample_size) == (5, 131072)
    assert plain(experiment.training)["optimizer_configs"]["discriminator"]["optimizer"]["config"]["lr"] == 3e-4


def test_a_chosen_training_preset_replaces_the_section_inside_the_file() -> None:
    file = next(file for file in PUBLISHED if file.stem == "dac_2048_32_vae")
    experiment = load_experiment(f"model={file}", "dataset=synthetic", "training=autoencoder_adversarial")
    assert plain(experiment.training)["loss_configs"]["discriminator"]["config"]["filters"] == 64
