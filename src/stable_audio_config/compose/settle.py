"""Which training section an experiment trains with, once the model is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from ..report.finding import refuse
from ..report.place import shown
from ..source.reading import plain_tree
from ..versions.schema import KEY
from .places import SUFFIXES, find_preset
from .reading import read_config

DEFAULT = "default"
"""The choice of `training=` that goes by the model."""


def settle_training(config: DictConfig, choices: dict[str, str], folders: list[Path]) -> DictConfig:
    """The config with one training section at `training`.

    `training=default` means: the section that came inside the chosen model's file (an engine JSON has one), else the preset that
    `recipe_file` finds. What the experiment and the command line say of `training` lies on top. Any other choice of `training=`
    replaces both, and `training=null` leaves it all to the experiment; so does an experiment that a run has saved, which says all
    of it. A root config without the group (a run's own experiment.yaml, pre-encoding, generation) stays as it is.

    Raises:
        Refused: that preset builds on others.
    """
    if "training" not in choices:
        return config
    model = config.get("model")
    inside = model.pop("training", None) if isinstance(model, DictConfig) else None
    if choices["training"] != DEFAULT or is_saved(choices, folders):
        return config
    recipe = inside
    if recipe is None:
        file = recipe_file(choices, model, folders)
        recipe = None if file is None else _read(file)
    if recipe is None:
        return config
    written = config.get("training")
    if written is None:
        config["training"] = recipe
    elif isinstance(written, DictConfig):  # Anything else is a mistake, which stays to be seen.
        config["training"] = OmegaConf.merge(recipe, written)
    return config


def is_saved(choices: dict[str, str], folders: list[Path]) -> bool:
    """Whether the chosen experiment was saved by a run: it has the version of its format, and builds on no presets."""
    name = choices.get("experiment", "")
    if not name.endswith(SUFFIXES):
        return False
    file = next((file for folder in folders if (file := folder / "experiment" / name).is_file()), Path(name).expanduser())
    tree = plain_tree(file) if file.is_file() else {}
    return KEY in tree and "defaults" not in tree and {"model", "training"} <= tree.keys()


def recipe_file(choices: dict[str, str], model: Any, folders: list[Path]) -> Path | None:
    """The preset that `training=default` stands for where the model's own file holds no training section.

    It is the training preset of the model preset's name (`model=stable_audio_2_0` brings `training/stable_audio_2_0`), in whichever
    folder it stands, else the recipe for the type of `model` (`training/_default/<model_type>`).
    """
    model_type = model.get("model_type") if isinstance(model, (dict, DictConfig)) else None
    name = choices.get("model", DEFAULT)
    named = [] if name == DEFAULT or name.endswith(SUFFIXES) else [f"training/{name}"]
    for preset in (*named, f"training/_default/{model_type}"):
        for folder in folders:
            file = find_preset(folder, preset)
            if file is not None:
                return file
    return None


def _read(file: Path) -> DictConfig:
    config = read_config(file)
    if "defaults" in config:
        message = f"`training=default` stands for `{shown(file)}` here, and cannot follow what that builds on"
        raise refuse("composition", message, "training", help="choose it by its name, with training=NAME")
    return config
