"""Training sections: switches, losses, discriminators, ARC, demos, optimizers."""

from __future__ import annotations

from ...setup import Setup
from ...view import Node
from .row import Table, Unread, When, absent, beside, none_of, off, on, one_of, present, without

_UNDER_ARC = "ARC does not read it"
_ONLY_ARC = "only ARC reads it"


def _has_discriminator(node: Node, _setup: Setup) -> bool:
    """Of an autoencoder's training section; without `loss_configs` the engine adds one."""
    return not node.has("loss_configs") or node.has("loss_configs.discriminator")


_NO_DISCRIMINATOR = When(lambda node, setup: not _has_discriminator(node, setup))

_MEASURES = Unread(("metrics",), "training makes no measurements: nothing asks the engine for that callback")

_DIFFUSION: Table = {
    "DiffusionCondTraining": (
        _MEASURES,
        Unread(
            ("timestep_sampler", "timestep_sampler_options", "p_one_shot", "ot_coupling", "log_loss_info"),
            _UNDER_ARC,
            present("arc"),
            severity="note",  # Published ARC configs keep what the model was trained with before.
        ),
        Unread(("base_precision",), _UNDER_ARC, present("arc")),
        Unread(("lora_config",), f"{_UNDER_ARC}: all weights would be trained", present("arc"), "write training.arc.lora", "error"),
        Unread(("clip_grad_norm",), _ONLY_ARC, absent("arc"), "write it as the run option gradient_clip_val"),
        Unread(("trim_config",), _ONLY_ARC, absent("arc")),
        Unread(
            ("timestep_sampler_options.mean_logsnr", "timestep_sampler_options.std_logsnr"),
            "only `timestep_sampler` `log_snr` reads it",
            absent("arc") & none_of("timestep_sampler", "log_snr"),
        ),
        Unread(
            ("timestep_sampler_options.min_logsnr", "timestep_sampler_options.max_logsnr"),
            "only `timestep_sampler` `log_snr_uniform` reads it",
            absent("arc") & none_of("timestep_sampler", "log_snr_uniform"),
        ),
        Unread(
            ("ot_coupling",),
            "a batch of 1 has nothing to pair",
            absent("arc") & When(lambda _, setup: setup.run("batch_size") == 1),
            "raise batch_size",
        ),
        Unread(("loss_norm_eps",), "nothing is divided without `loss_normalization`", one_of("loss_normalization", "none")),
        Unread(
            ("lora_ckpt_path",),
            "nothing reads its weights without `lora_config`",
            absent("arc") & absent("lora_config"),
            "set `lora_config` too, or leave it out",
        ),
        Unread(("base_precision",), "nothing reads it without `lora_config`", absent("arc") & absent("lora_config")),
        Unread(
            ("silence_extension_scale_seconds",),
            "nothing reads it without `mask_padding_attention`",
            off("mask_padding_attention") & When(lambda _, setup: not setup.model("model.diffusion.mask_padding_attention")),
            "set model.model.diffusion.mask_padding_attention, or leave it out",
        ),
        Unread(
            ("optimizer_configs.discriminator",),
            "only a discriminator in `arc` reads it",
            When(lambda node, _: not node.has("arc.discriminator")),
        ),
    ),
    "MaskKwargs": (
        Unread(
            ("max_spans", "mask_ratio_range", "span_count_weights"),
            "no random spans are drawn without a fourth entry in `mask_type_probabilities`",
            When(lambda node, _: len(node("mask_type_probabilities") or ()) < 4, ("mask_type_probabilities",)),
            "give `mask_type_probabilities` a fourth entry, or leave it out",
        ),
    ),
    "InpaintDemo": (Unread(("num_demos",), "nothing reads it beside `inpaint_demos`", present("inpaint_demos")),),
    "UncondLoRAConfig": (
        Unread(("linear",), "nothing reads it beside `rank`", When(lambda node, _: node.written("rank"), ("rank",))),
    ),
}

_TEACHER = ("teacher_model", "use_model_as_teacher", "teacher_model_config_path")
_BACKBONE = ("discriminator_base_model", "use_model_as_discriminator", "discriminator_base_model_config_path")


def _no_teacher(node: Node, _setup: Setup) -> bool:
    return not node("reuse_discriminator_as_teacher") and not any(node(key) for key in _TEACHER)


