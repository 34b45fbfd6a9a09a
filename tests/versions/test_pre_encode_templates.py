"""The presets for pre-encoding: each is for the model of its name, or says what it is for."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import stable_audio_config
from stable_audio_config.compose.composer import Request, compose
from stable_audio_config.datamodels.pre_encode import PreEncodeConfig
from stable_audio_config.migrate.flags import FLAGS

CONF = Path(stable_audio_config.__file__).parent / "conf"
FOR_MODELS = sorted(file.stem for file in (CONF / "pre_encode").glob("*.yaml") if (CONF / "model" / file.name).exists())


def test_most_are_for_a_model() -> None:
    assert {"stable_audio_open_1_0", "stable_audio_2_0", "stable_audio_3_medium"} <= set(FOR_MODELS)


@pytest.mark.parametrize("name", FOR_MODELS)
def test_a_clip_is_as_long_as_the_model_takes_it(name: str) -> None:
    tree = compose(Request((f"pre_encode={name}", "dataset=synthetic", "ckpt_path=a", "output_path=b"), "pre_encode")).tree
    model = yaml.safe_load((CONF / "model" / f"{name}.yaml").read_text(encoding="utf-8"))
    assert tree["sample_size"] == model["sample_size"]
    assert tree["sample_size"] % model["model"]["pretransform"]["config"]["downsampling_ratio"] == 0


def test_tokens_are_whole_frames_of_the_codec() -> None:
    codec = yaml.safe_load((CONF / "model" / "encodec_musicgen_rvq.yaml").read_text(encoding="utf-8"))
    tokens = yaml.safe_load((CONF / "pre_encode" / "tokens.yaml").read_text(encoding="utf-8"))
    assert tokens["sample_size"] % codec["model"]["downsampling_ratio"] == 0
    assert tokens["sample_size"] == 30 * codec["sample_rate"]


def test_every_option_of_the_engines_script_is_one_of_ours() -> None:
    options = {flag.key for flag in FLAGS["pre_encode"]} - {"model_config", "dataset_config"}
    assert options <= set(PreEncodeConfig.model_fields), "under the same names"
    assert {"model", "dataset"} <= set(PreEncodeConfig.model_fields), "which the two files become"
    defaults = {flag.key: flag.default for flag in FLAGS["pre_encode"] if flag.key in options and flag.default is not None}
    assert {key: PreEncodeConfig.model_fields[key].default for key in defaults} == defaults
