"""Every published config as a preset: the YAML says what the JSON says, key for key, and its comments count right."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from omegaconf import OmegaConf

from stable_audio_config.compose.places import SHIPPED
from stable_audio_config.compose.reading import read_config

LINEAGE = "\n# Lineage: "
"""What the presets of others say in a comment, and ours do not."""

PUBLISHED = Path(__file__).parent / "published"
MODELS = sorted(file.stem for file in PUBLISHED.glob("*.json"))
DATASETS = sorted(file.stem for file in (PUBLISHED / "datasets").glob("*.json"))
SMALL = ("stable_audio_3_small_music", "stable_audio_3_small_sfx")
WITHOUT_JSON = ("stable_audio_open_small", "stable_audio_open_small_base", *SMALL, *(f"{name}_base" for name in SMALL))
"""Open models whose file no public source holds in full; the comment of each preset says where its values come from."""

HASHES = {
    "stable_audio_3_medium": "4f8846649df59167e1792d134acb6fc2bb7105227c5455300bad6cb107e20c88",
    "stable_audio_3_medium_base": "27e2a299f0bda6ff742d3387398f929299575642f2c6a4d4c4f94830928fd0d5",
}
"""SHA-256 of the files on Hugging Face, as others have recorded it."""


def published(name: str) -> dict[str, Any]:
    tree: dict[str, Any] = without_comments(json.loads((PUBLISHED / f"{name}.json").read_text(encoding="utf-8")))
    return tree


def without_comments(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_comments(item) for key, item in value.items() if not key.startswith("_")}
    return [without_comments(item) for item in value] if isinstance(value, list) else value


def preset(path: str) -> dict[str, Any]:
    tree = OmegaConf.to_container(read_config(SHIPPED / f"{path}.yaml"))
    assert isinstance(tree, dict)
    return {str(key): value for key, value in tree.items()}


def written(tree: Any) -> str:
    """As text, so that 1, 1.0 and true are three things."""
    return json.dumps(tree, sort_keys=True, indent=1)


def presets_of_others() -> list[Path]:
    files = [file for group in ("model", "training", "dataset") for file in sorted((SHIPPED / group).glob("*.yaml"))]
    return [file for file in files if LINEAGE in file.read_text(encoding="utf-8")]


@pytest.mark.parametrize("name", MODELS)
def test_model_and_training_preset_together_say_what_the_published_file_says(name: str) -> None:
    assert written({**preset(f"model/{name}"), "training": preset(f"training/{name}")}) == written(published(name))


@pytest.mark.parametrize("name", DATASETS)
def test_a_dataset_preset_says_what_the_published_example_says(name: str) -> None:
    assert written(preset(f"dataset/{name}")) == written(published(f"datasets/{name}"))


def test_every_preset_of_a_published_model_is_compared_with_its_source() -> None:
    assert {file.stem for file in presets_of_others()} == {*MODELS, *DATASETS, *WITHOUT_JSON}


@pytest.mark.parametrize("file", presets_of_others(), ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_plain_yaml_reads_the_same_values_as_omegaconf(file: Path) -> None:
    plain = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert written(plain) == written(preset(f"{file.parent.name}/{file.stem}")), "write 1.0e-4: PyYAML takes 1e-4 for text"


@pytest.mark.parametrize("file", presets_of_others(), ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_preset_of_others_begins_with_what_it_is_and_says_once_where_it_comes_from(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    comments = lines[: next(index for index, line in enumerate(lines) if not line.startswith("# "))]
    assert not comments[0].startswith(LINEAGE.strip())
    assert [line.startswith(LINEAGE.strip()) for line in comments].count(True) == 1
    assert max(map(len, comments)) <= 132


@pytest.mark.parametrize("name", [*MODELS, *WITHOUT_JSON])
def test_the_seconds_and_frames_beside_sample_size_are_right(name: str) -> None:
    model = preset(f"model/{name}")
    text = (SHIPPED / f"model/{name}.yaml").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("sample_size:"))
    said = re.search(r"# (?P<seconds>[\d.]+) s at (?P<rate>[\d.]+) kHz(, (?P<frames>\d+) latent frames)?$", line)
    assert said is not None, line
    decimals = len(said["seconds"].partition(".")[2])
    assert float(said["rate"]) * 1000 == model["sample_rate"]
    assert float(said["seconds"]) == round(model["sample_size"] / model["sample_rate"], decimals)
    ratio = ratio_of(model["model"])
    assert (int(said["frames"]) if said["frames"] else None) == (model["sample_size"] // ratio if ratio else None)
    assert not ratio or model["sample_size"] % ratio == 0


def ratio_of(model: dict[str, Any]) -> int | None:
    inside = model.get("pretransform", {}).get("config", {})
    ratio: int | None = model.get("downsampling_ratio") or inside.get("downsampling_ratio")
    return ratio


@pytest.mark.parametrize("name", HASHES)
def test_the_file_holds_the_published_values_in_the_published_order(name: str) -> None:
    text = json.dumps(json.loads((PUBLISHED / f"{name}.json").read_text(encoding="utf-8")), indent=4)
    assert sha256(text.encode()).hexdigest() == HASHES[name]


@pytest.mark.parametrize(
    ("diffusion", "autoencoder"), [("stable_audio_1_0", "stable_audio_1_0_vae"), ("stable_audio_2_0", "stable_audio_2_0_vae")]
)
def test_a_diffusion_model_holds_the_autoencoder_of_its_name(diffusion: str, autoencoder: str) -> None:
    assert preset(f"model/{diffusion}")["model"]["pretransform"]["config"] == preset(f"model/{autoencoder}")["model"]


@pytest.mark.parametrize("name", ["stable_audio_open_1_0", "stable_audio_open_small", "stable_audio_open_small_base"])
def test_the_open_models_hold_the_autoencoder_of_stable_audio_2_with_its_encoder_frozen(name: str) -> None:
    inside = preset(f"model/{name}")["model"]["pretransform"]["config"]
    assert inside["encoder"].pop("requires_grad") is False
    assert inside == preset("model/stable_audio_2_0_vae")["model"]


@pytest.mark.parametrize(
    ("one", "other", "differences"),
    [
        (
            "stable_audio_open_small",
            "stable_audio_open_small_base",
            {
                "model.diffusion.diffusion_objective",
                "model.diffusion.distribution_shift_options.min_length",
                "model.diffusion.distribution_shift_options.max_length",
            },
        ),
        ("stable_audio_3_medium", "stable_audio_3_medium_base", {"model.diffusion.diffusion_objective"}),
        ("stable_audio_3_small_music", "stable_audio_3_small_sfx", {"model.conditioning.configs.0.config.repo_id"}),
        (
            "stable_audio_3_small_music",
            "stable_audio_3_small_music_base",
            {"sample_size", "model.diffusion.diffusion_objective"},
        ),
        (
            "stable_audio_3_small_sfx",
            "stable_audio_3_small_sfx_base",
            {"sample_size", "model.diffusion.diffusion_objective", "model.pretransform.scale"},
        ),
    ],
)
def test_sisters_differ_only_where_they_were_published_to_differ(one: str, other: str, differences: set[str]) -> None:
    left, right = leaves(preset(f"model/{one}")), leaves(preset(f"model/{other}"))
    assert {key for key in {*left, *right} if left.get(key) != right.get(key)} == differences


def leaves(value: Any, key: str = "") -> dict[str, Any]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        return {key: value}
    return {path: leaf for name, item in items for path, leaf in leaves(item, f"{key}.{name}" if key else str(name)).items()}
