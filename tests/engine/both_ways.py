"""Two ways to build a config of each kind: the engine's own factory, and our door. Parts without a factory of their own stand in a
whole model or training wrapper."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from small_configs import (
    MODEL,
    RATE,
    Tree,
    arc_training,
    autoencoder_model,
    cond_model,
    judged_training,
    language_model,
    uncond_model,
)

from stable_audio_config.datamodels.kinds import KINDS

Build = Callable[[Tree], Any]


def by_the_engine() -> dict[str, Build]:
    """Kind -> the engine's own factory for a raw config of it."""
    import torch
    from stable_audio_tools.data.dataset import create_dataloader_from_config
    from stable_audio_tools.models import autoencoders, conditioners, diffusion, factory, lm
    from stable_audio_tools.training.factory import create_training_wrapper_from_config
    from stable_audio_tools.training.utils import create_optimizer_from_config, create_scheduler_from_config

    def wrapper(model: Tree, training: Tree) -> Any:
        config = {**copy.deepcopy(model), "training": training}  # The same dictionary twice, as in the engine's own script.
        return create_training_wrapper_from_config(config, factory.create_model_from_config(config))

    return {
        "model": factory.create_model_from_config,
        "nested_diffusion": factory.create_model_from_config,
        "encoder": autoencoders.create_encoder_from_config,
        "decoder": autoencoders.create_decoder_from_config,
        "bottleneck": factory.create_bottleneck_from_config,
        "pretransform": lambda raw: factory.create_pretransform_from_config(raw, RATE),
        "conditioner": lambda raw: conditioners.create_multi_conditioner_from_conditioning_config(
            {"cond_dim": 16, "configs": [raw]}
        ),
        "uncond_diffusion": lambda raw: diffusion.create_diffusion_uncond_from_config(uncond_model(raw)),
        "cond_diffusion": lambda raw: diffusion.create_diffusion_cond_from_config(cond_model(raw)),
        "autoencoder_diffusion": lambda raw: autoencoders.create_diffAE_from_config(copy.deepcopy(autoencoder_model(raw))),
        "distribution_shift": diffusion.ConditionedDiffusionModelWrapper._create_dist_shift,
        "lm_backbone": lambda raw: lm.create_audio_lm_from_config(language_model(raw)),
        "optimizer": lambda raw: create_optimizer_from_config(raw, parameters()),
        "scheduler": lambda raw: create_scheduler_from_config(raw, torch.optim.SGD(parameters(), lr=0.1, momentum=0.9)),
        "discriminator": lambda raw: wrapper(MODEL["autoencoder"], judged_training(raw)).discriminator,
        "arc_discriminator": lambda raw: wrapper(MODEL["diffusion_cond"], arc_training(raw)).discriminator_head,
        "dataset": lambda raw: create_dataloader_from_config(raw, 1, 128, RATE, 2, 1, False),
        "training": lambda raw: wrapper(MODEL[raw.pop("model_type")], raw),
    }


def by_the_door(**how: bool) -> dict[str, Build]:
    """Kind -> our function for the same raw config."""
    import torch

    from stable_audio_config.engine import build

    def wrapper(model: Tree, training: Tree) -> Any:
        return build.build_training(model, training, build.build_model(model, **how), **how)

    def nested(raw: Tree) -> Any:
        return build.build_model(KINDS["nested_diffusion"].check(raw), **how)

    return {
        "model": lambda raw: build.build_model(raw, **how),
        "nested_diffusion": nested,
        "encoder": lambda raw: build.build_encoder(raw, **how),
        "decoder": lambda raw: build.build_decoder(raw, **how),
        "bottleneck": lambda raw: build.build_bottleneck(raw, **how),
        "pretransform": lambda raw: build.build_pretransform(raw, RATE, **how),
        "conditioner": lambda raw: build.build_conditioner({"cond_dim": 16, "configs": [raw]}, **how),
        "uncond_diffusion": lambda raw: build.build_diffusion_uncond(uncond_model(raw), **how),
        "cond_diffusion": lambda raw: build.build_diffusion_cond(cond_model(raw), **how),
        "autoencoder_diffusion": lambda raw: build.build_diffusion_autoencoder(autoencoder_model(raw), **how),
        "distribution_shift": lambda raw: build.build_distribution_shift(raw, **how),
        "lm_backbone": lambda raw: build.build_lm(language_model(raw), **how),
        "optimizer": lambda raw: build.build_optimizer(raw, parameters(), **how),
        "scheduler": lambda raw: build.build_scheduler(raw, torch.optim.SGD(parameters(), lr=0.1, momentum=0.9), **how),
        "discriminator": lambda raw: wrapper(MODEL["autoencoder"], judged_training(raw)).discriminator,
        "arc_discriminator": lambda raw: wrapper(MODEL["diffusion_cond"], arc_training(raw)).discriminator_head,
        "dataset": lambda raw: build.build_dataloader(
            raw, batch_size=1, sample_size=128, sample_rate=RATE, num_workers=1, shuffle=False, **how
        ),
        "training": lambda raw: wrapper(MODEL[raw["model_type"]], {key: raw[key] for key in raw if key != "model_type"}),
    }


def parameters() -> list[Any]:
    import torch

    return [torch.nn.Parameter(torch.zeros(2, 3)), torch.nn.Parameter(torch.zeros(3))]
