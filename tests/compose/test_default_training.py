"""`training=default`: the section inside the model's file, the preset of the model's name, or the recipe for its type."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from stable_audio_config.compose.composer import Composition, Request, compose
from stable_audio_config.compose.origins import origins_of
from stable_audio_config.compose.places import SHIPPED, preset_names
from stable_audio_config.report.finding import Refused

DATA = ("dataset=audio_dir", "dataset.datasets.0.path=sounds")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(place: Path, name: str, tree: dict[str, Any]) -> Path:
    file = place / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(tree) if file.suffix == ".json" else yaml.safe_dump(tree))
    return file


def shipped(name: str) -> dict[str, Any]:
    tree: dict[str, Any] = yaml.safe_load((SHIPPED / f"{name}.yaml").read_text(encoding="utf-8"))
    return tree


def composed(*words: str) -> Composition:
    return compose(Request((*words, *DATA)))


def source(composition: Composition, key: str) -> str | None:
    """Where the value at `training.KEY` was written."""
    found = origins_of(composition).of(("training", *key.split(".")))
    return found.source if found else None


NAMED = [name for name in preset_names([SHIPPED], "training") if name in preset_names([SHIPPED], "model")]


@pytest.mark.parametrize("name", NAMED)
def test_a_shipped_model_brings_the_training_section_that_was_published_with_it(name: str) -> None:
    result = composed(f"model={name}")
    assert result.tree["training"] == shipped(f"training/{name}")
    assert result.choices["training"] == "default"


def test_every_training_preset_but_two_has_the_name_of_a_model() -> None:
    assert {*preset_names([SHIPPED], "training")} - {*NAMED} == {"default", "autoencoder_adversarial"}


def test_its_values_come_from_that_file_and_what_is_written_lies_on_top() -> None:
    result = composed("model=stable_audio_2_0", "training.demo.demo_steps=10")
    assert result.tree["training"]["demo"]["demo_steps"] == 10
    assert source(result, "demo.num_demos") == "preset training/stable_audio_2_0.yaml"
    assert source(result, "demo.demo_steps") == "command line"


def test_a_model_without_one_of_its_name_gets_the_recipe_of_its_type() -> None:
    result = composed("model=stable_audio_open_small_base")
    assert result.tree["training"] == shipped("training/_default/diffusion_cond")
    assert source(result, "use_ema") == "preset training/_default/diffusion_cond.yaml"


def test_the_section_inside_the_models_own_preset_comes_first(here: Path) -> None:
    inside = {"learning_rate": 3.0}
    write(here / "conf", "model/mine.json", {**shipped("model/tiny_autoencoder"), "training": inside})
    write(here / "conf", "training/mine.yaml", {"learning_rate": 4.0})
    assert composed("model=mine").tree["training"] == inside


def test_a_model_and_a_training_preset_of_ones_own_of_one_name_belong_together(here: Path) -> None:
    write(here / "conf", "model/sub/mine.yaml", shipped("model/tiny_autoencoder"))
    write(here / "conf", "training/sub/mine.json", {"learning_rate": 4.0})
    write(here / "conf", "training/_default/autoencoder.yaml", {"learning_rate": 5.0})
    result = composed("model=sub/mine")
    assert result.tree["training"] == {"learning_rate": 4.0}
    assert source(result, "learning_rate") == str(Path("conf/training/sub/mine.json"))
    assert composed("model=tiny_autoencoder").tree["training"] == {"learning_rate": 5.0}


def test_a_model_that_is_chosen_in_an_experiment_brings_it_too(here: Path) -> None:
    experiment = {"defaults": [{"override /model": "stable_audio_2_0"}], "training": {"use_ema": False}}
    write(here, "mine.yaml", experiment)
    assert composed("mine.yaml").tree["training"] == {**shipped("training/stable_audio_2_0"), "use_ema": False}


def test_another_choice_leaves_it_out() -> None:
    assert composed("model=stable_audio_2_0_vae", "training=autoencoder_adversarial").tree["training"] == shipped(
        "training/autoencoder_adversarial"
    )
    assert "training" not in composed("model=stable_audio_2_0", "training=null").tree


def test_the_name_of_a_file_brings_nothing(here: Path) -> None:
    write(here, "stable_audio_2_0_vae.yaml", shipped("model/tiny_autoencoder"))
    assert composed("model=stable_audio_2_0_vae.yaml").tree["training"] == shipped("training/_default/autoencoder")


def test_a_model_called_default_gets_the_recipe_of_its_type(here: Path) -> None:
    write(here / "conf", "model/default.yaml", shipped("model/tiny_autoencoder"))
    assert composed("model=default").tree["training"] == shipped("training/_default/autoencoder")


def test_a_preset_that_builds_on_others_must_be_chosen(here: Path) -> None:
    write(here / "conf", "model/mine.yaml", shipped("model/tiny_autoencoder"))
    write(here / "conf", "training/mine.yaml", {"defaults": ["autoencoder_adversarial"], "use_ema": False})
    with pytest.raises(Refused) as refused:
        composed("model=mine")
    (finding,) = refused.value.findings
    file = Path("conf/training/mine.yaml")
    assert finding.message == f"`training=default` stands for `{file}` here, and cannot follow what that builds on"
    assert finding.help == "choose it by its name, with training=NAME"
    chosen = composed("model=mine", "training=mine").tree["training"]
    assert chosen == {**shipped("training/autoencoder_adversarial"), "use_ema": False}
