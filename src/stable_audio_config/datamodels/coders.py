"""Encoders and decoders of an autoencoder (engine: `create_encoder_from_config`, `create_decoder_from_config`).

An encoder's `latent_dim` is the width it hands to the bottleneck, a decoder's the width it receives from it; they
differ where the bottleneck splits (mean and scale) or appends noise. The tags `patched` and `staged_patched` are left
out, because their classes are missing from the engine.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from .base import Count, Data, Name, Pair, Positive, PositiveFloat, Probability, Sequence


class _Encoder(Data):
    requires_grad: bool = True
    """`false` freezes the encoder's parameters; the optimizer still receives them."""


class _Decoder(Data):
    requires_grad: bool = True
    """`false` freezes the decoder's parameters; the optimizer still receives them."""
    soft_clip: bool = False
    """`true` puts a tanh on the output of the whole autoencoder, after its pretransform. Without effect in a
    `diffusion_autoencoder`."""


class _EncoderWidths(Data):
    in_channels: Positive = 2
    """Channels that come in: those of the audio, or the encoded channels of the autoencoder's pretransform."""
    latent_dim: Positive = 32
    """Channels handed to the bottleneck: the latent width, or twice that where the bottleneck splits into mean and
    scale (`vae`, `rvq_vae`, `dac_rvq_vae`)."""


class _DecoderWidths(Data):
    out_channels: Positive = 2
    """Channels that go out: those of the audio, or the encoded channels of the autoencoder's pretransform."""
    latent_dim: Positive = 32
    """Channels received from the bottleneck: the latent width plus its `noise_augment_dim`."""


class _Stages(Data):
    channels: Positive = 128
    """Base width, multiplied by `c_mults`."""
    c_mults: Sequence[Positive] = (1, 2, 4, 8)
    """Width of each stage as a multiple of `channels`, from the audio's side to the latent's, in a decoder too. Its
    length is the number of stages."""
    strides: Sequence[Positive] = (2, 4, 8, 8)
    """Samples per step at each stage, from the audio's side to the latent's, in a decoder too; one for each of
    `c_mults`, further ones are ignored. Their product, times the ratio of a pretransform, is `downsampling_ratio`."""


class _Oobleck(_Stages):
    use_snake: bool = False
    """`true` uses the periodic Snake activation, `false` ELU."""


class OobleckEncoderConfig(_EncoderWidths, _Oobleck):
    """The convolutional encoder of Stable Audio."""

    antialias_activation: bool = False
    """`true` filters the last activation against aliasing; in an encoder the others stay as they are."""


class OobleckDecoderConfig(_DecoderWidths, _Oobleck):
    """The convolutional decoder of Stable Audio."""

    antialias_activation: bool = False
    """`true` filters the activations between the stages and the last one against aliasing."""
    use_nearest_upsample: bool = False
    """`true` upsamples by repeating samples and a convolution, `false` by a transposed convolution, which loses a
    sample where a stride is odd."""
    final_tanh: bool = True
    """`true` puts a tanh on the decoder's output, which holds it within -1 to 1."""


class _SEANet(Data):
    channels: Positive = 1
    """Channels on the audio's side, or the encoded channels of the autoencoder's pretransform."""
    dimension: Positive = 128
    """Channels on the latent's side: what `latent_dim` is in other encoders and decoders."""
    n_filters: Positive = 32
    """Width of the stage at the audio's side; it doubles with every further stage."""
    n_residual_layers: Count = 1
    """Residual blocks of each stage."""
    activation: Name = "ELU"
    """Name of an activation class of `torch.nn`."""
    activation_params: dict[str, Any] = Field(default_factory=lambda: {"alpha": 1.0})
    """Keywords of that class, handed over as they are. Must fit `activation`: `alpha` belongs to ELU."""
    norm: Literal["none", "weight_norm", "spectral_norm", "time_layer_norm", "layer_norm", "time_group_norm"] = "weight_norm"
    """How the convolutions are normalised. `time_group_norm` excludes `causal`."""
    norm_params: dict[str, Any] = Field(default_factory=dict)
    """Keywords of the normalisation class, handed over as they are. Read only with `layer_norm` and
    `time_group_norm`."""
    kernel_size: Positive = 7
    """Samples of the first convolution's kernel."""
    last_kernel_size: Positive = 7
    """Samples of the last convolution's kernel."""
    residual_kernel_size: Positive = 3
    """Samples of the kernels in residual blocks."""
    dilation_base: Positive = 2
    """The n-th residual block of a stage is dilated by this to the power of n, counted from 0."""
    causal: bool = False
    """`true` lets no output see later samples."""
    pad_mode: Literal["reflect", "constant", "replicate", "circular"] = "reflect"
    """What the edges are padded with; `constant` means zeros."""
    true_skip: bool = False
    """`true` passes the input of a residual block on unchanged, `false` through a convolution."""
    compress: Positive = 2
    """The inside of a residual block is narrower by this factor."""
    lstm: Count = 2
    """LSTM layers at the latent's end; 0 means none."""


