"""What a released version wrote is read by every later one: a folder of frozen files for each version of the format, 1 upwards.

A file in them is never changed; `SHA256SUMS` says what they were. A new version gets a folder of its own.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from stable_audio_config.compose.composer import Request, compose
from stable_audio_config.datamodels.base import plain
from stable_audio_config.datamodels.experiment import SCHEMA_VERSION, ExperimentConfig
from stable_audio_config.datamodels.inference import InferenceConfig
from stable_audio_config.datamodels.pre_encode import PreEncodeConfig
from stable_audio_config.validation.structure import checked
from stable_audio_config.versions.schema import carried_to

HERE = Path(__file__).parent
VERSIONS = sorted((folder for folder in HERE.iterdir() if folder.name.isdigit()), key=lambda folder: int(folder.name))
EXPERIMENTS = sorted(HERE.glob("[0-9]*/*.yaml"))
OTHERS = [*HERE.glob("[0-9]*/pre_encode/*.yaml"), *HERE.glob("[0-9]*/inference/*.yaml")]


def name_of(file: Path) -> str:
    return str(file.relative_to(HERE))


def torch_file(path: Path, **content: Any) -> Path:
    """A checkpoint without weights."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"state_dict": {}, **content}, 2))
    return path


def test_every_version_has_its_folder() -> None:
    assert [int(folder.name) for folder in VERSIONS] == list(range(1, SCHEMA_VERSION + 1))


@pytest.mark.parametrize("folder", VERSIONS, ids=lambda folder: folder.name)
def test_no_frozen_file_was_changed(folder: Path) -> None:
    lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    listed = {name.strip(): digest for digest, _, name in (line.partition("  ") for line in lines)}
    files = {f"./{file.relative_to(folder)}" for file in folder.rglob("*") if file.is_file() and file.name != "SHA256SUMS"}
    assert set(listed) == files
    for name, digest in listed.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, f"{name} is frozen"


def test_each_type_of_model_is_among_them() -> None:
    types = {yaml.safe_load(file.read_text(encoding="utf-8")).get("model", {}).get("model_type") for file in EXPERIMENTS}
    assert types >= {
        "autoencoder", "diffusion_uncond", "diffusion_cond", "diffusion_cond_inpaint", "diffusion_autoencoder", "lm", "clap",
    }  # fmt: skip


@pytest.mark.parametrize("file", EXPERIMENTS, ids=name_of)
def test_a_frozen_experiment_loads(file: Path) -> None:
    composed = compose(Request((str(file),))).tree
    experiment = checked(composed, ExperimentConfig)
    assert experiment.schema_version == SCHEMA_VERSION
    written = yaml.safe_load(file.read_text(encoding="utf-8"))
    if "defaults" not in written:
        assert plain(experiment) == carried_to(written).tree, "nothing is lost, and nothing added"


@pytest.mark.parametrize("file", OTHERS, ids=name_of)
def test_a_frozen_file_for_another_command_loads(file: Path) -> None:
    kind = file.parent.name
    tree = compose(Request((f"{kind}={file}",), kind)).tree
    checked(tree, PreEncodeConfig if kind == "pre_encode" else InferenceConfig)


@pytest.mark.parametrize("folder", VERSIONS, ids=lambda folder: folder.name)
def test_what_a_checkpoint_of_that_version_carries_is_shown(folder: Path, sat: Callable[..., Any], tmp_path: Path) -> None:
    carried = json.loads((folder / "checkpoint" / "beside_the_weights.json").read_text(encoding="utf-8"))
    path = torch_file(tmp_path / "a.ckpt", model_config={"model_type": "autoencoder"}, stable_audio_config=carried)
    result = sat("show", str(path))
    assert (result.code, result.err) == (0, "")
    shown = yaml.safe_load(result.out)
    assert {key: shown[key] for key in carried["experiment"]} == carried["experiment"]
    assert yaml.safe_load(sat("show", "--versions", str(path)).out) == carried["versions"]


@pytest.mark.parametrize("words", [("train", "--cfg"), ("validate",), ("explain", "training.learning_rate")])
def test_what_a_run_has_saved_takes_nothing_from_presets(sat: Callable[..., Any], words: tuple[str, ...]) -> None:
    """The recipe for the model's type has another optimizer and a demo, neither of which the experiment that was saved has."""
    file = str(HERE / "1" / "stable_audio_2_0.yaml")
    result = sat(words[0], *([file] if words[0] != "explain" else [words[1], file]), *words[1:2] * (words[0] == "train"))
    assert "_default" not in result.out + result.err
    if words[0] == "train":
        assert yaml.safe_load(result.out)["training"] == yaml.safe_load(Path(file).read_text(encoding="utf-8"))["training"]
