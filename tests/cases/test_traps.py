"""Traps in the engine's own scripts: the T rows of CASES. Our entry point does not have them."""
# ruff: noqa: N802  The tests bear the names of the rows.

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import stable_audio_config
from stable_audio_config.compose.composer import Request, compose
from stable_audio_config.datamodels.base import plain
from stable_audio_config.datamodels.experiment import ExperimentConfig
from stable_audio_config.datamodels.pre_encode import PreEncodeConfig
from stable_audio_config.report.finding import Finding
from stable_audio_config.validation.check import check_words
from stable_audio_config.validation.checkpoint_files import checkpoint_problems

Tree = dict[str, Any]
SOURCE = Path(stable_audio_config.__file__).parent
PUBLISHED = Path(__file__).parent.parent / "published"
HERE = Path(__file__).parent

MINE = "defaults:\n  - override /model: tiny_autoencoder\n  - override /dataset: synthetic\nname: mine\n"
"""Line 5 is the first one that a test adds."""


def source_of(*rooms: str) -> str:
    return "".join(file.read_text(encoding="utf-8") for room in rooms for file in (SOURCE / room).rglob("*.py"))


def published(name: str) -> Tree:
    tree: Tree = json.loads((PUBLISHED / f"{name}.json").read_text(encoding="utf-8"))
    return tree


def test_T01_what_the_engine_is_given_is_a_copy(autoencoder_tree: Tree) -> None:
    experiment = ExperimentConfig.model_validate(autoencoder_tree)
    plain(experiment.model)["model"]["encoder"]["config"]["strides"].reverse()
    assert plain(experiment.model)["model"]["encoder"]["config"]["strides"] == [2, 4, 4, 8]


def test_T02_the_name_in_a_file_counts(found_in: Callable[..., list[Finding]]) -> None:
    assert found_in(MINE + "project: rain\n") == []
    assert (compose(Request(("mine.yaml",))).tree["name"], compose(Request(("mine.yaml", "name=his"))).tree["name"]) == (
        "mine",
        "his",
    )


@pytest.mark.parametrize("word", ["true", "false"])
def test_T03_a_truth_is_a_truth_and_a_text_is_a_text(one: Callable[..., Finding], word: str) -> None:
    finding = one(MINE + f"recover: '{word}'\n", "wrong-type")
    assert (finding.line, finding.message) == (5, f'`recover` must be true or false, not "{word}"')
    assert compose(Request(("experiment=quick_test", f"recover={word}"))).tree["recover"] is (word == "true")


def test_T04_no_abbreviations(one: Callable[..., Finding]) -> None:
    assert one(MINE + "num: 3\n", "unknown-key").path == ("num",)
    (finding,) = check_words(("experiment=quick_test", "num=3"))
    assert (finding.rule, finding.severity, finding.source, finding.excerpt) == ("unknown-key", "error", "command line", "num=3")


def test_T05_every_run_option_is_read_somewhere() -> None:
    text = source_of("cli", "engine")
    unread = {name for name in ExperimentConfig.model_fields if f"experiment.{name}" not in text}
    assert unread <= {"schema_version", "plugins", "accept_unknown"}, "those are for whoever composes and checks"


def test_T06_an_empty_strategy(one: Callable[..., Finding]) -> None:
    assert one(MINE + "strategy: ''\n", "wrong-value").path == ("strategy",)


def test_T07_an_unknown_logger(one: Callable[..., Finding]) -> None:
    assert one(MINE + "logger: wandbb\n", "wrong-value").help == "did you mean `wandb`?"


def test_T08_a_wrong_checkpoint_is_not_passed_over(checkpoint: Callable[..., Path]) -> None:
    checkpoint(Path("clap.ckpt"), "audio_branch.w", "text_branch.w")
    (finding,) = checkpoint_problems("clap.ckpt", "pretrained_ckpt_path", "model", "autoencoder")
    assert finding.severity == "error"


def test_T09_a_typo_in_the_type_of_a_network(one: Callable[..., Finding]) -> None:
    tree = published("stable_audio_2_0")
    tree["model"]["diffusion"]["type"] = "ditt"
    finding = one(tree, "unknown-type", "model.json")
    assert (finding.path, finding.help) == (("model", "diffusion", "type"), "did you mean `dit`?")


