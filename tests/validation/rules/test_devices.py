"""Accelerators, devices, strategies and precisions: what Lightning or the engine refuses, and what they take."""

from __future__ import annotations

from typing import Any

import pytest

from stable_audio_config.report.finding import Finding
from stable_audio_config.validation.rule import RULES, apply_rules
from stable_audio_config.validation.rules.devices import STRATEGIES
from stable_audio_config.validation.setup import experiment_setup
from stable_audio_config.validation.view import Broken

Tree = dict[str, Any]
OURS = {rule.name for rule in RULES if rule.subject in ("devices", "precision")}
ENCODEC = {"type": "encodec", "config": {"filters": 2}, "weights": {"adversarial": 0.1, "feature_matching": 1.0}}
PARAMETERS = "ddp_find_unused_parameters_true"


def found(tree: Tree) -> list[Finding]:
    return [finding for finding in apply_rules(experiment_setup(tree, Broken())) if finding.rule in OURS]


def only(tree: Tree) -> Finding:
    (finding,) = found(tree)
    return finding


def fixed(finding: Finding) -> Any:
    assert finding.fix is not None
    (edit,) = finding.fix.edits
    return edit.value


def test_the_shipped_experiments(autoencoder_tree: Tree, diffusion_tree: Tree) -> None:
    assert found(autoencoder_tree) == found(diffusion_tree) == []


@pytest.mark.parametrize(
    ("devices", "accelerator", "message"),
    [
        (0, "auto", "`devices` is 0: training would find no device to run on"),
        ([], "gpu", "`devices` is []: training would find no device to run on"),
        ([0, 1, 0], "gpu", "`devices` is [0, 1, 0]: a device can be taken only once"),
        ([0], "cpu", "`devices` is [0], but the processes on a CPU have no numbers to choose from"),
        ([0], "gpu", None),
        (1, "cpu", None),
        (-1, "auto", None),
        ("auto", "auto", None),
    ],
)
def test_devices(autoencoder_tree: Tree, devices: Any, accelerator: str, message: str | None) -> None:
    tree = autoencoder_tree | {"devices": devices, "accelerator": accelerator}
    assert [finding.message for finding in found(tree)] == ([] if message is None else [message])


@pytest.mark.parametrize("name", [*STRATEGIES, "DDP", "Auto"])
def test_strategies_that_there_are(diffusion_tree: Tree, name: str) -> None:
    unknown = [finding for finding in found(diffusion_tree | {"strategy": name}) if finding.message.startswith("there is no")]
    assert unknown == []


def test_strategies_that_there_are_not(diffusion_tree: Tree) -> None:
    finding = only(diffusion_tree | {"strategy": "dp"})
    assert (finding.message, finding.path) == ("there is no strategy `dp`", ("strategy",))
    assert fixed(only(diffusion_tree | {"strategy": "deepspeed_stage2"})) == "deepspeed_stage_2"
    assert only(diffusion_tree | {"strategy": "horovod"}).fix is None


@pytest.mark.parametrize(
    ("strategy", "accelerator", "help"),
    [
        ("fsdp", "auto", "set accelerator to gpu, or strategy to auto"),
        ("fsdp", "cpu", "set accelerator to gpu, or strategy to auto"),
        ("fsdp_cpu_offload", "gpu", None),
        ("deepspeed", "cpu", "set strategy to auto"),
        ("deepspeed_stage_3", "auto", None),
        ("ddp", "mps", "set strategy to auto"),
        ("ddp", "cpu", None),
        ("ddp_spawn", "cpu", "write ddp"),
        ("ddp_spawn_find_unused_parameters_true", "cpu", f"write {PARAMETERS}"),
        ("ddp_fork", "cpu", None),
    ],
)
def test_what_a_strategy_needs(diffusion_tree: Tree, strategy: str, accelerator: str, help: str | None) -> None:
    tree = diffusion_tree | {"strategy": strategy, "accelerator": accelerator}
    assert [finding.help for finding in found(tree)] == ([] if help is None else [help])


def adversarial(tree: Tree) -> Tree:
    tree["training"]["loss_configs"]["discriminator"] = ENCODEC
    return tree


@pytest.mark.parametrize("many", [{"devices": 2}, {"devices": [0, 1]}, {"devices": "auto", "num_nodes": 2}])
def test_players_that_take_turns_on_several_devices(autoencoder_tree: Tree, many: Tree) -> None:
    assert found(autoencoder_tree | many) == [], "without a discriminator all train together"
    finding = only(adversarial(autoencoder_tree) | many)
    assert finding.message.endswith(
        "an autoencoder with a discriminator trains its parameters by turns: the second step would fail"
    )
    assert fixed(finding) == PARAMETERS
    assert found(autoencoder_tree | many | {"strategy": PARAMETERS}) == []
    autoencoder_tree["training"]["loss_configs"] = None
    assert only(autoencoder_tree | many).message.startswith("`strategy` is auto on several devices")


@pytest.mark.parametrize("few", [{"devices": 1}, {"devices": [3]}, {"devices": "auto"}])
def test_players_that_take_turns_on_one_device(autoencoder_tree: Tree, few: Tree) -> None:
    assert found(adversarial(autoencoder_tree) | few) == []


