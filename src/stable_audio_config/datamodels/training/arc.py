"""ARC post-training: a few-step generator against a discriminator (engine: `ARCTrainingWrapper`).

Both optimizers are stepped by hand, so the trainer's own gradient clipping and accumulation must stay off. Generator
and discriminator take turns; the teacher, where there is one, only serves the warm-up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..absent import OrAbsent
from ..base import Count, Data, Gone, Name, Pair, Positive, Sequence, Since
from ..clap import NestedClap
from ..kinds import ArcDiscriminator, NestedDiffusion
from .lora import ArcLoRAConfig

NoiseDistribution = Literal["uniform", "logit_normal", "trunc_logit_normal", "one_shot", "denoised", "logsnr_uniform", "congruent"]
"""Where timesteps are drawn from: `one_shot` is always pure noise, `denoised` never any."""

OdeSampler = Literal[
    "euler", "rk4", "dpmpp", "pingpong",
    "k-heun", "k-lms", "k-dpmpp-2s-ancestral", "k-dpm-2", "k-dpm-fast", "k-dpm-adaptive",
    "dpmpp-2m", "dpmpp-2m-sde", "dpmpp-3m-sde", "v-ddim", "v-ddim-cfgpp",
]  # fmt: skip
"""The first four are for rectified flow; with the objective `v` they all mean DDIM, and the others come into play."""


class _Head(Data):
    loss_type: str = "lsgan"
    """Nothing reads it: ARC uses its own loss, chosen by `disc_hinge_loss`."""


class ConvNeXtBlockConfig(Data):
    """The blocks of the `convnext` head."""

    kernel_size: Positive = 7
    """Frames that a convolution sees. Must be odd, or the lengths no longer fit."""
    mult: Positive = 4
    """How many times wider a block is inside."""
    glu: bool = False
    """Gated activation."""


class ConvNeXtHeadConfig(_Head):
    """A stack that narrows time: with the default strides one score for 512 latent frames, and none for fewer."""

    channels: Positive = 128
    """Base width; each level has a multiple of it."""
    c_mults: Sequence[Positive] = (1, 2, 4, 8)
    """Width of each level, in multiples of `channels`."""
    strides: Sequence[Positive] = (2, 4, 8, 8)
    """Time reduction of each level, at least as many as `c_mults`. The latents must be at least as long as their
    product."""
    num_blocks: Sequence[Count] | None = None
    """Blocks in each level, at least as many as `c_mults`; `null` is 3 in each."""
    conv_args: ConvNeXtBlockConfig = Field(default_factory=ConvNeXtBlockConfig)
    """How every block is built."""


class ConvHeadConfig(_Head):
    """Four strided convolutions, one score for 16 latent frames; at least 64 frames are needed."""

    hidden_dim: Annotated[Annotated[int, Field(gt=0, multiple_of=32)] | None, Since("0.0.20")] = None
    """Width, a multiple of 32; `null` takes the width of the hidden states, which must then be one."""
    soft_clip_scale: float | None = None
    """Scores are squashed into plus and minus this; `null` leaves them."""
    anti_aliased: Annotated[bool, Since("0.0.20")] = False
    """Score a second time, shifted by one frame."""


class DilatedConvHeadConfig(_Head):
    """Residual dilated convolutions, one score for every latent frame."""

    hidden_dim: Annotated[int, Field(gt=0, multiple_of=16)] = 64
    """Width, a multiple of 16."""
    dilations: Sequence[Positive] = (1, 2, 4, 1, 2, 4)
    """Spacing of the taps, one block for each entry."""


class TransformerHeadConfig(_Head):
    """Transformer blocks with a sliding window, one score for every latent frame."""

    hidden_dim: Positive = 256
    """Width."""
    depth: Count = 4
    """Blocks."""
    dim_heads: Positive = 64
    """Width of one attention head; must divide `hidden_dim`."""
    sliding_window: Pair[int] | None = (2, 2)
    """Frames before and after that a frame attends to; `null` is all."""
    differential: bool = True
    """Differential attention."""
    qk_norm: Literal["l2", "ln", "rms", "dyt", "none"] = "rms"
    """How queries and keys are normalised."""
    ff_mult: float = 2
    """How many times wider the feed-forward part is inside."""


class MultiScaleSubHead(Data):
    """One head of `multi_scale`. What it leaves out is taken from the config around it."""

    name: OrAbsent[Name] = None
    """Name in the log; left out, `scale_` and the position."""
    stride: Positive = 1
    """Latent frames for one score. Without `sliding_window` it must divide 128."""
    hidden_dim: OrAbsent[Positive] = None
    """Width."""
    depth: OrAbsent[Count] = None
    """Blocks."""
    dim_heads: OrAbsent[Positive] = None
    """Width of one attention head; must divide `hidden_dim`."""
    sliding_window: Pair[int] | None = None
    """Scores before and after that one attends to; a written `null` is none, and then attention stays within chunks of
    128."""
    differential: OrAbsent[bool] = None
    """Differential attention."""
    ff_mult: OrAbsent[float] = None
    """How many times wider the feed-forward part is inside."""
    dyt: OrAbsent[bool] = None
    """Dynamic tanh in place of normalisation."""


class MultiScaleHeadConfig(_Head):
    """Several transformer heads at different strides; their losses are averaged."""

    heads: Annotated[Sequence[MultiScaleSubHead], Field(min_length=1)] | None = None
    """The heads; `null` is three: `local` (stride 1), `mid` (4) and `global` (16), which set their own width, depth and
    window."""
    hidden_dim: Positive = 256
    """Width of heads that do not say."""
    depth: Count = 3
    """Blocks of heads that do not say."""
    dim_heads: Positive = 64
    """Width of one attention head, for heads that do not say."""
    sliding_window: Pair[int] | None = None
    """Window of heads that do not say; `null` is none."""
    differential: bool = True
    """Differential attention, for heads that do not say."""
    ff_mult: float = 2
    """Inner width of the feed-forward part, for heads that do not say."""
    dyt: bool = False
    """Dynamic tanh in place of normalisation, for heads that do not say."""
    checkpointing: bool = True
    """Compute activations again in the backward pass: less memory, more time."""


class DiscriminatorWeights(Data):
    """Factors on the adversarial losses."""

    generator: float = 1.0
    """On the generator's loss."""
    discriminator: float = 1.0
    """On the discriminator's loss."""
    contrastive: float = 1.0
    """On the contrastive loss. Only with `contrastive`."""


