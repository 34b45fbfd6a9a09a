"""Diffusion autoencoders: an encoder makes latents, a diffusion model turns them back (engine: `create_diffAE_from_config`).

The diffusion model starts from noise and sees the latents beside its input, stretched to its length. The engine trains it to
predict `v`, together with the encoder.
"""

from __future__ import annotations

from typing import Literal

from .absent import OrAbsent
from .adp import ADPUNetConfig
from .base import Count, Data, Positive, Sequence
from .diffusion import DiffusionObjective
from .kinds import AutoencoderDiffusion, Bottleneck, Decoder, Encoder, Pretransform
from .model import ModelConfigBase
from .uncond import DAU1dConfig, UnconditionedDiT


class DiTDecoderConfig(UnconditionedDiT):
    """The DiT of a diffusion autoencoder."""

    io_channels: Positive = 32
    """Channels in and out: the encoded channels of the pretransform, or audio channels without one. Must equal the model's
    `io_channels`."""
    input_concat_dim: Count = 0
    """Channels of the latents, which are put beside the input: `latent_dim`, or what `decoder` makes of it. At 0 the first step
    fails."""
    diffusion_objective: DiffusionObjective
    """Must be written, if without effect: training and decoding predict `v` whatever stands here."""


class DAU1dDecoderConfig(DAU1dConfig):
    """The U-Net of Dance Diffusion, as far as a diffusion autoencoder needs it."""

    strides: Sequence[Positive]
    """Downsampling between one level and the next: at least `depth` - 1 entries. Must be written: the product of all is the
    factor that the input's length must be a multiple of."""


class DiTDecoder(Data):
    """A diffusion transformer."""

    type: Literal["dit"]
    """`dit`."""
    config: DiTDecoderConfig
    """The network."""


class ADPDecoder(Data):
    """A U-Net. Its input must be as long as a multiple of the product of its `factors`."""

    type: Literal["adp_1d"]
    """`adp_1d`."""
    config: ADPUNetConfig
    """The network. The latents enter by `context_channels`, which must be one entry: their channels. With `context_features`, or
    with `context_embedding_features` beside `attentions` above 0, the first step fails."""


class DAU1dDecoder(Data):
    """The U-Net of Dance Diffusion. It can no longer be built: engine 0.0.20 (like 0.0.19) hands its blocks a keyword that they do
    not take, whatever the config says. Its successor is `dit`."""

    type: Literal["DAU1d"]
    """`DAU1d`."""
    config: DAU1dDecoderConfig
    """The network."""


class DiffusionAutoencoderModel(Data):
    """The networks of a diffusion autoencoder: pretransform, encoder, bottleneck, diffusion, and back through the pretransform."""

    diffusion: AutoencoderDiffusion
    """What turns latents back into audio, or into what the pretransform decodes."""
    encoder: OrAbsent[Encoder] = None
    """Audio, or what the pretransform makes of it, to what the bottleneck receives. Left out, that passes unchanged. Its first
    weights are halved."""
    decoder: OrAbsent[Decoder] = None
    """Changes the latents before the diffusion model sees them. Leave it out: with one, training works, but every decoding (demos
    included) fails in 0.0.20, because it calls itself without end."""
    bottleneck: Bottleneck | None = None
    """What the latents pass; null passes the encoder's output on unchanged. What it adds to the loss has fixed weights."""
    latent_dim: int
    """Channels of the latent. A statement only, which nothing in the engine compares or reads."""
    downsampling_ratio: Positive
    """Frames that the diffusion model makes from one latent frame: the product of the encoder's `strides`. Unlike in an
    autoencoder, the ratio of the pretransform is not part of it: with it, decoded sounds are too long by that factor."""
    io_channels: int
    """Channels of the noise that decoding starts from; must equal the channels of `diffusion`."""
    pretransform: Pretransform | None = None
    """What audio passes through before the encoder and after the diffusion model; null means nothing. Whatever its `enable_grad`
    says, only `training.use_reconstruction_loss` trains it, and only the half that decodes."""


class DiffusionAutoencoderConfig(ModelConfigBase):
    """A diffusion autoencoder."""

    model_type: Literal["diffusion_autoencoder"]
    """`diffusion_autoencoder`."""
    model: DiffusionAutoencoderModel
    """The networks."""
