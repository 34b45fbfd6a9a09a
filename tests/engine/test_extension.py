"""Parts of plugins of every kind: who builds them, from what, and that the engine is itself again afterwards."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from both_ways import by_the_door, parameters
from small_configs import MODEL, RATE, Tree, autoencoder, cond_model

from stable_audio_config.datamodels.base import Data, Sequence
from stable_audio_config.datamodels.bottleneck.continuous import VAEBottleneck
from stable_audio_config.datamodels.kinds import KINDS
from stable_audio_config.datamodels.model import ModelConfigBase
from stable_audio_config.plugins import PARTS, load_installed, part
from stable_audio_config.report.finding import Refused

pytestmark = pytest.mark.engine

TOP = {"sample_rate": RATE, "sample_size": 4096}


class Mine(Data):
    """What parts of any kind have beside their tag; only what is written reaches a builder."""

    type: Literal["mine"]
    id: str = ""
    config: dict[str, Any] | None = None
    requires_grad: bool = True
    enable_grad: bool = False
    amount: int = 0
    dit_hidden_layer: int = 0
    weights: dict[str, float] | None = None
    diffusion_objective: str = "v"
    cross_attention_cond_ids: Sequence[str] = ()


class MyModel(ModelConfigBase):
    model_type: Literal["mine"]
    model: dict[str, Any]


class MyDataset(Data):
    dataset_type: Literal["mine"]
    datasets: tuple[()] = ()
    seconds: int


class MyTraining(Data):
    model_type: str | None = None
    speed: int


@pytest.fixture(autouse=True)
def _nothing_registered() -> Iterator[None]:
    """Each test starts and ends without plugins, and ends with the engine's own functions."""
    from stable_audio_config.engine.factories import FACTORIES

    load_installed()
    before = {factory.place: function_at(factory.place) for factory in FACTORIES}
    yield
    PARTS.clear()
    for kind in KINDS.values():
        kind.added.clear()
    assert {place: function_at(place) for place in before} == before, "the engine is as it was"


def function_at(place: str) -> Any:
    *modules, owner, name = place.split(".")
    if owner[:1].isupper():
        return getattr(getattr(importlib.import_module(".".join(["stable_audio_tools", *modules])), owner), name)
    return getattr(importlib.import_module(".".join(["stable_audio_tools", *modules, owner])), name)


def module(**attributes: Any) -> Any:
    """A network with one weight."""
    import torch

    network = torch.nn.Linear(1, 1, bias=False)
    for name, value in attributes.items():
        setattr(network, name, value)
    return network


class Builder:
    """Gives what it was told to give, and keeps what it was called with."""

    def __init__(self, gives: Callable[..., Any]) -> None:
        self.gives, self.calls = gives, []

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        self.calls.append((arguments, options))
        self.built = self.gives(*arguments, **options)
        return self.built


def registered(kind: str, gives: Callable[..., Any] = lambda *_, **__: module(), model: type[Data] = Mine) -> Builder:
    builder = Builder(gives)
    part(kind, "mine", build=builder)(model)
    return builder


SECTION: Tree = {"type": "mine", "config": {"width": 3}}


def test_every_kind_can_be_built_by_a_plugin() -> None:
    from stable_audio_config.engine.factories import FACTORIES

    assert sorted(kind for factory in FACTORIES for kind in factory.kinds) == sorted(KINDS)


@pytest.mark.parametrize("kind", ["encoder", "decoder", "bottleneck"])
def test_a_part_of_an_autoencoder_is_built_from_its_dictionary(kind: str) -> None:
    from stable_audio_config.engine.build import build_model

    builder = registered(kind, lambda _: module(is_discrete=False))
    raw = {**SECTION, "requires_grad": False}
    inner = {**autoencoder(), kind: raw}
    model = build_model({"model_type": "autoencoder", **TOP, "model": inner})
    assert getattr(model, kind) is builder.built
    assert builder.calls == [((raw,), {})]
    assert not builder.built.weight.requires_grad
    nested = cond_model({"type": "dit", "config": {"io_channels": 4, "embed_dim": 64, "depth": 1, "num_heads": 2}})
    nested["model"]["pretransform"]["config"] = inner
    assert getattr(build_model(nested).pretransform.model, kind) is builder.built, "however deep it stands"


