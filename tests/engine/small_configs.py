"""One small config for every tag of every kind, as the engine's factories take it: shared by the tests of the door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Tree = dict[str, Any]

RATE, SAMPLES, CHANNELS, RATIO, LATENT, COND = 16000, 4096, 2, 8, 4, 16

STAGES = {"channels": 4, "c_mults": [1, 2], "strides": [2, 4]}
TRANSFORMER_STAGES = {"channels": 64, "c_mults": [1, 2], "strides": [2, 4], "transformer_depths": [1, 1]}
SEANET = {"channels": 2, "n_filters": 2, "n_residual_layers": 1, "lstm": 1, "kernel_size": 3, "last_kernel_size": 3}

ENCODER: dict[str, Tree] = {
    "oobleck": {"type": "oobleck", "config": {"in_channels": 2, "latent_dim": LATENT, **STAGES}},
    "seanet": {"type": "seanet", "config": {"dimension": LATENT, "ratios": [2, 4], **SEANET}},
    "dac": {"type": "dac", "config": {"in_channels": 2, "d_model": 4, "strides": [2, 4], "latent_dim": LATENT}},
    "taae": {"type": "taae", "config": {"in_channels": 2, "latent_dim": LATENT, **TRANSFORMER_STAGES}, "requires_grad": False},
    "same": {"type": "same", "config": {"in_channels": 2, "latent_dim": LATENT, "dim_heads": 64, **TRANSFORMER_STAGES}},
    "taae_v2": {"type": "taae_v2", "config": {"in_channels": 2, "latent_dim": LATENT, "dim_heads": 64, **TRANSFORMER_STAGES}},
}

DECODER: dict[str, Tree] = {
    "oobleck": {"type": "oobleck", "config": {"out_channels": 2, "latent_dim": LATENT, "final_tanh": False, **STAGES}},
    "seanet": {"type": "seanet", "config": {"dimension": LATENT, "ratios": [4, 2], **SEANET}},
    "dac": {"type": "dac", "config": {"out_channels": 2, "channels": 8, "rates": [4, 2], "latent_dim": LATENT}},
    "taae": {"type": "taae", "config": {"out_channels": 2, "latent_dim": LATENT, **TRANSFORMER_STAGES}},
    "same": {
        "type": "same",
        "config": {"out_channels": 2, "latent_dim": LATENT, "dim_heads": 64, "sinusoidal_blocks": [0, 2], **TRANSFORMER_STAGES},
    },
    "taae_v2": {"type": "taae_v2", "config": {"out_channels": 2, "latent_dim": LATENT, "dim_heads": 64, **TRANSFORMER_STAGES}},
}

_RVQ = {"dim": LATENT, "codebook_size": 16, "num_quantizers": 2}
_DAC_RVQ = {"input_dim": LATENT, "n_codebooks": 2, "codebook_size": 16, "codebook_dim": 2}

BOTTLENECK: dict[str, Tree] = {
    "tanh": {"type": "tanh", "config": {"scale": 2.0}},
    "vae": {"type": "vae"},
    "rvq": {"type": "rvq", "config": _RVQ},
    "dac_rvq": {"type": "dac_rvq", "config": _DAC_RVQ},
    "rvq_vae": {"type": "rvq_vae", "config": _RVQ},
    "dac_rvq_vae": {"type": "dac_rvq_vae", "config": _DAC_RVQ, "requires_grad": False},
    "l2_norm": {"type": "l2_norm"},
    "wasserstein": {"type": "wasserstein", "config": {"noise_augment_dim": 2}},
    "fsq": {"type": "fsq", "config": {"levels": [3, 5], "dim": LATENT, "keep_num_codebooks_dim": True}},
    "dithered_fsq": {"type": "dithered_fsq", "config": {"dim": LATENT, "levels": [3, 5, 3, 5]}},
    "softnorm": {"type": "softnorm", "config": {"dim": LATENT}},
}


def autoencoder(bottleneck: str | None = None) -> Tree:
    """The `model` section of an autoencoder of ratio 8, without a bottleneck unless one is named."""
    model = {
        "encoder": ENCODER["oobleck"],
        "decoder": DECODER["oobleck"],
        "latent_dim": LATENT,
        "downsampling_ratio": RATIO,
        "io_channels": CHANNELS,
    }
    return {**model, "bottleneck": BOTTLENECK[bottleneck]} if bottleneck else model


PRETRANSFORM: dict[str, Tree] = {
    "autoencoder": {"type": "autoencoder", "config": autoencoder("tanh"), "scale": 0.5, "enable_grad": True},
    "wavelet": {"type": "wavelet", "config": {"channels": 2, "levels": 2, "wavelet": "bior4.4"}},
    "pqmf": {"type": "pqmf", "config": {"channels": 2}},
    "dac_pretrained": {"type": "dac_pretrained", "config": {"model_type": "24khz"}},
    "audiocraft_pretrained": {"type": "audiocraft_pretrained", "config": {}},
    "patched": {"type": "patched", "config": {"channels": 2, "patch_size": 2, "postfilter_channels": 4}},
}

CLAP: Tree = {
    "joint_embed_dim": 16,
    "audio": {"model": {"type": "transformer", "config": {"embed_dim": 64, "depth": 1, "dim_in": LATENT, "dim_heads": 32}}},
    "text": {"model": {"type": "roberta", "config": {"name": "roberta-base"}}},
}

_SIGNAL = {"sample_rate": RATE, "pretransform_config": PRETRANSFORM["patched"]}

CONDITIONER: dict[str, Tree] = {
    "t5": {"id": "prompt", "type": "t5", "config": {"t5_model_name": "t5-small", "max_length": 8}},
    "t5gemma": {"id": "prompt", "type": "t5gemma", "config": {"max_length": 8}},
    "causal_lm": {"id": "prompt", "type": "causal_lm", "config": {"max_length": 8}},
    "clap_text": {"id": "prompt", "type": "clap_text", "config": {"clap_ckpt_path": "clap.pt"}},
    "clap_audio": {"id": "audio", "type": "clap_audio", "config": {"clap_ckpt_path": "clap.pt"}},
    "int": {"id": "kind", "type": "int", "config": {"max_val": 4}},
    "number": {"id": "seconds_total", "type": "number", "config": {"max_val": 8, "fourier_features_type": "expo"}},
    "list": {"id": "instrument", "type": "list", "config": {"options": ["piano", "drum"]}},
    "phoneme": {"id": "words", "type": "phoneme", "config": {}},
    "lut": {"id": "words", "type": "lut", "config": {"tokenizer_name": "t5-base", "max_length": 8}},
    "sat_clap_text": {"id": "prompt", "type": "sat_clap_text", "config": {"model": CLAP}},
    "sat_clap_audio": {"id": "audio", "type": "sat_clap_audio", "config": {"model": CLAP, "sample_rate": RATE}},
    "pretransform": {"id": "guide", "type": "pretransform", "config": {**_SIGNAL, "output_dim": 4}},
    "source_mix": {"id": "sources", "type": "source_mix", "config": {**_SIGNAL, "source_keys": ["voice", "drums"]}},
}


def conditioning(*tags: str) -> Tree:
    """The `conditioning` section with one conditioner for each tag."""
    return {"cond_dim": COND, "configs": [CONDITIONER[tag] for tag in tags]}


_DIT = {"embed_dim": 64, "depth": 1, "num_heads": 2}
_UNET = {
    "in_channels": LATENT,
    "channels": 32,
    "multipliers": [1, 2],
    "factors": [2],
    "num_blocks": [1],
    "attentions": [1],
    "attention_heads": 2,
    "attention_multiplier": 2,
}
_DAU = {"io_channels": 2, "depth": 2, "n_attn_layers": 0, "channels": [32, 32], "strides": [2]}
_CONDITIONED = {"cond_token_dim": COND, "global_cond_dim": COND}

UNCOND_DIFFUSION: dict[str, Tree] = {
    "dit": {
        "type": "dit",
        "config": {"in_channels": LATENT, **_DIT, "norm_type": "rms_norm", "norm_kwargs": {"eps": 1e-4}},
        "pretransform": PRETRANSFORM["autoencoder"],
    },
    "adp_uncond_1d": {"type": "adp_uncond_1d", "config": {**_UNET, "in_channels": 2}},
    "DAU1d": {"type": "DAU1d", "config": _DAU},
}

_IDS = {"cross_attention_cond_ids": ["kind", "seconds_total"], "global_cond_ids": ["seconds_total"]}

COND_DIFFUSION: dict[str, Tree] = {
    "dit": {
        "type": "dit",
        "config": {"io_channels": LATENT, **_DIT, **_CONDITIONED, "attn_kwargs": {"qk_norm": "ln"}, "ff_kwargs": {"mult": 2}},
        **_IDS,
    },
    "adp_1d": {"type": "adp_1d", "config": {**_UNET, "context_embedding_features": COND}, "cross_attention_cond_ids": ["kind"]},
    "adp_cfg_1d": {
        "type": "adp_cfg_1d",
        "config": {**_UNET, "context_embedding_features": COND, "context_embedding_max_length": 4},
        "cross_attention_cond_ids": ["kind"],
    },
}

AUTOENCODER_DIFFUSION: dict[str, Tree] = {
    "dit": {
        "type": "dit",
        "config": {"io_channels": 2, "input_concat_dim": LATENT, "diffusion_objective": "v", **_DIT},
    },
    "adp_1d": {"type": "adp_1d", "config": {**_UNET, "in_channels": 2, "context_channels": [LATENT]}},
    "DAU1d": {"type": "DAU1d", "config": {**_DAU, "cond_dim": LATENT}},
}

DISTRIBUTION_SHIFT: dict[str, Tree] = {
    "full": {"type": "full", "base_shift": 0.3},
    "flux": {"type": "flux", "alpha_max": 2.0},
    "logsnr": {"type": "logsnr", "rate": 0.5},
    "none": {"type": "none"},
}

LM_BACKBONE: dict[str, Tree] = {
    "continuous_transformer": {
        "type": "continuous_transformer",
        "config": {"embed_dim": 64, "depth": 1, "dim_heads": 32, "cross_attn_cond_dim": COND, "project_cross_attn_cond": True},
        "cross_attention_cond_ids": ["kind"],
    }
}

_TOP = {"sample_rate": RATE, "sample_size": SAMPLES, "audio_channels": CHANNELS}


def uncond_model(model: Tree) -> Tree:
    """A whole `diffusion_uncond` config around its `model` section."""
    return {"model_type": "diffusion_uncond", **_TOP, "model": model}


def cond_model(diffusion: Tree, model_type: str = "diffusion_cond") -> Tree:
    """A whole conditional config around its `diffusion` section."""
    model = {
        "diffusion": diffusion,
        "io_channels": LATENT,
        "pretransform": {"type": "autoencoder", "config": autoencoder()},
        "conditioning": conditioning("int", "number"),
    }
    return {"model_type": model_type, **_TOP, "model": model}


def autoencoder_model(diffusion: Tree) -> Tree:
    """A whole `diffusion_autoencoder` config around its `diffusion` section."""
    model = {"encoder": ENCODER["oobleck"], "diffusion": diffusion, "latent_dim": LATENT, "downsampling_ratio": 8, "io_channels": 2}
    return {"model_type": "diffusion_autoencoder", **_TOP, "model": model}


def language_model(lm: Tree) -> Tree:
    """A whole `lm` config around its `lm` section."""
    pretransform = {"type": "autoencoder", "config": autoencoder("dac_rvq")}
    return {"model_type": "lm", **_TOP, "model": {"pretransform": pretransform, "lm": lm, "conditioning": conditioning("int")}}


MODEL: dict[str, Tree] = {
    "autoencoder": {"model_type": "autoencoder", **_TOP, "model": {**autoencoder("tanh"), "encoder": ENCODER["seanet"]}},
    "diffusion_uncond": uncond_model(UNCOND_DIFFUSION["dit"]),
    "diffusion_cond": cond_model(COND_DIFFUSION["dit"]),
    "diffusion_cond_inpaint": cond_model(COND_DIFFUSION["dit"], "diffusion_cond_inpaint"),
    "diffusion_autoencoder": autoencoder_model(AUTOENCODER_DIFFUSION["dit"]),
    "lm": language_model(LM_BACKBONE["continuous_transformer"]),
    "clap": {"model_type": "clap", **_TOP, "model": CLAP},
}

OPTIMIZER: dict[str, Tree] = {
    "AdamW": {"type": "AdamW", "config": {"lr": 1e-3, "betas": [0.8, 0.99]}},
    "Adam": {"type": "Adam", "config": {"lr": 1e-3}},
    "CAdamW": {"type": "CAdamW", "config": {"lr": 1e-3}},
    "CLion": {"type": "CLion", "config": {"lr": 1e-4}},
    "MuonAdamW": {"type": "MuonAdamW", "config": {"muon_lr": 0.01}},
    "AdamW8bit": {"type": "AdamW8bit", "config": {"lr": 1e-3}},
    "FusedAdam": {"type": "FusedAdam", "config": {"lr": 1e-3}},
    "SGD": {"type": "SGD", "config": {"lr": 1e-2, "momentum": 0.9}},
    "RAdam": {"type": "RAdam", "config": {"lr": 1e-3}},
    "NAdam": {"type": "NAdam", "config": {"lr": 1e-3}},
    "Adamax": {"type": "Adamax", "config": {"lr": 1e-3}},
    "Adagrad": {"type": "Adagrad", "config": {"lr": 1e-3}},
    "Adadelta": {"type": "Adadelta", "config": {"rho": 0.8}},
    "RMSprop": {"type": "RMSprop", "config": {"alpha": 0.9}},
    "LBFGS": {"type": "LBFGS", "config": {"max_iter": 3}},
}

OTHER_OPTIMIZERS: dict[str, Tree] = {
    "ASGD": {"type": "ASGD", "config": {"lr": 1e-3}},
    "Adafactor": {"type": "Adafactor", "config": {"lr": 1e-3}},
    "Rprop": {"type": "Rprop", "config": {"lr": 1e-3}},
    "SparseAdam": {"type": "SparseAdam", "config": {"lr": 1e-3}},
}
"""Those of `torch.optim` that have no data model of their own: they are known by name only."""

SCHEDULER: dict[str, Tree] = {
    "InverseLR": {"type": "InverseLR", "config": {"inv_gamma": 100, "power": 0.5, "warmup": 0.9}},
    "StepLR": {"type": "StepLR", "config": {"step_size": 10}},
    "MultiStepLR": {"type": "MultiStepLR", "config": {"milestones": [10, 20]}},
    "ConstantLR": {"type": "ConstantLR", "config": {}},
    "LinearLR": {"type": "LinearLR", "config": {"start_factor": 0.1}},
    "ExponentialLR": {"type": "ExponentialLR", "config": {"gamma": 0.9}},
    "PolynomialLR": {"type": "PolynomialLR", "config": {"total_iters": 10}},
    "CosineAnnealingLR": {"type": "CosineAnnealingLR", "config": {"T_max": 10}},
    "CosineAnnealingWarmRestarts": {"type": "CosineAnnealingWarmRestarts", "config": {"T_0": 10}},
    "OneCycleLR": {"type": "OneCycleLR", "config": {"max_lr": 0.1, "total_steps": 10}},
    "CyclicLR": {"type": "CyclicLR", "config": {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 5}},
    "ReduceLROnPlateau": {"type": "ReduceLROnPlateau", "config": {"patience": 3}},
}

OTHER_SCHEDULERS: dict[str, Tree] = {
    "LambdaLR": {"type": "LambdaLR", "config": {}},
    "MultiplicativeLR": {"type": "MultiplicativeLR", "config": {}},
    "SequentialLR": {"type": "SequentialLR", "config": {}},
    "ChainedScheduler": {"type": "ChainedScheduler", "config": {}},
}
"""Those of `torch.optim.lr_scheduler` that have no data model of their own."""

_VIEW = {"depths": [1], "strides": [2], "sliding_window_widths": [2]}
_JUDGES = {"adversarial": 0.1, "feature_matching": 1.0}
_SPECTRA = {"filters": 2, "n_ffts": [64], "hop_lengths": [16], "win_lengths": [64]}

DISCRIMINATOR: dict[str, Tree] = {
    "oobleck": {"type": "oobleck", "config": {"in_channels": 2}, "weights": _JUDGES},
    "encodec": {"type": "encodec", "config": _SPECTRA, "weights": _JUDGES},
    "dac": {"type": "dac", "config": {"periods": [2], "fft_sizes": [128]}, "weights": _JUDGES},
    "big_vgan": {
        "type": "big_vgan",
        "config": {
            "periods": [2],
            "cqtd_filters": 2,
            "cqtd_hop_lengths": [64],
            "cqtd_n_octaves": [2],
            "cqtd_bins_per_octaves": [12],
            "fmin": 500.0,
        },
        "weights": _JUDGES,
    },
    "hil": {
        "type": "hil",
        "config": {**_SPECTRA, "periods": [1, 2], "taps": 16, "kernel_sizes": [5, 5], "strides": [3, 1], "channels": [4, 8]},
        "weights": _JUDGES,
    },
    "transformer": {
        "type": "transformer",
        "config": {
            "patched_kwargs": {"patch_sizes": [128], **_VIEW},
            "stft_kwargs": {"enabled": True, "n_ffts": [256], **_VIEW},
            "mfb_kwargs": {"enabled": True, "levels": [4], **_VIEW},
        },
        "weights": _JUDGES,
    },
}

ARC_DISCRIMINATOR: dict[str, Tree] = {
    "convnext": {"type": "convnext", "dit_hidden_layer": 0, "config": {"channels": 8, "c_mults": [1, 2], "strides": [2, 4]}},
    "conv": {"type": "conv", "dit_hidden_layer": 0, "config": {"hidden_dim": 32}},
    "dilated_conv": {"type": "dilated_conv", "dit_hidden_layer": 0, "config": {"hidden_dim": 16, "dilations": [1, 2]}},
    "transformer": {"type": "transformer", "dit_hidden_layer": [0], "config": {"hidden_dim": 64, "depth": 1}},
    "multi_scale": {
        "type": "multi_scale",
        "dit_hidden_layer": 0,
        "config": {"hidden_dim": 64, "depth": 1, "heads": [{"name": "near"}, {"stride": 4, "depth": 2}]},
    },
}

DATASET: dict[str, Tree] = {
    "audio_dir": {"dataset_type": "audio_dir", "datasets": [{"id": "tones", "path": "sounds"}], "random_crop": False},
    "pre_encoded": {"dataset_type": "pre_encoded", "datasets": [{"id": "tones", "path": "latents"}], "latent_crop_length": 16},
    "wds": {"dataset_type": "wds", "datasets": [{"id": "tones", "path": "tars"}], "epoch_steps": 2},
    "s3": {"dataset_type": "s3", "datasets": [{"id": "tones", "path": "tars"}], "epoch_steps": 2},
}
"""The paths are of folders that the test writes."""

_GROUP = {"optimizer": {"type": "AdamW", "config": {"lr": 1e-3}}, "scheduler": {"type": "InverseLR", "config": {"warmup": 0.9}}}

TRAINING: dict[str, Tree] = {
    "autoencoder": {"learning_rate": 1e-3, "use_ema": True, "loss_configs": {"time": {"weights": {"l1": 1.0}}}},
    "diffusion_uncond": {"learning_rate": 1e-3},
    "diffusion_cond": {"optimizer_configs": {"diffusion": _GROUP}, "lora_config": {"rank": 2}},
    "diffusion_cond_inpaint": {"optimizer_configs": {"diffusion": _GROUP}, "inpainting": {"mask_kwargs": {"max_mask_segments": 3}}},
    "diffusion_autoencoder": {"learning_rate": 1e-3},
    "lm": {"optimizer_configs": {"lm": _GROUP}, "use_ema": True},
    "clap": {"optimizer_configs": {"model": _GROUP}, "loss_config": {"contrastive": 0}},
}


def judged_training(discriminator: Tree) -> Tree:
    """An autoencoder's training section with a discriminator."""
    losses = {"time": {"weights": {"l1": 1.0}}, "discriminator": discriminator}
    return {"optimizer_configs": {"autoencoder": _GROUP, "discriminator": _GROUP}, "loss_configs": losses}


