"""The engine's factories, and how each of them comes to build the parts of plugins too (`extension.py` puts it in force)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from inspect import signature
from typing import Any

from ..datamodels.kinds import KINDS
from ..plugins import PARTS
from ..report.finding import refuse

Function = Callable[..., Any]
Tree = dict[str, Any]


@dataclass(frozen=True)
class Factory:
    """One function of the engine that builds parts by their tag."""

    place: str
    """`module.function` in the engine."""
    kinds: tuple[str, ...]
    """The kinds of part that it builds."""
    extend: Callable[[Function], Function]
    """From the engine's function to the one that knows plugins."""


def _builder(kind: str, section: Any) -> Function | None:
    """What builds this part; None where the engine does."""
    tag = KINDS[kind].tag_of(section)
    part = None if tag is None else PARTS.get((kind, tag))
    if part is None:
        return None
    try:
        return part.builder()
    except Exception as error:
        message = f"what builds {kind} `{tag}` cannot be loaded: {type(error).__name__}: {error}"
        raise refuse("plugin", message, help=f"repair `{part.build}`") from error


def _by_tag(*kinds: str, finish: Callable[[Any, Tree], Any] | None = None, by_name: bool = False) -> Callable[[Function], Function]:
    """For the factories that take the part's dictionary first."""

    def extend(engine: Function) -> Function:
        parameters = signature(engine)

        def create(*arguments: Any, **options: Any) -> Any:
            given = parameters.bind(*arguments, **options)
            config, *_ = given.args
            build = next((found for kind in kinds if (found := _builder(kind, config)) is not None), None)
            if build is None:
                return engine(*arguments, **options)
            given.apply_defaults()
            _, *beside = given.arguments.items()
            more, named = ((), dict(beside)) if by_name else (tuple(value for _, value in beside), {})
            built = build(copy.deepcopy(config), *more, **named)
            return built if finish is None else finish(built, config)

        return create

    return extend


def _frozen_if_written(module: Any, config: Tree) -> Any:
    """What the engine does to encoders, decoders and bottlenecks."""
    if not config.get("requires_grad", True):
        module.requires_grad_(False)
    return module


def _frozen_unless_written(pretransform: Any, config: Tree) -> Any:
    """What the engine does to pretransforms."""
    pretransform.enable_grad = config.get("enable_grad", False)
    return pretransform.eval().requires_grad_(pretransform.enable_grad)


def _conditioners(engine: Function) -> Function:
    """The engine builds its own conditioners; those of plugins are put between them in the order of the config."""

    def create(config: Tree, pretransform: Any = None) -> Any:
        builders = [_builder("conditioner", entry) for entry in config["configs"]]
        if not any(builders):
            return engine(config, pretransform=pretransform)
        import torch

        entries = list(zip(config["configs"], builders, strict=True))
        multi = engine({**config, "configs": [entry for entry, build in entries if build is None]}, pretransform=pretransform)
        ordered = {}
        for entry, build in entries:
            if build is None:
                ordered[entry["id"]] = multi.conditioners[entry["id"]]
            else:
                options = {"output_dim": config["cond_dim"], **copy.deepcopy(entry.get("config") or {})}
                ordered[entry["id"]] = build({**entry, "config": options}, pretransform)
        multi.conditioners = torch.nn.ModuleDict(ordered)
        return multi

    return create


def _in_place_of(
    stand_in: str, kind: str, at: tuple[str, ...], tag: str, config: Tree | None = None
) -> Callable[[Function], Function]:
    """For the factories that choose a network in the middle of a longer function: the part is built where they build `tag`.

    Args:
        stand_in: the class that they would call for `tag`, as `module.Class`.
        kind: the kind of part.
        at: the keys from the whole model config to the part's section.
        tag: a built-in tag of that kind.
        config: what the engine reads in the config of `tag` besides handing it to the class.
    """

    def extend(engine: Function) -> Function:
        def create(model_config: Tree) -> Any:
            section = _at(model_config, at)
            build = _builder(kind, section)
            if build is None:
                return engine(model_config)
            read: Tree = copy.deepcopy(config or {})

            def network(**_: Any) -> Any:
                built = build(copy.deepcopy(section))
                if "factors" in read:
                    read["factors"] = [getattr(built, "downsampling_ratio", 1)]
                return built

            with _standing_in(stand_in, network):
                return engine(_with(model_config, at, {**section, "type": tag, "config": read}))

        return create

    return extend


def _at(tree: Any, keys: tuple[str, ...]) -> Any:
    """What stands below `keys`; None where nothing does."""
    for key in keys:
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree


