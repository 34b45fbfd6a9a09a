"""Small valid experiments over all model types that the engine can train: what the mutants are made of. Long: it is one table."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from small_configs import DECODER, DISCRIMINATOR, ENCODER, LATENT, RATE, Tree, autoencoder

SAMPLES, RATIO, SOUNDS = 2048, 8, 6

AT_FULL_RATE = ("diffusion_uncond", "diffusion_autoencoder")
"""Model types whose networks see every sample here: half the length is enough."""

METADATA = """\
def get_custom_metadata(info, audio):
    return {"kind": 1, "mood": "calm", "prompt": "a drum", "melody": audio, "stems": {"voice": audio}}
"""


def write_material(folder: Path) -> None:
    """`folder` holds `sounds`, `latents` and `metadata.py`, which the bases read."""
    import numpy as np
    import soundfile

    (folder / "metadata.py").write_text(METADATA, encoding="utf-8")
    for name in ("sounds", "latents"):
        (folder / name).mkdir(exist_ok=True)
    random = np.random.default_rng(3)
    frames = SAMPLES // RATIO
    about = {
        "padding_mask": [1] * frames,
        "seconds_start": 0,
        "seconds_total": 1,
        "kind": 1,
        "mood": "calm",
        "prompt": "a drum",
    }
    for number in range(SOUNDS):
        noise = 0.2 * random.standard_normal((SAMPLES, 2)).astype("float32")
        soundfile.write(folder / "sounds" / f"{number}.wav", noise, RATE, subtype="FLOAT")
        np.save(folder / "latents" / f"{number}.npy", random.standard_normal((LATENT, frames)).astype("float32"))
        (folder / "latents" / f"{number}.json").write_text(json.dumps(about), encoding="utf-8")


_GROUP: Tree = {
    "optimizer": {"type": "AdamW", "config": {"lr": 1e-3, "betas": [0.8, 0.99]}},
    "scheduler": {"type": "InverseLR", "config": {"inv_gamma": 1000, "power": 0.5, "warmup": 0.99}},
}
_SPECTRAL: Tree = {
    "config": {"fft_sizes": [256, 128], "hop_sizes": [64, 32], "win_lengths": [256, 128], "perceptual_weighting": False},
    "weights": {"mrstft": 1.0},
}
_TIME: Tree = {"weights": {"l1": 0.1}}
_ENCODEC: Tree = {
    "type": "encodec",
    "config": {"filters": 2, "n_ffts": [256, 128], "hop_lengths": [64, 32], "win_lengths": [256, 128]},
    "weights": {"adversarial": 0.1, "feature_matching": 1.0},
}
_VAE: Tree = {**autoencoder("vae"), "encoder": {"type": "oobleck", "config": {**ENCODER["oobleck"]["config"], "latent_dim": 8}}}


_TAAE: Tree = {"sliding_window": None}
"""Attention in windows would be compiled for 20 seconds."""


def _coded(encoder: str, decoder: str, bottleneck: str) -> Tree:
    return {**autoencoder(bottleneck), "encoder": ENCODER[encoder], "decoder": DECODER[decoder]}


def _over(pretransform: Tree, width: int, ratio: int, bottleneck: str) -> Tree:
    """An autoencoder of ratio 8 over a pretransform of `width` channels and `ratio` samples."""
    model = copy.deepcopy(autoencoder(bottleneck))
    model["encoder"]["config"]["in_channels"] = model["decoder"]["config"]["out_channels"] = width
    return {**model, "pretransform": pretransform, "downsampling_ratio": RATIO * ratio}


def _patched_same() -> Tree:
    model = _over({"type": "patched", "config": {"channels": 2, "patch_size": 2}}, 4, 2, "softnorm")
    model["pretransform"]["enable_grad"] = True
    for part, key, kind in (("encoder", "in_channels", ENCODER), ("decoder", "out_channels", DECODER)):
        model[part] = copy.deepcopy(kind["same"])
        model[part]["config"][key] = 4
    return model


_PRETRANSFORM: Tree = {"type": "autoencoder", "iterate_batch": True, "config": _VAE}
_NUMBERS: list[Tree] = [
    {"id": "kind", "type": "int", "config": {"min_val": 0, "max_val": 4}},
    {"id": "seconds_total", "type": "number", "config": {"min_val": 0, "max_val": 8}},
]
_DIT: Tree = {"io_channels": LATENT, "embed_dim": 64, "depth": 2, "num_heads": 2}
_DEMO: Tree = {"demo_every": 10, "demo_steps": 2, "num_demos": 2, "demo_cfg_scales": [1, 2.5]}
_INPAINT_DEMO: Tree = {"demo_every": 10, "demo_steps": 2, "demo_cfg_scales": [2]}
_DEMO_COND: Tree = {"demo_cond": [{"kind": 1, "seconds_total": 0.1}, {"kind": 2, "seconds_total": 0.1}]}
_UNET: Tree = {
    "in_channels": LATENT,
    "channels": 16,
    "multipliers": [1, 2],
    "factors": [4],
    "num_blocks": [1],
    "attentions": [1],
    "attention_heads": 2,
    "attention_multiplier": 2,
}


def _cond(diffusion: Tree, configs: list[Tree] | None = None, **more: Any) -> Tree:
    conditioning = {"cond_dim": 16, "configs": configs or _NUMBERS}
    return {"pretransform": _PRETRANSFORM, "conditioning": conditioning, "diffusion": diffusion, "io_channels": LATENT, **more}


_PLAIN_DIT: Tree = {
    "type": "dit",
    "diffusion_objective": "rectified_flow",
    "cross_attention_cond_ids": ["kind", "seconds_total"],
    "global_cond_ids": ["seconds_total"],
    "config": {**_DIT, "cond_token_dim": 16, "global_cond_dim": 16},
}


def _every_condition() -> Tree:
    signal = {"sample_rate": RATE, "pretransform_config": {"type": "patched", "config": {"channels": 2, "patch_size": 8}}}
    configs = [
        *_NUMBERS,
        {"id": "mood", "type": "list", "config": {"options": ["calm", "wild"], "output_dim": 24}},
        {"id": "melody", "type": "pretransform", "config": {"output_dim": 16, **signal}},
        {"id": "stems", "type": "source_mix", "config": {"output_dim": 5, "source_keys": ["voice"], **signal}},
    ]
    diffusion = {
        "type": "dit",
        "diffusion_objective": "v",
        "cross_attention_cond_ids": ["kind", "seconds_total"],
        "global_cond_ids": ["seconds_total", "mood"],
        "prepend_cond_ids": ["kind"],
        "input_concat_ids": ["melody"],
        "local_add_cond_ids": ["stems"],
        "config": {
            **_DIT,
            "cond_token_dim": 16,
            "global_cond_dim": 40,
            "prepend_cond_dim": 16,
            "input_concat_dim": 16,
            "local_add_cond_dim": 5,
            "global_cond_type": "adaLN",
            "attn_kwargs": {"qk_norm": "ln"},
            "ff_kwargs": {"mult": 2},
            "norm_type": "rms_norm",
            "num_memory_tokens": 2,
        },
    }
    return _cond(diffusion, configs)


_INPAINT_DIT: Tree = {
    **_PLAIN_DIT,
    "diffusion_objective": "v",
    "input_concat_ids": ["inpaint_mask", "inpaint_masked_input"],
    "config": {**_PLAIN_DIT["config"], "input_concat_dim": LATENT + 1},
}

_ARC: Tree = {
    "optimizer_configs": {
        "diffusion": {"optimizer": {"type": "AdamW", "config": {"lr": 1e-4}}},
        "discriminator": {"optimizer": {"type": "AdamW", "config": {"lr": 1e-4}}},
    },
    "arc": {
        "use_model_as_discriminator": True,
        "disc_update_interval": 2,
        "discriminator": {
            "type": "convnext",
            "dit_hidden_layer": 1,
            "config": {"channels": 8, "c_mults": [1, 2], "strides": [2, 4]},
        },
    },
    "demo": {**_DEMO, **_DEMO_COND},
}

_DIFFAE: Tree = {
    "encoder": ENCODER["oobleck"],
    "bottleneck": {"type": "tanh", "config": {"scale": 2.0}},
    "diffusion": {
        "type": "dit",
        "config": {
            "io_channels": 2,
            "input_concat_dim": LATENT,
            "diffusion_objective": "v",
            "embed_dim": 64,
            "depth": 1,
            "num_heads": 2,
        },
    },
    "latent_dim": LATENT,
    "downsampling_ratio": RATIO,
    "io_channels": 2,
}

_CLAP: Tree = {
    "joint_embed_dim": 16,
    "audio": {
        "model": {
            "type": "transformer",
            "config": {"embed_dim": 64, "embed_type": "avg_pool", "depth": 1, "dim_heads": 32, "dim_in": 64},
        }
    },
    "text": {"model": {"type": "roberta", "config": {"name": "roberta-base"}}},
    "pretransform": {"type": "patched", "config": {"channels": 2, "patch_size": 32}},
}

_LOSSES: Tree = {"spectral": _SPECTRAL, "time": _TIME}

MODELS: dict[str, tuple[str, Tree, Tree]] = {
    "oobleck vae, encodec": (
        "autoencoder",
        _VAE,
        {
            "use_ema": True,
            "warmup_steps": 1,
            "optimizer_configs": {"autoencoder": _GROUP, "discriminator": _GROUP},
            "loss_configs": {**_LOSSES, "discriminator": _ENCODEC, "bottleneck": {"weights": {"kl": 1e-4}}},
            "demo": {"demo_every": 10},
        },
    ),
    "seanet rvq": (
        "autoencoder",
        _coded("seanet", "seanet", "rvq"),
        {"learning_rate": 1e-3, "loss_configs": {"time": {"weights": {"l1": 1.0, "l2": 0.5}}}, "demo": {"demo_every": 10}},
    ),
    "dac dac_rvq, dac": (
        "autoencoder",
        _coded("dac", "dac", "dac_rvq"),
        {
            "optimizer_configs": {"autoencoder": _GROUP, "discriminator": _GROUP},
            "loss_configs": {"time": _TIME, "discriminator": DISCRIMINATOR["dac"]},
        },
    ),
    "taae fsq": (
        "autoencoder",
        {
            **autoencoder(),
            "encoder": {"type": "taae", "config": {**ENCODER["taae"]["config"], **_TAAE}},
            "decoder": {"type": "taae", "config": {**DECODER["taae"]["config"], **_TAAE}},
            "bottleneck": {"type": "dithered_fsq", "config": {"dim": LATENT, "levels": [3, 5, 3, 5]}},
        },
        {"learning_rate": 1e-3, "clip_grad_norm": 1.0, "loss_configs": _LOSSES},
    ),
    "same softnorm over patches": (
        "autoencoder",
        _patched_same(),
        {"learning_rate": 1e-3, "loss_configs": {**_LOSSES, "bottleneck": {"weights": {"softnorm": 1e-5}}}},
    ),
    "oobleck tanh over wavelets": (
        "autoencoder",
        _over({"type": "wavelet", "config": {"channels": 2, "levels": 2, "wavelet": "bior4.4"}, "enable_grad": True}, 8, 4, "tanh"),
        {
            "learning_rate": 1e-3,
            "use_ema": True,
            "latent_mask_ratio": 0.1,
            "loss_configs": {"time": _TIME},
            "demo": {"demo_every": 10},
        },
    ),
    "dit, cross and global": (
        "diffusion_cond",
        _cond(_PLAIN_DIT),
        {
            "use_ema": True,
            "cfg_dropout_prob": 0.2,
            "timestep_sampler": "logit_normal",
            "optimizer_configs": {"diffusion": _GROUP},
            "demo": {**_DEMO, **_DEMO_COND},
        },
    ),
    "dit, every condition": (
        "diffusion_cond",
        _every_condition(),
        {"learning_rate": 1e-4, "use_ema": False, "demo": {**_DEMO, "demo_cfg_scales": [2], "demo_cond_from_batch": True}},
    ),
    "dit, lora": (
        "diffusion_cond",
        _cond(_PLAIN_DIT),
        {
            "learning_rate": 1e-3,
            "lora_config": {"rank": 2, "alpha": 4, "adapter_type": "lora", "include": ["transformer.layers"]},
            "loss_normalization": "sample",
        },
    ),
    "dit, arc": ("diffusion_cond", _cond(_PLAIN_DIT), _ARC),
    "dit over latents": (
        "diffusion_cond",
        _cond({**_PLAIN_DIT, "diffusion_objective": "v"}),
        {"learning_rate": 1e-4, "pre_encoded": True, "mask_loss_weight": 0.1, "demo": {**_DEMO, **_DEMO_COND}},
    ),
    "inpainting": (
        "diffusion_cond_inpaint",
        _cond(_INPAINT_DIT),
        {"learning_rate": 1e-4, "inpainting": {"mask_kwargs": {"max_mask_segments": 3}}, "demo": {**_INPAINT_DEMO, **_DEMO_COND}},
    ),
    "inpainting over latents": (
        "diffusion_cond_inpaint",
        _cond({**_INPAINT_DIT, "diffusion_objective": "rectified_flow"}),
        {
            "learning_rate": 1e-4,
            "pre_encoded": True,
            "p_one_shot": 0.1,
            "inpainting": {"mask_kwargs": {"mask_ratio_range": [0.3, 0.9]}},
            "demo": {**_INPAINT_DEMO, "inpaint_demos": {"num_causal": 1}},
        },
    ),
    "unconditional dit": (
        "diffusion_uncond",
        {
            "type": "dit",
            "config": {"in_channels": LATENT, "embed_dim": 64, "depth": 1, "num_heads": 2},
            "pretransform": {"type": "autoencoder", "config": autoencoder("l2_norm")},
        },
        {"learning_rate": 1e-4},
    ),
    "unconditional u-net": (
        "diffusion_uncond",
        {"type": "adp_uncond_1d", "config": {**_UNET, "in_channels": 2}},
        {"learning_rate": 1e-4},
    ),
    "diffusion autoencoder": (
        "diffusion_autoencoder",
        _DIFFAE,
        {"learning_rate": 1e-4, "demo": {"demo_every": 10, "demo_steps": 2}},
    ),
    "diffusion autoencoder, u-net": (
        "diffusion_autoencoder",
        {**_DIFFAE, "diffusion": {"type": "adp_1d", "config": {**_UNET, "in_channels": 2, "context_channels": [LATENT]}}},
        {"learning_rate": 1e-4},
    ),
    "clap": (
        "clap",
        _CLAP,
        {"learning_rate": 1e-4, "loss_config": {"contrastive": 0, "uniformity": 0.1, "cross_uniformity": 0.1, "alignment": 0.1}},
    ),
}
"""Name -> (model type, `model` section, training section)."""


def bases(folder: Path) -> dict[str, Tree]:
    """Name -> whole experiment over the material in `folder`; new at every call."""
    return {name: _experiment(*parts, folder) for name, parts in MODELS.items()}


def _experiment(model_type: str, model: Tree, training: Tree, folder: Path) -> Tree:
    latents = training.get("pre_encoded", False)
    entry: Tree = {"id": "tones", "path": str(folder / ("latents" if latents else "sounds"))}
    dataset: Tree = {"dataset_type": "pre_encoded", "datasets": [entry]}
    if not latents:
        dataset = {"dataset_type": "audio_dir", "datasets": [{**entry, "custom_metadata_module": str(folder / "metadata.py")}]}
    samples = SAMPLES // 2 if model_type in AT_FULL_RATE else SAMPLES
    top = {"model_type": model_type, "sample_rate": RATE, "sample_size": samples, "audio_channels": 2}
    run = {"batch_size": 2, "max_steps": 3, "precision": "32-true", "accelerator": "cpu", "devices": 1, "num_workers": 0}
    tree = {"name": "oracle", **run, "logger": "none", "model": {**top, "model": model}, "training": training, "dataset": dataset}
    whole: Tree = json.loads(json.dumps(tree))  # Parts that stand at two places are two parts from here on.
    return whole