def arc_training(discriminator: Tree) -> Tree:
    """An ARC training section with a discriminator."""
    arc = {"use_model_as_discriminator": True, "discriminator": discriminator}
    return {"optimizer_configs": {"diffusion": _GROUP, "discriminator": _GROUP}, "arc": arc}


CONFIGS: dict[str, dict[str, Tree]] = {
    "model": MODEL,
    "nested_diffusion": {tag: {**MODEL[tag], "training": {"anything": 1}} for tag in ("diffusion_cond", "diffusion_cond_inpaint")},
    "encoder": ENCODER,
    "decoder": DECODER,
    "bottleneck": BOTTLENECK,
    "pretransform": PRETRANSFORM,
    "conditioner": CONDITIONER,
    "uncond_diffusion": UNCOND_DIFFUSION,
    "cond_diffusion": COND_DIFFUSION,
    "autoencoder_diffusion": AUTOENCODER_DIFFUSION,
    "distribution_shift": DISTRIBUTION_SHIFT,
    "lm_backbone": LM_BACKBONE,
    "optimizer": {**OPTIMIZER, **OTHER_OPTIMIZERS},
    "scheduler": {**SCHEDULER, **OTHER_SCHEDULERS},
    "discriminator": DISCRIMINATOR,
    "arc_discriminator": ARC_DISCRIMINATOR,
    "dataset": DATASET,
    "training": TRAINING,
}
"""Kind -> tag -> config. Training sections stand under their model type."""


