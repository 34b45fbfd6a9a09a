"""Diffusion networks, transformers, conditioners, CLAP and language models."""

from __future__ import annotations

from .row import Table, Unread, absent, beside, off, on, one_of, without

_ADDS_WEIGHTS = "nothing feeds it here: it only adds weights"

_TRANSFORMERS: Table = {
    "TransformerOptions": (
        beside("use_abs_pos_emb", "use_sinusoidal_emb"),
        without("use_abs_pos_emb", "abs_pos_emb_max_length"),
        beside("rotary_pos_emb", "add_rope"),
        Unread(
            ("attn_kwargs.qk_norm_eps",),
            "only `qk_norm` `l2`, `ln` and `rms` read it",
            one_of("attn_kwargs.qk_norm", "none", "dyt"),
        ),
        Unread(
            ("norm_kwargs.bias", "norm_kwargs.fix_scale", "norm_kwargs.force_fp32", "norm_kwargs.eps"),
            "`norm_type` `dyt` does not read it",
            one_of("norm_type", "dyt"),
        ),
    ),
    "FeedForwardConfig": (without("use_conv", "conv_kernel_size"),),
    "DiT": (
        Unread(
            ("timestep_embed_dim",),
            "only `timestep_cond_type` `input_concat` reads it",
            one_of("timestep_cond_type", "global"),
        ),
        without("cond_token_dim", "project_cond_tokens", "final_cross_attn_ix"),
        without("global_cond_dim", "project_global_cond"),
    ),
    "UnconditionedDiT": (
        Unread(
            ("cond_token_dim", "global_cond_dim", "prepend_cond_dim", "local_add_cond_dim", "modular_local_cond_configs"),
            _ADDS_WEIGHTS,
        ),
    ),
    "StandaloneTransformer": (Unread(("local_add_cond_dim", "modular_local_cond_configs"), _ADDS_WEIGHTS),),
    "ADPUNet": (without("use_stft", "use_stft_context"),),
    "LogSNRShift": (Unread(("anchor_length",), "no length matters while `rate` is 0", off("rate"), "set `rate`, or leave it out"),),
}

_LANGUAGE_MODELS: Table = {
    "TransformerBackbone": (Unread(("global_cond_ids",), "the backbone drops what these conditioners give"),),
    "TransformerBackboneConfig": (Unread(("global_cond_dim",), _ADDS_WEIGHTS),),
}

_LENT = "`use_model_pretransform` puts the model's own pretransform in its place"

_CLAP: Table = {
    "ClapAudio": (Unread(("context_length",)),),
    "ClapModel": (Unread(("model_objective",)),),
    "ClapAudioTransformerConfig": (
        Unread(("cross_attend",), _ADDS_WEIGHTS),
        without("cross_attend", "cond_token_dim"),
        beside("noise_config", "global_cond_dim"),
    ),
    "ClapSource": (Unread(("model.pretransform",), _LENT, on("use_model_pretransform"), "leave one of the two out"),),
    "NestedClap": (
        Unread(
            ("sample_rate",),
            "only a `pretransform` in `model` reads it",
            absent("model.pretransform") | on("use_model_pretransform"),
        ),
    ),
}

_CONDITIONERS: Table = {
    "ClapTextConditionerConfig": (without("use_text_features", "feature_layer_ix", "padding_mode"),),
    "SATClapTextConditionerConfig": (without("use_text_features", "feature_layer_ix"),),
    "PhonemeConditionerConfig": (Unread(("max_length",), "nothing reads it: texts are not cut"),),
    "T5GemmaConditionerConfig": (beside("model_path", "repo_id"),),
    "SourceMixConditionerConfig": (without("allow_null_source", "source_length"),),
}

TABLE: Table = {**_TRANSFORMERS, **_LANGUAGE_MODELS, **_CLAP, **_CONDITIONERS}
