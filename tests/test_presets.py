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
from stable_audio_config.datamodels.kinds import KINDS, TRAINING
from stable_audio_config.datamodels.pre_encode import PreEncodeConfig
from stable_audio_config.validation.judge import judge
from stable_audio_config.validation.structure import checked

NEEDED = {
    "experiment=tiny_diffusion": ("dataset.datasets.0.path=latents",),
    "experiment=production_run": ("model=tiny_autoencoder", "dataset=synthetic", "name=mine"),
    "dataset=audio_dir": ("model=tiny_autoencoder", "dataset.datasets.0.path=sounds"),
    "dataset=pre_encoded": ("model=tiny_diffusion_cond", "dataset.datasets.0.path=latents", "training.pre_encoded=true"),
}
"""What experiments and datasets leave to their user; other datasets go with `model=tiny_autoencoder`."""

BROKEN = {
    **dict.fromkeys(
        ("dance_diffusion_base", "dance_diffusion_base_16k", "dance_diffusion_base_44k", "dance_diffusion_large"),
        "engine 0.0.20 cannot build `DAU1d`",
    ),
    "stable_audio_1_0": "every forward pass of `adp_cfg_1d` fails in engine 0.0.20",
    "tiny_lm": "every step of a language model fails in engine 0.0.20",
}
"""Models that are there to be read and compared: checking them gives the finding `broken-in-engine`, and no other error."""


def names(group: str) -> list[str]:
    return preset_names([SHIPPED], group)


def preset(path: str) -> dict[str, Any]:
    tree: dict[str, Any] = yaml.safe_load((SHIPPED / f"{path}.yaml").read_text(encoding="utf-8"))
    return tree


def errors(*words: str) -> set[str]:
    """The rules that find an error in the experiment, whose structure is right."""
    experiment, found = judge(compose(Request(words)).tree)
    assert experiment is not None
    return {finding.rule for finding in found if finding.severity == "error"}


def data_for(*words: str) -> tuple[str, ...]:
    """The words that choose data of the kind that the training section asks for."""
    latents = compose(Request(words)).tree["training"].get("pre_encoded", False)
    return ("dataset=pre_encoded", "dataset.datasets.0.path=latents") if latents else ("dataset=synthetic",)


def known(model: str) -> set[str]:
    return {"broken-in-engine"} if model in BROKEN else set()


@pytest.mark.parametrize("model", names("model"))
def test_every_model_with_the_training_section_of_its_name_or_type_has_no_error_but_the_known(model: str) -> None:
    word = f"model={model}"
    assert errors(word, *data_for(word)) == known(model)


@pytest.mark.parametrize("model", names("model"))
def test_every_model_with_the_recipe_of_its_type_has_no_error_but_the_known(model: str) -> None:
    words = (f"model={model}", f"training=_default/{preset(f'model/{model}')['model_type']}")
    assert errors(*words, *data_for(*words)) == known(model)


@pytest.mark.parametrize("name", names("training"))
def test_every_training_preset_fits_the_model_of_its_name(name: str) -> None:
    model = name if name in names("model") else "tiny_autoencoder"
    words = (f"model={model}", f"training={name}")
    assert errors(*words, *data_for(*words)) == known(model)


def test_a_training_preset_of_a_broken_model_may_fit_another() -> None:
    assert errors("model=tiny_diffusion_uncond", "training=dance_diffusion_base", "dataset=synthetic") == set()


@pytest.mark.parametrize("choice", [f"{group}={name}" for group in ("experiment", "dataset") for name in names(group)])
def test_every_preset_becomes_an_experiment(choice: str) -> None:
    needed = NEEDED.get(choice, ("model=tiny_autoencoder",) if choice.startswith("dataset=") else ())
    assert load_experiment(choice, *needed).schema_version == 1


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


@pytest.mark.parametrize("model", ["tiny_diffusion_cond", "tiny_diffusion_cond_inpaint", "tiny_diffusion_uncond"])
def test_a_tiny_diffusion_model_holds_the_tiny_autoencoder(model: str) -> None:
    inside = preset(f"model/{model}")["model"]["pretransform"]["config"]
    assert inside == preset("model/tiny_autoencoder")["model"]


def test_every_model_type_has_a_tiny_preset_of_its_name() -> None:
    tiny = {name.removeprefix("tiny_"): preset(f"model/{name}") for name in names("model") if name.startswith("tiny_")}
    assert {name: model["model_type"] for name, model in tiny.items()} == {tag: tag for tag in KINDS["model"].tags()}
    assert {(model["sample_rate"], model["sample_size"]) for model in tiny.values()} == {(44100, 32768)}


def test_every_preset_says_in_a_comment_what_it_is() -> None:
    for file in SHIPPED.rglob("*.yaml"):
        comments = [
            line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("#") and "@package" not in line
        ]
        assert comments, f"{file.relative_to(SHIPPED)} begins without a comment"


def test_every_model_type_has_a_recipe_and_nothing_else_stands_under_default() -> None:
    recipes = [file.name for file in (SHIPPED / "training" / "_default").iterdir()]
    assert sorted(recipes) == sorted(f"{tag}.yaml" for tag in TRAINING.tags())


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