class SEANetEncoderConfig(_SEANet):
    """EnCodec's encoder (package `encodec`)."""

    ratios: Sequence[Positive] = (2, 2, 2, 2, 2)
    """Samples per step at each stage, from the audio's side to the latent's. The engine reverses this list in place at
    every build, so it must be given a fresh copy each time."""


class SEANetDecoderConfig(_SEANet):
    """EnCodec's decoder (package `encodec`)."""

    ratios: Sequence[Positive] = (8, 5, 4, 2)
    """Samples per step at each stage, from the latent's side to the audio's: the encoder's list backwards."""
    final_activation: Name | None = None
    """Name of an activation class of `torch.nn` put on the output; null means none."""
    final_activation_params: dict[str, Any] | None = None
    """Keywords of that class, handed over as they are. Without effect unless `final_activation`."""
    trim_right_ratio: Probability = 1.0
    """Share of the surplus samples of a transposed convolution that is cut at the end instead of the start. Anything
    but 1 needs `causal`."""


class DACEncoderConfig(Data):
    """DAC's encoder (package `descript-audio-codec`)."""

    in_channels: Positive = 1
    """Channels that come in: those of the audio, or the encoded channels of the autoencoder's pretransform."""
    d_model: Positive
    """Width at the audio's side; it doubles with every stage."""
    strides: Sequence[Positive]
    """Samples per step at each stage, from the audio's side to the latent's."""
    latent_dim: Positive | None = None
    """Channels handed to the bottleneck; null means no last map, which leaves `d_model` doubled once per stage."""


class DACDecoderConfig(Data):
    """DAC's decoder (package `descript-audio-codec`); it always ends in a tanh."""

    latent_dim: Positive
    """Channels received from the bottleneck: the latent width plus its `noise_augment_dim`."""
    out_channels: Positive = 1
    """Channels that go out: those of the audio, or the encoded channels of the autoencoder's pretransform."""
    channels: Positive
    """Width at the latent's side; it halves with every stage."""
    rates: Sequence[Positive]
    """Samples per step at each stage, from the latent's side to the audio's: the encoder's `strides` backwards."""


class _TransformerStages(_Stages):
    transformer_depths: Sequence[Count] = (3, 3, 3, 3)
    """Transformer blocks of each stage, from the audio's side to the latent's; one for each of `c_mults`."""
    checkpointing: bool = False
    """`true` saves memory in training by computing activations twice."""
    conformer: bool = False
    """`true` adds a convolution to every transformer block."""


class _TAAE(_TransformerStages):
    use_snake: bool = False
    """`true` uses the periodic Snake activation, `false` none (ELU in the dilated convolutions)."""
    sliding_window: Pair[int] | None = (63, 64)
    """How many steps of the stage's lower rate to the left and right each step attends to; null means all of them."""
    layer_scale: bool = True
    """`true` gives every branch of a transformer block a trained factor per channel, `false` starts branches at 0."""
    use_dilated_conv: bool = False
    """`true` adds three dilated residual convolutions to every stage."""
    mapping_style: Literal["conv", "linear", "none"] = "conv"
    """How audio is mapped to the first width and the last width to the latent. `none` has no map on the audio's side,
    and a linear one on the latent's."""


class TAAEEncoderConfig(_EncoderWidths, _TAAE):
    """Encoder of convolutions and transformers. Every width must be at most 128 or a multiple of 128."""


class TAAEDecoderConfig(_DecoderWidths, _TAAE):
    """Decoder of transformers and convolutions. Every width must be at most 128 or a multiple of 128."""


