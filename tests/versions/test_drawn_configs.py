"""What holds for any config: one of today is left alone, and the way down and up again gives it back unless that was said."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from valid_configs import branch, configs

from stable_audio_config.datamodels.kinds import KINDS, TRAINING
from stable_audio_config.source.reading import tree_of
from stable_audio_config.source.writing import as_yaml
from stable_audio_config.versions.carry import Carried, carry
from stable_audio_config.versions.engine_0_0_20 import STEPS
from stable_audio_config.versions.text import carried_text

Tree = dict[str, Any]

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much, HealthCheck.large_base_example)
QUICK = settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=SLOW)

CONDITIONAL = branch(KINDS["model"], "diffusion_cond"), branch(TRAINING, "diffusion_cond")


def without_adp(model: Tree) -> Tree:
    """0.0.20 cannot run these, and says so: everything else about the config stays."""
    if model["model"]["diffusion"]["type"] != "dit":
        model["model"]["diffusion"] = {"type": "dit", "config": {}}
    return model


def lost(done: Carried) -> list[str]:
    return [one.message for one in done.unequal if one.severity != "note"]


@QUICK
@given(configs(KINDS["dataset"]))
def test_a_dataset_of_today_is_left_alone(tree: Tree) -> None:
    assert carry(tree, "dataset", STEPS) == Carried(tree)


@QUICK
@given(*CONDITIONAL)
def test_a_model_of_today_is_left_alone(model: Tree, training: Tree) -> None:
    tree = {**without_adp(model), "training": training}
    assert carry(tree, "model", STEPS).changes == ()


@QUICK
@given(*CONDITIONAL)
def test_down_and_up_again_gives_the_same_where_nothing_was_lost(model: Tree, training: Tree) -> None:
    tree = {**without_adp(model), "training": training}
    down = carry(tree, "model", STEPS, "down", complete=True)
    up = carry(down.tree, "model", STEPS, "up", complete=True)
    if not lost(down) and not lost(up):
        assert settled(up.tree) == settled(tree)


def settled(tree: Tree) -> Tree:
    """With what 0.0.20 takes where nothing is said, as far as the steps say it."""
    copy: Tree = json.loads(json.dumps(tree))
    if "arc" not in copy["training"]:
        copy["training"].setdefault("mask_loss_weight", 0.0)
    diffusion = copy["model"]["diffusion"]
    for key in ("distribution_shift_options", "sampling_distribution_shift_options"):
        shift = diffusion.get(key)
        if not isinstance(shift, dict):
            diffusion.pop(key, None)
        elif shift.get("type", "full") == "full":
            diffusion[key] = {"type": "full", **shift}
        elif shift == {"type": "none"} and key.startswith("sampling"):
            del diffusion[key]
    return copy


@QUICK
@given(*CONDITIONAL)
def test_the_text_says_what_the_tree_says(model: Tree, training: Tree) -> None:
    tree = {**without_adp(model), "training": {**training, "mask_padding": True, "mask_padding_dropout": 0.5}}
    done = carry(tree, "model", STEPS, complete=True)
    for text, is_json in ((json.dumps(tree, indent=2), True), (as_yaml(tree), False)):
        after, left = carried_text(text, done.changes, is_json=is_json)
        if not left:
            assert tree_of(after, "after", is_json=is_json) == done.tree
        if is_json:
            assert left == []
