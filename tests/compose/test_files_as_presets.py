"""Files and folders standing where a preset may: an engine's model JSON, a dataset JSON, a folder of sounds, an experiment file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser

from stable_audio_config.compose.composer import Composition, Request, compose
from stable_audio_config.compose.overrides import to_hydra
from stable_audio_config.compose.places import SHIPPED
from stable_audio_config.report.finding import Refused

MODEL: dict[str, Any] = yaml.safe_load((SHIPPED / "model" / "tiny_autoencoder.yaml").read_text(encoding="utf-8"))
RECIPE: dict[str, Any] = yaml.safe_load((SHIPPED / "training" / "_default" / "autoencoder.yaml").read_text(encoding="utf-8"))
INSIDE = {"learning_rate": 5e-5, "use_ema": True, "_comment": "what we used", "loss_configs": {"time": {"weights": {"l1": 1.0}}}}
DATA = {"dataset_type": "audio_dir", "datasets": [{"id": "mine", "path": "sounds", "_note": "old"}], "random_crop": False}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.json").write_text(json.dumps({"_about": "x", **MODEL, "training": INSIDE}))
    (tmp_path / "data.json").write_text(json.dumps(DATA))
    return tmp_path


def composed(*words: str, **request: Any) -> Composition:
    return compose(Request(words, **request))


def without_comments(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: without_comments(item) for key, item in tree.items() if not key.startswith("_")}
    return [without_comments(item) for item in tree] if isinstance(tree, list) else tree


def test_an_engine_config_is_split_into_model_and_training() -> None:
    result = composed("model=model.json", "dataset=data.json")
    assert result.tree["model"] == MODEL
    assert result.tree["training"] == without_comments(INSIDE), "the section of the file, without the recipe's keys"
    assert result.tree["dataset"] == without_comments(DATA)
    assert result.choices["model"] == "model.json"


def test_a_chosen_recipe_replaces_the_section_inside_the_file() -> None:
    chosen = composed("model=model.json", "dataset=data.json", "training=autoencoder_adversarial").tree["training"]
    assert chosen == yaml.safe_load((SHIPPED / "training" / "autoencoder_adversarial.yaml").read_text(encoding="utf-8"))


def test_overrides_lie_on_top_of_the_section_inside_the_file() -> None:
    words = ("model=model.json", "dataset=data.json", "training.learning_rate=1e-3", "training.loss_configs.time.weights.l2=2")
    training = composed(*words).tree["training"]
    assert training["learning_rate"] == 1e-3
    assert training["loss_configs"] == {"time": {"weights": {"l1": 1.0, "l2": 2}}}


def test_a_model_without_a_training_section_gets_the_recipe_of_its_type(here: Path) -> None:
    (here / "bare.yaml").write_text(yaml.safe_dump(MODEL))
    assert composed("model=bare.yaml").tree["training"] == RECIPE


def test_no_training_leaves_it_all_to_the_experiment() -> None:
    assert "training" not in composed("model=model.json", "training=null").tree
    assert composed("model=model.json", "training=null", "training.learning_rate=1").tree["training"] == {"learning_rate": 1}


def test_an_unknown_model_type_gets_no_recipe(here: Path) -> None:
    (here / "other.json").write_text('{"model_type": "unheard_of"}')
    assert composed("model=other.json").tree["training"] == {}


def test_a_root_config_without_the_group_gets_no_recipe() -> None:
    tree = compose(Request(("model=model.json", "ckpt_path=a", "conditions=[{kind: 0}]"), "inference")).tree
    assert "training" not in tree
    assert tree["model"]["training"] == without_comments(INSIDE)


def test_a_file_for_validation() -> None:
    tree = composed("model=model.json", "dataset=data.json", "val_dataset=data.json", "val_dataset.random_crop=true").tree
    assert tree["val_dataset"] == without_comments(DATA) | {"random_crop": True}
    assert tree["dataset"]["random_crop"] is False


def test_a_folder_stands_for_a_dataset_of_its_sounds_or_latents(here: Path) -> None:
    (here / "sounds").mkdir()
    (here / "latents").mkdir()
    (here / "latents" / "details.json").write_text("{}")
    tree = composed("model=model.json", "dataset=sounds", "val_dataset=latents").tree
    assert tree["dataset"] == {"dataset_type": "audio_dir", "datasets": [{"id": "sounds", "path": "sounds"}]}
    assert tree["val_dataset"] == {"dataset_type": "pre_encoded", "datasets": [{"id": "latents", "path": "latents"}]}


NAMES = ["with space", "a,b", "it's", 'say "hi"', "Übung", "a=b", "[x]", "2026", "back\\slash", "end\\", "it\\'s", "a(b"]


@pytest.mark.parametrize("name", NAMES)
def test_a_path_of_any_characters_reaches_hydra_as_it_is(here: Path, name: str) -> None:
    (here / name).mkdir()
    (here / f"{name}.json").touch()
    for group, value in (("model", f"{name}.json"), ("dataset", name)):
        word = to_hydra(f"{group}={value}", [SHIPPED])
        assert OverridesParser.create().parse_override(word).value() == value


def test_a_path_of_odd_characters_is_read(here: Path) -> None:
    name = "it's, a (good) \\ Übung=[1]"
    (here / name).mkdir()
    (here / f"{name}.json").write_text(json.dumps(MODEL))
    tree = composed(f"model={name}.json", f"dataset={name}").tree
    assert tree["model"] == MODEL
    assert tree["dataset"]["datasets"][0] == {"id": name, "path": name}


def test_an_absolute_path_and_a_path_from_home(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(here))
    assert composed(f"model={here / 'model.json'}").tree["model"] == MODEL
    assert composed("model=~/model.json").tree["model"] == MODEL


def test_a_missing_file_is_told_before_anything_is_composed() -> None:
    with pytest.raises(Refused) as refused:
        composed("model=modle.json")
    assert refused.value.findings[0].message == "the file `modle.json` does not exist"
    assert refused.value.findings[0].help == "`model` takes a preset or a file"


def test_a_folder_where_a_file_is_needed(here: Path) -> None:
    (here / "folder.json").mkdir()
    with pytest.raises(Refused, match=r"`folder\.json` is a folder; a file is needed"):
        composed("model=folder.json")


EXPERIMENT = """
defaults:
  - override /model: model.json
  - override /dataset: data.json
  - override /dataset@val_dataset: data.json
