"""Autoencoders: coders, bottlenecks, pretransforms, and whole configs inside others."""

from __future__ import annotations

from ...setup import Setup
from ...view import Node
from .row import Table, Unread, When, beside, inside, none_of, off, on, one_of, without


def _adds_a_map(node: Node, _setup: Setup) -> bool:
    return node("dim") not in (None, len(node("levels")) * node("num_codebooks"))


_UNFROZEN = When(lambda node, _: node.above("PretransformCommon")("enable_grad") is True)

_FROZEN_AGAIN = Unread(("requires_grad",), "`enable_grad` of the pretransform around it unfreezes everything in it", _UNFROZEN)

_CARRIED_OVER = tuple(
    Unread((key,), usual=(value,))
    for key, value in {
        "use_snake": False,
        "use_dilated_conv": False,
        "mapping_style": "none",
        "conv_bias": False,
        "enable_inner_layer_dropout": False,
        "use_flash": True,
    }.items()
)
"""Keys of `taae` that the engine's own published configs have here too, with these values."""

_CODERS: Table = {
    "_SAME": (
        Unread(("causal",), "the blocks are never causal"),
        beside("sliding_window", "chunk_size", "chunk_midpoint_shift"),
        Unread(("cross_attn",), "an autoencoder gives it nothing to attend to: it only adds weights"),
        *_CARRIED_OVER,
    ),
    "_SEANet": (
        Unread(
            ("norm_params",),
            "only `layer_norm` and `time_group_norm` read it",
            none_of("norm", "layer_norm", "time_group_norm"),
        ),
    ),
    "SEANetDecoderConfig": (without("final_activation", "final_activation_params"),),
    "NamedEncoder": (_FROZEN_AGAIN,),
    "NamedDecoder": (
        _FROZEN_AGAIN,
        Unread(("soft_clip",), "only an `autoencoder` reads it", inside("DiffusionAutoencoderModel")),
    ),
}

_BOTTLENECKS: Table = {
    "NamedBottleneck": (_FROZEN_AGAIN,),
    "WassersteinConfig": (without("use_tanh", "tanh_scale"),),
    "FSQConfig": (
        Unread(("scale",)),
        Unread(
            ("projection_has_bias",),
            "there is no linear map without another `dim` than `levels` and `num_codebooks` give",
            When(lambda node, setup: not _adds_a_map(node, setup), ("dim",)),
        ),
    ),
    "DitheredFSQConfig": (Unread(("dither_inference",)),),
    "RVQConfig": (
        without("ema_update", "decay", "threshold_ema_dead_code"),
        without("kmeans_init", "kmeans_iters"),
        without("quantize_dropout", "quantize_dropout_cutoff_index", "quantize_dropout_multiple_of"),
        without("orthogonal_reg_weight", "orthogonal_reg_active_codes_only", "orthogonal_reg_max_codes"),
        without("codebook_diversity_loss_weight", "codebook_diversity_temperature"),
        without("affine_param", "affine_param_batch_decay", "affine_param_codebook_decay", "sync_affine_param"),
        Unread(
            ("sync_kmeans", "distributed_replace_codes"),
            "nothing is shared without `sync_codebook`",
            one_of("sync_codebook", False),
        ),
        Unread(
            ("sample_codebook_temp",),
            "nothing is drawn without `stochastic_sample_codes` or `straight_through`",
            off("stochastic_sample_codes") & off("straight_through"),
        ),
        Unread(("separate_codebook_per_head",), "there is always 1 head"),
        Unread(("freeze_codebook", "layernorm_after_project_in")),
    ),
}

_PRETRANSFORMS: Table = {
    "AutoencoderPretransform": (
        Unread(
            ("iterate_batch",),
            "`chunked` takes whole batches wherever it splits: from 128 latent frames on",
            on("chunked"),
            "leave one of the two out",
            "note",
        ),
    ),
    "DACPretrainedConfig": (Unread(("chunked",)),),
    "AudiocraftPretrainedConfig": (Unread(("scale", "quantize_on_decode")),),
    "PretransformCommon": (
        Unread(("enable_grad",), "a language model freezes its pretransform", inside("LMModel")),
        Unread(
            ("enable_grad",),
            "only `training.use_reconstruction_loss` decides whether it is trained",
            inside("DiffusionAutoencoderModel"),
        ),
    ),
}

_ONLY_BUILT = "a model inside another config is only built, not trained"

_NESTED: Table = {
    name: (Unread(("training", "sample_size", "audio_channels"), _ONLY_BUILT, severity="note"),)
    for name in ("NestedAutoencoderConfig", "NestedDiffusionCondConfig", "NestedDiffusionInpaintConfig")
}

TABLE: Table = {**_CODERS, **_BOTTLENECKS, **_PRETRANSFORMS, **_NESTED}