def _with(tree: Mapping[str, Any], keys: tuple[str, ...], value: Any) -> Tree:
    """A copy of `tree` with another value below `keys`."""
    first, *rest = keys
    return {**tree, first: _with(tree[first], tuple(rest), value) if rest else value}


@contextmanager
def _standing_in(place: str, instead: Function) -> Iterator[None]:
    """Inside, who calls the engine's class at `module.Class` calls something else."""
    path, _, name = place.rpartition(".")
    module = import_module(f"stable_audio_tools.{path}")
    own = getattr(module, name)
    setattr(module, name, instead)
    try:
        yield
    finally:
        setattr(module, name, own)


_LOSS = ("training", "loss_configs", "discriminator")
_HEAD = ("training", "arc", "discriminator")


def _trainings(engine: Function) -> Function:
    """Whole training wrappers, and the discriminators that the engine's wrappers build inside themselves."""

    def create(model_config: Tree, model: Any) -> Any:
        whole = _builder("training", model_config)
        if whole is not None:
            return whole(copy.deepcopy(model_config), model)
        loss, head = _at(model_config, _LOSS), _at(model_config, _HEAD)
        with ExitStack() as until_the_end:
            if (judge := _builder("discriminator", loss)) is not None:
                own = partial(judge, copy.deepcopy(loss), model.out_channels, model_config["sample_rate"])
                until_the_end.enter_context(_standing_in("training.autoencoders.OobleckDiscriminator", own))
                model_config = _with(model_config, _LOSS, {**loss, "type": "oobleck", "config": {}})
            if (judge := _builder("arc_discriminator", head)) is not None:
                own = partial(_arc_head, judge, head)
                until_the_end.enter_context(_standing_in("models.arc.ConvNeXtDiscriminator", own))
                model_config = _with(model_config, _HEAD, {**head, "type": "convnext", "config": {}})
            return engine(model_config, model)

    return create


def _arc_head(build: Function, section: Tree, in_channels: int, **_: Any) -> Any:
    return build(copy.deepcopy(section), in_channels)


FACTORIES = (
    Factory("models.factory.create_model_from_config", ("model", "nested_diffusion"), _by_tag("model", "nested_diffusion")),
    Factory("models.autoencoders.create_encoder_from_config", ("encoder",), _by_tag("encoder", finish=_frozen_if_written)),
    Factory("models.autoencoders.create_decoder_from_config", ("decoder",), _by_tag("decoder", finish=_frozen_if_written)),
    Factory("models.factory.create_bottleneck_from_config", ("bottleneck",), _by_tag("bottleneck", finish=_frozen_if_written)),
    Factory(
        "models.factory.create_pretransform_from_config", ("pretransform",), _by_tag("pretransform", finish=_frozen_unless_written)
    ),
    Factory("models.conditioners.create_multi_conditioner_from_conditioning_config", ("conditioner",), _conditioners),
    Factory(
        "models.diffusion.create_diffusion_uncond_from_config",
        ("uncond_diffusion",),
        _in_place_of("models.diffusion.UNet1DUncondWrapper", "uncond_diffusion", ("model",), "adp_uncond_1d"),
    ),
    Factory(
        "models.diffusion.create_diffusion_cond_from_config",
        ("cond_diffusion",),
        _in_place_of("models.diffusion.UNet1DCondWrapper", "cond_diffusion", ("model", "diffusion"), "adp_1d", {"factors": [1]}),
    ),
    Factory(
        "models.autoencoders.create_diffAE_from_config",
        ("autoencoder_diffusion",),
        _in_place_of(
            "models.autoencoders.UNet1DCondWrapper", "autoencoder_diffusion", ("model", "diffusion"), "adp_1d", {"factors": [1]}
        ),
    ),
    Factory(
        "models.lm.create_audio_lm_from_config",
        ("lm_backbone",),
        _in_place_of("models.lm.ContinuousTransformerAudioLMBackbone", "lm_backbone", ("model", "lm"), "continuous_transformer"),
    ),
    Factory(
        "models.diffusion.ConditionedDiffusionModelWrapper._create_dist_shift",
        ("distribution_shift",),
        _by_tag("distribution_shift"),
    ),
    Factory("training.utils.create_optimizer_from_config", ("optimizer",), _by_tag("optimizer")),
    Factory("training.utils.create_scheduler_from_config", ("scheduler",), _by_tag("scheduler")),
    Factory("training.factory.create_training_wrapper_from_config", ("training", "discriminator", "arc_discriminator"), _trainings),
    Factory("data.dataset.create_dataloader_from_config", ("dataset",), _by_tag("dataset", by_name=True)),
)
"""Every function of the engine that builds parts by their tag."""
