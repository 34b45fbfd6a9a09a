"""The typed door to the engine's factories: from a checked config to the object that the engine builds from it.

    from stable_audio_config.engine.build import build_bottleneck, build_model

    model = build_model(experiment.model)
    bottleneck = build_bottleneck({"type": "tanh", "config": {"scale": 2.0}})

Every function takes the data model of what it builds, or a plain dictionary of that shape, which is checked first: a mistake
is a `Refused` with findings, before the engine is imported. The engine gets a fresh dictionary with exactly the keys that were
written, so that its own defaults hold and the config stays as it is. Parts that plugins add are built wherever they stand.
"""

from .door.models import (
    build_autoencoder,
    build_clap,
    build_clap_audio_branch,
    build_clap_text_branch,
    build_diffusion_autoencoder,
    build_diffusion_cond,
    build_diffusion_uncond,
    build_lm,
    build_model,
)
from .door.parts import (
    build_bottleneck,
    build_conditioner,
    build_decoder,
    build_distribution_shift,
    build_encoder,
    build_pretransform,
)
from .door.training import (
    build_dataloader,
    build_demo_callback,
    build_metrics_callback,
    build_optimizer,
    build_scheduler,
    build_training,
)

__all__ = [
    "build_autoencoder",
    "build_bottleneck",
    "build_clap",
    "build_clap_audio_branch",
    "build_clap_text_branch",
    "build_conditioner",
    "build_dataloader",
    "build_decoder",
    "build_demo_callback",
    "build_diffusion_autoencoder",
    "build_diffusion_cond",
    "build_diffusion_uncond",
    "build_distribution_shift",
    "build_encoder",
    "build_lm",
    "build_metrics_callback",
    "build_model",
    "build_optimizer",
    "build_pretransform",
    "build_scheduler",
    "build_training",
]
