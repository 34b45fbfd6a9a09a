"""Optimizers and schedulers: known ones by their keywords, any other of torch's by its name."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from stable_audio_config.datamodels.base import field_docs, plain
from stable_audio_config.datamodels.kinds import KINDS
from stable_audio_config.datamodels.training import optim
from stable_audio_config.datamodels.training.optim import OptimizerGroup, TorchOptimizer, TorchScheduler
from stable_audio_config.datamodels.training.optimizers import adam, own
from stable_audio_config.datamodels.training.optimizers import base as optimizer_base
from stable_audio_config.datamodels.training.optimizers import torch as torch_optimizers
from stable_audio_config.datamodels.training.schedulers import base as scheduler_base
from stable_audio_config.datamodels.training.schedulers import inverse
from stable_audio_config.datamodels.training.schedulers import torch as torch_schedulers

MODULES = (optim, optimizer_base, adam, own, torch_optimizers, scheduler_base, inverse, torch_schedulers)
OPTIMIZER_TAGS = KINDS["optimizer"].branches
SCHEDULER_TAGS = KINDS["scheduler"].branches
MODELS = sorted(
    {
        model
        for module in MODULES
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, BaseModel) and "training" in model.__module__
    },
    key=lambda model: model.__name__,
)

REQUIRED: dict[str, dict[str, Any]] = {
    "StepLR": {"step_size": 10},
    "MultiStepLR": {"milestones": [10, 20]},
    "ExponentialLR": {"gamma": 0.999996},
    "CosineAnnealingLR": {"T_max": 1000},
    "CosineAnnealingWarmRestarts": {"T_0": 100},
    "OneCycleLR": {"max_lr": [1e-3, 1e-4]},
    "CyclicLR": {"base_lr": 1e-5, "max_lr": 1e-3},
}
"""The keywords without a default, which an example must give."""


def group(optimizer: Any, **others: Any) -> dict[str, Any]:
    return {"optimizer": optimizer, **others}


def errors(tree: dict[str, Any]) -> list[tuple[str, Any]]:
    with pytest.raises(ValidationError) as caught:
        OptimizerGroup.model_validate(tree)
    return [(error["type"], error["loc"][-1]) for error in caught.value.errors()]


def test_the_published_recipe_round_trips() -> None:
    tree = group(
        {"type": "AdamW", "config": {"betas": [0.8, 0.99], "lr": 1.5e-4, "weight_decay": 1e-3}},
        scheduler={"type": "InverseLR", "config": {"inv_gamma": 200000, "power": 0.5, "warmup": 0.999}},
    )
    assert plain(OptimizerGroup.model_validate(tree)) == tree


@pytest.mark.parametrize("name", sorted(OPTIMIZER_TAGS))
def test_every_known_optimizer_round_trips_without_keywords(name: str) -> None:
    tree = group({"type": name, "config": {}})
    made = OptimizerGroup.model_validate(tree)
    assert plain(made) == tree
    assert type(made.optimizer) is not TorchOptimizer


@pytest.mark.parametrize("name", sorted(SCHEDULER_TAGS))
def test_every_known_scheduler_round_trips_with_its_required_keywords(name: str) -> None:
    tree = group({"type": "Adam", "config": {}}, scheduler={"type": name, "config": REQUIRED.get(name, {})})
    made = OptimizerGroup.model_validate(tree)
    assert plain(made) == tree
    assert type(made.scheduler) is not TorchScheduler


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_a_scheduler_without_its_required_keywords_is_rejected(name: str) -> None:
    tree = group({"type": "Adam", "config": {}}, scheduler={"type": name, "config": {}})
    assert {kind for kind, _ in errors(tree)} == {"missing"}


def test_an_optimizer_of_torch_without_a_data_model_is_accepted_with_any_keywords() -> None:
    tree = group({"type": "Rprop", "config": {"etas": [0.5, 1.2]}}, scheduler={"type": "ChainedScheduler", "config": {}})
    made = OptimizerGroup.model_validate(tree)
    assert plain(made) == tree
    assert isinstance(made.optimizer, TorchOptimizer)
    assert isinstance(made.scheduler, TorchScheduler)


def test_models_built_in_python_are_told_apart_too() -> None:
    made = OptimizerGroup(
        optimizer=adam.AdamWOptimizer(type="AdamW", config=adam.AdamWConfig(lr=1e-4)),
        scheduler=TorchScheduler(type="LambdaLR", config={}),
    )
    assert made.optimizer.type == "AdamW"
    assert made.scheduler is not None
    assert made.scheduler.type == "LambdaLR"


def test_a_keyword_of_another_optimizer_is_rejected() -> None:
    assert errors(group({"type": "MuonAdamW", "config": {"lr": 1e-3}})) == [("extra_forbidden", "lr")]


def test_a_mistyped_keyword_is_rejected() -> None:
    assert errors(group({"type": "AdamW", "config": {"weight_dacay": 0.1}})) == [("extra_forbidden", "weight_dacay")]


def test_a_mistyped_key_of_the_group_is_rejected() -> None:
    tree = group({"type": "Adam", "config": {}}, schedular={"type": "StepLR", "config": {"step_size": 1}})
    assert errors(tree) == [("extra_forbidden", "schedular")]


@pytest.mark.parametrize(
    ("name", "config", "kind"),
    [
        ("AdamW", {"lr": "1e-4"}, "float_type"),
        ("AdamW", {"lr": True}, "float_type"),
        ("AdamW", {"lr": -1e-4}, "greater_than_equal"),
        ("AdamW", {"betas": [0.9]}, "missing"),
        ("AdamW", {"betas": [0.9, 1.0]}, "less_than"),
        ("CLion", {"lr": 0.0}, "greater_than"),
        ("MuonAdamW", {"ns_steps": True}, "int_type"),
        ("LBFGS", {"line_search_fn": "wolfe"}, "literal_error"),
    ],
)
def test_a_wrong_value_of_a_known_optimizer_is_rejected(name: str, config: dict[str, Any], kind: str) -> None:
    assert [found for found, _ in errors(group({"type": name, "config": config}))] == [kind]


@pytest.mark.parametrize(
    ("name", "config", "kind"),
    [
        ("InverseLR", {"warmup": 1.0}, "less_than"),
        ("InverseLR", {"gamma": 1.0}, "extra_forbidden"),
        ("StepLR", {"step_size": 10.5}, "int_type"),
        ("LinearLR", {"start_factor": 0.0}, "greater_than"),
        ("OneCycleLR", {"max_lr": 1e-3, "anneal_strategy": "cosine"}, "literal_error"),
        ("ReduceLROnPlateau", {"factor": 1.0}, "less_than"),
    ],
)
def test_a_wrong_value_of_a_known_scheduler_is_rejected(name: str, config: dict[str, Any], kind: str) -> None:
    tree = group({"type": "Adam", "config": {}}, scheduler={"type": name, "config": config})
    assert [found for found, _ in errors(tree)] == [kind]


def test_a_section_without_type_is_told_that_it_is_missing() -> None:
    assert errors(group({"config": {}})) == [("missing", "type")]


def test_a_type_that_is_no_text_is_rejected() -> None:
    assert errors(group({"type": 3, "config": {}})) == [("string_type", "type")]
    assert errors(group({"type": ["Adam"], "config": {}})) == [("string_type", "type")]


def test_a_section_without_config_is_rejected_as_the_engine_demands_it() -> None:
    assert errors(group({"type": "Adam"})) == [("missing", "config")]
    assert errors(group({"type": "Rprop"})) == [("missing", "config")]


def test_a_null_scheduler_is_rejected_as_the_engine_only_asks_whether_the_key_is_there() -> None:
    made = OptimizerGroup.model_validate(group({"type": "Adam", "config": {}}))
    assert made.scheduler is None
    assert [kind for kind, _ in errors(group({"type": "Adam", "config": {}}, scheduler=None))] == ["model_attributes_type"]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_has_a_string(model: type[BaseModel]) -> None:
    docs = field_docs(model)
    assert [name for name in model.model_fields if not docs.get(name)] == []