class _SAME(_TransformerStages):
    sliding_window: Pair[int] | None = None
    """How far each step attends to the left and right, in steps of the stage's lower rate; null means attention within
    chunks of `chunk_size`."""
    layer_scale: bool = False
    """`true` gives every branch of a transformer block a trained factor per channel, `false` starts branches at 0."""
    causal: bool = False
    """Accepted, but the blocks are never causal."""
    differential: bool = True
    """`true` subtracts a second attention from the first, which cancels attention to noise."""
    variable_stride: bool = False
    """`true` allows other strides than the built ones in training; needed by `stride_curriculum`."""
    mask_noise: float = 0.0
    """Deviation of noise added to the tokens that each stage fills in, in training and after; 0 or less adds none."""
    conv_mapping: bool = False
    """`true` maps between two widths with a convolution over 3 steps instead of one step at a time."""
    freeze_backbone: bool = False
    """`true` freezes the transformers and the linear map at the latent's side, not the maps between widths."""
    chunk_size: Positive = 128
    """Steps of a stage attended to at once, counted at the stage's higher rate. Must be a multiple of every one of
    `strides`. Without effect with `sliding_window`."""
    chunk_midpoint_shift: bool = False
    """`true` shifts the chunks by half in the second half of the blocks. Without effect with `sliding_window`."""
    dim_heads: Positive = 128
    """Channels of one attention head; must divide the width of every stage."""
    feat_scale: bool = False
    """`true` gives the mean over time and the rest trained factors of their own after each attention."""
    ff_mult: PositiveFloat = 3
    """Width of the feed-forward layers as a multiple of the stage's width."""
    mapping_bias: bool = True
    """`false` leaves the bias out of the maps between widths."""
    cross_attn: bool = False
    """`true` builds cross attention, which an autoencoder gives nothing to attend to."""
    dyt: bool = True
    """`true` normalises with a dynamic tanh, `false` by the root mean square."""


class SAMEEncoderConfig(_EncoderWidths, _SAME):
    """Encoder of transformers that resample by filled-in tokens. The engine ignores keys that it does not know here."""

    sinusoidal_blocks: Count = 0
    """One more than the number of last blocks of every stage with a sine in their feed-forward layers; 0 and 1 mean
    none."""


class SAMEDecoderConfig(_DecoderWidths, _SAME):
    """Decoder of transformers that resample by filled-in tokens. The engine ignores keys that it does not know here."""

    sinusoidal_blocks: Sequence[Count] = (0, 0, 0, 0)
    """For each stage, from the audio's side to the latent's, one more than the number of its last blocks with a sine
    in their feed-forward layers; 0 and 1 mean none. At least as many as `c_mults`."""


class OobleckEncoder(_Encoder):
    """Convolutions with residual blocks."""

    type: Literal["oobleck"]
    """`oobleck`."""
    config: OobleckEncoderConfig
    """The network."""


class SEANetEncoder(_Encoder):
    """EnCodec's convolutions and LSTM."""

    type: Literal["seanet"]
    """`seanet`."""
    config: SEANetEncoderConfig
    """The network."""


class DACEncoder(_Encoder):
    """DAC's convolutions."""

    type: Literal["dac"]
    """`dac`."""
    config: DACEncoderConfig
    """The network."""


class TAAEEncoder(_Encoder):
    """Strided convolutions, each followed by transformer blocks."""

    type: Literal["taae"]
    """`taae`."""
    config: TAAEEncoderConfig
    """The network."""


class SAMEEncoder(_Encoder):
    """Transformer blocks that resample, without strided convolutions."""

    type: Literal["same", "taae_v2"]
    """`same`, or its other name `taae_v2`."""
    config: SAMEEncoderConfig
    """The network."""


class OobleckDecoder(_Decoder):
    """Convolutions with residual blocks."""

    type: Literal["oobleck"]
    """`oobleck`."""
    config: OobleckDecoderConfig
    """The network."""


class SEANetDecoder(_Decoder):
    """EnCodec's LSTM and convolutions."""

    type: Literal["seanet"]
    """`seanet`."""
    config: SEANetDecoderConfig
    """The network."""


class DACDecoder(_Decoder):
    """DAC's convolutions."""

    type: Literal["dac"]
    """`dac`."""
    config: DACDecoderConfig
    """The network."""


class TAAEDecoder(_Decoder):
    """Transformer blocks, each stage followed by a transposed convolution."""

    type: Literal["taae"]
    """`taae`."""
    config: TAAEDecoderConfig
    """The network."""


class SAMEDecoder(_Decoder):
    """Transformer blocks that resample, without strided convolutions."""

    type: Literal["same", "taae_v2"]
    """`same`, or its other name `taae_v2`."""
    config: SAMEDecoderConfig
    """The network."""


Encoder = Annotated[OobleckEncoder | SEANetEncoder | DACEncoder | TAAEEncoder | SAMEEncoder, Field(discriminator="type")]
"""Any encoder, told apart by `type`."""

Decoder = Annotated[OobleckDecoder | SEANetDecoder | DACDecoder | TAAEDecoder | SAMEDecoder, Field(discriminator="type")]
"""Any decoder, told apart by `type`."""