class _Discriminator(Data):
    dit_hidden_layer: int | Annotated[Sequence[int], Field(min_length=1)]
    """Layer, or layers, of the backbone whose hidden states the head judges, counted from 0. Must be below the
    backbone's `depth`; that shows only at the first step after the warm-up."""
    layer_combine_mode: Annotated[Literal["concat", "stack"], Since("0.0.20")] = "concat"
    """Several layers are laid side by side in channels (`concat`) or one after the other in time (`stack`)."""
    contrastive: bool = False
    """Also tell apart right and swapped conditions. The metadata must hold `prompt`."""
    contrastive_beta: Annotated[float, Since("0.0.20")] = 1.0
    """Sharpness of the contrastive loss. Only with `contrastive`."""
    disc_hinge_loss: Annotated[bool, Since("0.0.20")] = False
    """Hinge loss instead of the softplus one, for the discriminator; the generator's stays softplus."""
    include_grad_penalties: bool = False
    """Penalise scores that change under slight noise on real samples (R1), and by `include_r2_penalty` on generated
    ones."""
    grad_penalty_weight: Annotated[float, Since("0.0.20")] = 100.0
    """Factor on these penalties. Only with `include_grad_penalties`."""
    include_r2_penalty: Annotated[bool, Since("0.0.20")] = True
    """The penalty on generated samples. Only with `include_grad_penalties`."""
    freeze_backbone: Annotated[bool, Since("0.0.20")] = False
    """Train the head only."""
    loss_type: str | None = None
    """Nothing reads it; published configs carry it. The loss is relativistic, or hinge with `disc_hinge_loss`."""
    lora: Annotated[ArcLoRAConfig | None, Since("0.0.20")] = None
    """Adapters on the backbone. They are not trained with `freeze_backbone`."""
    weights: DiscriminatorWeights = Field(default_factory=DiscriminatorWeights)
    """Factors on the adversarial losses."""
    feature_matching_weight: Annotated[float, Since("0.0.20")] = 0.0
    """Factor on the distance between the hidden states of real and generated samples; 0 is none."""
    logit_center_weight: Annotated[float, Since("0.0.20")] = 0.0
    """Factor on a penalty that keeps scores near zero; 0 is none."""
    reset_every: Annotated[Positive | None, Since("0.0.20")] = None
    """Steps after which the head starts afresh; `null` is never. The `convnext` head cannot be reset: training stops
    there."""


class ConvNeXtDiscriminator(_Discriminator):
    """Backbone with a `convnext` head; the one that is meant where `type` is left out."""

    type: Literal["convnext"] = "convnext"
    """`convnext`."""
    config: ConvNeXtHeadConfig = Field(default_factory=ConvNeXtHeadConfig)
    """The head."""


class ConvDiscriminator(_Discriminator):
    """Backbone with a `conv` head."""

    type: Literal["conv"]
    """`conv`."""
    config: ConvHeadConfig = Field(default_factory=ConvHeadConfig)
    """The head."""


class DilatedConvDiscriminator(_Discriminator):
    """Backbone with a `dilated_conv` head."""

    type: Literal["dilated_conv"]
    """`dilated_conv`."""
    config: DilatedConvHeadConfig = Field(default_factory=DilatedConvHeadConfig)
    """The head."""


class TransformerDiscriminator(_Discriminator):
    """Backbone with a `transformer` head."""

    type: Literal["transformer"]
    """`transformer`."""
    config: TransformerHeadConfig = Field(default_factory=TransformerHeadConfig)
    """The head."""


class MultiScaleDiscriminator(_Discriminator):
    """Backbone with a `multi_scale` head."""

    type: Literal["multi_scale"]
    """`multi_scale`."""
    config: MultiScaleHeadConfig = Field(default_factory=MultiScaleHeadConfig)
    """The heads."""