def test_T10_two_switches_for_latents(one: Callable[..., Finding]) -> None:
    text = MINE.replace("tiny_autoencoder", "tiny_diffusion_cond").replace("synthetic", "pre_encoded")
    text += "dataset: {datasets: [{id: a, path: latents}]}\ntraining: {pre_encoded: false}\n"
    finding = one(text, "pre-encoded")
    assert (finding.severity, finding.path) == ("error", ("training", "pre_encoded"))


def test_T11_no_workers_are_no_mistake(found_in: Callable[..., list[Finding]]) -> None:
    assert found_in(MINE + "num_workers: 0\n") == []


def test_T12_four_channels_are_stereo(one: Callable[..., Finding]) -> None:
    finding = one(MINE + "model: {audio_channels: 4}\n", "audio-channels")
    assert (finding.severity, finding.line) == ("warning", 5)


def test_T13_tar_files_from_nowhere(one: Callable[..., Finding]) -> None:
    finding = one({"dataset_type": "wds", "datasets": [{"id": "a"}]}, "missing-key", "data.json")
    assert (finding.severity, finding.path[:2]) == ("error", ("datasets", 0))


def test_T14_metadata_of_another_folder(one: Callable[..., Finding]) -> None:
    entries = [{"id": name, "path": f"/data/{name}", "custom_metadata_module": f"{name}.py"} for name in ("a", "ab")]
    assert one({"dataset_type": "audio_dir", "datasets": entries}, "dataset-paths", "data.json").severity == "error"


def test_T15_fewer_files_than_a_batch_and_none_at_all(autoencoder_tree: Tree, before_a_run: Callable[..., list[Finding]]) -> None:
    Path("sounds").mkdir()
    autoencoder_tree["dataset"] = {"dataset_type": "audio_dir", "datasets": [{"id": "a", "path": "sounds"}]}
    assert [finding.rule for finding in before_a_run(autoencoder_tree)] == ["no-files"]
    Path("sounds", "a.wav").touch()
    assert [finding.rule for finding in before_a_run(autoencoder_tree)] == ["too-few-files"]


def test_T16_a_learning_rate_beside_optimizers(one: Callable[..., Finding]) -> None:
    tree = published("stable_audio_2_0")
    tree["training"]["learning_rate"] = 0.1
    finding = one(tree, "learning-rate", "model.json")
    assert finding.message == "`learning_rate` is 0.1, but the `lr` in `optimizer_configs` is what counts"


@pytest.mark.parametrize("key", ["num_demos", "demo_cfg_scales"])
def test_T17_a_demo_that_would_fail_is_told_before_the_first_step(one: Callable[..., Finding], key: str) -> None:
    tree = published("stable_audio_2_0")
    del tree["training"]["demo"][key]
    finding = one(tree, "missing-key", "model.json")
    assert (finding.severity, finding.path) == ("error", ("training", "demo", key))


def test_T18_pre_encoding_needs_its_model_and_obeys_its_limit() -> None:
    required = {name for name, field in PreEncodeConfig.model_fields.items() if field.is_required()}
    assert required == {"ckpt_path", "dataset", "output_path"}
    text = (SOURCE / "engine" / "pre_encode.py").read_text(encoding="utf-8")
    assert "config.limit_batches" in text
    assert '"config": options' in text, "what was used is written down, not where it stood"


def test_T19_the_length_for_pre_encoding_is_compared_with_the_model() -> None:
    assert "downsampling_ratio" in (SOURCE / "engine" / "pre_encode.py").read_text(encoding="utf-8")


def test_T20_no_parser_that_needs_what_python_dropped() -> None:
    imported = set(re.findall(r"^\s*(?:import|from) (\w+)", source_of("."), re.M))
    assert not imported & {"prefigure", "distutils"}


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [("latent_dim", 64, "latent-width"), ("downsampling_ratio", 512, "downsampling-ratio"), ("io_channels", 1, "channels")],
)
def test_T21_what_is_said_twice_is_compared(one: Callable[..., Finding], key: str, value: int, rule: str) -> None:
    finding = one(MINE + f"model: {{model: {{{key}: {value}}}}}\n", rule)
    assert (finding.path, finding.line) == (("model", "model", key), 5)


def test_every_row_has_its_test() -> None:
    text = "".join((HERE / name).read_text(encoding="utf-8") for name in ("test_threads.py", "test_traps.py"))
    rows = {f"S{number:02}" for number in range(1, 34)} | {f"T{number:02}" for number in range(1, 22)}
    assert set(re.findall(r"^def test_([ST]\d\d)_", text, re.M)) == rows