@dataclass(frozen=True)
class NotBuilt:
    """Why nothing is built here, and what the config is held against instead."""

    reason: str
    takes: str | None = None
    """`module:Class` whose arguments the config must fit; None where that is not here either."""
    given: tuple[str, ...] = ()
    """Arguments that the engine adds."""


_DANCE = "broken in 0.0.20: `use_snake` reaches a block that does not take it"
_CONDITIONERS = "stable_audio_tools.models.conditioners"
_UNET_1D = "stable_audio_tools.models.diffusion:DiffusionAttnUnet1D"
_NO_OBJECT = "takes an object of Python, which a configuration cannot hold"

NOT_BUILT: dict[tuple[str, str], NotBuilt] = {
    ("pretransform", "pqmf"): NotBuilt(
        "broken in 0.0.20: calls SciPy with an argument that it has dropped",
        "stable_audio_tools.models.pretransforms:PQMFPretransform",
    ),
    ("pretransform", "dac_pretrained"): NotBuilt(
        "its weights are downloaded", "stable_audio_tools.models.pretransforms:PretrainedDACPretransform"
    ),
    ("pretransform", "audiocraft_pretrained"): NotBuilt(
        "needs the package `audiocraft`", "stable_audio_tools.models.pretransforms:AudiocraftCompressionPretransform"
    ),
    ("conditioner", "clap_text"): NotBuilt(
        "its weights are downloaded (LAION CLAP)", f"{_CONDITIONERS}:CLAPTextConditioner", ("output_dim",)
    ),
    ("conditioner", "clap_audio"): NotBuilt(
        "broken in 0.0.20: reads an attribute that it never sets", f"{_CONDITIONERS}:CLAPAudioConditioner", ("output_dim",)
    ),
    ("conditioner", "phoneme"): NotBuilt("needs the package `g2p_en`", f"{_CONDITIONERS}:PhonemeConditioner", ("output_dim",)),
    ("uncond_diffusion", "DAU1d"): NotBuilt(_DANCE, _UNET_1D),
    ("autoencoder_diffusion", "DAU1d"): NotBuilt(_DANCE, _UNET_1D),
    ("optimizer", "AdamW8bit"): NotBuilt("needs the package `bitsandbytes`, and CUDA"),
    ("optimizer", "FusedAdam"): NotBuilt("needs the package `deepspeed`, and CUDA"),
    ("scheduler", "LambdaLR"): NotBuilt(_NO_OBJECT),
    ("scheduler", "MultiplicativeLR"): NotBuilt(_NO_OBJECT),
    ("scheduler", "SequentialLR"): NotBuilt(_NO_OBJECT),
    ("scheduler", "ChainedScheduler"): NotBuilt(_NO_OBJECT),
}
"""(kind, tag) -> why it is not built by the tests."""

STAND_INS: dict[tuple[str, str], str] = {
    **{("conditioner", tag): "text encoder of the hub: a stand-in" for tag in ("t5", "t5gemma", "causal_lm")},
    ("conditioner", "lut"): "tokenizer of the hub: a stand-in",
    **{("conditioner", tag): "text branch of the hub: a stand-in" for tag in ("sat_clap_text", "sat_clap_audio")},
    ("model", "clap"): "text branch of the hub: a stand-in",
    ("training", "clap"): "text branch of the hub: a stand-in",
}
"""(kind, tag) -> what the tests put in the place of weights that are downloaded."""