class OdeWarmup(Data):
    """Training before ARC proper: the generator learns to reach in one step what the teacher reaches in many."""

    warmup_steps: int = 0
    """Steps of warm-up, counted as global steps from the start of training; 0 is none. Without a teacher the generator
    is trained to denoise the data."""
    refresh_rate: Positive = 1
    """Steps for which one set of the teacher's trajectories is used."""
    sampling_steps: Positive = 20
    """Sampling steps of the teacher."""
    cfg: float = 4.0
    """Classifier-free guidance of the teacher."""
    sampler: Annotated[OdeSampler | None, Since("0.0.20")] = "dpmpp"
    """Sampler of the teacher; must suit the model's `diffusion_objective`. `null` takes the engine's own for it."""


class NoiseDist(Data):
    """From which distribution each part draws its timesteps."""

    generator: NoiseDistribution = "uniform"
    """For what the generator denoises."""
    discriminator: NoiseDistribution = "uniform"
    """For the noise laid over what the discriminator judges."""
    clap: Annotated[NoiseDistribution, Since("0.0.20")] = "uniform"
    """For the noise laid over what CLAP hears. Only with `clap_config`."""
    congruent_step_counts: Annotated[Sequence[Positive], Field(min_length=1), Since("0.0.20")] = (1, 2, 4, 8, 16)
    """Step counts whose timesteps `congruent` draws from: powers of two. Only with that distribution."""


class TrimConfig(Data):
    """Cutting batches to the length of one of their items, after the warm-up."""

    trim_prob: float = 0.0
    """How often a batch is cut, 0 to 1."""
    type: Literal["random_item"] = "random_item"
    """To the length of an item drawn at random, but never below 128 frames."""


class ArcConfig(Data):
    """Its presence switches training to ARC. Needs a `discriminator`, a `clap_config`, or both."""

    gone: ClassVar[Mapping[str, Gone]] = {
        "sampling": Gone("0.0.20", "was removed in 0.0.20, and had no effect before", "take it out"),
    }

    reuse_discriminator_as_teacher: Annotated[bool, Since("0.0.20")] = False
    """The discriminator's backbone also serves as the teacher. Needs `discriminator` and `discriminator_base_ckpt`; the
    other teacher keys are then not read."""
    teacher_model: NestedDiffusion | None = None
    """The teacher's whole model config. Any teacher needs `teacher_model_ckpt`."""
    use_model_as_teacher: bool = False
    """The teacher is built like the model itself. Not read beside `teacher_model`."""
    teacher_model_config_path: Annotated[Name | None, Since("0.0.20")] = None
    """JSON file with the teacher's model config. Read only without the two keys above."""
    teacher_model_ckpt: Name | None = None
    """Checkpoint of the teacher."""

    discriminator: OrAbsent[ArcDiscriminator] = None
    """The discriminator. It needs a backbone: one of the four keys below; and it needs the group `discriminator`
    in `optimizer_configs`."""
    model_self_discriminator: Annotated[bool, Since("0.0.20")] = False
    """The model in training is the backbone as well, and both optimizers hold its weights. The backbone keys below are
    then not read."""
    discriminator_base_model: NestedDiffusion | None = None
    """The backbone's whole model config."""
    use_model_as_discriminator: bool = False
    """The backbone is built like the model itself. Not read beside `discriminator_base_model`."""
    discriminator_base_model_config_path: Annotated[Name | None, Since("0.0.20")] = None
    """JSON file with the backbone's model config. Read only without the three keys above."""
    discriminator_base_ckpt: Name | None = None
    """Checkpoint of the backbone; without one it starts from random weights."""

    clap_config: Annotated[OrAbsent[NestedClap], Since("0.0.20")] = None
    """A CLAP model for a second loss on the generator."""
    clap_loss_type: Annotated[Literal["audio_cosine_sim", "audio_contrastive", "audio_text_distance"], Since("0.0.20")] = (
        "audio_cosine_sim"
    )
    """What is compared: real with generated audio (`audio_contrastive` needs CUDA), or generated audio with its text.
    Only with `clap_config`."""

    lora: Annotated[ArcLoRAConfig | None, Since("0.0.20")] = None
    """Adapters on the generator, which switch `use_ema` off. `training.lora_config` is not read under ARC."""
    ode_warmup: OdeWarmup | None = None
    """Warm-up before ARC proper; `null` is none."""
    noise_dist: NoiseDist = Field(default_factory=NoiseDist)
    """From which distribution timesteps are drawn."""
    denoiser_loss_weight: Annotated[float, Since("0.0.20")] = 0.0
    """Nothing reads it."""
    denoiser_loss_t_exponent: Annotated[float, Since("0.0.20")] = 0.0
    """The warm-up's loss is divided by the timestep to this power; 0 leaves it. Only with `ode_warmup`."""
    forward_sample_prob: Annotated[float, Since("0.0.20")] = 0.0
    """How often the generator starts from its own one-step sample instead of the data, 0 to 1."""
    disc_update_interval: Annotated[int, Since("0.0.20")] = 2
    """Every how many steps the discriminator is trained instead of the generator. With 1 the generator is never
    trained."""
