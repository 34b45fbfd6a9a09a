"""What a difference between two experiments is called, by what it changes."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from stable_audio_config.inspect.fit import fingerprint
from stable_audio_config.validation.compare import MISSING, Difference, compare, uncompared

Tree = dict[str, Any]

CODER = {"channels": 4, "c_mults": [1, 2], "strides": [2, 4]}
CONDITIONERS = [
    {"id": "kind", "type": "int", "config": {"max_val": 4}},
    {"id": "seconds_total", "type": "number", "config": {"max_val": 8}},
]
AUTOENCODER = {
    "encoder": {"type": "oobleck", "config": {"in_channels": 2, "latent_dim": 8, **CODER}},
    "decoder": {"type": "oobleck", "config": {"out_channels": 2, "latent_dim": 4, **CODER}},
    "bottleneck": {"type": "vae"},
    "latent_dim": 4,
    "downsampling_ratio": 8,
    "io_channels": 2,
}
EXPERIMENT: Tree = {
    "name": "one",
    "batch_size": 4,
    "model": {
        "model_type": "diffusion_cond",
        "sample_rate": 16000,
        "sample_size": 4096,
        "audio_channels": 2,
        "model": {
            "pretransform": {"type": "autoencoder", "config": AUTOENCODER},
            "conditioning": {"cond_dim": 16, "configs": CONDITIONERS},
            "io_channels": 4,
            "diffusion": {
                "type": "dit",
                "cross_attention_cond_ids": ["kind", "seconds_total"],
                "config": {"io_channels": 4, "embed_dim": 64, "depth": 2, "num_heads": 2, "cond_token_dim": 16},
            },
        },
    },
    "training": {"learning_rate": 1e-4, "demo": {"num_demos": 2, "demo_cfg_scales": [3]}},
    "dataset": {"dataset_type": "audio_dir", "datasets": [{"id": "a", "path": "sounds"}], "random_crop": True},
}


def changed(key: str, value: Any) -> Tree:
    tree = copy.deepcopy(EXPERIMENT)
    *way, last = key.split("/")
    node: Any = tree
    for step in way:
        node = node[int(step)] if isinstance(node, list) else node.setdefault(step, {})
    if value is MISSING:
        del node[last]
    else:
        node[last] = value
    return tree


def found(other: Tree) -> list[Difference]:
    return compare(EXPERIMENT, other, fingerprint)


DIT = "model/model/diffusion"


@pytest.mark.parametrize(
    ("key", "value", "effect"),
    [
        (f"{DIT}/config/depth", 3, "weights"),
        (f"{DIT}/config/attn_kwargs", {"qk_norm": "ln"}, "weights"),
        (f"{DIT}/config/num_heads", 1, "model"),
        (f"{DIT}/config/attn_kwargs", {"qk_norm": "l2"}, "model"),
        (f"{DIT}/diffusion_objective", "rectified_flow", "model"),
        (f"{DIT}/config/zero_init_branch_outputs", False, "model"),
        ("model/model/pretransform/config/encoder/config/strides", [4, 2], "weights"),
        ("model/model/pretransform/config/bottleneck", {"type": "tanh"}, "model"),
        ("model/model/pretransform/scale", 0.5, "model"),
        ("model/model/pretransform/enable_grad", True, "training"),
        ("model/model/conditioning/configs/0/config/max_val", 5, "weights"),
        ("model/model/conditioning/configs/1/config/max_val", 9, "model"),
        ("model/sample_size", 8192, "data"),
        ("dataset/random_crop", False, "data"),
        ("dataset/datasets/0/path", "others", "data"),
        ("training/learning_rate", 3e-4, "training"),
        ("training/demo/num_demos", 3, "run"),
        ("training/demo", None, "run"),
        ("batch_size", 8, "training"),
        ("name", "another", "run"),
        ("logger", "csv", "run"),
    ],
)
def test_one_change_is_called_by_what_it_changes(key: str, value: Any, effect: str) -> None:
    differences = found(changed(key, value))
    assert [difference.effect for difference in differences] == [effect]
    assert differences[0].path[: len(key.split("/"))] == tuple(int(step) if step.isdigit() else step for step in key.split("/"))


@pytest.mark.parametrize(
    ("key", "value"),
    [(f"{DIT}/config/patch_size", 1), (f"{DIT}/config/attn_kwargs", {"qk_norm": "none"}), ("seed", 42), ("training/use_ema", True)],
)
def test_a_default_written_out_changes_nothing(key: str, value: Any) -> None:
    assert {difference.effect for difference in found(changed(key, value))} == {"same"}


def test_equal_experiments_have_no_difference() -> None:
    assert found(copy.deepcopy(EXPERIMENT)) == []


def test_named_things_are_compared_by_their_names_in_whatever_order() -> None:
    assert found(changed("model/model/conditioning/configs", CONDITIONERS[::-1])) == []


def test_a_conditioner_that_only_one_side_has_changes_weights() -> None:
    fewer = changed("model/model/conditioning/configs", CONDITIONERS[:1])
    assert [(difference.effect, difference.other.value) for difference in found(fewer)] == [("weights", MISSING)]
    back = compare(fewer, EXPERIMENT, fingerprint)
    assert [(difference.effect, difference.one.value) for difference in back] == [("weights", MISSING)]


def test_changes_that_cancel_out_leave_the_weights_as_they_are() -> None:
    tree = changed("model/model/pretransform/config/encoder/config/channels", 2)
    tree["model"]["model"]["pretransform"]["config"]["encoder"]["config"]["c_mults"] = [2, 4]
    kept = {difference.effect for difference in found(tree)}
    assert kept == {"weights"}, "the first convolution is narrower"


def test_one_is_not_true_but_equals_one_point_zero() -> None:
    assert [difference.effect for difference in found(changed("training/learning_rate", 1e-4 * 1.0))] == []
    one, other = ({"dataset": {**EXPERIMENT["dataset"], "own": value}} for value in (1, True))
    assert [difference.path for difference in compare(one, other, fingerprint)] == [("dataset", "own")]


def test_a_model_config_is_compared_as_far_as_it_goes() -> None:
    alone = {"model": EXPERIMENT["model"]}
    assert found(alone) == []
    assert uncompared(EXPERIMENT, alone) == {"training": 0, "dataset": 0, "run options": 0}


def test_a_validation_set_on_one_side_is_a_difference() -> None:
    assert [difference.effect for difference in found(changed("val_dataset", EXPERIMENT["dataset"]))] == ["data"]


def test_values_of_the_wrong_type_are_compared_all_the_same() -> None:
    assert [difference.effect for difference in found(changed(f"{DIT}/config/depth", "two"))] == ["weights"]
