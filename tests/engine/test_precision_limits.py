"""The rule `precision` against the engine itself: what it refuses fails, and what it lets through trains."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from stable_audio_config.validation.rule import apply_rules
from stable_audio_config.validation.setup import experiment_setup
from stable_audio_config.validation.view import Broken

pytestmark = pytest.mark.engine

Tree = dict[str, Any]
Train = Callable[[Tree], SimpleNamespace]

SPECTRA = {
    "type": "encodec",
    "config": {"filters": 2, "n_ffts": [256], "hop_lengths": [64], "win_lengths": [256]},
    "weights": {"adversarial": 0.1, "feature_matching": 1.0},
}


def refused(tree: Tree) -> list[str]:
    return [found.message for found in apply_rules(experiment_setup(tree, Broken())) if found.rule == "precision"]


def latents(trees: SimpleNamespace, **changes: Any) -> Tree:
    tree: Tree = trees.diffusion(dataset=trees.latents, training__pre_encoded=True, **changes)
    return tree


def trains(run: SimpleNamespace) -> bool:
    return all(math.isfinite(float(row["loss"])) for row in run.rows)


@pytest.mark.parametrize("precision", ["16-true", "bf16-true"])
def test_even_timesteps_cannot_be_drawn_in_16_bits(trees: SimpleNamespace, train_here: Train, precision: str) -> None:
    tree = latents(trees, precision=precision)
    assert "even timesteps" in refused(tree)[0]
    with pytest.raises(RuntimeError, match="sobol"):
        train_here(tree)


def test_other_timesteps_can(trees: SimpleNamespace, train_here: Train) -> None:
    tree = latents(trees, precision="bf16-true", training__timestep_sampler="logit_normal")
    assert refused(tree) == []
    assert trains(train_here(tree))


def test_the_loss_becomes_no_number_where_eps_is_rounded_to_0(trees: SimpleNamespace, train_here: Train) -> None:
    tree = latents(trees, precision="16-true", training__timestep_sampler="logit_normal")
    assert "`eps` to 0" in refused(tree)[0]
    assert not trains(train_here(tree))
    tree["training"]["optimizer_configs"]["diffusion"]["optimizer"]["config"]["eps"] = 1e-6
    assert refused(tree) == []
    assert trains(train_here(tree))


@pytest.mark.parametrize("precision", ["bf16-true", "64-true"])
def test_an_autoencoders_demos_are_of_32_bit_sound(trees: SimpleNamespace, train_here: Train, precision: str) -> None:
    tree = trees.autoencoder(precision=precision, training__demo={"demo_every": 2})
    assert "first demo" in refused(tree)[0]
    with pytest.raises(RuntimeError, match="should be the same"):
        train_here(tree)
    tree["training"]["demo"] = None
    assert refused(tree) == []
    assert trains(train_here(tree))


def test_spectra_are_not_taken_in_16_bits(trees: SimpleNamespace, train_here: Train) -> None:
    tree = trees.autoencoder(precision="bf16-true", training__loss_configs__discriminator=SPECTRA)
    assert "spectra" in refused(tree)[0]
    with pytest.raises(RuntimeError, match="FFT"):
        train_here(tree)
    assert refused(tree | {"precision": "64-true"}) == []
    assert trains(train_here(tree | {"precision": "64-true"}))


def test_what_a_cpu_has_no_numbers_for(trees: SimpleNamespace, train_here: Train) -> None:
    from pytorch_lightning.utilities.exceptions import MisconfigurationException

    for devices, error in ((0, MisconfigurationException), ([0], TypeError)):
        tree = trees.autoencoder(devices=devices)
        assert [found.rule for found in apply_rules(experiment_setup(tree, Broken())) if found.path == ("devices",)] == ["devices"]
        with pytest.raises(error):
            train_here(tree)


@pytest.mark.parametrize("strategy", ["dpp", "fsdp"])
def test_strategies_that_do_not_start(trees: SimpleNamespace, train_here: Train, strategy: str) -> None:
    tree = trees.autoencoder(strategy=strategy)
    assert [found.rule for found in apply_rules(experiment_setup(tree, Broken())) if found.path == ("strategy",)] == ["strategy"]
    with pytest.raises(ValueError, match="strategy"):
        train_here(tree)


def test_the_strategies_are_those_that_lightning_has() -> None:
    from pytorch_lightning.strategies import StrategyRegistry

    from stable_audio_config.validation.rules.devices import STRATEGIES

    assert {"auto", *StrategyRegistry.available_strategies()} == set(STRATEGIES)
