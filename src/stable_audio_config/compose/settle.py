"""Which training section an experiment trains with, once the model is known."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from .places import find_preset
from .reading import read_config


def settle_training(config: DictConfig, choices: dict[str, str], folders: list[Path]) -> DictConfig:
    """The config with one training section at `training`.

    `training=default` means: the section that came inside the chosen model's file (an engine JSON has one), else the recipe for its
    model type (`training/_default/<model_type>`). What the experiment and the command line say of `training` lies on top. Any other
    choice of `training=` replaces both, and `training=null` leaves it all to the experiment. A root config without the group (a
    run's own experiment.yaml, pre-encoding, generation) stays as it is.
    """
    if "training" not in choices:
        return config
    model = config.get("model")
    inside = model.pop("training", None) if isinstance(model, DictConfig) else None
    if choices["training"] != "default":
        return config
    recipe = inside if inside is not None else _recipe(model, folders)
    if recipe is None:
        return config
    written = config.get("training")
    config["training"] = OmegaConf.merge(recipe, written) if isinstance(written, DictConfig) else recipe
    return config


def _recipe(model: object, folders: list[Path]) -> DictConfig | None:
    model_type = model.get("model_type") if isinstance(model, DictConfig) else None
    for folder in folders:
        file = find_preset(folder, f"training/_default/{model_type}")
        if file is not None:
            return read_config(file)
    return None
