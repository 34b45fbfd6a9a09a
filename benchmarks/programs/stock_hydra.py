"""Stock Hydra and pydantic on our own presets: composes quick_test, checks it and prints it, as a tutorial would have it done."""

from pathlib import Path

import yaml
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

import stable_audio_config
from stable_audio_config.compose.resolvers import register_resolvers
from stable_audio_config.datamodels.experiment import ExperimentConfig

PRESETS = Path(stable_audio_config.__file__).with_name("conf")
RECIPE = "training=_default/autoencoder"
"""Chosen by hand: stock Hydra cannot look at the model to find its recipe."""

register_resolvers()
with initialize_config_dir(str(PRESETS), version_base=None):
    config = compose("config", overrides=["experiment=quick_test", RECIPE])
tree = OmegaConf.to_container(config, resolve=True)
ExperimentConfig.model_validate(tree)
print(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=120), end="")
