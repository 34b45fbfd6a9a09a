"""The tree against the data models: tags of other versions, and guidance for the groups that every experiment needs."""

from __future__ import annotations

from typing import Any

import pytest

from stable_audio_config import load_experiment, validate
from stable_audio_config.datamodels.experiment import ExperimentConfig
from stable_audio_config.report.finding import Finding, Refused
from stable_audio_config.validation.gone import gone_tags
from stable_audio_config.validation.structure import checked

Tree = dict[str, Any]


def findings(tree: Tree) -> list[Finding]:
    with pytest.raises(Refused) as refused:
        checked(tree, ExperimentConfig)
    return list(refused.value.findings)


def test_a_valid_tree_becomes_an_experiment(autoencoder_tree: Tree) -> None:
    assert checked(autoencoder_tree, ExperimentConfig) == validate(autoencoder_tree)


def test_a_model_type_of_an_older_engine(autoencoder_tree: Tree) -> None:
    autoencoder_tree["model"]["model_type"] = "musicgen"
    (finding,) = findings(autoencoder_tree)
    assert (finding.rule, finding.message) == ("removed-type", "`musicgen` is no longer in the engine")


@pytest.mark.parametrize("part", ["encoder", "decoder"])
def test_an_encoder_whose_class_is_not_in_the_package(autoencoder_tree: Tree, part: str) -> None:
    autoencoder_tree["model"]["model"][part]["type"] = "patched"
    (finding,) = findings(autoencoder_tree)
    assert finding.message == "`patched` is named by engine 0.0.20, but its class is not in the package"
    assert finding.path == ("model", "model", part, "type")


def test_a_patched_pretransform_is_fine() -> None:
    assert gone_tags({"pretransform": {"type": "patched"}, "type": 5, "list": [{"type": "patched"}]}) == []


def test_each_missing_group_is_told_with_what_may_stand_there(autoencoder_tree: Tree) -> None:
    for group in ("model", "dataset", "training"):
        del autoencoder_tree[group]
    found = findings(autoencoder_tree)
    assert [finding.path for finding in found] == [("model",), ("dataset",)], "a missing model explains a missing training"
    assert all(finding.help and finding.help.startswith("choose one: ") for finding in found)


def test_a_missing_training_section_alone(autoencoder_tree: Tree) -> None:
    del autoencoder_tree["training"]
    (finding,) = findings(autoencoder_tree)
    assert finding.help == "choose one: training=default, or training=my_training.yaml"


def test_the_python_door_raises_what_the_command_would_print(autoencoder_tree: Tree) -> None:
    autoencoder_tree["accum_batches"] = 2
    with pytest.raises(Refused, match="it must be 1"):
        validate(autoencoder_tree)
    with pytest.raises(Refused, match="it must be 1"):
        load_experiment("experiment=quick_test", "accum_batches=2")
