"""What engine 0.0.20 accepts and cannot run: each check on a tree that breaks it, and silent on the ones that do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from stable_audio_config.report.finding import Finding
from stable_audio_config.validation.judge import judge
from stable_audio_config.validation.rule import apply_rules
from stable_audio_config.validation.setup import experiment_setup
from stable_audio_config.validation.view import Broken

Tree = dict[str, Any]


HERE = ("manual-optimisation", "broken-in-engine", "missing-key", "demo-count", "pre-encoded", "validation", "checkpoint")
"""The rules that these tests are about; those of each subject have tests of their own in `rules/`."""


def engine_limits(tree: Tree) -> list[Finding]:
    found = apply_rules(experiment_setup(tree, Broken()))
    return [replace(finding, fix=None, related=()) for finding in found if finding.rule in HERE]


def only(tree: Tree) -> Finding:
    (finding,) = engine_limits(tree)
    return finding


def test_the_shipped_experiments_are_within_the_limits(autoencoder_tree: Tree, diffusion_tree: Tree) -> None:
    assert engine_limits(autoencoder_tree) == []
    assert engine_limits(diffusion_tree) == []


def test_a_broken_tree_is_no_reason_to_fail() -> None:
    for tree in ({}, {"model": None, "training": None, "dataset": None}, {"model": {"model": 5}, "dataset": {}}):
        experiment, found = judge(tree)
        assert experiment is None
        assert all(isinstance(finding, Finding) for finding in found)


def test_manual_optimisation_allows_no_clipping_and_no_accumulation(autoencoder_tree: Tree) -> None:
    autoencoder_tree["gradient_clip_val"] = 0.5
    assert only(autoencoder_tree) == Finding(
        rule="manual-optimisation",
        message="`gradient_clip_val` is 0.5, but an autoencoder steps its optimizers by hand and Lightning refuses to clip for it",
        path=("gradient_clip_val",),
        help="write training.clip_grad_norm=0.5 gradient_clip_val=0",
    )
    autoencoder_tree |= {"gradient_clip_val": 0, "accum_batches": 2}
    assert only(autoencoder_tree).path == ("accum_batches",)


def test_a_diffusion_model_may_clip_and_accumulate_except_with_arc(diffusion_tree: Tree) -> None:
    diffusion_tree |= {"gradient_clip_val": 1.0, "accum_batches": 4}
    assert engine_limits(diffusion_tree) == []
    diffusion_tree["training"]["arc"] = {}
    found = [finding for finding in engine_limits(diffusion_tree) if finding.rule == "manual-optimisation"]
    assert [finding.message.partition(", but ")[2][:3] for finding in found] == ["ARC", "ARC"]


@pytest.mark.parametrize(
    ("place", "tag", "help"),
    [
        (("diffusion",), "adp_1d", "use `dit`"),
        (("diffusion",), "adp_cfg_1d", "use `dit`, or engine 0.0.19"),
        (("pretransform",), "pqmf", "use `wavelet` or `patched`"),
        (("conditioning", "configs", 1), "clap_audio", "use `sat_clap_audio`"),
    ],
)
def test_parts_that_the_engine_names_and_cannot_run(diffusion_tree: Tree, place: tuple[Any, ...], tag: str, help: str) -> None:
    node: Any = diffusion_tree["model"]["model"]
    for step in place:
        node = node[step]
    node["type"] = tag
    finding = only(diffusion_tree)
    assert finding.message.startswith(f"`{tag}` cannot run in engine 0.0.20: ")
    assert (finding.rule, finding.path, finding.help) == ("broken-in-engine", ("model", "model", *place, "type"), help)


def test_a_decoder_loss(autoencoder_tree: Tree) -> None:
    autoencoder_tree["training"]["decoder_loss"] = True
    assert only(autoencoder_tree).path == ("training", "decoder_loss")


def test_loss_info_on_one_device(diffusion_tree: Tree) -> None:
    diffusion_tree["training"]["log_loss_info"] = True
    assert engine_limits(diffusion_tree) == [], "devices: auto may be several"
    diffusion_tree["devices"] = 1
    assert only(diffusion_tree).help == "set it to false"
    diffusion_tree["num_nodes"] = 2
    assert engine_limits(diffusion_tree) == []


@pytest.mark.parametrize(
    ("group", "key", "message"),
    [
        (("model", "model"), "conditioning", "`conditioning` is missing: the first training step would fail"),
        (("model",), "sample_size", "`sample_size` is missing: training needs it"),
        (("training",), "optimizer_configs", "neither `learning_rate` nor `optimizer_configs` is set"),
    ],
)
def test_what_the_models_allow_to_leave_out_and_training_needs(
    diffusion_tree: Tree, group: tuple[str, ...], key: str, message: str
) -> None:
    node: Any = diffusion_tree
    for step in group:
        node = node[step]
    del node[key]
    finding = only(diffusion_tree)
    assert (finding.rule, finding.message) == ("missing-key", message)
    assert finding.help


def test_as_many_demos_as_conditions(diffusion_tree: Tree) -> None:
    demo = diffusion_tree["training"]["demo"]
    demo["num_demos"] = 3
    assert only(diffusion_tree) == Finding(
        rule="demo-count",
        message="`num_demos` is 3, but `demo_cond` has 5 entries: the first demo would fail",
        path=("training", "demo", "num_demos"),
        help="set it to 5",
    )
    demo["demo_cond_from_batch"] = True
    del demo["demo_cond"]
    assert engine_limits(diffusion_tree) == []
    demo["num_demos"] = 9
    assert only(diffusion_tree).message == "`num_demos` is 9, but a batch holds only 8 conditions"
    del diffusion_tree["training"]["demo"]
    assert engine_limits(diffusion_tree) == [], "no demos are made"


def test_latents_on_both_sides_or_on_none(diffusion_tree: Tree) -> None:
    diffusion_tree["training"]["pre_encoded"] = False
    finding = only(diffusion_tree)
    assert finding.message == "`dataset` holds latents, but `training.pre_encoded` is false: training expects audio"
    assert finding.help == "set training.pre_encoded=true"
    diffusion_tree["dataset"]["dataset_type"] = "audio_dir"
    assert engine_limits(diffusion_tree) == []
    diffusion_tree["dataset"] = {"dataset_type": "wds", "pre_encoded": True}
    assert only(diffusion_tree).rule == "pre-encoded"
    diffusion_tree["training"]["pre_encoded"] = True
    diffusion_tree |= {"val_dataset": {"dataset_type": "audio_dir"}, "val_every": 10}
    assert only(diffusion_tree).message.startswith("`val_dataset` holds audio, but `training.pre_encoded` is true")


def test_validation_needs_both_its_halves(autoencoder_tree: Tree) -> None:
    autoencoder_tree["val_every"] = 10
    assert (only(autoencoder_tree).severity, only(autoencoder_tree).path) == ("error", ("val_every",))
    autoencoder_tree["val_dataset"] = autoencoder_tree["dataset"]
    assert engine_limits(autoencoder_tree) == []
    autoencoder_tree["val_every"] = -1
    assert (only(autoencoder_tree).severity, only(autoencoder_tree).path) == ("warning", ("val_dataset",))


def test_a_run_goes_on_from_one_place(autoencoder_tree: Tree) -> None:
    autoencoder_tree |= {"recover": True}
    assert engine_limits(autoencoder_tree) == []
    autoencoder_tree |= {"ckpt_path": "last.ckpt"}
    assert only(autoencoder_tree).message == "`recover` and `ckpt_path` both say where to go on from"
