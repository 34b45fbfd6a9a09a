"""The view that rules look through: defaults filled in, broken parts absent."""

from __future__ import annotations

from typing import Any

import pytest

from stable_audio_config.datamodels.shapes import shape
from stable_audio_config.validation.setup import dataset_setup, experiment_setup, model_setup
from stable_audio_config.validation.view import Absent, Broken, Node

Tree = dict[str, Any]


@pytest.fixture
def run(autoencoder_tree: Tree) -> Node:
    return experiment_setup(autoencoder_tree, Broken()).run


def view(tree: Tree, *broken: tuple[str | int, ...]) -> Node:
    return Node(tree, shape("experiment:ExperimentConfig"), (), Broken(broken), None)


def test_what_is_written_and_what_holds_without() -> None:
    node = view({"batch_size": 3})
    assert (node("batch_size"), node.written("batch_size"), node.has("batch_size")) == (3, True, True)
    assert (node("seed"), node.written("seed")) == (42, False)
    assert (node.has("max_time"), node.written("max_time.nothing")) == (False, False)


def test_what_is_not_there_is_absent() -> None:
    node = view({"ckpt_path": None})
    for keys in ("model", "model.model", "no_such_key", "seed.deeper"):
        with pytest.raises(Absent):
            node(keys)
    assert node("ckpt_path") is None
    with pytest.raises(Absent):
        node.given("ckpt_path")


def test_a_broken_value_and_what_is_around_it(autoencoder_tree: Tree) -> None:
    strides = ("model", "model", "encoder", "config", "strides")
    node = view(autoencoder_tree, (*strides, 1))
    with pytest.raises(Absent):
        node("model.model.encoder.config.strides")
    with pytest.raises(Absent):
        node("model.model.encoder")
    assert node("model.model.encoder.config.channels") == 16, "a part is there, less what is broken in it"
    with pytest.raises(Absent):
        view(autoencoder_tree, strides[:3]).part("model.model.encoder")
    assert view(autoencoder_tree, strides[:3]).part("model.model.decoder")("config.channels") == 16


def test_parts_know_their_place_and_what_is_around_them(run: Node) -> None:
    encoder = run.part("model.model.encoder")
    assert encoder.path == ("model", "model", "encoder")
    assert encoder.at("config.strides") == ("model", "model", "encoder", "config", "strides")
    assert encoder.above("AutoencoderConfig").path == ("model",)
    with pytest.raises(Absent):
        encoder.above("NoSuchModel")
    with pytest.raises(Absent):
        run.part("model.model.no_such_part")


def test_a_wrong_tag_makes_a_part_absent(autoencoder_tree: Tree) -> None:
    autoencoder_tree["model"]["model"]["encoder"]["type"] = "oobleckk"
    with pytest.raises(Absent):
        view(autoencoder_tree).part("model.model.encoder")


@pytest.mark.parametrize("value", [None, 5, [], "text", {"encoder": 5}, {"encoder": {"config": []}}])
def test_anything_may_stand_where_a_part_should(autoencoder_tree: Tree, value: Any) -> None:
    autoencoder_tree["model"]["model"] = value
    node = view(autoencoder_tree)
    assert [each.path for each in node.everything()]
    with pytest.raises(Absent):
        node("model.model.encoder.config.strides")


def test_the_items_of_a_list(run: Node) -> None:
    (entry,) = run.parts("dataset.datasets")
    assert entry.path == ("dataset", "datasets", 0)
    assert run.parts("dataset.no_such_list") == run.parts("nothing.at.all") == []
    assert view(run.tree, ("dataset", "datasets", 0)).parts("dataset.datasets") == []


def test_every_node_once(run: Node) -> None:
    paths = [node.path for node in run.everything()]
    assert len(paths) == len(set(paths))
    assert {(), ("model",), ("model", "model", "encoder", "config"), ("dataset", "datasets", 0)} <= set(paths)


def test_a_file_holds_only_some_parts(autoencoder_tree: Tree) -> None:
    model = model_setup({**autoencoder_tree["model"], "training": autoencoder_tree["training"]}, Broken())
    assert (model.model.path, model.training.path, model.model_type) == ((), ("training",), "autoencoder")
    assert [node.path for node in model.named("OobleckEncoderConfig")] == [("model", "encoder", "config")]
    data = dataset_setup(autoencoder_tree["dataset"], Broken())
    assert data.datasets == [data.dataset]
    for setup, names in ((model, ("run", "dataset")), (data, ("run", "model", "training"))):
        for name in names:
            with pytest.raises(Absent):
                getattr(setup, name)


def test_trees_of_no_known_kind_have_no_parts() -> None:
    for tree in ({}, {"model_type": 5}, {"model_type": "nothing"}):
        assert model_setup(tree, Broken()).nodes == ()
        assert dataset_setup(tree, Broken()).datasets == []
    assert experiment_setup({"model": [], "training": 5, "dataset": None}, Broken()).nodes
