"""Whole models: one function for each of the engine's factories. All build on the CPU, with random weights."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from ..extension import plugin_parts
from .given import Tree, building, engine_tree, model_config

if TYPE_CHECKING:
    from ...datamodels.autoencoder import AutoencoderConfig
    from ...datamodels.clap import ClapConfig
    from ...datamodels.diffusion import DiffusionCondConfig, DiffusionInpaintConfig
    from ...datamodels.diffusion_autoencoder import DiffusionAutoencoderConfig
    from ...datamodels.kinds import ModelConfig
    from ...datamodels.lm import LMConfig
    from ...datamodels.uncond import DiffusionUncondConfig


def build_model(config: ModelConfig | Tree, *, defaults: bool = False) -> Any:
    """The model of any `model_type` (engine: `create_model_from_config`).

    Args:
        config: the model config. A `training` section in a plain dictionary is left aside, as the engine does.
        defaults: write the defaults into the dictionary that the engine gets; without, it holds what was written.

    Raises:
        Refused: a mistake in a plain dictionary, or the engine cannot build it.
    """
    checked = model_config(config)
    with building("model"):
        return create_model(engine_tree(checked, defaults))


def create_model(tree: Tree) -> Any:
    """The engine's model from a plain dictionary that has been checked before, or came with a checkpoint; it is not changed.

    Raises:
        Whatever the engine raises.
    """
    with plugin_parts():
        from stable_audio_tools.models.factory import create_model_from_config

        return create_model_from_config(copy.deepcopy(dict(tree)))


def build_autoencoder(config: AutoencoderConfig | Tree, *, defaults: bool = False) -> Any:
    """An `AudioAutoencoder`: (batch, channels, samples) to (batch, latent_dim, samples / downsampling_ratio) and back
    (engine: `create_autoencoder_from_config`).

    Raises:
        Refused: a mistake in a plain dictionary, or the engine cannot build it.
    """
    checked = model_config(config, "autoencoder")
    with building("autoencoder"):
        from stable_audio_tools.models.autoencoders import create_autoencoder_from_config

        return create_autoencoder_from_config(engine_tree(checked, defaults))


def build_diffusion_autoencoder(config: DiffusionAutoencoderConfig | Tree, *, defaults: bool = False) -> Any:
    """A `DiffusionAutoencoder`: an encoder, and a diffusion model that turns its latents back
    (engine: `create_diffAE_from_config`).

    Raises:
        Refused: a mistake in a plain dictionary, or the engine cannot build it.
    """
    checked = model_config(config, "diffusion_autoencoder")
    with building("diffusion autoencoder"):
        from stable_audio_tools.models.autoencoders import create_diffAE_from_config

        return create_diffAE_from_config(engine_tree(checked, defaults))


def build_diffusion_uncond(config: DiffusionUncondConfig | Tree, *, defaults: bool = False) -> Any:
    """A `DiffusionModelWrapper`: an unconditional diffusion model (engine: `create_diffusion_uncond_from_config`).

    Raises:
        Refused: a mistake in a plain dictionary, or the engine cannot build it.
    """
    checked = model_config(config, "diffusion_uncond")
    with building("diffusion model"):
        from stable_audio_tools.models.diffusion import create_diffusion_uncond_from_config

        return create_diffusion_uncond_from_config(engine_tree(checked, defaults))


def build_diffusion_cond(config: DiffusionCondConfig | DiffusionInpaintConfig | Tree, *, defaults: bool = False) -> Any:
    """A `ConditionedDiffusionModelWrapper`, with or without inpainting (engine: `create_diffusion_cond_from_config`).

    Raises:
        Refused: a mistake in a plain dictionary, or the engine cannot build it.
    """
    checked = model_config(config, "diffusion_cond", "diffusion_cond_inpaint")
    with building("diffusion model"):
        from stable_audio_tools.models.diffusion import create_diffusion_cond_from_config

        return create_diffusion_cond_from_config(engine_tree(checked, defaults))


def build_lm(config: LMConfig | Tree, *, defaults: bool = False) -> Any:
    """An `AudioLanguageModelWrapper`: a language model over a pretransform's tokens (engine: `create_audio_lm_from_config`).

    Raises:
        Refused: a mistake in a plain dictionary, or the engine cannot build it.
    """
    checked = model_config(config, "lm")
    with building("language model"):
        from stable_audio_tools.models.lm import create_audio_lm_from_config

        return create_audio_lm_from_config(engine_tree(checked, defaults))


def build_clap(config: ClapConfig | Tree, pretransform: Any = None, *, defaults: bool = False) -> Any:
    """A `CLAP`: one embedding space of width `joint_embed_dim` for latents and text (engine: `create_clap_from_config`).

    Args:
        config: the model config.
        pretransform: a pretransform that is there already; the config's own is then not built.
        defaults: write the defaults into the dictionary that the engine gets.

    Raises:
        Refused: a mistake in a plain dictionary, or the engine cannot build it.
    """
    checked = model_config(config, "clap")
    with building("CLAP model"):
        from stable_audio_tools.models.clap import create_clap_from_config

        return create_clap_from_config(engine_tree(checked, defaults), pretransform=pretransform)


def build_clap_audio_branch(config: ClapConfig | Tree, *, defaults: bool = False) -> Any:
    """The half of a CLAP model that hears: (batch, channels, frames) to (batch, embed_dim)
    (engine: `create_clap_audio_branch_from_config`).

    Raises:
        Refused: a mistake in a plain dictionary, or the engine cannot build it.
    """
    checked = model_config(config, "clap")
    with building("CLAP audio branch"):
        from stable_audio_tools.models.clap import create_clap_audio_branch_from_config

        return create_clap_audio_branch_from_config(engine_tree(checked, defaults))


def build_clap_text_branch(config: ClapConfig | Tree, *, defaults: bool = False) -> Any:
    """The half of a CLAP model that reads: texts to (batch, 768) (engine: `create_clap_text_branch_from_config`).
    Its weights come from the Hugging Face hub.

    Raises:
        Refused: a mistake in a plain dictionary, or the engine cannot build it.
    """
    checked = model_config(config, "clap")
    with building("CLAP text branch"):
        from stable_audio_tools.models.clap import create_clap_text_branch_from_config

        return create_clap_text_branch_from_config(engine_tree(checked, defaults))
