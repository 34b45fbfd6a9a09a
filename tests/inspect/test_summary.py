"""What is told about a model, from its config alone. Counts against the real engine: tests/engine/test_parameter_counts.py."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from stable_audio_config.compose.composer import Request, compose
from stable_audio_config.inspect.flow import Signal, Step
from stable_audio_config.inspect.summary import Summary, as_tree, summary
from stable_audio_config.validation.setup import experiment_setup
from stable_audio_config.validation.view import Absent, Broken

Tree = dict[str, Any]


def told(*words: str, change: Tree | None = None, broken: tuple[tuple[str, ...], ...] = ()) -> Summary:
    tree = copy.deepcopy(compose(Request(words)).tree)
    for key, value in (change or {}).items():
        *way, last = key.split(".")
        node = tree
        for step in way:
            node = node[step]
        node[last] = value
    return summary(experiment_setup(tree, Broken(broken)))


def rows(of: Summary) -> dict[str, int]:
    return {row.what: row.bytes for row in of.memory}


def test_the_way_through_an_autoencoder() -> None:
    way = told("model=stable_audio_2_0_vae").flow
    signals = [(item.name, item.channels, item.frames) for item in way if isinstance(item, Signal)]
    assert signals == [("audio", 2, 65536), ("encoded", 128, 32), ("latent", 64, 32), ("decoded", 2, 65536)]
    steps = [(item.name, item.kind, item.note) for item in way if isinstance(item, Step)]
    assert steps == [("encoder", "oobleck", "2048 : 1"), ("bottleneck", "vae", ""), ("decoder", "oobleck", "1 : 2048")]


def test_tokens_of_a_discrete_autoencoder() -> None:
    latent = [item for item in told("model=encodec_musicgen_rvq").flow if isinstance(item, Signal) and item.name == "latent"]
    assert [(item.channels, item.rate, item.codebooks) for item in latent] == [(128, 50.0, 4)]


def test_the_conditions_of_a_diffusion_model() -> None:
    found = told("model=stable_audio_2_0")
    wires = {(wire.id, wire.where): (wire.tokens, wire.width, wire.key, wire.expected) for wire in found.wires}
    assert wires["prompt", "cross_attention_cond_ids"] == (77, 768, "cond_token_dim", 768)
    assert wires["seconds_total", "global_cond_ids"] == (1, 768, "global_cond_dim", 1536)
    assert [item.frames for item in found.flow if isinstance(item, Signal)] == [12582912, 6144]


def test_what_inpainting_adds_is_a_condition_too() -> None:
    wires = [(wire.id, wire.kind, wire.width) for wire in told("model=stable_audio_3_medium").wires if wire.kind == "inpainting"]
    assert wires == [("inpaint_mask", "inpainting", 1), ("inpaint_masked_input", "inpainting", 256)]


@pytest.mark.parametrize(
    ("preset", "trained", "frozen"),
    [
        ("stable_audio_2_0_vae", 156112514, 0),
        ("stable_audio_2_0", 1057224960, 156112514),
        ("stable_audio_3_small_sfx", 459329024, 108244529),
    ],
)
def test_parameters_of_published_models(preset: str, trained: int, frozen: int) -> None:
    found = told(f"model={preset}")
    assert (found.trained, found.frozen, found.uncounted) == (trained, frozen, [])


def test_a_part_that_cannot_be_counted_says_so() -> None:
    assert [(part.name, part.note) for part in told("model=tiny_clap").uncounted] == [("text_branch", "a RoBERTa from a hub")]


def test_what_is_broken_is_not_guessed() -> None:
    broken = ("model", "model", "encoder", "config", "channels")
    found = told("model=tiny_autoencoder", broken=(broken,))
    assert [part.name for part in found.uncounted] == ["encoder"]
    assert as_tree(found)["parameters"]["not_counted"] == ["encoder"]


def test_no_model_is_no_summary() -> None:
    with pytest.raises(Absent):
        summary(experiment_setup({}, Broken()))


def test_memory_follows_from_counts_and_precision() -> None:
    found = told("model=tiny_diffusion_cond", change={"precision": "bf16-true"})
    total, trained = found.trained + found.frozen, found.trained
    network = next(part.tensors.count for part in found.parts if part.name == "model" and part.tensors)
    expected = {"weights": 2 * total, "gradients": 2 * trained, "optimizer": 8 * trained, "moving average": 4 * network}
    assert rows(found) == expected


@pytest.mark.parametrize(
    ("kind", "config", "numbers"), [("SGD", {}, 0), ("SGD", {"momentum": 0.9}, 1), ("CLion", {}, 1), ("Adam", {}, 2)]
)
def test_memory_of_optimizers(kind: str, config: Tree, numbers: int) -> None:
    group = {"optimizer": {"type": kind, "config": {"lr": 1e-4, **config}}}
    change = {"training.optimizer_configs": {"diffusion": group}, "training.use_ema": False}
    found = told("model=tiny_diffusion_cond", change=change)
    assert rows(found)["optimizer"] == 4 * numbers * found.trained
    assert "moving average" not in rows(found)


def test_an_optimizer_that_is_not_known_is_not_guessed() -> None:
    group = {"optimizer": {"type": "LBFGS", "config": {"lr": 1}}}
    found = told("model=tiny_diffusion_cond", change={"training.optimizer_configs": {"diffusion": group}})
    row = next(row for row in found.memory if row.what == "optimizer")
    assert (row.bytes, row.how) == (0, "LBFGS: not known how much it keeps")


def test_a_pretransform_in_16_bit_takes_half() -> None:
    whole = told("model=tiny_diffusion_cond")
    half = told("model=tiny_diffusion_cond", change={"model.model.pretransform.model_half": True})
    assert rows(whole)["weights"] - rows(half)["weights"] == 2 * whole.frozen
