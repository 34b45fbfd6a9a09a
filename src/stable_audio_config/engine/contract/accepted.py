"""Differences that are meant to be, each with its reason. One that is no longer there is reported as `stale`."""

from __future__ import annotations

from dataclasses import dataclass

from .report import Kind


@dataclass(frozen=True)
class Accepted:
    """Differences that are meant to be."""

    kind: Kind
    models: str
    """Our data models or their common base, or the kind of parts, with spaces between them; `*` for any."""
    keys: str
    """The keys or words, with spaces between them; `*` for any."""
    reason: str
    function: str = "*"
    """The engine's function."""


LAUNCHER = "the engine's own train.py reads it before the factories do, and so does our runner"
NEEDED_TO_TRAIN = "only demos and metrics fail without it; the field's docs say so"
WHOLE_FILE = "a whole published model config may stand here, of which only the networks are built"
PUBLISHED = "published configs carry it, so it may be written; the field's docs say that nothing reads it"
SWITCH = "the stage is an encoder's or a decoder's already; writing it would turn it into the other"
OTHER_TYPES = "the section is looked up for every model type, but used for autoencoders and conditional diffusion only"
NO_NULL = "left out, the engine fails on the null that it puts in its place"
SECTION = "our runner makes no demos and no metrics where the section is left out"
NO_FILE = "nothing that a configuration file can hold"
ADAPTERS = "settings of adapters that an application loads to generate with, no configuration file"
INTERFACE = "the engine's own user interface looks into the finished model config again"
WARM_UP = "what the ARC wrapper keeps under this name, and reads itself"
TABLE = "a table of embedding models in the engine's own source"
STRATEGY = "the strategy section of the engine's own train.py, which nothing of ours sets"
TWO_KINDS = (
    "two kinds of discriminator share the keys and differ in what they take where they are left out; ours is the filter banks'"
)
UNION = "an entry without `s3_path` and `path` is dropped in silence; we ask for one of them"
STEREO = "needed for stereo only; the field's docs say so"
ONE_OF_TWO = "taken by one of the two losses that get the section; the other fails on it"
PAIRED = "a teacher of ARC must be conditioned as its pupil is"
HEADS = "ConvNeXtDiscriminator ConvDiscriminator DilatedConvDiscriminator TransformerDiscriminator MultiScaleDiscriminator"
SAME = "SAMEEncoderConfig SAMEDecoderConfig"
OTHERS = "ClapTraining LMTraining DiffusionUncondTraining DiffusionAutoencoderTraining"
NESTED = "NestedAutoencoderConfig NestedDiffusionCondConfig NestedDiffusionInpaintConfig"

