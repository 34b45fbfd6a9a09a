"""The tree against the data models: tags of other versions, keys of a fork, and guidance for the groups that are needed."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from stable_audio_config import load_experiment, validate
from stable_audio_config.datamodels.base import plain
from stable_audio_config.datamodels.experiment import ExperimentConfig
from stable_audio_config.report.finding import Finding, Refused
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
    assert (finding.rule, finding.message) == ("removed-type", "`musicgen` was removed in 0.0.13")


@pytest.mark.parametrize("part", ["encoder", "decoder"])
def test_an_encoder_whose_class_is_not_in_the_package(autoencoder_tree: Tree, part: str) -> None:
    autoencoder_tree["model"]["model"][part]["type"] = "patched"
    (finding,) = findings(autoencoder_tree)
    assert finding.message == "`patched` is named by engine 0.0.20, but its class is not in the package"
    assert finding.path == ("model", "model", part, "type")


@pytest.mark.parametrize("part", ["encoder", "decoder"])
def test_a_coder_that_was_removed_is_not_called_unknown(autoencoder_tree: Tree, part: str) -> None:
    autoencoder_tree["model"]["model"][part]["type"] = "local_attn"
    (finding,) = findings(autoencoder_tree)
    assert (finding.rule, finding.message) == ("removed-type", "`local_attn` was removed in 0.0.20")
    assert finding.help == "use `same` or `taae`; weights cannot be carried over"


def test_a_patched_pretransform_is_fine(autoencoder_tree: Tree) -> None:
    pretransform = {"type": "patched", "config": {"channels": 1, "patch_size": 2}}
    autoencoder_tree["model"]["model"]["pretransform"] = pretransform
    assert plain(checked(autoencoder_tree, ExperimentConfig)) == autoencoder_tree


def test_a_tag_of_another_version_stands_among_the_other_mistakes(autoencoder_tree: Tree) -> None:
    autoencoder_tree["model"]["model"]["encoder"]["type"] = "patched"
    autoencoder_tree["model"]["model"]["decoder"]["type"] = "oobleckk"
    autoencoder_tree["batch_size"] = "4"
    assert [finding.rule for finding in findings(autoencoder_tree)] == ["wrong-type", "removed-type", "unknown-type"]


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


# Keys that a fork of the engine reads.


def forked(tree: Tree, *accepted: str) -> Tree:
    """A tree with keys that no data model knows: in the model, in one dataset of a list, in a section of its own."""
    tree["model"]["model"]["encoder"]["config"]["my_scale"] = 0.5
    tree["dataset"]["datasets"].append({"id": "b", "path": "more", "my_rate": 2})
    tree["training"]["my_losses"] = {"weights": [1, 2], "deeper": {"x": None}}
    return tree | {"accept_unknown": list(accepted)}


ALL = ("model.model.encoder.config.my_scale", "dataset.datasets.1.my_rate", "training.my_losses")


def test_accepted_keys_are_kept_and_handed_on(autoencoder_tree: Tree) -> None:
    tree = forked(autoencoder_tree, *ALL)
    experiment = checked(tree, ExperimentConfig)
    assert experiment.accept_unknown == ALL
    assert plain(experiment) == tree
    plain(experiment)["training"]["my_losses"]["weights"].append(3)
    assert plain(experiment) == tree, "every call gives containers of its own"
    assert experiment == checked(plain(experiment), ExperimentConfig)


def test_without_being_accepted_each_of_them_is_a_finding(autoencoder_tree: Tree) -> None:
    in_model, in_dataset, in_training = ALL
    for accepted, expected in (((), ALL), ((in_model,), (in_dataset, in_training))):
        found = findings(forked(copy.deepcopy(autoencoder_tree), *accepted))
        assert {(finding.rule, ".".join(map(str, finding.path))) for finding in found} == {
            ("unknown-key", path) for path in expected
        }


@pytest.mark.parametrize("left_out", ALL)
def test_unknown_keys_that_are_not_accepted_are_still_found(autoencoder_tree: Tree, left_out: str) -> None:
    (finding,) = findings(forked(autoencoder_tree, *(path for path in ALL if path != left_out)))
    assert (finding.rule, ".".join(map(str, finding.path))) == ("unknown-key", left_out)


def test_a_misspelt_key_beside_an_accepted_one_gets_its_suggestion(autoencoder_tree: Tree) -> None:
    tree = forked(autoencoder_tree, *ALL)
    tree["model"]["model"]["encoder"]["config"]["chanels"] = 8
    (finding,) = findings(tree)
    assert (finding.rule, finding.help) == ("unknown-key", "did you mean `channels`?")


def test_a_star_stands_for_the_number_of_a_list_item(autoencoder_tree: Tree) -> None:
    tree = forked(autoencoder_tree, ALL[0], ALL[2], "dataset.datasets.*.my_rate")
    tree["dataset"]["datasets"][0]["my_rate"] = 1
    assert plain(checked(tree, ExperimentConfig)) == tree
    tree["accept_unknown"] = [ALL[0], ALL[2], "dataset.*.my_rate"]
    assert [finding.path for finding in findings(tree)] == [("dataset", "datasets", index, "my_rate") for index in (0, 1)]


def test_known_keys_beside_accepted_ones_are_checked_as_ever(autoencoder_tree: Tree) -> None:
    tree = forked(autoencoder_tree, *ALL, "batch_size") | {"batch_size": "4"}
    tree["model"]["model"]["encoder"]["config"]["channels"] = 0
    assert [(finding.rule, finding.path) for finding in findings(tree)] == [
        ("wrong-value", ("model", "model", "encoder", "config", "channels"))
    ]
    tree["model"]["model"]["encoder"]["config"]["channels"] = 8
    assert [(finding.rule, finding.path) for finding in findings(tree)] == [("wrong-type", ("batch_size",))]


@pytest.mark.parametrize("names", ["training.my_losses", [5], {"training": 1}, None])
def test_a_list_of_accepted_keys_that_is_none_is_a_mistake_itself(autoencoder_tree: Tree, names: Any) -> None:
    (finding,) = findings(autoencoder_tree | {"accept_unknown": names})
    assert (finding.rule, finding.path[0]) == ("wrong-type", "accept_unknown")


def test_accepting_keys_for_one_experiment_accepts_none_for_the_next(autoencoder_tree: Tree) -> None:
    checked(forked(copy.deepcopy(autoencoder_tree), *ALL), ExperimentConfig)
    broken = forked(copy.deepcopy(autoencoder_tree), *ALL, "batch_size") | {"batch_size": "4"}
    assert len(findings(broken)) == 1
    assert [finding.rule for finding in findings(forked(autoencoder_tree))] == ["unknown-key"] * 3
