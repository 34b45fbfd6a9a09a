"""Keys that nothing reads: every row of the tables on a tree that has it, and silent on the nearest tree that reads the key."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from functools import cache
from typing import Any

import pytest

import stable_audio_config.datamodels as datamodels
from stable_audio_config.datamodels.base import Data, _own_field_docs
from stable_audio_config.datamodels.export import shape_table
from stable_audio_config.datamodels.shapes import Shape, kind, shape
from stable_audio_config.report.finding import Finding
from stable_audio_config.validation.judge import judge
from stable_audio_config.validation.rule import RULES, _finding
from stable_audio_config.validation.rules.no_effect import TABLES, rows_by_key
from stable_audio_config.validation.setup import Setup
from stable_audio_config.validation.view import Broken, Node

Tree = dict[str, Any]
(RULE,) = [rule for rule in RULES if rule.name == "no-effect" and rule.subject == "no_effect"]


@cache
def data_models() -> dict[str, type[Data]]:
    found: dict[str, type[Data]] = {}
    for module in pkgutil.walk_packages(datamodels.__path__, f"{datamodels.__name__}."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if inspect.isclass(value) and issubclass(value, Data) and value.__module__ == module.name:
                assert name not in found or name in SEVERAL, f"two data models are called {name}"
                found[name] = value
    return found


@cache
def shape_of(name: str) -> Shape:
    return Shape(shape_table(data_models()[name]))


SEVERAL = {"ClapLossConfig", "DiscriminatorWeights", "TransformerDiscriminator"}
"""Names that two data models have; no row is about them."""


def found(name: str, tree: Tree, **parts: Tree) -> list[Finding]:
    """What the rule says about `tree` as a data model, beside a model config (`model`) and run options (`run`)."""
    nodes: dict[str, Any] = {}
    if "model" in parts:
        model = kind("model").meant(parts["model"])
        assert model is not None
        nodes["model"] = Node(parts["model"], model, ("model",), Broken(), None)
    if "run" in parts:
        nodes["run"] = Node(parts["run"], shape("experiment:ExperimentConfig"), (), Broken(), None)
    setup = Setup(**{**nodes, "training": Node(tree, shape_of(name), ("at",), Broken(), None)})
    return [_finding(RULE, setup, problem) for problem in RULE.check(setup)]


def autoencoder(**keys: Any) -> Tree:
    return {"model_type": "autoencoder", "model": keys}


def diffusion(**keys: Any) -> Tree:
    return {"model_type": "diffusion_cond", "model": {"diffusion": {"type": "dit", "config": {}, **keys}}}


LM = {"model_type": "lm", "model": {}}
BATCH = {"batch_size": 4}
PATCHED = {"type": "patched", "config": {"channels": 2, "patch_size": 8}}
FROZEN = {"requires_grad": False}
ADAM = {"optimizer": {"type": "Adam", "config": {"lr": 0.1}}}
HEAD = {"type": "conv", "dit_hidden_layer": 1}
SPANS = [0.1, 0.3, 0.3, 0.3]

ALWAYS: list[tuple[str, Tree]] = [
    ("SAMEEncoderConfig", {"causal": True}),
    ("SAMEDecoderConfig", {"cross_attn": True}),
    ("SAMEEncoderConfig", {"use_snake": True}),
    ("SAMEEncoderConfig", {"use_dilated_conv": True}),
    ("SAMEEncoderConfig", {"mapping_style": "conv"}),
    ("SAMEEncoderConfig", {"conv_bias": True}),
    ("SAMEEncoderConfig", {"enable_inner_layer_dropout": True}),
    ("SAMEEncoderConfig", {"use_flash": False}),
    ("FSQConfig", {"scale": 2.0}),
    ("DitheredFSQConfig", {"dither_inference": False}),
    ("RVQConfig", {"separate_codebook_per_head": True}),
    ("RVQConfig", {"freeze_codebook": True}),
    ("RVQConfig", {"layernorm_after_project_in": True}),
    ("DACPretrainedConfig", {"chunked": False}),
    ("AudiocraftPretrainedConfig", {"scale": 2.0}),
    ("AudiocraftPretrainedConfig", {"quantize_on_decode": False}),
    *(
        (name, {key: value})
        for name in ("NestedAutoencoderConfig", "NestedDiffusionCondConfig", "NestedDiffusionInpaintConfig")
        for key, value in {"training": {"learning_rate": 1}, "sample_size": 1024, "audio_channels": 1}.items()
    ),
    ("DiTUncondConfig", {"cond_token_dim": 8}),
    ("DiTUncondConfig", {"global_cond_dim": 8}),
    ("DiTUncondConfig", {"prepend_cond_dim": 8}),
    ("DiTUncondConfig", {"local_add_cond_dim": 8}),
    ("DiTDecoderConfig", {"modular_local_cond_configs": [{"id": "a", "dim": 1}]}),
    ("TransformerBackboneConfig", {"local_add_cond_dim": 8}),
    ("TransformerBackboneConfig", {"modular_local_cond_configs": [{"id": "a", "dim": 1}]}),
    ("TransformerBackboneConfig", {"global_cond_dim": 8}),
    ("TransformerBackbone", {"global_cond_ids": ["a"]}),
    ("ClapAudio", {"context_length": 2}),
    ("ClapModel", {"model_objective": "slap"}),
    ("ClapAudioTransformerConfig", {"cross_attend": True}),
    ("PhonemeConditionerConfig", {"max_length": 2}),
    ("DiffusionCondTraining", {"metrics": {"metrics_every": 5}}),
    ("AutoencoderTraining", {"metrics": {"ref_audios_path": "a"}}),
    ("ArcConfig", {"denoiser_loss_weight": 1.0}),
    ("ConvDiscriminator", {"loss_type": "hinge"}),
    ("ConvHeadConfig", {"loss_type": "relativistic"}),
    ("TimeLoss", {"type": "l2"}),
    ("TimeLoss", {"config": {"a": 1}}),
    ("SpectralLoss", {"type": "stft"}),
    ("BottleneckLoss", {"type": "mmd"}),
    ("JEPAConfig", {"mask_rate": 0.5}),
    ("JEPAConfig", {"mask_block_size": 4}),
    ("SpectralConfig", {"window": "hamming_window"}),
    ("MelEvalConfig", {"log_eps": 1.0}),
    ("MelEvalConfig", {"log_fac": 2.0}),
    ("STFTEvalConfig", {"device": "cuda"}),
    ("PatchedViewConfig", {"variable_stride": True}),
    ("PatchedViewConfig", {"chunk_size": 64}),
    ("PatchedViewConfig", {"chunk_midpoint_shift": True}),
    ("PatchedViewConfig", {"cross_attn": True}),
    ("ClapTraining", {"demo": {"demo_every": 5}}),
    ("CAdamWConfig", {"no_deprecation_warning": True}),
    ("AdamW8bitConfig", {"amsgrad": True}),
    ("AdamW8bitConfig", {"optim_bits": 8}),
    ("CyclicLRConfig", {"scale_mode": "iterations"}),
    ("S3Entry", {"s3_path": "s3://a", "path": "b"}),
]
"""(data model, the one key that nothing reads)."""

SOMETIMES: list[tuple[str, Tree, str, Tree]] = [
    # data model, tree, the key that nothing reads in it, what to change for it to be read
    ("SAMEEncoderConfig", {"sliding_window": [1, 1], "chunk_size": 64}, "chunk_size", {"sliding_window": None}),
    (
        "SAMEEncoderConfig",
        {"sliding_window": [1, 1], "chunk_midpoint_shift": True},
        "chunk_midpoint_shift",
        {"sliding_window": None},
    ),
    ("SEANetEncoderConfig", {"norm_params": {"eps": 1}}, "norm_params", {"norm": "layer_norm"}),
    ("SEANetDecoderConfig", {"final_activation_params": {"a": 1}}, "final_activation_params", {"final_activation": "Tanh"}),
    (
        "DiffusionAutoencoderModel",
        {"decoder": {"type": "dac", "soft_clip": True}},
        "decoder.soft_clip",
        {"decoder": {"type": "dac"}},
    ),
    ("WassersteinConfig", {"tanh_scale": 2.0}, "tanh_scale", {"use_tanh": True}),
    ("FSQConfig", {"levels": [3, 3], "projection_has_bias": False}, "projection_has_bias", {"dim": 8}),
    ("FSQConfig", {"levels": [3, 3], "dim": 2, "projection_has_bias": False}, "projection_has_bias", {"dim": 3}),
    ("RVQConfig", {"ema_update": False, "decay": 0.5}, "decay", {"ema_update": True}),
    ("RVQConfig", {"ema_update": False, "threshold_ema_dead_code": 3}, "threshold_ema_dead_code", {"ema_update": True}),
    ("RVQConfig", {"kmeans_init": False, "kmeans_iters": 5}, "kmeans_iters", {"kmeans_init": True}),
    ("RVQConfig", {"quantize_dropout_cutoff_index": 1}, "quantize_dropout_cutoff_index", {"quantize_dropout": True}),
    ("RVQConfig", {"quantize_dropout_multiple_of": 2}, "quantize_dropout_multiple_of", {"quantize_dropout": True}),
    ("RVQConfig", {"orthogonal_reg_active_codes_only": True}, "orthogonal_reg_active_codes_only", {"orthogonal_reg_weight": 1.0}),
    ("RVQConfig", {"orthogonal_reg_max_codes": 9}, "orthogonal_reg_max_codes", {"orthogonal_reg_weight": 1.0}),
    (
        "RVQConfig",
        {"codebook_diversity_temperature": 1.0},
        "codebook_diversity_temperature",
        {"codebook_diversity_loss_weight": 1.0},
    ),
    ("RVQConfig", {"affine_param_batch_decay": 0.5}, "affine_param_batch_decay", {"affine_param": True}),
    ("RVQConfig", {"affine_param_codebook_decay": 0.5}, "affine_param_codebook_decay", {"affine_param": True}),
    ("RVQConfig", {"sync_affine_param": True}, "sync_affine_param", {"affine_param": True}),
    ("RVQConfig", {"sync_codebook": False, "sync_kmeans": False}, "sync_kmeans", {"sync_codebook": None}),
    (
        "RVQConfig",
        {"sync_codebook": False, "distributed_replace_codes": False},
        "distributed_replace_codes",
        {"sync_codebook": True},
    ),
    ("RVQConfig", {"sample_codebook_temp": 0.5}, "sample_codebook_temp", {"straight_through": True}),
    ("RVQConfig", {"sample_codebook_temp": 0.5}, "sample_codebook_temp", {"stochastic_sample_codes": True}),
    ("AutoencoderPretransform", {"chunked": True, "iterate_batch": True}, "iterate_batch", {"chunked": False}),
    (
        "AutoencoderPretransform",
        {"enable_grad": True, "config": {"encoder": {"type": "dac", **FROZEN}}},
        "config.encoder.requires_grad",
        {"enable_grad": False},
    ),
    (
        "AutoencoderPretransform",
        {"enable_grad": True, "config": {"decoder": {"type": "dac", **FROZEN}}},
        "config.decoder.requires_grad",
        {"enable_grad": False},
    ),
    (
        "AutoencoderPretransform",
        {"enable_grad": True, "config": {"bottleneck": {"type": "rvq", **FROZEN}}},
        "config.bottleneck.requires_grad",
        {"enable_grad": False},
    ),
    (
        "LMModel",
        {"pretransform": {"type": "autoencoder", "enable_grad": True}},
        "pretransform.enable_grad",
        {"pretransform": PATCHED},
    ),
    (
        "DiffusionAutoencoderModel",
        {"pretransform": {**PATCHED, "enable_grad": True}},
        "pretransform.enable_grad",
        {"pretransform": PATCHED},
    ),
    ("DiTConfig", {"use_abs_pos_emb": True, "use_sinusoidal_emb": True}, "use_sinusoidal_emb", {"use_abs_pos_emb": False}),
    ("DiTConfig", {"abs_pos_emb_max_length": 5}, "abs_pos_emb_max_length", {"use_abs_pos_emb": True}),
    ("DiTConfig", {"add_rope": True}, "add_rope", {"rotary_pos_emb": False}),
    (
        "DiTConfig",
        {"attn_kwargs": {"qk_norm_eps": 0.1}},
        "attn_kwargs.qk_norm_eps",
        {"attn_kwargs": {"qk_norm_eps": 0.1, "qk_norm": "ln"}},
    ),
    *(
        ("DiTConfig", {"norm_type": "dyt", "norm_kwargs": {key: value}}, f"norm_kwargs.{key}", {"norm_type": "layer_norm"})
        for key, value in {"bias": True, "fix_scale": True, "force_fp32": True, "eps": 0.1}.items()
    ),
    ("FeedForwardConfig", {"conv_kernel_size": 5}, "conv_kernel_size", {"use_conv": True}),
    ("DiTConfig", {"timestep_embed_dim": 5}, "timestep_embed_dim", {"timestep_cond_type": "input_concat"}),
    ("DiTConfig", {"project_cond_tokens": False}, "project_cond_tokens", {"cond_token_dim": 8}),
    ("DiTConfig", {"final_cross_attn_ix": 3}, "final_cross_attn_ix", {"cond_token_dim": 8}),
    ("DiTConfig", {"project_global_cond": False}, "project_global_cond", {"global_cond_dim": 8}),
    ("ADPUNetConfig", {"use_stft_context": True}, "use_stft_context", {"use_stft": True}),
    ("LogSNRShift", {"rate": 0, "anchor_length": 5}, "anchor_length", {"rate": 1.0}),
    ("ClapAudioTransformerConfig", {"cond_token_dim": 5}, "cond_token_dim", {"cross_attend": False, "cond_token_dim": None}),
    (
        "ClapAudioTransformerConfig",
        {"noise_config": {"embed_dim": 8}, "global_cond_dim": 5},
        "global_cond_dim",
        {"noise_config": None},
    ),
    (
        "SATClapAudioConditionerConfig",
        {"model": {"pretransform": PATCHED}, "use_model_pretransform": True},
        "model.pretransform",
        {"use_model_pretransform": False},
    ),
    ("SATClapTextConditionerConfig", {"sample_rate": 5}, "sample_rate", {"model": {"pretransform": PATCHED}}),
    ("ClapTextConditionerConfig", {"feature_layer_ix": -3}, "feature_layer_ix", {"use_text_features": True}),
    ("ClapTextConditionerConfig", {"padding_mode": "zero"}, "padding_mode", {"use_text_features": True}),
    ("SATClapTextConditionerConfig", {"feature_layer_ix": -3}, "feature_layer_ix", {"use_text_features": True}),
    ("T5GemmaConditionerConfig", {"model_path": "a", "repo_id": "b"}, "repo_id", {"model_path": None}),
    ("SourceMixConditionerConfig", {"source_length": 5}, "source_length", {"allow_null_source": True}),
    *(
        ("DiffusionCondTraining", {"arc": {}, key: value}, key, {"arc": None})
        for key, value in {
            "timestep_sampler": "log_snr",
            "timestep_sampler_options": {"mean_logsnr": 1.0},
            "p_one_shot": 0.5,
            "ot_coupling": True,
            "log_loss_info": True,
        }.items()
        if key != "timestep_sampler_options"
    ),
    (
        "DiffusionCondTraining",
        {"arc": {}, "timestep_sampler_options": {"mean_logsnr": 1.0}},
        "timestep_sampler_options",
        {"arc": None, "timestep_sampler": "log_snr"},
    ),
    ("DiffusionCondTraining", {"arc": {}, "base_precision": "bf16"}, "base_precision", {"arc": None, "lora_config": {"rank": 4}}),
    ("DiffusionCondTraining", {"arc": {}, "lora_config": {"rank": 4}}, "lora_config", {"arc": None}),
    ("DiffusionCondTraining", {"clip_grad_norm": 1.0}, "clip_grad_norm", {"arc": {}}),
    ("DiffusionCondTraining", {"trim_config": {"trim_prob": 0.5}}, "trim_config", {"arc": {}}),
    *(
        (
            "DiffusionCondTraining",
            {"timestep_sampler_options": {key: 1.5}},
            f"timestep_sampler_options.{key}",
            {"timestep_sampler": sampler},
        )
        for sampler, keys in {"log_snr": ("mean_logsnr", "std_logsnr"), "log_snr_uniform": ("min_logsnr", "max_logsnr")}.items()
        for key in keys
    ),
    ("DiffusionCondTraining", {"loss_norm_eps": 0.1}, "loss_norm_eps", {"loss_normalization": "sample"}),
    ("DiffusionCondTraining", {"lora_ckpt_path": "a"}, "lora_ckpt_path", {"lora_config": {}}),
    ("DiffusionCondTraining", {"base_precision": "bf16"}, "base_precision", {"lora_config": {}}),
    (
        "DiffusionCondTraining",
        {"optimizer_configs": {"diffusion": ADAM, "discriminator": ADAM}},
        "optimizer_configs.discriminator",
        {"arc": {"discriminator": HEAD}},
    ),
    *(
        ("MaskKwargs", {key: value}, key, {"mask_type_probabilities": SPANS})
        for key, value in {"max_spans": 2, "mask_ratio_range": [0.5, 1.0], "span_count_weights": [1]}.items()
    ),
    ("InpaintDemo", {"num_demos": 2, "inpaint_demos": {}}, "num_demos", {"inpaint_demos": None}),
    ("UncondLoRAConfig", {"rank": 4, "linear": {"rank": 2}}, "linear", {"linear": {}}),
    *(
        (
            "ArcConfig",
            {"reuse_discriminator_as_teacher": True, key: value, "discriminator": HEAD},
            key,
            {"reuse_discriminator_as_teacher": False, "use_model_as_teacher": key != "teacher_model"},
        )
        for key, value in {
            "teacher_model": {"model_type": "diffusion_cond"},
            "use_model_as_teacher": True,
            "teacher_model_ckpt": "a",
        }.items()
    ),
    (
        "ArcConfig",
        {"reuse_discriminator_as_teacher": True, "teacher_model_config_path": "a"},
        "teacher_model_config_path",
        {"reuse_discriminator_as_teacher": False},
    ),
    ("ArcConfig", {"teacher_model_ckpt": "a"}, "teacher_model_ckpt", {"use_model_as_teacher": True}),
    (
        "ArcConfig",
        {"teacher_model": {"model_type": "diffusion_cond"}, "use_model_as_teacher": True},
        "use_model_as_teacher",
        {"teacher_model": None},
    ),
    (
        "ArcConfig",
        {"use_model_as_teacher": True, "teacher_model_config_path": "a"},
        "teacher_model_config_path",
        {"use_model_as_teacher": False},
    ),
    *(
        ("ArcConfig", {key: value}, key, {"discriminator": HEAD})
        for key, value in {
            "discriminator_base_model": {"model_type": "diffusion_cond"},
            "use_model_as_discriminator": True,
            "discriminator_base_model_config_path": "a",
            "discriminator_base_ckpt": "a",
            "model_self_discriminator": True,
        }.items()
    ),
    (
        "ArcConfig",
        {"discriminator": HEAD, "model_self_discriminator": True, "use_model_as_discriminator": True},
        "use_model_as_discriminator",
        {"model_self_discriminator": False},
    ),
    (
        "ArcConfig",
        {"discriminator": HEAD, "discriminator_base_model": {"model_type": "diffusion_cond"}, "use_model_as_discriminator": True},
        "use_model_as_discriminator",
        {"discriminator_base_model": None},
    ),
    (
        "ArcConfig",
        {"discriminator": HEAD, "use_model_as_discriminator": True, "discriminator_base_model_config_path": "a"},
        "discriminator_base_model_config_path",
        {"use_model_as_discriminator": False},
    ),
    ("ArcConfig", {"clap_loss_type": "audio_text_distance"}, "clap_loss_type", {"clap_config": {"model": {}}}),
    ("ArcConfig", {"noise_dist": {"clap": "one_shot"}}, "noise_dist.clap", {"clap_config": {"model": {}}}),
    ("ArcConfig", {"noise_dist": {"discriminator": "one_shot"}}, "noise_dist.discriminator", {"discriminator": HEAD}),
    ("ArcConfig", {"denoiser_loss_t_exponent": 1.0}, "denoiser_loss_t_exponent", {"ode_warmup": {"warmup_steps": 5}}),
    ("NoiseDist", {"congruent_step_counts": [1]}, "congruent_step_counts", {"generator": "congruent"}),
    ("ConvDiscriminator", {"contrastive_beta": 2.0}, "contrastive_beta", {"contrastive": True}),
    ("ConvDiscriminator", {"weights": {"contrastive": 2.0}}, "weights.contrastive", {"contrastive": True}),
    ("ConvDiscriminator", {"grad_penalty_weight": 2.0}, "grad_penalty_weight", {"include_grad_penalties": True}),
    ("ConvDiscriminator", {"include_r2_penalty": False}, "include_r2_penalty", {"include_grad_penalties": True}),
    *(
        ("MultiScaleHeadConfig", {key: value}, key, {"heads": [{"name": "a"}]})
        for key, value in {"hidden_dim": 128, "depth": 1, "sliding_window": [2, 2]}.items()
    ),
    ("AutoencoderTraining", {"teacher_model_ckpt": "a"}, "teacher_model_ckpt", {"teacher_model": {"model_type": "autoencoder"}}),
    (
        "AutoencoderTraining",
        {"loss_configs": {"time": {}}, "optimizer_configs": {"autoencoder": ADAM, "discriminator": ADAM}},
        "optimizer_configs.discriminator",
        {"loss_configs": None},
    ),
    (
        "AutoencoderTraining",
        {"loss_configs": {"time": {}}, "warmup_mode": "full"},
        "warmup_mode",
        {"loss_configs": None, "warmup_steps": 5},
    ),
    ("AutoencoderTraining", {"warmup_mode": "full"}, "warmup_mode", {"warmup_steps": 5}),
    ("AutoencoderTraining", {"loss_configs": {"time": {}}, "warmup_steps": 5}, "warmup_steps", {"encoder_freeze_on_warmup": True}),
    (
        "AutoencoderTraining",
        {"loss_configs": {"latent_distillation": {"weights": {"l1": 1.0}}}},
        "loss_configs.latent_distillation",
        {"teacher_model": {"model_type": "autoencoder"}},
    ),
    ("MultiResolutionMelLoss", {"weights": {"mrmel": 0}, "config": {"pow": 2}}, "config", {"weights": {"mrmel": 1}}),
    ("SpectralConfig", {"n_bins": [8]}, "n_bins", {"scale": "mel"}),
    ("SpectralConfig", {"fft_sizes": [64], "win_lengths": [32]}, "win_lengths", {"win_lengths": [64]}),
    ("STFTEvalConfig", {"n_bins": 8}, "n_bins", {"scale": "mel"}),
    ("STFTEvalConfig", {"win_length": 8}, "win_length", {"fft_size": 8}),
    ("MelEvalConfig", {"win_length": 8}, "win_length", {"fft_size": 8}),
    *(
        ("FilterBankViewConfig", {key: value, "use_HIL": True}, key, {"use_HIL": False})
        for key, value in {
            "levels": [2],
            "depths": [1],
            "sliding_window_widths": [2],
            "checkpointing": True,
            "differential": False,
            "max_depth_feature": 1,
            "ff_mult": 2.0,
            "dyt": True,
            "conformer": True,
            "layer_scale": True,
            "feat_scale": True,
            "sinusoidal_blocks": 1,
            "mapping_bias": False,
            "conv_mapping": True,
            "freeze_backbone": True,
        }.items()
    ),
    *(
        ("FilterBankViewConfig", {key: value}, key, {"use_HIL": True})
        for key, value in {
            "periods": [1],
            "taps": 8,
            "beta": 1.0,
            "cutoff_freqs": [0.5],
            "kernel_sizes": [3],
            "channels": [4],
        }.items()
    ),
    ("TransformerDiscriminatorConfig", {"noise_kwargs": {"hop": 8}}, "noise_kwargs", {"add_noise": True}),
    ("OptimizerGroup", {**ADAM, "scheduler": {"type": "OneCycleLR"}}, "optimizer.config.lr", {"scheduler": {"type": "StepLR"}}),
    ("OptimizerGroup", {**ADAM, "scheduler": {"type": "CyclicLR"}}, "optimizer.config.lr", {"scheduler": None}),
    ("OneCycleLRConfig", {"total_steps": 5, "epochs": 1}, "epochs", {"total_steps": None}),
    ("OneCycleLRConfig", {"total_steps": 5, "steps_per_epoch": 1}, "steps_per_epoch", {"total_steps": None}),
    ("CyclicLRConfig", {"gamma": 0.5}, "gamma", {"mode": "exp_range"}),
    ("AudioDirDataset", {"volume_norm_param": [-20, 1]}, "volume_norm_param", {"volume_norm": True}),
    ("AudioDirEntry", {"filelist_path": "a", "keywords": ["b"]}, "keywords", {"filelist_path": None}),
    ("PreEncodedDataset", {"random_crop": True}, "random_crop", {"latent_crop_length": 8}),
    ("WebDataset", {"volume_norm_param": [-20, 1]}, "volume_norm_param", {"volume_norm": True}),
    ("WebDataset", {"silence_threshold": [0.1, 0.1]}, "silence_threshold", {"remove_silence": True}),
    ("WebDataset", {"max_silence_duration": 1.0}, "max_silence_duration", {"remove_silence": True}),
    ("WebDataset", {"latent_crop_length": 8}, "latent_crop_length", {"pre_encoded": True}),
    ("WebDataset", {"min_length_sec": 8}, "min_length_sec", {"pre_encoded": True}),
    ("WebDataset", {"max_length_sec": 8}, "max_length_sec", {"pre_encoded": True}),
    ("WebDataset", {"pre_encoded": True, "random_crop": False}, "random_crop", {"latent_crop_length": 8}),
    ("WebDataset", {"resampled_shards": False, "epoch_steps": 5}, "epoch_steps", {"resampled_shards": True}),
    *(
        ("WebDataset", {"pre_encoded": True, key: True}, key, {"pre_encoded": False})
        for key in ("volume_norm", "strip_silence", "remove_silence")
    ),
    ("RunOptions", {"logger": "csv", "project": "a"}, "project", {"logger": "wandb"}),
    ("RunOptions", {"logger": "none", "log_every": 5}, "log_every", {"logger": "csv"}),
    ("RunOptions", {"ckpt_path": "a", "pretrained_ckpt_path": "b"}, "pretrained_ckpt_path", {"ckpt_path": None}),
]

BESIDE: list[tuple[str, Tree, str, dict[str, Tree], dict[str, Tree]]] = [
    # data model, tree, the key that nothing reads beside these parts, parts beside which it is read
    ("DiffusionCondTraining", {"ot_coupling": True}, "ot_coupling", {"run": {"batch_size": 1}}, {"run": BATCH}),
    (
        "DiffusionCondTraining",
        {"silence_extension_scale_seconds": 1.0},
        "silence_extension_scale_seconds",
        {"model": diffusion()},
        {"model": diffusion(mask_padding_attention=True)},
    ),
    (
        "AutoencoderTraining",
        {"tail_masking_max_patches": 2},
        "tail_masking_max_patches",
        {"model": autoencoder()},
        {"model": autoencoder(pretransform=PATCHED)},
    ),
    (
        "AutoencoderTraining",
        {"eval_loss_configs": {"sisdr": {"eps": 1}}},
        "eval_loss_configs",
        {"run": {"val_every": -1, "val_dataset": {}}},
        {"run": {"val_every": 5, "val_dataset": {}}},
    ),
    ("ClapTraining", {"pre_encoded": True}, "pre_encoded", {"model": {"model_type": "clap", "model": {}}}, {}),
    (
        "MuonAdamWConfig",
        {"fused_layer_patterns": ["a"]},
        "fused_layer_patterns",
        {"model": LM},
        {"model": diffusion()},
    ),
    *(
        (
            "BottleneckLoss",
            {"weights": {key: 0.5}},
            f"weights.{key}",
            {"model": autoencoder(bottleneck={"type": "tanh"})},
            {"model": autoencoder(bottleneck={"type": kind, "config": {}})},
        )
        for key, kind in {"kl": "rvq_vae", "mmd": "wasserstein", "softnorm": "softnorm"}.items()
    ),
    (
        "BottleneckLoss",
        {"weights": {"mmd": 0.5}},
        "weights.mmd",
        {"model": autoencoder(bottleneck={"type": "wasserstein", "config": {"bypass_mmd": True}})},
        {"model": autoencoder(bottleneck={"type": "wasserstein"})},
    ),
]


def place(key: str) -> tuple[str, ...]:
    return ("at", *key.split("."))


@pytest.mark.parametrize(("name", "tree"), ALWAYS, ids=lambda value: value if isinstance(value, str) else next(reversed(value)))
def test_a_key_that_nothing_reads(name: str, tree: Tree) -> None:
    key = next(reversed(tree))
    (finding,) = [finding for finding in found(name, tree) if finding.path == place(key)]
    assert (finding.rule, finding.fix is not None) == ("no-effect", True)
    default = shape_of(name).fields[key].default
    if default is not ...:
        assert found(name, {key: default}) == [], "the default says nothing"


@pytest.mark.parametrize(("name", "tree", "key", "cure"), SOMETIMES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_key_that_is_read_only_beside_others(name: str, tree: Tree, key: str, cure: Tree) -> None:
    (finding,) = [finding for finding in found(name, tree) if finding.path == place(key)]
    assert finding.rule == "no-effect"
    assert finding.help
    assert [finding for finding in found(name, {**tree, **cure}) if finding.path == place(key)] == []


@pytest.mark.parametrize(
    ("name", "tree", "key", "parts", "other"), BESIDE, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_key_that_is_read_only_under_some_models_and_runs(
    name: str, tree: Tree, key: str, parts: dict[str, Tree], other: dict[str, Tree]
) -> None:
    (finding,) = [finding for finding in found(name, tree, **parts) if finding.path == place(key)]
    assert finding.help
    assert found(name, tree, **other) == []
    assert found(name, tree) == [], "a training section by itself does not tell"


def test_every_row_has_a_tree_here() -> None:
    shown = {(name, next(reversed(tree))) for name, tree in ALWAYS}
    shown |= {(name, key) for name, _, key, *_ in (*SOMETIMES, *BESIDE)}
    proven = {
        (base.__name__, key[start:])
        for name, key in shown
        for start in (0, *(match.end() for match in re.finditer(r"\.", key)))
        for base in _holders(name, key[:start])
    }
    rows = {(name, key) for table in TABLES for name, rows in table.items() for row in rows for key in row.keys}
    assert rows - proven == set()


def _holders(name: str, way: str) -> list[type]:
    """The data models that stand at `way` below the one called `name`, and those that they derive from."""
    tags = {"config.encoder.": "DACEncoder", "config.decoder.": "DACDecoder", "config.bottleneck.": "RVQBottleneck"}
    tags |= {"pretransform.": "PatchedPretransform", "decoder.": "DACDecoder"}
    model = data_models()[tags.get(way, name)] if not way or way in tags else None
    return list(model.__mro__) if model else []


def test_every_row_is_about_keys_that_exist() -> None:
    for table in TABLES:
        for name in table:
            assert name in data_models(), f"there is no data model {name}"
            concrete = [model for model in data_models().values() if data_models()[name] in model.__mro__]
            for model in concrete:
                assert rows_by_key(shape_of(model.__name__))


TELLS = re.compile(
    r"ithout effect|othing (reads|uses)|ever read|[Ii]gnored (beside|under)|[Oo]nly (with|under) `|[Rr]ead only|then not\s+read"
)
"""How the strings under the fields say that a key may have no effect."""

ELSEWHERE = {
    "WassersteinConfig.bypass_mmd": "it takes the effect from another key, which has a row",
    "_Diffusion.use_effective_length_for_schedule": "demos read it in any case",
    "DiffusionCondTraining.use_effective_length_for_schedule": "demos read it in any case",
    "DiTDecoderConfig.diffusion_objective": "must be written",
    "ADPUNet.stft_num_fft": "the engine refuses it then",
    "NormConfig.init_alpha": "the engine refuses it then",
    "ArcConfig.reuse_discriminator_as_teacher": "it takes the effect from other keys, which have rows",
    "ArcConfig.lora": "it takes the effect from another key, which has a row",
    "AutoencoderMetrics.embedding_types": "the whole section has a row",
    "AutoencoderMetrics.clap_model": "the whole section has a row",
    "DiffusionMetrics.clap_model": "the whole section has a row",
    "ClapDemo.demo_every": "the whole section has a row",
    "DiffusionCondDemo.demo_cond_from_batch": "whoever turns it on may keep the conditions for later",
    "DiffusionCondDemo.demo_cond": "whoever takes conditions from the batch may keep these for later",
    "MultiResolutionMelWeights.mrmel": "it takes the effect from another key, which has a row",
    "OneCycleLRConfig.max_lr": "it takes the effect from another key, which has a row",
    "CyclicLRConfig.base_lr": "it takes the effect from another key, which has a row",
    "FilterBankViewConfig.use_HIL": "it takes the effect from other keys, which have rows",
    "TransformerOptions.zero_init_branch_outputs": "`layer_scale` does what it says",
    "AutoencoderTraining.stride_curriculum": "the engine fails then (rules of autoencoder training)",
    "AutoencoderTraining.learning_rate": "rules of optimizers",
    "DiffusionCondTraining.learning_rate": "rules of optimizers",
    "ClapTraining.learning_rate": "rules of optimizers",
    "LMTraining.learning_rate": "rules of optimizers",
    "DiTUncondConfig.diffusion_objective": "rules of unconditional models",
    "DiffusionAutoencoderTraining.use_reconstruction_loss": "rules of diffusion autoencoders",
    "DiffusionCondConfig.svd_bases_path": "rules of LoRA",
    "PretransformConditionerConfig.sample_rate": "must be written",
    "SourceMixConditionerConfig.sample_rate": "must be written",
    "_PretransformedConfig.sample_rate": "must be written",
    "SATClapAudioConditionerConfig.sample_rate": "must be written",
    "VAEBottleneck.config": "every key in it is an unknown one",
    "L2NormBottleneck.config": "every key in it is an unknown one",
    "DAU1dConfig.use_snake": "nothing with it can be built",
}
"""Data model and key -> why it has no row although its string says so."""


def test_what_the_strings_under_the_fields_say_has_a_row_or_a_reason() -> None:
    told = {
        f"{name}.{key}"
        for name, model in data_models().items()
        for key, text in _own_field_docs(model).items()
        if TELLS.search(" ".join(text.split()))
    }
    rows = {key for table in TABLES for rows in table.values() for row in rows for key in row.keys}
    last = {key.rpartition(".")[2] for key in rows}
    missing = {name for name in told - ELSEWHERE.keys() if name.partition(".")[2] not in last}
    assert missing == set()


def test_both_places_are_shown_where_another_key_decides() -> None:
    (finding,) = found("WassersteinConfig", {"use_tanh": False, "tanh_scale": 2.5})
    assert finding.message == "`tanh_scale` is 2.5, but nothing reads it without `use_tanh`"
    assert finding.help == "set `use_tanh` too, or leave it out"
    assert [(place.path, place.message) for place in finding.related] == [(("at", "use_tanh"), "use_tanh: false")]
    (finding,) = found("WassersteinConfig", {"tanh_scale": 2.5})
    assert finding.related == (), "what is not written has no place"


def test_adapters_that_arc_would_not_train_are_an_error() -> None:
    (finding,) = found("DiffusionCondTraining", {"arc": {}, "lora_config": {"rank": 4}})
    assert (finding.severity, finding.help) == ("error", "write training.arc.lora")


@pytest.mark.parametrize(
    ("name", "tree"),
    [
        ("TimeLoss", {"type": "l1", "config": {}}),
        ("SpectralLoss", {"type": "mrstft"}),
        ("BottleneckLoss", {"type": "kl"}),
        ("ConvDiscriminator", {"loss_type": "relativistic"}),
        (
            "SAMEEncoderConfig",
            {"use_snake": False, "use_dilated_conv": False, "mapping_style": "none", "conv_bias": False, "use_flash": True},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_published_configs_carry_is_no_news(name: str, tree: Tree) -> None:
    assert found(name, tree) == []


def test_a_broken_value_has_no_second_finding() -> None:
    node = Node({"tanh_scale": "wide"}, shape_of("WassersteinConfig"), (), Broken([("tanh_scale",)]), None)
    assert list(RULE.check(Setup(training=node))) == []


def test_a_key_that_the_part_of_this_type_does_not_have_is_told_as_unknown_only(diffusion_tree: Tree) -> None:
    optimizer = diffusion_tree["training"]["optimizer_configs"]["diffusion"]["optimizer"]
    optimizer["type"] = "MuonAdamW"
    optimizer["config"] = {"muon_lr": 1e-3, "lr": 1e-5}
    rules = {finding.rule: finding.path for finding in judge(diffusion_tree)[1]}
    assert rules["unknown-key"][-1] == "lr"
    assert "no-effect" not in rules
