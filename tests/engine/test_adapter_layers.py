"""The layers that rules about adapters know are those that the engine's models have: same names, same sizes."""

from __future__ import annotations

from typing import Any

import pytest

from stable_audio_config.validation.layers import conditioner_layers, dit_layers
from stable_audio_config.validation.setup import model_setup
from stable_audio_config.validation.view import Broken

pytestmark = pytest.mark.engine

DIT = {"embed_dim": 64, "depth": 2, "num_heads": 2}
NUMBER = {"id": "seconds", "type": "number", "config": {"max_val": 8}}
EXPO = {"id": "loudness", "type": "number", "config": {"fourier_features_type": "expo", "output_dim": 24}}
INT = {"id": "kind", "type": "int", "config": {"max_val": 4}}
LIST = {"id": "place", "type": "list", "config": {"options": ["near", "far"]}}


def conditional(config: dict[str, Any], **diffusion: Any) -> dict[str, Any]:
    conditioning = {"cond_dim": 16, "configs": [NUMBER, EXPO, INT, LIST]}
    model = {
        "diffusion": {"type": "dit", "config": {"io_channels": 8, **DIT, **config}, **diffusion},
        "io_channels": 8,
        "conditioning": conditioning,
    }
    return {"model_type": "diffusion_cond", "sample_rate": 16000, "sample_size": 1024, "audio_channels": 2, "model": model}


def unconditional(config: dict[str, Any]) -> dict[str, Any]:
    model = {"type": "dit", "config": {"in_channels": 2, **DIT, **config}}
    return {"model_type": "diffusion_uncond", "sample_rate": 16000, "sample_size": 1024, "audio_channels": 2, "model": model}


CONFIGS = {
    "plain": conditional({}),
    "every condition": conditional({"cond_token_dim": 16, "global_cond_dim": 32, "prepend_cond_dim": 16, "input_concat_dim": 9}),
    "as they are": conditional(
        {"cond_token_dim": 32, "project_cond_tokens": False, "global_cond_dim": 64, "project_global_cond": False}
    ),
    "adaLN, local": conditional(
        {"global_cond_type": "adaLN", "local_add_cond_dim": 4, "conformer": True},
        modular_local_cond_configs=[{"id": "drums", "dim": 3}],
    ),
    "differential": conditional({"cond_token_dim": 16, "attn_kwargs": {"differential": True}, "final_cross_attn_ix": 0}),
    "convolutions": conditional({"ff_kwargs": {"use_conv": True, "conv_kernel_size": 5, "mult": 2}, "patch_size": 2}),
    "no gate": conditional({"ff_kwargs": {"glu": False, "use_conv": True}}),
    "plain feed-forward": conditional({"ff_kwargs": {"glu": False}}),
    "timestep beside the input": conditional(
        {"timestep_cond_type": "input_concat", "timestep_embed_dim": 4, "timestep_features_dim": 128}
    ),
    "unconditional": unconditional({"modular_local_cond_configs": [{"id": "drums", "dim": 3}], "local_add_cond_dim": 2}),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_names_and_sizes_of_layers(name: str) -> None:
    import torch
    from stable_audio_tools.models.factory import create_model_from_config

    config = CONFIGS[name]
    model = create_model_from_config(config)
    parts = [model.model, *([model.conditioner] if "conditioning" in config["model"] else [])]
    theirs = {
        f"{key}": (module.weight[0].numel(), module.weight.shape[0])
        for part in parts
        for key, module in part.named_modules()
        if isinstance(module, (torch.nn.Linear, torch.nn.Conv1d))
    }
    ours = {layer.name: (layer.fan_in, layer.fan_out) for layer in known_layers(config)}
    assert ours == theirs


def known_layers(config: dict[str, Any]) -> list[Any]:
    model = model_setup(config, Broken()).model.part("model")
    if config["model_type"] == "diffusion_uncond":
        return list(dit_layers(model.part("config")))
    conditioners = model.part("conditioning").parts("configs")
    own = [layer for conditioner in conditioners for layer in conditioner_layers(conditioner)]
    return [*dit_layers(model.part("diffusion.config")), *own]