name: mine
val_every: 10
training:
  learning_rate: 1.0e-3
"""


def test_files_in_the_defaults_list_of_an_experiment_file(here: Path) -> None:
    (here / "mine.yaml").write_text(EXPERIMENT)
    for words in (("mine.yaml",), ("experiment=mine.yaml",)):
        tree = composed(*words, "batch_size=3").tree
        assert (tree["name"], tree["batch_size"], tree["model"]) == ("mine", 3, MODEL)
        assert tree["training"] == without_comments(INSIDE) | {"learning_rate": 1e-3}
        assert tree["dataset"] == tree["val_dataset"] == without_comments(DATA)


def test_an_experiment_file_may_build_on_a_shipped_experiment(here: Path) -> None:
    (here / "mine.yaml").write_text("defaults:\n  - quick_test\nbatch_size: 7\n")
    tree = composed("mine.yaml").tree
    assert (tree["name"], tree["batch_size"]) == ("quick_test", 7)


def test_an_experiment_may_be_written_in_json(here: Path) -> None:
    (here / "mine.json").write_text('{"name": "mine", "batch_size": 5}')
    assert composed("experiment=mine.json").tree["batch_size"] == 5


def test_a_missing_file_in_a_defaults_list(here: Path) -> None:
    (here / "mine.yaml").write_text("defaults:\n  - override /model: gone.json\n")
    with pytest.raises(Refused, match=r"the file `gone\.json` does not exist"):
        composed("mine.yaml")


def test_comments_are_left_out_everywhere() -> None:
    tree = composed("model=model.json", "dataset=data.json").tree
    assert "_about" not in tree["model"]
    assert "_note" not in tree["dataset"]["datasets"][0]


def test_a_run_folder_composes_to_what_its_file_says(here: Path, autoencoder_tree: dict[str, Any]) -> None:
    autoencoder_tree["training"] = {"learning_rate": 1e-5}
    (here / "experiment.yaml").write_text(yaml.safe_dump(autoencoder_tree, sort_keys=False))
    tree = composed("seed=7", config_name="experiment", config_dir=str(here)).tree
    assert tree == autoencoder_tree | {"seed": 7}, "no recipe slips in"