def test_a_pretransform_is_built_for_its_sample_rate_and_frozen() -> None:
    builder = registered("pretransform")
    built = by_the_door()["pretransform"](SECTION)
    assert built is builder.built
    assert builder.calls == [((SECTION, RATE), {})]
    assert (built.enable_grad, built.training, built.weight.requires_grad) == (False, False, False)
    trained = by_the_door()["pretransform"]({**SECTION, "enable_grad": True})
    assert (trained.enable_grad, trained.weight.requires_grad) == (True, True)


def test_a_conditioner_is_built_between_the_engines() -> None:
    from stable_audio_config.engine.build import build_conditioner

    builder = registered("conditioner")
    entries = [{"id": name, "type": "int", "config": {}} for name in ("first", "third")]
    mine = {"id": "second", **SECTION}
    lent = module()
    multi = build_conditioner(
        {"cond_dim": 16, "configs": [entries[0], mine, entries[1]], "default_keys": {"second": "other"}}, lent
    )
    assert list(multi.conditioners) == ["first", "second", "third"]
    assert multi.conditioners["second"] is builder.built
    assert multi.default_keys == {"second": "other"}
    assert builder.calls == [(({**mine, "config": {"output_dim": 16, "width": 3}}, lent), {})]


def test_an_unconditional_network_is_built_in_its_model() -> None:
    builder = registered("uncond_diffusion", lambda _: module(io_channels=5))
    model = by_the_door()["uncond_diffusion"](SECTION)
    assert (model.model, model.io_channels) == (builder.built, 5)
    assert builder.calls == [((SECTION,), {})]


@pytest.mark.parametrize(("attributes", "unit"), [({}, 8), ({"downsampling_ratio": 4}, 32)])
def test_a_conditional_network_is_built_in_its_model(attributes: Tree, unit: int) -> None:
    builder = registered("cond_diffusion", lambda _: module(**attributes))
    raw = {**SECTION, "diffusion_objective": "rectified_flow", "cross_attention_cond_ids": ["kind"]}
    model = by_the_door()["cond_diffusion"](raw)
    assert model.model is builder.built
    assert builder.calls == [((raw,), {})]
    assert (model.min_input_length, model.diffusion_objective, model.cross_attn_cond_ids) == (unit, "rectified_flow", ["kind"])


def test_the_network_of_a_diffusion_autoencoder_is_built_in_it() -> None:
    builder = registered("autoencoder_diffusion", lambda _: module(downsampling_ratio=4))
    model = by_the_door()["autoencoder_diffusion"](SECTION)
    assert model.diffusion is builder.built
    assert builder.calls == [((SECTION,), {})]


def test_a_distribution_shift_is_built_for_training_and_sampling() -> None:
    builder = registered("distribution_shift", lambda _: object())
    raw = {"type": "mine", "amount": 2}
    assert by_the_door()["distribution_shift"](raw) is builder.built
    dit = {"type": "dit", "config": {"io_channels": 4, "embed_dim": 64, "depth": 1, "num_heads": 2}}
    model = by_the_door()["cond_diffusion"]({**dit, "sampling_distribution_shift_options": raw})
    assert model.sampling_dist_shift is builder.built
    assert builder.calls == [((raw,), {})] * 2


def test_a_language_models_backbone_is_built_in_it() -> None:
    builder = registered("lm_backbone", lambda _: module(embed_dim=8))
    model = by_the_door()["lm_backbone"](SECTION)
    assert model.lm.backbone is builder.built
    assert builder.calls == [((SECTION,), {})]


def test_an_optimizer_is_built_over_its_parameters_and_a_scheduler_over_it() -> None:
    import torch

    from stable_audio_config.engine.build import build_optimizer, build_scheduler

    optimizer = registered("optimizer", lambda _, weights: torch.optim.SGD(weights, lr=0.5))
    scheduler = registered("scheduler", lambda _, made: torch.optim.lr_scheduler.StepLR(made, 1))
    weights = parameters()
    made = build_optimizer(SECTION, weights)
    assert (made, optimizer.calls) == (optimizer.built, [((SECTION, weights), {})])
    assert build_scheduler(SECTION, made) is scheduler.built
    assert scheduler.calls == [((SECTION, made), {})]


def test_the_wrapper_takes_optimizers_of_plugins_when_training_begins() -> None:
    import torch

    from stable_audio_config.engine.build import build_model, build_training
    from stable_audio_config.engine.extension import plugin_parts

    optimizer = registered("optimizer", lambda _, weights: torch.optim.SGD(weights, lr=0.5))
    training = {"optimizer_configs": {"diffusion": {"optimizer": SECTION}}}
    model = MODEL["diffusion_cond"]
    with plugin_parts():
        wrapper = build_training(model, training, build_model(model))
        assert wrapper.configure_optimizers() == [optimizer.built]


