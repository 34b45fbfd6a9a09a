"""Real models of the engine's, as small as they can be, and real sounds: for the tests of what runs after training.

Test modules load this file by its path (`runpy`), because pytest's importlib mode puts no folder on the import path.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

RATE = 16000
RATIO = 8
SAMPLES = 2048
LATENT = 4


def autoencoder_config(bottleneck: dict[str, Any] | None = None) -> dict[str, Any]:
    """Stereo, 8 samples to a latent frame, 4 wide; a VAE unless told otherwise."""
    doubled = 1 if bottleneck else 2
    coder = {"channels": 4, "c_mults": [1, 2], "strides": [2, 4]}
    return {
        "model_type": "autoencoder",
        "sample_rate": RATE,
        "sample_size": SAMPLES,
        "audio_channels": 2,
        "model": {
            "encoder": {"type": "oobleck", "config": {"in_channels": 2, "latent_dim": LATENT * doubled, **coder}},
            "decoder": {
                "type": "oobleck",
                "config": {"out_channels": 2, "latent_dim": LATENT, "final_tanh": False, **coder},
            },
            "bottleneck": bottleneck or {"type": "vae"},
            "latent_dim": LATENT,
            "downsampling_ratio": RATIO,
            "io_channels": 2,
        },
    }


def diffusion_config(pretransform: dict[str, Any] | None = None, objective: str = "v") -> dict[str, Any]:
    """Over the latents of the autoencoder above, conditioned on `kind` and `seconds_total`."""
    channels = 2 * pretransform["config"]["patch_size"] if pretransform and pretransform["type"] == "patched" else LATENT
    return {
        "model_type": "diffusion_cond",
        "sample_rate": RATE,
        "sample_size": SAMPLES,
        "audio_channels": 2,
        "model": {
            "pretransform": pretransform or {"type": "autoencoder", "config": autoencoder_config()["model"]},
            "conditioning": {
                "cond_dim": 16,
                "default_keys": {"kind": "class"},
                "configs": [
                    {"id": "kind", "type": "int", "config": {"min_val": 0, "max_val": 4}},
                    {"id": "seconds_total", "type": "number", "config": {"min_val": 0, "max_val": 8}},
                ],
            },
            "diffusion": {
                "type": "dit",
                "diffusion_objective": objective,
                "cross_attention_cond_ids": ["kind", "seconds_total"],
                "global_cond_ids": ["seconds_total"],
                "config": {
                    "io_channels": channels,
                    "embed_dim": 64,
                    "depth": 1,
                    "num_heads": 2,
                    "cond_token_dim": 16,
                    "global_cond_dim": 16,
                },
            },
            "io_channels": channels,
        },
    }


AUTOENCODER_TRAINING = {
    "learning_rate": 1e-3,
    "use_ema": True,
    "loss_configs": {
        "spectral": {
            "config": {"fft_sizes": [256], "hop_sizes": [64], "win_lengths": [256], "perceptual_weighting": False},
            "weights": {"mrstft": 1.0},
        },
        "time": {"weights": {"l1": 0.1}},
        "bottleneck": {"weights": {"kl": 1e-4}},
    },
}

DIFFUSION_TRAINING = {
    "use_ema": True,
    "optimizer_configs": {
        "diffusion": {
            "optimizer": {"type": "AdamW", "config": {"lr": 1e-3}},
            "scheduler": {"type": "InverseLR", "config": {"inv_gamma": 1000, "power": 0.5, "warmup": 0.99}},
        }
    },
}


def write_sounds(folder: Path, count: int, samples: int = SAMPLES, rate: int = RATE) -> Path:
    """`count` stereo tones, each of another pitch; every second one is shorter by half."""
    import numpy as np
    import soundfile

    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        time = np.arange(samples if number % 2 == 0 else samples // 2) / rate
        tone = 0.5 * np.sin(2 * np.pi * (200 + 50 * number) * time)
        soundfile.write(folder / f"tone_{number}.wav", np.stack([tone, -tone], axis=1), rate, subtype="FLOAT")
    return folder


def save_model(config: dict[str, Any], path: Path, *, half_way: bool = False) -> Any:
    """A model checkpoint with fresh weights and its config inside; the model is given back."""
    import torch
    from stable_audio_tools.models.factory import create_model_from_config

    torch.manual_seed(1)
    model = create_model_from_config(copy.deepcopy(config)).eval().requires_grad_(False)
    for parameter in model.parameters():  # The engine zeroes some last layers, which would hide differences.
        if not parameter.any():
            parameter.normal_(0, 0.02)
    state = {name: value for name, value in model.state_dict().items() if not (half_way and "pretransform." in name)}
    torch.save({"state_dict": state, "model_config": config}, path)
    return model


def save_training(config: dict[str, Any], path: Path) -> Any:
    """A Lightning checkpoint after two real training steps, its moving average told apart from the weights."""
    import pytorch_lightning as pl
    import torch
    from stable_audio_tools.models.factory import create_model_from_config
    from stable_audio_tools.training.factory import create_training_wrapper_from_config

    from stable_audio_config.engine import compat

    compat.without_cuda()
    torch.manual_seed(2)
    model = create_model_from_config(copy.deepcopy(config))
    wrapper = create_training_wrapper_from_config(copy.deepcopy(config), model)
    mask = [torch.ones(SAMPLES)]
    metadata = tuple({"kind": kind, "seconds_total": kind, "padding_mask": mask} for kind in (1, 2))
    batches = [(0.1 * torch.randn(2, 2, SAMPLES), metadata) for _ in range(2)]
    trainer = pl.Trainer(accelerator="cpu", max_epochs=1, logger=False, enable_checkpointing=False, enable_progress_bar=False)
    trainer.fit(wrapper, torch.utils.data.DataLoader(batches, batch_size=None))
    ema = getattr(wrapper, "autoencoder_ema", None) or getattr(wrapper, "diffusion_ema", None)
    if ema is not None:
        with torch.no_grad():
            for parameter in ema.ema_model.parameters():
                parameter.add_(0.5)
    inside = {"model_config": config, "stable_audio_config": {"schema_version": 1, "experiment": {"name": "tiny"}}}
    wrapper.on_save_checkpoint = lambda checkpoint: checkpoint.update(inside)
    trainer.save_checkpoint(path)
    return wrapper
