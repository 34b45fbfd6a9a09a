"""Optimizers and schedulers: groups, rates, settings that exclude each other, schedules that end (T16)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stable_audio_config.report.finding import Finding

Look = Callable[..., list[Finding]]
COND = "model=tiny_diffusion_cond dataset=synthetic max_steps=100"
AE = "model=tiny_autoencoder dataset=synthetic max_steps=100"
GROUP = "training.optimizer_configs.diffusion"
ADAM = {"optimizer": {"type": "Adam", "config": {"lr": 1e-3}}}
INVERSE = {"type": "InverseLR", "config": {"inv_gamma": 1000}}
JUDGED = {
    "training.loss_configs.discriminator": {
        "type": "encodec",
        "config": {"filters": 4, "n_ffts": [1024], "hop_lengths": [256], "win_lengths": [1024]},
        "weights": {"adversarial": 0.1, "feature_matching": 1.0},
    },
    "training.learning_rate": ...,
}


def said(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.rule, ".".join(map(str, finding.path))) for finding in findings]


def with_optimizer(kind: str, **config: Any) -> dict[str, Any]:
    return {f"{GROUP}.optimizer": {"type": kind, "config": config}, f"{GROUP}.scheduler": ...}


def with_scheduler(kind: str, **config: Any) -> dict[str, Any]:
    return {f"{GROUP}.scheduler": {"type": kind, "config": config}}


def test_T16_a_learning_rate_beside_optimizer_configs_is_not_read(look: Look) -> None:  # noqa: N802  The name of the case.
    (finding,) = look(COND, {"training.learning_rate": 0.001})
    assert said([finding]) == [("warning", "learning-rate", "training.learning_rate")]
    assert finding.message == "`learning_rate` is 0.001, but the `lr` in `optimizer_configs` is what counts"
    assert finding.related[0].message == "lr: 5e-05"
    assert look(COND, {"training.learning_rate": 5e-05}) == [], "both say the same"


def test_a_rate_of_zero_learns_nothing(look: Look) -> None:
    assert said(look(AE, {"training.learning_rate": 0})) == [("warning", "learning-rate", "training.learning_rate")]
    assert said(look(COND, with_optimizer("Adam", lr=0))) == [("warning", "learning-rate", f"{GROUP}.optimizer.config.lr")]
    cycle = with_scheduler("OneCycleLR", max_lr=0.1, total_steps=100)
    assert "learning-rate" not in {finding.rule for finding in look(COND, {**cycle, f"{GROUP}.optimizer.config.lr": 0})}


def test_a_discriminator_needs_an_optimizer(look: Look) -> None:
    (finding,) = look(AE, {**JUDGED, "training.optimizer_configs": {"autoencoder": ADAM}})
    assert said([finding]) == [("error", "missing-key", "training.optimizer_configs.discriminator")]
    assert finding.message.startswith("the group `discriminator` is missing, but there is a discriminator")
    assert look(AE, {**JUDGED, "training.optimizer_configs": {"autoencoder": ADAM, "discriminator": ADAM}}) == []
    default = {"training.loss_configs": None, "training.learning_rate": ..., "training.optimizer_configs": {"autoencoder": ADAM}}
    (finding,) = [finding for finding in look(AE, default) if finding.rule == "missing-key"]
    assert finding.message.startswith("the group `discriminator` is missing, but the default losses have a discriminator")


def test_schedulers_come_in_pairs(look: Look) -> None:
    one = {**JUDGED, "training.optimizer_configs": {"autoencoder": {**ADAM, "scheduler": INVERSE}, "discriminator": ADAM}}
    (finding,) = look(AE, one)
    assert said([finding]) == [("error", "scheduler", "training.optimizer_configs.autoencoder.scheduler")]
    assert finding.message == "the scheduler of `autoencoder` would not be used, because `discriminator` has none"
    both = {"autoencoder": {**ADAM, "scheduler": INVERSE}, "discriminator": {**ADAM, "scheduler": INVERSE}}
    assert look(AE, {**JUDGED, "training.optimizer_configs": both}) == []


@pytest.mark.parametrize(
    ("kind", "config", "key", "words"),
    [
        ("AdamWW", {"lr": 0.1}, "type", "there is no optimizer `AdamWW` in torch 2.7 or the engine"),
        ("adafactor", {"lr": 0.1}, "type", "there is no optimizer `adafactor`"),
        ("Optimizer", {}, "type", "there is no optimizer `Optimizer`"),
        ("Adafactor", {"lr": 0.1, "betas": [0.9, 0.99]}, "config.betas", "`betas` is unknown to `Adafactor`"),
        ("SparseAdam", {"lr": 0.1}, "type", "`SparseAdam` takes sparse gradients only"),
        ("Adam", {"lr": 0.1, "differentiable": True}, "config.differentiable", "`differentiable` lets gradients flow"),
        ("Rprop", {"lr": 0.1, "differentiable": True}, "config.differentiable", "`differentiable` lets gradients flow"),
        ("AdamW", {"lr": 0.1, "fused": True, "foreach": True}, "config.foreach", "`foreach` and `fused` exclude each other"),
        ("SGD", {"lr": 0.1, "nesterov": True}, "config.nesterov", "`nesterov` needs a `momentum` above 0"),
        (
            "SGD",
            {"lr": 0.1, "nesterov": True, "momentum": 0.9, "dampening": 0.1},
            "config.dampening",
            "`dampening` is 0.1, but `nesterov` works with 0 only",
        ),
        ("FusedAdam", {"lr": 0.1, "amsgrad": True}, "config.amsgrad", "deepspeed's `FusedAdam` knows no `amsgrad`"),
    ],
)
def test_what_torch_refuses(look: Look, kind: str, config: dict[str, Any], key: str, words: str) -> None:
    (finding,) = look(COND, with_optimizer(kind, **config))
    assert (finding.severity, ".".join(map(str, finding.path))) == ("error", f"{GROUP}.optimizer.{key}")
    assert finding.message.startswith(words)
    assert finding.help


def test_an_optimizer_that_torch_has_is_not_refused(look: Look) -> None:
    for kind in ("ASGD", "Adafactor", "Rprop", "SGD", "Adadelta"):
        assert look(COND, with_optimizer(kind, lr=0.1, foreach=False)) == [], kind
    assert look(COND, with_optimizer("SGD", lr=0.1, nesterov=True, momentum=0.9)) == []
    assert said(look(COND, with_optimizer("Adam", lr=0.1, maximize=True)))[0][:2] == ("warning", "optimizer")


def test_optimizers_that_need_a_gpu(look: Look) -> None:
    for kind in ("AdamW8bit", "FusedAdam"):
        (finding,) = look(COND, {**with_optimizer(kind, lr=0.1), "accelerator": "cpu", "precision": "32-true"})
        assert said([finding]) == [("error", "optimizer", f"{GROUP}.optimizer.type")]
        assert look(COND, with_optimizer(kind, lr=0.1)) == [], "`auto` may be a GPU"
    (finding,) = look(COND, {**with_optimizer("Adam", lr=0.1, capturable=True), "accelerator": "cpu", "precision": "32-true"})
    assert finding.message == "`capturable` is for CUDA graphs, and fails on a CPU: the first step would fail"


def test_lbfgs_asks_for_the_loss_again(look: Look) -> None:
    config = {"type": "LBFGS", "config": {}}
    (finding,) = look(AE, {"training.learning_rate": ..., "training.optimizer_configs": {"autoencoder": {"optimizer": config}}})
    assert finding.message.startswith("`LBFGS` needs the loss several times in one step, which an autoencoder cannot give it")
    lbfgs = {**with_optimizer("LBFGS"), "precision": "16-mixed"}
    assert said(look(COND, {**lbfgs, "accelerator": "gpu"})) == [("error", "optimizer", f"{GROUP}.optimizer.type")]
    assert said(look(COND, lbfgs))[0][0] == "warning"
    assert look(COND, {**lbfgs, "precision": "32-true"}) == []


@pytest.mark.parametrize(
    ("kind", "config", "key", "words"),
    [
        ("CosineAnealingLR", {"T_max": 10}, "type", "there is no scheduler `CosineAnealingLR`"),
        ("LambdaLR", {"lr_lambda": 1}, "type", "`LambdaLR` takes a function, which a config cannot hold"),
        ("SequentialLR", {}, "type", "`SequentialLR` takes other schedulers, which a config cannot hold"),
        ("ReduceLROnPlateau", {}, "type", "`ReduceLROnPlateau` must be told which number to watch"),
        ("StepLR", {"step_size": 10, "last_epoch": 5}, "config.last_epoch", "`last_epoch` is 5, but no optimizer has been"),
        ("OneCycleLR", {"max_lr": 0.1}, "config.total_steps", "`OneCycleLR` needs `total_steps`"),
        ("OneCycleLR", {"max_lr": 0.1, "epochs": 3}, "config.total_steps", "`OneCycleLR` needs `total_steps`"),
        (
            "OneCycleLR",
            {"max_lr": 0.1, "total_steps": 100, "pct_start": 0},
            "config.pct_start",
            "`pct_start` is 0, and torch takes",
        ),
        (
            "OneCycleLR",
            {"max_lr": 0.1, "total_steps": 100, "pct_start": 0.01},
            "config.pct_start",
            "`pct_start` 0.01 of 100 steps is",
        ),
        (
            "OneCycleLR",
            {"max_lr": 0.1, "total_steps": 100, "div_factor": 0},
            "config.div_factor",
            "`div_factor` is 0, and the rate",
        ),
        (
            "OneCycleLR",
            {"max_lr": [0.1, 0.2], "total_steps": 100},
            "config.max_lr",
            "`max_lr` has 2 entries, but `AdamW` has 1 set of",
        ),
        ("OneCycleLR", {"max_lr": 0.1, "total_steps": 50}, "config.total_steps", "the schedule ends after 50 steps, but this opt"),
        ("InverseLR", {"inv_gamma": 0}, "config.inv_gamma", "`inv_gamma` is 0, and the step is divided by it"),
        ("InverseLR", {"inv_gamma": -50}, "config.inv_gamma", "`inv_gamma` is -50: after 50 steps training would fail"),
    ],
)
def test_what_no_scheduler_can_do(look: Look, kind: str, config: dict[str, Any], key: str, words: str) -> None:
    found = [finding for finding in look(COND, with_scheduler(kind, **config)) if finding.severity == "error"]
    assert [".".join(map(str, finding.path)) for finding in found] == [f"{GROUP}.scheduler.{key}"]
    assert found[0].message.startswith(words)


def test_a_cycle_moves_a_momentum_that_must_be_there(look: Look) -> None:
    cycle = {"type": "CyclicLR", "config": {"base_lr": 0.01, "max_lr": 0.1}}
    for kind, words in (("Adagrad", ["`CyclicLR` moves the momentum, but `Adagrad` has none"]), ("RMSprop", []), ("SGD", [])):
        found = look(COND, {f"{GROUP}.optimizer": {"type": kind, "config": {}}, f"{GROUP}.scheduler": cycle})
        assert [finding.message.partition(":")[0] for finding in found] == words
    off = {"type": "CyclicLR", "config": {**cycle["config"], "cycle_momentum": False}}
    assert look(COND, {f"{GROUP}.optimizer": {"type": "Adagrad", "config": {}}, f"{GROUP}.scheduler": off}) == []
    muon = {f"{GROUP}.optimizer": {"type": "MuonAdamW", "config": {}}}
    two = {"type": "OneCycleLR", "config": {"max_lr": [0.1, 0.2], "total_steps": 100}}
    assert look(COND, {**muon, f"{GROUP}.scheduler": two}) == [], "two sets of parameters"


def test_a_schedule_is_as_long_as_the_training(look: Look) -> None:
    cycle = with_scheduler("OneCycleLR", max_lr=0.1, total_steps=100)
    assert [finding for finding in look(COND, cycle) if finding.severity != "note"] == []
    endless = look(COND, {**cycle, "max_steps": -1})
    assert ("warning", "scheduler-length", f"{GROUP}.scheduler.config.total_steps") in said(endless)
    fall = with_scheduler("PolynomialLR", total_iters=50)
    assert said(look(COND, fall)) == [("warning", "scheduler-length", f"{GROUP}.scheduler.config.total_iters")]
    assert look(COND, {**fall, "max_steps": 50}) == []


def test_with_a_discriminator_only_some_steps_count(look: Look) -> None:
    cycle = {"type": "OneCycleLR", "config": {"max_lr": 0.1, "total_steps": 50}}
    groups = {name: {**ADAM, "scheduler": cycle} for name in ("autoencoder", "discriminator")}
    tree = {**JUDGED, "training.optimizer_configs": groups}
    assert [finding for finding in look(AE, tree) if finding.severity == "error"] == [], "each makes 50 of 100 steps"
    late = {**tree, "training.warmup_steps": 20, "training.warmup_mode": "full"}
    (finding,) = [finding for finding in look(AE, late) if finding.severity == "error"]
    assert finding.message.startswith("the schedule ends after 50 steps, but this optimizer makes 60")
    assert "autoencoder" in finding.path


def test_a_rate_that_rises_is_odd(look: Look) -> None:
    (finding,) = look(COND, with_scheduler("InverseLR", inv_gamma=-1000000))
    assert (finding.severity, finding.help) == ("warning", "set it to 1000000")
