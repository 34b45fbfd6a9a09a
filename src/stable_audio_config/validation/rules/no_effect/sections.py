"""Training sections of diffusion models and CLAP, ARC, optimizers and schedulers."""

from __future__ import annotations

from ...setup import Setup
from ...view import Node
from .row import MEASURES, Table, Unread, When, absent, beside, none_of, off, on, one_of, present, without

_UNDER_ARC = "ARC does not read it"
_ONLY_ARC = "only ARC reads it"


_DIFFUSION: Table = {
    "DiffusionCondTraining": (
        MEASURES,
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

TABLE: Table = {**_DIFFUSION, **_ARC, **_OTHERS}