_ARC: Table = {
    "ArcConfig": (
        Unread(
            (*_TEACHER, "teacher_model_ckpt"),
            "`reuse_discriminator_as_teacher` takes the discriminator's backbone",
            on("reuse_discriminator_as_teacher"),
            "leave one of the two out",
        ),
        Unread(("teacher_model_ckpt",), "there is no teacher", When(_no_teacher), "name a teacher, or leave it out"),
        beside("teacher_model", "use_model_as_teacher", "teacher_model_config_path"),
        beside("use_model_as_teacher", "teacher_model_config_path"),
        Unread(
            (*_BACKBONE, "discriminator_base_ckpt", "model_self_discriminator"),
            "there is no `discriminator`",
            absent("discriminator"),
            "add a `discriminator`, or leave it out",
        ),
        Unread(
            (*_BACKBONE, "discriminator_base_ckpt"),
            "`model_self_discriminator` takes the model itself",
            on("model_self_discriminator"),
            "leave one of the two out",
        ),
        beside("discriminator_base_model", "use_model_as_discriminator", "discriminator_base_model_config_path"),
        beside("use_model_as_discriminator", "discriminator_base_model_config_path"),
        Unread(
            ("clap_loss_type", "noise_dist.clap"),
            "nothing reads it without `clap_config`",
            absent("clap_config"),
            "add a `clap_config`, or leave it out",
        ),
        Unread(("noise_dist.discriminator",), "there is no `discriminator`", absent("discriminator")),
        Unread(("denoiser_loss_weight",)),
        Unread(
            ("denoiser_loss_t_exponent",),
            "nothing reads it without `ode_warmup`",
            absent("ode_warmup"),
            "set `ode_warmup` too, or leave it out",
        ),
    ),
    "NoiseDist": (
        Unread(
            ("congruent_step_counts",),
            "only `congruent` reads it",
            When(lambda node, _: "congruent" not in (node("generator"), node("discriminator"), node("clap"))),
        ),
    ),
    "_Discriminator": (
        without("contrastive", "contrastive_beta", "weights.contrastive"),
        without("include_grad_penalties", "grad_penalty_weight", "include_r2_penalty"),
        Unread(("loss_type",), "ARC has its own loss: `disc_hinge_loss` chooses it", usual=("relativistic",)),
    ),
    "_Head": (Unread(("loss_type",), "ARC has its own loss: `disc_hinge_loss` chooses it"),),
    "MultiScaleHeadConfig": (
        Unread(("hidden_dim", "depth", "sliding_window"), "the three heads of `heads: null` set their own", absent("heads")),
    ),
}

_AUTOENCODER: Table = {
    "AutoencoderTraining": (
        _MEASURES,
        Unread(("teacher_model_ckpt",), "there is no `teacher_model`", absent("teacher_model")),
        Unread(
            ("tail_masking_max_patches",),
            "the model has no `pretransform` whose patches could be masked",
            When(lambda _, setup: not setup.model.part("model").has("pretransform")),
        ),
        Unread(("optimizer_configs.discriminator",), "`loss_configs` has no `discriminator`", _NO_DISCRIMINATOR),
        Unread(("warmup_mode",), "there is no discriminator to warm up", _NO_DISCRIMINATOR),
        Unread(
            ("warmup_mode",),
            "there is no warmup: `warmup_steps` is 0",
            When(lambda node, setup: _has_discriminator(node, setup) and node("warmup_steps") <= 0, ("warmup_steps",)),
            "set `warmup_steps` too, or leave it out",
        ),
        Unread(
            ("warmup_steps",),
            "there is no discriminator to wait for, and nothing to freeze (`encoder_freeze_on_warmup`)",
            _NO_DISCRIMINATOR & off("encoder_freeze_on_warmup"),
        ),
        Unread(
            ("eval_loss_configs",),
            "nothing is validated",
            When(lambda _, setup: setup.run("val_every") <= 0 or not setup.run.has("val_dataset")),
            "set val_every and val_dataset",
            "note",
        ),
        Unread(("loss_configs.latent_distillation",), "there is no `teacher_model`", absent("teacher_model")),
    ),
}


def _other_bottleneck(*types: str) -> When:
    def holds(_node: Node, setup: Setup) -> bool:
        model = setup.model.part("model")
        return (model.part("bottleneck")("type") if model.has("bottleneck") else None) not in types

    return When(holds)


_WINDOW = Unread(
    ("win_length",),
    "the window is as long as `fft_size`",
    When(lambda node, _: node("win_length") != node("fft_size"), ("fft_size",)),
)

_BYPASSED = When(lambda _, setup: setup.model("model.bottleneck.config.bypass_mmd") is True)

