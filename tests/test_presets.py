"""The shipped presets: each composes and fits the data models, and none says something else than they do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from stable_audio_config import load_experiment
from stable_audio_config.compose.composer import Request, compose
from stable_audio_config.compose.places import GROUPS, SHIPPED, preset_names
from stable_audio_config.datamodels.experiment import RunOptions
from stable_audio_config.datamodels.inference import InferenceConfig
from stable_audio_config.datamodels.pre_encode import PreEncodeConfig
from stable_audio_config.validation.structure import checked

NEEDED = {
    "experiment=tiny_diffusion": ("dataset.datasets.0.path=latents",),
    "experiment=production_run": ("model=tiny_autoencoder", "dataset=synthetic", "name=mine"),
    "dataset=audio_dir": ("model=tiny_autoencoder", "dataset.datasets.0.path=sounds"),
    "dataset=pre_encoded": ("model=tiny_diffusion_cond", "dataset.datasets.0.path=latents", "training.pre_encoded=true"),
    "dataset=synthetic": ("model=tiny_autoencoder",),
    "training=default": ("model=tiny_autoencoder", "dataset=synthetic"),
    "training=autoencoder_adversarial": ("model=tiny_autoencoder", "dataset=synthetic"),
}
"""What a preset leaves to its user."""


def names(group: str) -> list[str]:
    return preset_names([SHIPPED], group)


def preset(path: str) -> dict[str, Any]:
    tree: dict[str, Any] = yaml.safe_load((SHIPPED / f"{path}.yaml").read_text(encoding="utf-8"))
    return tree


@pytest.mark.parametrize("model", names("model"))
def test_every_model_trains_with_the_default_recipe(model: str) -> None:
    experiment = load_experiment(f"model={model}", "dataset=synthetic")
    assert experiment.model.model_type in model
    assert type(experiment.training).__name__.lower().startswith(experiment.model.model_type.replace("_", ""))


@pytest.mark.parametrize("choice", [f"{group}={name}" for group in ("experiment", "dataset", "training") for name in names(group)])
def test_every_preset_becomes_an_experiment(choice: str) -> None:
    assert load_experiment(choice, *NEEDED.get(choice, ())).schema_version == 1


@pytest.mark.parametrize("name", names("pre_encode"))
def test_every_pre_encode_preset_becomes_a_pre_encoding(name: str) -> None:
    words = (f"pre_encode={name}", "dataset=synthetic", "ckpt_path=a.ckpt", "output_path=latents")
    assert checked(compose(Request(words, "pre_encode")).tree, PreEncodeConfig).model is None


@pytest.mark.parametrize("name", names("inference"))
def test_every_inference_preset_becomes_a_generation(name: str) -> None:
    words = (f"inference={name}", "ckpt_path=a.ckpt", *(["conditions=[{prompt: rain}]"] if name == "default" else []))
    assert checked(compose(Request(words, "inference")).tree, InferenceConfig).conditions


def optional(model: type[BaseModel], without: set[str]) -> dict[str, Any]:
    return {name: field.default for name, field in model.model_fields.items() if not field.is_required() and name not in without}


@pytest.mark.parametrize(
    ("file", "model", "groups"),
    [
        ("config", RunOptions, {"schema_version", "defaults", "hydra"}),
        ("pre_encode/default", PreEncodeConfig, {"model"}),
        ("inference/default", InferenceConfig, {"model"}),
    ],
)
def test_a_root_preset_states_the_defaults_of_its_data_model(file: str, model: type[BaseModel], groups: set[str]) -> None:
    written = {key: value for key, value in preset(file).items() if key not in groups and value != "???"}
    defaults = optional(model, groups)
    for name, default in defaults.items():
        assert name in written, f"conf/{file}.yaml does not name `{name}`, whose default is {default!r}"
        assert written[name] == default and type(written[name]) is type(default), (
            f"`{name}` is {written[name]!r} in conf/{file}.yaml, but {default!r} in {model.__name__}: say the same in both"
        )
    assert set(written) == set(defaults), f"conf/{file}.yaml names options that {model.__name__} does not have"


def test_what_a_root_preset_leaves_open_is_what_has_no_default() -> None:
    for file, model in (("pre_encode/default", PreEncodeConfig), ("inference/default", InferenceConfig)):
        open_keys = {key for key, value in preset(file).items() if value == "???"}
        assert open_keys == {name for name, field in model.model_fields.items() if field.is_required()} - {"dataset"}


def test_the_tiny_diffusion_model_holds_the_tiny_autoencoder() -> None:
    inside = preset("model/tiny_diffusion_cond")["model"]["pretransform"]["config"]
    assert inside == preset("model/tiny_autoencoder")["model"]


def test_every_preset_says_in_a_comment_what_it_is() -> None:
    for file in SHIPPED.rglob("*.yaml"):
        comments = [
            line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("#") and "@package" not in line
        ]
        assert comments, f"{file.relative_to(SHIPPED)} begins without a comment"


def test_only_recipes_for_known_model_types_stand_under_default() -> None:
    recipes = {file.stem for file in (SHIPPED / "training" / "_default").iterdir()}
    assert recipes == {preset(f"model/{name}")["model_type"] for name in names("model")}


@pytest.fixture(scope="module")
def stock_hydra() -> Iterator[None]:
    from hydra import initialize_config_dir

    from stable_audio_config.compose.resolvers import register_resolvers

    register_resolvers()
    with initialize_config_dir(str(SHIPPED), version_base=None):
        yield


STOCK = [
    ("config", "experiment=quick_test", "training=autoencoder_adversarial"),
    (
        "config",
        "experiment=quick_test",
        "training=autoencoder_adversarial",
        "batch_size=8",
        "model.model.encoder.config.strides=[2,2]",
    ),
    ("config", "experiment=production_run", "model=tiny_autoencoder", "training=autoencoder_adversarial", "~dataset"),
    ("config", "model=tiny_autoencoder", "dataset@val_dataset=synthetic", "training=autoencoder_adversarial"),
    ("pre_encode", "pre_encode=tiny", "ckpt_path=a", "output_path=b"),
    ("inference", "inference=tiny", "ckpt_path=a", "model=tiny_diffusion_cond"),
]


@pytest.mark.usefixtures("stock_hydra")
@pytest.mark.parametrize("words", STOCK, ids=lambda words: " ".join(words))
def test_hydra_itself_composes_the_same_values(words: tuple[str, ...]) -> None:
    assert stock(*words) == compose(Request(words[1:], words[0])).tree


@pytest.mark.usefixtures("stock_hydra")
@pytest.mark.parametrize("name", ["quick_test", "tiny_diffusion"])
def test_hydra_itself_composes_the_same_values_apart_from_the_settled_training(name: str) -> None:
    words = (f"experiment={name}", "dataset.datasets.0.path=data")
    theirs, ours = stock("config", *words), compose(Request(words)).tree
    written = theirs.pop("training")
    recipe = preset(f"training/_default/{ours['model']['model_type']}")
    assert ours.pop("training") == merged(recipe, written)
    assert ours == theirs


def merged(below: Any, above: Any) -> Any:
    if isinstance(below, dict) and isinstance(above, dict):
        return below | {key: merged(below.get(key), value) for key, value in above.items()}
    return above


def stock(root: str, *words: str) -> dict[str, Any]:
    from hydra import compose as hydra_compose
    from omegaconf import OmegaConf

    tree = OmegaConf.to_container(hydra_compose(root, overrides=list(words)), resolve=True)
    assert isinstance(tree, dict)
    return {str(key): value for key, value in tree.items()}


def test_every_group_has_presets_in_the_package() -> None:
    for group in GROUPS:
        assert names(group), group
    assert Path(SHIPPED, "config.yaml").is_file()
