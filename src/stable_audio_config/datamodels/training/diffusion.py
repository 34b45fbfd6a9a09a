"""The `training` section of a `diffusion_cond` model (engine: `DiffusionCondTrainingWrapper`, `ARCTrainingWrapper`).

With an `arc` section the engine trains by ARC instead, and then reads other keys: the string under each field says
which.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from ..absent import OrAbsent
from ..base import Count, Data, Deprecated, Gone, Name, Positive, Sequence, Since
from .arc import ArcConfig, TrimConfig
from .inpainting import InpaintingConfig
from .lora import LoRAConfig
from .optim import OptimizerGroup


class DiffusionOptimizers(Data):
    """One optimizer for the model, and under ARC one for the discriminator."""

    diffusion: OptimizerGroup
    """For the model and its conditioners; with LoRA, for the adapters only."""
    discriminator: OrAbsent[OptimizerGroup] = None
    """Needed when `arc.discriminator` is set, else never read. Schedulers act only when both groups have one."""


class TimestepSamplerOptions(Data):
    """The distribution of the log signal-to-noise ratio that timesteps are drawn from."""

    mean_logsnr: float = -1.2
    """Mean. Only for `log_snr`."""
    std_logsnr: float = 2.0
    """Standard deviation. Only for `log_snr`."""
    min_logsnr: Annotated[float, Since("0.0.20")] = -6.0
    """Lowest value. Only for `log_snr_uniform`."""
    max_logsnr: Annotated[float, Since("0.0.20")] = 5.0
    """Highest value. Only for `log_snr_uniform`."""


class CondDisplayConfig(Data):
    """How an audio condition is shown."""

    pre_encoded: bool = False
    """The metadata holds latents, which are decoded first."""
    display_mix: bool = False
    """Also log the condition mixed with the demo. `audio_dict` always does."""


class CondDisplay(Data):
    """An audio condition that is logged beside the demos."""

    id: Name
    """Its key in the metadata; every demo must hold a tensor there, so it only works with `demo_cond_from_batch`."""
    type: Literal["audio", "audio_dict"]
    """`audio` is one tensor; `audio_dict` several by name, which are added up."""
    config: CondDisplayConfig = Field(default_factory=CondDisplayConfig)
    """How it is shown."""


class DiffusionCondDemo(Data):
    """Sounds that are generated and logged while training: all of them once for every guidance scale."""

    demo_every: int = 2000
    """Optimizer steps between demos. The first comes after step 1."""
    demo_steps: Count = 250
    """Sampling steps."""
    num_demos: Positive
    """Sounds in one demo. Must equal the length of `demo_cond`; with `demo_cond_from_batch` at most the batch size."""
    demo_cfg_scales: Annotated[Sequence[int | float], Field(min_length=1)]
    """Strengths of classifier-free guidance; 1 is none. Each gives a demo of its own, with the number in its name."""
    demo_cond: Sequence[dict[str, Any]] = ()
    """One dictionary for each sound: conditioner id -> value, and every id must be there. Needed, and not empty,
    without `demo_cond_from_batch`. Sounds are cut 2 seconds after their `seconds_total`."""
    demo_cond_from_batch: bool = False
    """Take the conditions from the metadata of the batch; `demo_cond` is then not read."""
    display_audio_cond: bool = False
    """Also log the metadata's `audio` tensors, which only a batch can hold."""
    cond_display_configs: Sequence[CondDisplay] | None = None
    """Audio conditions to log beside the demos; `null` is none."""


class DiffusionMetrics(Data):
    """Frechet distances and CLAP score of generated music, for a callback that the engine's own script never makes.

    It needs the network (prompts and judging models are downloaded) and conditions named `prompt` and `seconds_total`.
    """

    metrics_every: Positive = 1000
    """Optimizer steps between measurements."""
    cfg_scale: int | float = 7
    """Strength of classifier-free guidance."""
    sampling_steps: Count = 50
    """Sampling steps."""
    num_generations: Count = 10000
    """Sounds that are generated, over all devices; prompts are used again where there are too few."""
    min_length: Count = 5
    """Shortest sound, in whole seconds. Each length is drawn at random."""
    max_length: Count = 190
    """Longest sound, in whole seconds; not below `min_length`."""
    prompts_type: Annotated[str, Field(pattern=r"^(song_describer|musiccaps|audiocaps)")] = "song_describer-nosinging"
    """Name of a prompt list of stable-audio-metrics, without `.csv`."""
    ref_audios_path: Name | Literal[False] = False
    """Folder of the reference sounds. With `false` the first measurement fails."""
    ref_audios_ext: Name = ".mp3"
    """Extension of the reference files, with the dot."""
    clap_model: Literal[
        "music_speech_audioset_epoch_15_esc_89.98.pt",
        "music_audioset_epoch_15_esc_90.14.pt",
        "music_speech_epoch_15_esc_89.25.pt",
        "630k-audioset-fusion-best.pt",
    ] = "music_speech_audioset_epoch_15_esc_89.98.pt"
    """LAION CLAP checkpoint. Only with `clap` in `embedding_types`."""
    embedding_types: Sequence[Literal["clap", "panns", "vggish", "openl3", "latent"]] = ("clap",)
    """Spaces in which distances are measured; `latent` is the model's own."""
    show_progress: bool = False
    """Show progress bars."""
    skip_first: bool = True
    """Do not measure before the first step."""
    decode_batch_size: Positive = 4
    """Latents decoded at once."""