_LOSSES: Table = {
    "TimeLoss": (Unread(("type",), "nothing reads it: `weights` choose the distance", usual=("l1",)), Unread(("config",))),
    "SpectralLoss": (Unread(("type",), usual=("mrstft",)),),
    "BottleneckLoss": (
        Unread(("type",), "nothing reads it: the bottleneck decides", usual=("kl",)),
        Unread(
            ("weights.kl",),
            "the model has no `vae`, `rvq_vae` or `dac_rvq_vae` bottleneck",
            _other_bottleneck("vae", "rvq_vae", "dac_rvq_vae"),
        ),
        Unread(("weights.mmd",), "the model has no `wasserstein` bottleneck", _other_bottleneck("wasserstein")),
        Unread(("weights.mmd",), "`bypass_mmd` of the bottleneck puts a 0 in the place of the discrepancy", _BYPASSED),
        Unread(("weights.softnorm",), "the model has no `softnorm` bottleneck", _other_bottleneck("softnorm")),
    ),
    "MultiResolutionMelLoss": (
        Unread(
            ("config",),
            "nothing reads it while its weight is 0",
            When(lambda node, _: node("weights.mrmel") <= 0, ("weights.mrmel",)),
        ),
    ),
    "JEPAConfig": (
        Unread(("mask_rate",), "the rate is always 0.4"),
        Unread(("mask_block_size",), "blocks are always 8 frames long"),
    ),
    "_STFTTerms": (
        Unread(("window",), "the engine uses a window of its own"),
        Unread(("log_eps", "log_fac")),
        Unread(("device",), "it follows the audio"),
    ),
    "SpectralConfig": (
        Unread(("n_bins",), "only `scale` `mel` reads it", none_of("scale", "mel")),
        Unread(
            ("win_lengths",),
            "the windows are as long as `fft_sizes`",
            When(lambda node, _: list(node("win_lengths")) != list(node("fft_sizes"))),
            "write the same as in fft_sizes",
            "note",
        ),
    ),
    "STFTEvalConfig": (
        Unread(("n_bins",), "only `scale` `mel` reads it", none_of("scale", "mel")),
        Unread(
            ("win_length",), "the window is as long as `fft_size`", When(lambda node, _: node("win_length") != node("fft_size"))
        ),
    ),
    "MelEvalConfig": (
        Unread(
            ("win_length",), "the window is as long as `fft_size`", When(lambda node, _: node("win_length") != node("fft_size"))
        ),
    ),
}

_OF_THE_TRANSFORMERS = (
    "levels", "depths", "sliding_window_widths", "checkpointing", "differential", "max_depth_feature", "ff_mult", "dyt",
    "conformer", "layer_scale", "feat_scale", "sinusoidal_blocks", "mapping_bias", "conv_mapping", "freeze_backbone",
)  # fmt: skip

_DISCRIMINATORS: Table = {
    "_TransformerView": (
        Unread(("variable_stride",), "each chunk becomes one token anyway"),
        Unread(("chunk_size", "chunk_midpoint_shift"), "the attention slides"),
        Unread(("cross_attn",), "nothing feeds it: it only adds weights"),
    ),
    "FilterBankViewConfig": (
        Unread(_OF_THE_TRANSFORMERS, "`use_HIL` puts convolutions in the place of transformers", on("use_HIL")),
        Unread(
            ("periods", "taps", "beta", "cutoff_freqs", "kernel_sizes", "channels"),
            "nothing reads it without `use_HIL`",
            off("use_HIL"),
            "set `use_HIL` too, or leave it out",
        ),
    ),
    "TransformerDiscriminatorConfig": (without("add_noise", "noise_kwargs"),),
}

_OTHERS: Table = {
    "ClapTraining": (
        Unread(("demo",), "the engine makes no demos for `clap`"),
        Unread(
            ("pre_encoded",),
            "the model has no `pretransform` that could be skipped",
            When(lambda _, setup: not setup.model.part("model").has("pretransform")),
        ),
    ),
    "CAdamWConfig": (Unread(("no_deprecation_warning",)),),
    "AdamW8bitConfig": (
        Unread(("amsgrad",)),
        Unread(("optim_bits",), "the state always has 8 bits"),
    ),
    "MuonAdamWConfig": (
        Unread(
            ("fused_layer_patterns",),
            "the optimizer is not told the names of weights in an `autoencoder` or `lm`",
            When(lambda _, setup: setup.model_type in ("autoencoder", "lm")),
        ),
    ),
    "OptimizerGroup": (
        Unread(
            ("optimizer.config.lr",),
            "the scheduler sets the rate by its own limits",
            one_of("scheduler.type", "OneCycleLR", "CyclicLR"),
            "leave it out: `max_lr` of the scheduler is what counts",
            "note",
        ),
    ),
    "OneCycleLRConfig": (beside("total_steps", "epochs", "steps_per_epoch"),),
    "CyclicLRConfig": (
        Unread(("gamma",), "only `mode` `exp_range` reads it", none_of("mode", "exp_range")),
        Unread(("scale_mode",), "only `scale_fn` reads it, which a config cannot hold"),
    ),
}

TABLE: Table = {**_DIFFUSION, **_ARC, **_AUTOENCODER, **_LOSSES, **_DISCRIMINATORS, **_OTHERS}