def test_arc_has_two_players_too(diffusion_tree: Tree) -> None:
    diffusion_tree |= {"devices": 2}
    diffusion_tree["training"]["arc"] = {"discriminator": {"type": "conv", "dit_hidden_layer": 1}}
    assert "ARC with a discriminator" in only(diffusion_tree).message
    diffusion_tree["training"]["arc"] = {"clap_config": {}}
    assert found(diffusion_tree) == []


def test_two_optimizers_under_deepspeed(autoencoder_tree: Tree) -> None:
    tree = autoencoder_tree | {"strategy": "deepspeed", "accelerator": "gpu"}
    assert found(tree) == []
    assert only(adversarial(tree)).message == (
        "`strategy` is deepspeed, which takes one optimizer, but an autoencoder with a discriminator trains with two: "
        "training would not start"
    )


def test_clipping_under_fsdp(diffusion_tree: Tree) -> None:
    tree = diffusion_tree | {"strategy": "fsdp", "accelerator": "gpu"}
    assert found(tree) == []
    finding = only(tree | {"gradient_clip_val": 0.5})
    assert finding.message == "`gradient_clip_val` is 0.5, but Lightning cannot clip under fsdp: the first step would fail"
    assert found(diffusion_tree | {"gradient_clip_val": 0.5}) == []


@pytest.mark.parametrize("strategy", ["fsdp", "deepspeed_stage_2"])
def test_precisions_that_a_strategy_does_not_know(diffusion_tree: Tree, strategy: str) -> None:
    tree = diffusion_tree | {"strategy": strategy, "accelerator": "gpu"}
    assert only(tree | {"precision": "64-true"}).path == ("precision",)
    assert found(tree | {"precision": "bf16-mixed"}) == []


@pytest.mark.parametrize("precision", ["32-true", "16-mixed", "bf16-mixed", "16", "bf16", "32"])
def test_precisions_that_always_work(autoencoder_tree: Tree, diffusion_tree: Tree, precision: str) -> None:
    assert found(adversarial(autoencoder_tree) | {"precision": precision}) == []
    assert found(diffusion_tree | {"precision": precision}) == []


def silent(tree: Tree) -> Tree:
    tree["training"]["demo"] = None
    return tree


@pytest.mark.parametrize("precision", ["16-true", "bf16-true"])
def test_timesteps_that_torch_draws_in_32_bits(diffusion_tree: Tree, precision: str) -> None:
    finding = only(diffusion_tree | {"precision": precision})
    assert finding.message == (
        f"`precision` is {precision}, but torch cannot draw even timesteps in 16 bits: the first step would fail"
    )
    assert finding.help == f"set precision to {precision.replace('true', 'mixed')}"
    assert found(diffusion_tree | {"precision": "64-true"}) == []


def test_other_timesteps_and_other_epsilons(diffusion_tree: Tree) -> None:
    training = diffusion_tree["training"]
    training["timestep_sampler"] = "logit_normal"
    assert found(diffusion_tree | {"precision": "bf16-true"}) == []
    finding = only(diffusion_tree | {"precision": "16-true"})
    assert finding.message.endswith("16 bit floats round the optimizer's `eps` to 0: the loss becomes no number")
    training["optimizer_configs"]["diffusion"]["optimizer"]["config"]["eps"] = 1e-6
    assert found(diffusion_tree | {"precision": "16-true"}) == []
    training["optimizer_configs"]["diffusion"]["optimizer"] = {"type": "SGD", "config": {"lr": 1e-4}}
    assert found(diffusion_tree | {"precision": "16-true"}) == []
    training["optimizer_configs"] = None
    assert only(diffusion_tree | {"precision": "16-true"}).rule == "precision"


def test_timesteps_under_arc(diffusion_tree: Tree) -> None:
    diffusion_tree["training"] |= {"arc": {"noise_dist": {"generator": "logit_normal"}}, "timestep_sampler": "uniform"}
    assert found(diffusion_tree | {"precision": "bf16-true"}) == []
    diffusion_tree["training"]["arc"] = {}
    assert "even timesteps" in only(diffusion_tree | {"precision": "bf16-true"}).message


@pytest.mark.parametrize("precision", ["16-true", "bf16-true", "64-true", "64"])
def test_demos_of_an_autoencoder(autoencoder_tree: Tree, precision: str) -> None:
    finding = only(autoencoder_tree | {"precision": precision})
    assert finding.message == f"`precision` is {precision}, but demos are made of 32 bit sound: the first demo would fail"
    expected = [] if precision != "16-true" else ["16 bit floats round the optimizer's `eps` to 0: the loss becomes no number"]
    without = [finding.message.partition("but ")[2] for finding in found(silent(autoencoder_tree) | {"precision": precision})]
    assert without == expected


def test_spectra_in_16_bits(autoencoder_tree: Tree) -> None:
    tree = silent(adversarial(autoencoder_tree))
    assert "takes spectra" in only(tree | {"precision": "bf16-true"}).message
    assert "takes spectra" in only(tree | {"precision": "16-true", "accelerator": "cpu"}).message
    assert "`eps`" in only(tree | {"precision": "16-true", "accelerator": "gpu"}).message
    assert found(tree | {"precision": "64-true"}) == []
