"""Parts of models: one function for each of the engine's factories. All build on the CPU, with random weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .given import Tree, building, engine_tree, part, whole

if TYPE_CHECKING:
    from ...datamodels.conditioning import Conditioning
    from ...datamodels.kinds import Bottleneck, Decoder, DistributionShift, Encoder, Pretransform


def build_encoder(config: Encoder | Tree, *, defaults: bool = False) -> Any:
    """A module from (batch, in_channels, samples) to (batch, latent_dim, frames); with `requires_grad: false` it is frozen
    (engine: `create_encoder_from_config`).

    Args:
        config: the encoder's config, with its `type`.
        defaults: write the defaults into the dictionary that the engine gets; without, it holds what was written.

    Raises:
        Refused: a mistake in a plain dictionary, or the engine cannot build it.
    """
    checked = part("encoder", config)
    with building("encoder"):
        from stable_audio_tools.models import autoencoders

        return autoencoders.create_encoder_from_config(engine_tree(checked, defaults))


def build_decoder(config: Decoder | Tree, *, defaults: bool = False) -> Any:
    """A module from (batch, latent_dim, frames) to (batch, out_channels, samples); with `requires_grad: false` it is frozen.
    `soft_clip` is read by the autoencoder around it only (engine: `create_decoder_from_config`).

    Raises:
        Refused: a mistake in a plain dictionary, or the engine cannot build it.
    """
    checked = part("decoder", config)
    with building("decoder"):
        from stable_audio_tools.models import autoencoders

        return autoencoders.create_decoder_from_config(engine_tree(checked, defaults))


def build_bottleneck(config: Bottleneck | Tree, *, defaults: bool = False) -> Any:
    """A `Bottleneck`, whose `encode` and `decode` keep (batch, channels, frames); `vae` halves the channels
    (engine: `create_bottleneck_from_config`).

    Raises:
        Refused: a mistake in a plain dictionary, or the engine cannot build it.
    """
    checked = part("bottleneck", config)
    with building("bottleneck"):
        from stable_audio_tools.models import factory

        return factory.create_bottleneck_from_config(engine_tree(checked, defaults))


def build_pretransform(config: Pretransform | Tree, sample_rate: int, *, defaults: bool = False) -> Any:
    """A `Pretransform` in evaluation mode, frozen unless `enable_grad`: (batch, channels, samples) to
    (batch, encoded_channels, samples / downsampling_ratio) and back (engine: `create_pretransform_from_config`).

    Args:
        config: the pretransform's config, with its `type`.
        sample_rate: samples per second, in Hz, of the model that it belongs to.
        defaults: write the defaults into the dictionary that the engine gets.

    Raises:
        Refused: a mistake in a plain dictionary, or the engine cannot build it.
    """
    checked = part("pretransform", config)
    with building("pretransform"):
        from stable_audio_tools.models import factory

        return factory.create_pretransform_from_config(engine_tree(checked, defaults), sample_rate)


def build_conditioner(config: Conditioning | Tree, pretransform: Any = None, *, defaults: bool = False) -> Any:
    """A `MultiConditioner`: called with a list of metadata dictionaries and a device, it gives id -> [tensor, mask]
    (engine: `create_multi_conditioner_from_conditioning_config`).

    Args:
        config: the section `conditioning` of a model: `cond_dim` and the conditioners.
        pretransform: the model's pretransform, for conditioners that say `use_model_pretransform`.
        defaults: write the defaults into the dictionary that the engine gets.

    Raises:
        Refused: a mistake in a plain dictionary, or the engine cannot build it.
    """
    from ...datamodels.conditioning import Conditioning

    checked = whole(Conditioning, "conditioning", config)
    with building("conditioner"):
        from stable_audio_tools.models import conditioners

        tree = engine_tree(checked, defaults)
        return conditioners.create_multi_conditioner_from_conditioning_config(tree, pretransform=pretransform)


def build_distribution_shift(config: DistributionShift | Tree, *, defaults: bool = False) -> Any:
    """What warps the timesteps of training or sampling (engine: `ConditionedDiffusionModelWrapper._create_dist_shift`).

    Raises:
        Refused: a mistake in a plain dictionary, or the engine cannot build it.
    """
    checked = part("distribution_shift", config)
    with building("distribution shift"):
        from stable_audio_tools.models.diffusion import ConditionedDiffusionModelWrapper

        return ConditionedDiffusionModelWrapper._create_dist_shift(engine_tree(checked, defaults))