ACCEPTED = (
    # Keys that the engine does not read, or not where the factories are.
    Accepted("key-gone", "ModelConfigBase", "audio_channels", LAUNCHER),
    Accepted("key-gone", "ClapConfig", "sample_size", LAUNCHER),
    Accepted("key-gone", NESTED, "sample_size training", WHOLE_FILE),
    Accepted("key-gone", "NestedDiffusionCondConfig NestedDiffusionInpaintConfig", "svd_bases_path", WHOLE_FILE),
    Accepted("key-gone", "VAEBottleneck L2NormBottleneck", "config", PUBLISHED),
    Accepted(
        "key-gone", SAME, "use_snake use_dilated_conv mapping_style conv_bias enable_inner_layer_dropout use_flash", PUBLISHED
    ),
    Accepted("key-gone", "TimeLoss BottleneckLoss SpectralLoss", "type", PUBLISHED),
    Accepted("key-gone", "TimeLoss", "config", PUBLISHED),
    Accepted("key-gone", HEADS, "loss_type", PUBLISHED),
    Accepted("key-gone", "S3Entry", "path", PUBLISHED),
    # Keys that the engine reads and that no configuration should hold.
    Accepted("key-added", "SAMEEncoderConfig TAAEEncoderConfig", "type", SWITCH),
    Accepted("key-added", "RVQConfig", "in_place_codebook_optimizer", NO_FILE),
    Accepted("key-added", "MaskKwargs", "force_mask_type", NO_FILE),
    Accepted("key-added", "SpectralConfig", "w_sum w_diff", ONE_OF_TWO),
    Accepted("key-added", OTHERS, "metrics", OTHER_TYPES),
    # What is left out.
    Accepted("required-changed", "ModelConfigBase", "sample_size", NEEDED_TO_TRAIN),
    Accepted("required-changed", "LocalTarsEntry", "path", UNION),
    Accepted("required-changed", "LMModel", "pretransform", NO_NULL),
    Accepted("required-changed", "AutoencoderMetrics", "ref_audios_path", "the factory's False ends at an assertion"),
    Accepted("required-changed", "SpectralConfig", "fft_sizes hop_sizes win_lengths", STEREO),
    Accepted("default-changed", "RVQConfig", "sync_codebook", "set only beside `quantize_dropout`, whose docs say so"),
    Accepted(
        "default-changed", "ADPUNetConfig ADPCFGUNetConfig", "stft_num_fft", "the class has a default, but `use_stft` insists on it"
    ),
    Accepted("default-changed", "HILDiscriminatorConfig", "strides channels", TWO_KINDS),
    Accepted("default-changed", "FilterBankViewConfig", "strides", TWO_KINDS),
    Accepted("default-changed", "AutoencoderTraining DiffusionCondTraining", "metrics", SECTION),
    Accepted("default-changed", f"DiffusionCondTraining {OTHERS}", "demo", SECTION),
    Accepted("default-changed", "DiffusionCondDemo", "demo_cond", "empty in either case; a list is what it holds"),
    Accepted("default-changed", "ArcConfig", "discriminator", "not asked for where there is none"),
    Accepted("default-changed", "ClapTraining", "loss_config", "null and a section without keys mean the same weights"),
    # Tags and words.
    Accepted("tag-added", "nested_diffusion", "autoencoder diffusion_uncond", PAIRED),
    Accepted(
        "tag-added", "T5ConditionerConfig.t5_model_name", "google/flan-t5-3b google/flan-t5-11b", "have a width, but are refused"
    ),
    Accepted("tag-gone", "model", "*", OTHER_TYPES, "create_metrics_callback_from_config"),
    # Where the reader does not follow, and what it does not come to.
    Accepted("unbound", "LoRAConfig", "json.dumps", "written into the checkpoint as it is", "save_lora_safetensors"),
    Accepted("unbound", "*", "lora_config", ADAPTERS, "DiffusionTransformer.forward"),
    Accepted("unbound", "*", "config_dict", ADAPTERS, "load_and_apply_loras"),
    Accepted("unbound", "*", "lora_cfg", ADAPTERS, "merge_loras_into_base_model"),
    Accepted("unbound", "*", "model_config", INTERFACE, "load_model"),
    Accepted("unbound", "*", "model_config", INTERFACE, "create_autoencoder_ui"),
    Accepted("unbound", "*", "model_config", INTERFACE, "create_diffusion_cond_ui"),
    Accepted(
        "unbound",
        "*",
        "model_config training_config model_conditioning_config conditioning_config",
        INTERFACE,
        "create_sampling_ui",
    ),
    Accepted("unbound", "*", "ode_warmup_config", WARM_UP, "DiffusionCondDemoCallback.on_train_batch_end"),
    Accepted("unbound", "*", "ode_warmup_config", WARM_UP, "DiffusionCondInpaintDemoCallback.on_train_batch_end"),
    Accepted("unbound", "*", "config", STRATEGY, "process_common_options"),
    Accepted("unbound", "*", "cfg configs", TABLE, "extract_embeddings"),
    Accepted("unbound", "*", "cfg", TABLE, "load_clap_model"),
)
