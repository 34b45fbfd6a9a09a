"""Run options: each rule on a tree that breaks it, and silent on the nearest one that does not."""

from __future__ import annotations

from typing import Any

import pytest

from stable_audio_config.report.finding import Finding
from stable_audio_config.validation.rule import RULES, apply_rules
from stable_audio_config.validation.rules import run as subject
from stable_audio_config.validation.setup import experiment_setup
from stable_audio_config.validation.view import Broken

Tree = dict[str, Any]
OURS = {rule.name for rule in RULES if rule.check.__module__ == subject.__name__}
PATCHED = {"type": "patched", "config": {"channels": 2, "patch_size": 8}}


def found(tree: Tree) -> list[Finding]:
    return [finding for finding in apply_rules(experiment_setup(tree, Broken())) if finding.rule in OURS]


def only(tree: Tree) -> Finding:
    (finding,) = found(tree)
    return finding


def edits(finding: Finding) -> list[tuple[Any, ...]]:
    return [] if finding.fix is None else [(edit.op, edit.path, edit.value) for edit in finding.fix.edits]


def test_the_shipped_experiments(autoencoder_tree: Tree, diffusion_tree: Tree) -> None:
    assert found(autoencoder_tree) == found(diffusion_tree) == []


def test_a_validation_that_comes_after_the_end(diffusion_tree: Tree) -> None:
    diffusion_tree |= {"val_dataset": diffusion_tree["dataset"], "max_steps": 100, "accum_batches": 2, "val_every": 201}
    finding = only(diffusion_tree)
    assert (finding.severity, finding.path) == ("warning", ("val_every",))
    assert finding.message == "`val_every` is 201, but training ends after 200 batches: it would never validate"
    assert found(diffusion_tree | {"val_every": 200}) == []
    assert found(diffusion_tree | {"max_steps": -1}) == []


def test_no_checkpoint_at_all(autoencoder_tree: Tree) -> None:
    finding = only(autoencoder_tree | {"save_top_k": 0})
    assert (finding.severity, finding.message) == (
        "note",
        "`save_top_k` is 0: no checkpoint is written, not even when training ends",
    )
    assert found(autoencoder_tree | {"save_top_k": -1}) == []


def test_weights_for_a_pretransform_that_is_not_there(autoencoder_tree: Tree, diffusion_tree: Tree) -> None:
    finding = only(autoencoder_tree | {"pretransform_ckpt_path": "model.ckpt"})
    assert finding.message == "`pretransform_ckpt_path` is set, but the model has no pretransform to load it into"
    assert (finding.rule, finding.help) == ("checkpoint", "leave it out")
    assert edits(finding) == [("remove", ("pretransform_ckpt_path",), None)]
    diffusion_tree |= {"pretransform_ckpt_path": "model.ckpt"}
    assert found(diffusion_tree) == []
    diffusion_tree["model"]["model"]["pretransform"] = PATCHED
    assert only(diffusion_tree).message.endswith("the model has a `patched` pretransform to load it into")


def test_weight_normalisation_that_is_not_there(autoencoder_tree: Tree, diffusion_tree: Tree) -> None:
    folding = {"remove_pretransform_weight_norm": "post_load"}
    finding = only(autoencoder_tree | folding)
    assert finding.message == "`remove_pretransform_weight_norm` is set, but the model has no pretransform"
    assert found(diffusion_tree | folding) == []
    diffusion_tree["model"]["model"]["pretransform"] = PATCHED
    assert only(diffusion_tree | folding).message.endswith("but the model has a `patched` pretransform, which has none")


def test_no_steps(autoencoder_tree: Tree) -> None:
    assert (only(autoencoder_tree | {"max_steps": 0}).rule, only(autoencoder_tree | {"max_steps": 0}).severity) == (
        "max-steps",
        "warning",
    )
    assert found(autoencoder_tree | {"max_steps": -1}) == []


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("model.model.encoder.config.strides", True),
        ("dataset.datasets.*.path", True),
        ("dataset.datasets.0.path", True),
        ("dataset.datasets.1.path", False),
        ("dataset.datasets.*.colour", False),
        ("model.model.encoder.my_key", False),
        ("name.first", False),
    ],
)
def test_accepted_keys_that_are_not_there(autoencoder_tree: Tree, name: str, there: bool) -> None:
    expected = [] if there else [("accept_unknown", 0)]
    assert [finding.path for finding in found(autoencoder_tree | {"accept_unknown": [name]})] == expected


def test_numbers_in_quotes_where_no_data_model_looks(diffusion_tree: Tree) -> None:
    group = diffusion_tree["training"]["optimizer_configs"]["diffusion"]
    group["optimizer"] = {"type": "Rprop", "config": {"lr": "1e-4"}}
    group["scheduler"] = {"type": "LambdaLR", "config": {"lr_lambda": "fast", "last_epoch": "-1"}}
    second, first = [finding for finding in found(diffusion_tree) if finding.rule == "wrong-type"]
    assert (first.message, first.help) == ('`lr` must be a number, not "1e-4"', "write 0.0001 without quotes")
    at = ("training", "optimizer_configs", "diffusion")
    assert edits(first) == [("set", (*at, "optimizer", "config", "lr"), 0.0001)]
    assert second.path == (*at, "scheduler", "config", "last_epoch")


def test_loss_info_under_arc_is_another_matter(diffusion_tree: Tree) -> None:
    diffusion_tree |= {"devices": 1}
    diffusion_tree["training"] |= {"log_loss_info": True}
    assert only(diffusion_tree).rule == "broken-in-engine"
    diffusion_tree["training"]["arc"] = {}
    assert [finding for finding in found(diffusion_tree) if finding.path == ("training", "log_loss_info")] == []