class DiffusionCondTraining(Data):
    """How a `diffusion_cond` model is trained. Needs `learning_rate` or `optimizer_configs`."""

    gone: ClassVar[Mapping[str, Gone]] = {
        "mask_padding": Gone("0.0.20", "was removed in 0.0.20", "write `mask_loss_weight`: 0.0 for true, 1.0 for false"),
        "mask_padding_dropout": Gone("0.0.20", "was removed in 0.0.20", "take it out: nothing takes its place"),
        "prior_type": Gone("0.0.19", "was removed in 0.0.19, with the model type `diffusion_prior`", "take it out"),
        "causal_dropout": Gone("0.0.16", "was removed in 0.0.16", "take it out: nothing takes its place"),
        "use_reconstruction_loss": Gone(
            "0.0.16", "was removed from this model type in 0.0.16", "take it out: nothing takes its place"
        ),
    }

    learning_rate: float | None = None
    """Rate of an Adam optimizer. Ignored beside `optimizer_configs` and under ARC."""
    optimizer_configs: DiffusionOptimizers | None = None
    """Optimizers and schedulers; `null` makes one from `learning_rate`. ARC cannot do without."""
    use_ema: bool = True
    """Keep a running average of the weights, for demos and export: decay 0.999, under ARC 0.9995. Always off with
    LoRA."""
    pre_encoded: bool = False
    """The data are latents. Must agree with the dataset: `pre_encoded`, or `wds` with `pre_encoded: true`."""
    cfg_dropout_prob: Annotated[float, Field(le=1)] = 0.1
    """How often an item's conditions are dropped, so that guidance works; only cross-attention and prepended ones
    are."""

    timestep_sampler: Literal["uniform", "logit_normal", "trunc_logit_normal", "log_snr", "log_snr_uniform"] = "uniform"
    """Where timesteps are drawn from, before `distribution_shift_options`. Without effect under ARC: see
    `arc.noise_dist`."""
    timestep_sampler_options: TimestepSamplerOptions | None = Field(default_factory=TimestepSamplerOptions)
    """Settings of `log_snr` and `log_snr_uniform`; the other samplers have none. Ignored under ARC."""
    p_one_shot: float = 0.0
    """How often an item is trained on pure noise, 0 to 1. Ignored under ARC."""
    ot_coupling: Annotated[bool, Since("0.0.20")] = False
    """Pair noise and data within a batch so that their paths are short. Needs `batch_size` above 1. Ignored under
    ARC."""

    loss_normalization: Annotated[Literal["none", "timestep", "sample", "sample_channel"], Since("0.0.20")] = "none"
    """Divide the loss by the variance of the target: at each frame, over an item, or over each channel of an item.
    Padding is left as it is."""
    loss_norm_eps: Annotated[float, Since("0.0.20")] = 1e-6
    """Added to that variance. Only with `loss_normalization`."""
    mask_loss_weight: Annotated[float, Since("0.0.20")] = 0.0
    """Weight of padding in the loss, and with `inpainting` of what is kept; 0 leaves both out. With
    `mask_padding_attention` it acts on the kept part only."""
    mask_padding_attention: Annotated[
        bool, Since("0.0.20"), Deprecated("0.0.20", "model.model.diffusion.mask_padding_attention")
    ] = False
    """Deprecated, but read: write `mask_padding_attention` in `model.diffusion` instead."""
    silence_extension_scale_seconds: Annotated[float, Since("0.0.20")] = 0.0
    """Mean of the random seconds of silence after a clip that count as sound; 0 is none. Only with
    `mask_padding_attention`."""
    use_effective_length_for_schedule: Annotated[
        bool, Since("0.0.20"), Deprecated("0.0.20", "model.model.diffusion.use_effective_length_for_schedule")
    ] = False
    """Deprecated, but read: write `use_effective_length_for_schedule` in `model.diffusion` instead. Only with
    `distribution_shift_options`."""
    inpainting: InpaintingConfig | None = None
    """Train to fill holes; `null` does not. The model's `input_concat_ids` or `local_add_cond_ids` must name
    `inpaint_mask` and `inpaint_masked_input`."""

    lora_config: Annotated[LoRAConfig | None, Since("0.0.20")] = None
    """Train adapters only, on a frozen model; checkpoints then hold nothing else. Ignored under ARC: see `arc.lora`."""
    lora_ckpt_path: Annotated[Name | None, Since("0.0.20")] = None
    """Checkpoint of adapters to go on from (.safetensors or .ckpt). It is opened even without LoRA, and then not
    used."""
    base_precision: Annotated[Literal["bf16", "bfloat16", "fp16", "float16"] | None, Since("0.0.20")] = None
    """Number format of the frozen weights; `null` leaves them. Only with `lora_config`. Ignored under ARC."""

    log_every_n_steps: Annotated[int, Since("0.0.20")] = 10
    """Steps over which logged losses are averaged; 1 and less log every step."""
    log_loss_info: bool = False
    """Also log the loss by noise level. Works on several devices only: on one, the first step fails. Ignored under
    ARC."""

    arc: OrAbsent[ArcConfig] = None
    """ARC post-training in place of ordinary training. Leave the key out to train as usual."""
    clip_grad_norm: float = 0.0
    """Largest norm of the gradient; 0 does not clip. Only under ARC, which forbids the run option `gradient_clip_val`;
    without `arc` use that."""
    trim_config: TrimConfig | None = None
    """Cut batches to the length of one item; `null` does not. Only under ARC."""

    demo: DiffusionCondDemo | None = None
    """Sounds that are generated while training. Left out or `null`, none are made."""
    metrics: Annotated[OrAbsent[DiffusionMetrics], Since("0.0.20")] = None
    """Measurements on generated sounds. Left out, none are made."""
