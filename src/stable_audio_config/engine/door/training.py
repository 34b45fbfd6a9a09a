"""What training needs beside a model: one function for each of the engine's factories."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

from ..extension import plugin_parts
from .given import Tree, building, engine_config, engine_tree, model_config, part, training_config

if TYPE_CHECKING:
    from ...datamodels.kinds import AnyTraining, DatasetConfig, ModelConfig, Optimizer, Scheduler

TAKES_A_LOADER = ("autoencoder", "diffusion_autoencoder", "diffusion_cond_inpaint")
"""Model types whose demos draw from a data loader; the first two cannot do without one."""


def build_optimizer(config: Optimizer | Tree, parameters: Iterable[Any], *, defaults: bool = False) -> Any:
    """A `torch.optim.Optimizer` over `parameters` (engine: `create_optimizer_from_config`).

    Args:
        config: the optimizer's config, with its `type`.
        parameters: tensors, or groups of them; for `MuonAdamW` also (name, tensor) pairs.
        defaults: write the defaults into the dictionary that the engine gets; without, it holds what was written.

    Raises:
        Refused: a mistake in a plain dictionary, or the engine cannot build it.
    """
    checked = part("optimizer", config)
    with building("optimizer"):
        from stable_audio_tools.training import utils

        return utils.create_optimizer_from_config(engine_tree(checked, defaults), parameters)


def build_scheduler(config: Scheduler | Tree, optimizer: Any, *, defaults: bool = False) -> Any:
    """A learning rate scheduler for `optimizer` (engine: `create_scheduler_from_config`).

    Raises:
        Refused: a mistake in a plain dictionary, or the engine cannot build it.
    """
    checked = part("scheduler", config)
    with building("scheduler"):
        from stable_audio_tools.training import utils

        return utils.create_scheduler_from_config(engine_tree(checked, defaults), optimizer)


def build_training(model: ModelConfig | Tree, training: AnyTraining | Tree, built: Any, *, defaults: bool = False) -> Any:
    """The `LightningModule` that trains `built`, which must come from the same model config
    (engine: `create_training_wrapper_from_config`).

    Args:
        model: the model config.
        training: its training section; `model_type` says which data model it must fit.
        built: the model itself, as `build_model` gives it.
        defaults: write the defaults into the dictionary that the engine gets.

    Raises:
        Refused: a mistake in a plain dictionary, or the engine cannot build it.
    """
    checked = model_config(model)
    section = training_config(checked, training)
    with building("training wrapper"):
        return create_training(engine_config(checked, section, defaults), built)


def create_training(tree: dict[str, Any], built: Any) -> Any:
    """The engine's training wrapper from its own plain dictionary, which it may change.

    Raises:
        Whatever the engine raises.
    """
    from ..compat import same_network_every_time

    with plugin_parts(), same_network_every_time():  # The wrapper builds moving averages and teachers from the same dictionary.
        from stable_audio_tools.training.factory import create_training_wrapper_from_config

        return create_training_wrapper_from_config(tree, built)


def build_demo_callback(
    model: ModelConfig | Tree, training: AnyTraining | Tree, demo_loader: Any = None, *, defaults: bool = False
) -> Any | None:
    """The Lightning callback that makes demos while training, or None where the section asks for none
    (engine: `create_demo_callback_from_config`).

    Args:
        model: the model config.
        training: its training section.
        demo_loader: the data loader that demos draw from, for the model types that do; the others are not given it.
        defaults: write the defaults into the dictionary that the engine gets.

    Raises:
        Refused: a mistake in a plain dictionary, or the engine cannot build it.
    """
    checked = model_config(model)
    section = training_config(checked, training)
    if getattr(section, "demo", None) is None:
        return None
    model_type, options = getattr(checked, "model_type", None), {}
    if demo_loader is not None and model_type in TAKES_A_LOADER:
        # All but the autoencoder's callback begin once and never again: the training would end with the last batch.
        options["demo_dl"] = demo_loader if model_type == "autoencoder" else chain.from_iterable(repeat(demo_loader))
    with building("demo callback"):
        from stable_audio_tools.training.factory import create_demo_callback_from_config

        return create_demo_callback_from_config(engine_config(checked, section, defaults), **options)


def build_metrics_callback(model: ModelConfig | Tree, training: AnyTraining | Tree, *, defaults: bool = False) -> Any | None:
    """The Lightning callback that measures distances while training, or None where the section asks for none
    (engine: `create_metrics_callback_from_config`). The hub must be in reach: importing it downloads a tokenizer, and for
    diffusion models making it downloads prompts.

    Raises:
        Refused: a mistake in a plain dictionary, or the engine cannot build it.
    """
    checked = model_config(model)
    section = training_config(checked, training)
    if getattr(section, "metrics", None) is None:
        return None
    with building("metrics callback"):
        from stable_audio_tools.training.factory import create_metrics_callback_from_config

        return create_metrics_callback_from_config(engine_config(checked, section, defaults))


def build_dataloader(
    dataset: DatasetConfig | Tree,
    *,
    batch_size: int,
    sample_size: int,
    sample_rate: int,
    audio_channels: int = 2,
    num_workers: int = 4,
    shuffle: bool = True,
    defaults: bool = False,
) -> Any:
    """A data loader of (audio or latents, metadata): a tensor (batch, channels, samples) and a list of dictionaries. Any number of
    workers will do, on any device (engine: `create_dataloader_from_config`).

    Args:
        dataset: the dataset's config, with its `dataset_type`.
        batch_size: clips in a batch.
        sample_size: samples per clip (audio samples, also where the data are latents).
        sample_rate: samples per second, in Hz; sounds of another rate are resampled.
        audio_channels: 1 is mono, any other number stereo.
        num_workers: processes that load data; 0 loads in this one.
        shuffle: draw in random order.
        defaults: write the defaults into the dictionary that the engine gets.

    Raises:
        Refused: a mistake in a plain dictionary, or the engine cannot build it.
    """
    checked = part("dataset", dataset)
    with building("data loader"):
        from ..compat import build_dataloader as create

        return create(
            engine_tree(checked, defaults),
            batch_size=batch_size,
            sample_size=sample_size,
            sample_rate=sample_rate,
            audio_channels=audio_channels,
            num_workers=num_workers,
            shuffle=shuffle,
        )