def test_a_discriminator_is_built_in_the_wrapper() -> None:
    builder = registered("discriminator")
    raw = {**SECTION, "weights": {"adversarial": 0.5, "feature_matching": 1.0}}
    assert by_the_door()["discriminator"](raw) is builder.built
    assert builder.calls == [((raw, 2, RATE), {})]


def test_a_head_of_arc_is_built_in_the_wrapper() -> None:
    builder = registered("arc_discriminator")
    raw = {**SECTION, "dit_hidden_layer": 0}
    assert by_the_door()["arc_discriminator"](raw) is builder.built
    assert builder.calls == [((raw, 64), {})]


def test_a_dataset_is_built_with_the_options_of_the_loader() -> None:
    builder = registered("dataset", lambda config, **_: [config], MyDataset)
    raw = {"dataset_type": "mine", "seconds": 3}
    assert by_the_door()["dataset"](raw) == [raw]
    [(arguments, options)] = builder.calls
    assert arguments == (raw,)
    assert options == {
        "batch_size": 1,
        "sample_size": 128,
        "sample_rate": RATE,
        "audio_channels": 2,
        "num_workers": 1,
        "shuffle": False,
        "tokenizers": None,
        "pad": True,
    }


def test_a_whole_model_type_is_built_and_trained() -> None:
    from stable_audio_config.engine.build import build_model, build_training

    builder = registered("model", model=MyModel)
    trainer = registered("training", lambda config, model: (config, model), MyTraining)
    config = {"model_type": "mine", **TOP, "model": {"width": 3}}
    model = build_model(config)
    assert (model, builder.calls) == (builder.built, [((config,), {})])
    assert build_training(config, {"speed": 2}, model) == ({**config, "training": {"speed": 2}}, model)
    assert len(trainer.calls) == 1


def test_a_nested_model_of_a_plugin_is_built_too() -> None:
    from stable_audio_tools.models import factory

    from stable_audio_config.engine.extension import plugin_parts

    builder = registered("nested_diffusion", model=MyModel)
    with plugin_parts():
        assert factory.create_model_from_config({"model_type": "mine"}) is builder.built


def test_a_built_in_tag_may_be_built_anew() -> None:
    from stable_audio_config.engine.build import build_bottleneck

    class Vae(VAEBottleneck):
        warmth: float = 0.0

    builder = Builder(lambda _: module())
    part("bottleneck", "vae", build=builder, replaces=True)(Vae)
    assert build_bottleneck({"type": "vae", "warmth": 0.5}) is builder.built
    assert builder.calls == [(({"type": "vae", "warmth": 0.5},), {})]


def test_a_tag_without_a_builder_is_left_to_the_engine() -> None:
    from stable_audio_config.engine.build import build_bottleneck

    part("bottleneck", "mine")(Mine)
    with pytest.raises(
        Refused, match="the engine cannot build this bottleneck: NotImplementedError: Unknown bottleneck type: mine"
    ):
        build_bottleneck(SECTION)


def test_a_builder_that_cannot_be_imported_is_one_finding() -> None:
    from stable_audio_config.engine.build import build_bottleneck

    part("bottleneck", "mine", build="no_such_module:build")(Mine)
    with pytest.raises(Refused) as refused:
        build_bottleneck(SECTION)
    [finding] = refused.value.findings
    assert finding.rule == "plugin"
    assert finding.message == (
        "what builds bottleneck `mine` cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'"
    )


def test_the_engine_is_extended_everywhere_once_and_restored_after_an_error() -> None:
    from stable_audio_tools.models import autoencoders, factory

    from stable_audio_config.engine.extension import plugin_parts

    registered("bottleneck")
    own = factory.create_bottleneck_from_config
    with pytest.raises(ZeroDivisionError), plugin_parts():
        extended = factory.create_bottleneck_from_config
        assert extended is autoencoders.create_bottleneck_from_config is not own
        with plugin_parts():
            assert factory.create_bottleneck_from_config is extended
        assert factory.create_bottleneck_from_config is extended
        raise ZeroDivisionError
    assert factory.create_bottleneck_from_config is autoencoders.create_bottleneck_from_config is own


def test_without_plugins_nothing_is_touched() -> None:
    from stable_audio_tools.models import factory

    from stable_audio_config.engine.extension import plugin_parts

    own = factory.create_bottleneck_from_config
    with plugin_parts():
        assert factory.create_bottleneck_from_config is own
