"""Training sections of autoencoders: switches, losses, discriminators."""

from __future__ import annotations

from ...setup import Setup
from ...view import Node
from .row import MEASURES, Table, Unread, When, absent, none_of, off, on, without


def _has_discriminator(node: Node, _setup: Setup) -> bool:
    """Of an autoencoder's training section; without `loss_configs` the engine adds one."""
    return not node.has("loss_configs") or node.has("loss_configs.discriminator")


_NO_DISCRIMINATOR = When(lambda node, setup: not _has_discriminator(node, setup))

_AUTOENCODER: Table = {
    "AutoencoderTraining": (
        MEASURES,
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

TABLE: Table = {**_AUTOENCODER, **_LOSSES, **_DISCRIMINATORS}
