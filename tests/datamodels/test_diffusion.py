"""The `model` dictionary of a conditional diffusion model as data."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from stable_audio_config.datamodels.base import plain
from stable_audio_config.datamodels.diffusion import DiffusionCondModel
from stable_audio_config.datamodels.kinds import DistributionShift
from stable_audio_config.datamodels.shift import FullShift

SHIFT: TypeAdapter[Any] = TypeAdapter(DistributionShift)

DIT: dict[str, Any] = {
    "type": "dit",
    "diffusion_objective": "rectified_flow",
    "cross_attention_cond_ids": ["prompt"],
    "global_cond_ids": ["seconds_total"],
    "input_concat_ids": ["inpaint_mask", "inpaint_masked_input"],
    "modular_local_cond_configs": [{"id": "melody", "dim": 12}],
    "distribution_shift_options": {"min_length": 128, "use_sine": True},
    "sampling_distribution_shift_options": {"type": "logsnr", "rate": 0},
    "config": {
        "io_channels": 64,
        "embed_dim": 1536,
        "depth": 24,
        "num_heads": 24,
        "cond_token_dim": 768,
        "global_cond_dim": 768,
        "global_cond_type": "adaLN",
        "timestep_embed_dim": None,
        "attn_kwargs": {"qk_norm": "ln"},
        "sliding_window": [64, 64],
    },
}
UNET: dict[str, Any] = {
    "in_channels": 64,
    "channels": 256,
    "multipliers": [1, 2],
    "factors": [2],
    "num_blocks": [4],
    "attentions": [0, 1],
    "attention_heads": 8,
    "attention_multiplier": 2,
    "context_channels": [65],
    "use_stft": True,
    "stft_num_fft": 1023,
}
MODEL: dict[str, Any] = {
    "io_channels": 64,
    "diffusion": DIT,
    "pretransform": {"type": "patched", "config": {"channels": 2, "patch_size": 32}},
    "conditioning": {
        "cond_dim": 768,
        "configs": [
            {"id": "prompt", "type": "t5", "config": {"max_length": 128}},
            {"id": "seconds_total", "type": "number", "config": {"min_val": 0, "max_val": 512}},
        ],
    },
}
ADP: dict[str, Any] = {"type": "adp_1d", "config": {**UNET, "context_embedding_features": None}}
ADP_CFG: dict[str, Any] = {
    "type": "adp_cfg_1d",
    "config": {**UNET, "context_embedding_features": 768, "context_embedding_max_length": 64},
}


def edited(tree: Any, path: tuple[str, ...], value: Any) -> Any:
    return value if not path else {**tree, path[0]: edited(tree.get(path[0], {}), path[1:], value)}


@pytest.mark.parametrize("diffusion", [DIT, ADP, ADP_CFG], ids=lambda section: section["type"])
def test_a_model_comes_back_as_it_was_written(diffusion: dict[str, Any]) -> None:
    written = {**MODEL, "diffusion": diffusion}
    assert plain(DiffusionCondModel.model_validate(written)) == written


@pytest.mark.parametrize("key", ["pretransform", "conditioning"])
def test_a_part_may_be_null_or_left_out(key: str) -> None:
    left_out = {name: value for name, value in MODEL.items() if name != key}
    assert getattr(DiffusionCondModel.model_validate(left_out), key) is None
    assert plain(DiffusionCondModel.model_validate({**MODEL, key: None})) == {**MODEL, key: None}


@pytest.mark.parametrize("path", [("io_channels",), ("diffusion",), ("diffusion", "config")])
def test_a_model_without_a_required_key_is_rejected(path: tuple[str, ...]) -> None:
    written = {**MODEL, "diffusion": dict(DIT)}
    del (written if len(path) == 1 else written["diffusion"])[path[-1]]
    with pytest.raises(ValidationError) as caught:
        DiffusionCondModel.model_validate(written)
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [(path, "missing")]


@pytest.mark.parametrize(
    ("path", "value", "kind"),
    [
        (("cross_attn_cond_ids",), ["prompt"], "extra_forbidden"),
        (("diffusion_objective",), "rectified-flow", "literal_error"),
        (("cross_attention_cond_ids",), "prompt", "tuple_type"),
        (("modular_local_cond_configs",), None, "tuple_type"),
        (("mask_padding_attention",), 1, "bool_type"),
        (("config", "dim_heads"), 64, "extra_forbidden"),
        (("config", "diffusion_objective"), "v", "extra_forbidden"),
        (("config", "modular_local_cond_configs"), [], "extra_forbidden"),
        (("config", "in_channels"), 64, "extra_forbidden"),
        (("config", "embed_dim"), "1536", "int_type"),
        (("config", "embed_dim"), True, "int_type"),
        (("config", "patch_size"), 0, "greater_than"),
        (("config", "global_cond_type"), "adaln", "literal_error"),
        (("config", "timestep_cond_type"), "local", "literal_error"),
        (("config", "transformer_type"), "mm_transformer", "literal_error"),
        (("config", "timestep_features_dim"), 255, "multiple_of"),
        (("config", "attn_kwargs", "qk_norm"), "l3", "literal_error"),
    ],
)
def test_a_wrong_dit_is_rejected_where_it_is_wrong(path: tuple[str, ...], value: Any, kind: str) -> None:
    with pytest.raises(ValidationError) as caught:
        DiffusionCondModel.model_validate({**MODEL, "diffusion": edited(DIT, path, value)})
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [(("diffusion", *path), kind)]


@pytest.mark.parametrize(
    ("section", "path", "value", "kind"),
    [
        (ADP, ("channel",), 256, "extra_forbidden"),
        (ADP, ("factors",), 2, "tuple_type"),
        (ADP, ("factors",), [0], "greater_than"),
        (ADP, ("kernel_multiplier_downsample",), 3, "multiple_of"),
        (ADP, ("stft_num_fft",), None, "int_type"),
        (ADP, ("context_embedding_max_length",), 64, "extra_forbidden"),
        (ADP_CFG, ("context_embedding_features",), None, "int_type"),
    ],
)
def test_a_wrong_unet_is_rejected_where_it_is_wrong(section: dict[str, Any], path: tuple[str, ...], value: Any, kind: str) -> None:
    with pytest.raises(ValidationError) as caught:
        DiffusionCondModel.model_validate({**MODEL, "diffusion": edited(section, ("config", *path), value)})
    (error,) = caught.value.errors()
    assert error["loc"][:2] == ("diffusion", "config")
    assert (error["loc"][2], error["type"]) == (path[0], kind)


@pytest.mark.parametrize("tag", ["DAU1d", "DiT", None])
def test_an_unknown_diffusion_type_is_rejected(tag: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        DiffusionCondModel.model_validate({**MODEL, "diffusion": {**DIT, "type": tag}})
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [(("diffusion",), "union_tag_invalid")]


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"base_shift": 0.5, "max_shift": 1.15, "max_length": 4096, "min_length": 256, "use_sine": False},
        {"type": "full", "max_length": 1024},
        {"type": "flux", "alpha_min": 6.93, "alpha_max": 6.93},
        {"type": "logsnr", "anchor_length": 2000, "anchor_logsnr": -6.2, "rate": 1, "logsnr_end": 2},
        {"type": "none"},
    ],
)
def test_a_distribution_shift_comes_back_as_it_was_written(written: dict[str, Any]) -> None:
    assert plain(SHIFT.validate_python(written)) == written


def test_a_distribution_shift_without_a_type_is_full() -> None:
    assert SHIFT.validate_python({"max_length": 1024}) == FullShift(max_length=1024)
    assert SHIFT.validate_python(FullShift(max_length=1024)) == FullShift(max_length=1024)


@pytest.mark.parametrize(
    ("written", "location", "kind"),
    [
        ({"type": "linear"}, (), "union_tag_invalid"),
        ({"type": None}, (), "union_tag_invalid"),
        ({"type": ["full"]}, (), "union_tag_invalid"),
        ({"alpha_min": 1.0}, ("alpha_min",), "extra_forbidden"),
        ({"type": "none", "rate": 1.0}, ("rate",), "extra_forbidden"),
        ({"type": "flux", "min_length": 0}, ("min_length",), "greater_than"),
        ({"type": "logsnr", "rate": "1"}, ("rate",), "float_type"),
        ({"max_shift": True}, ("max_shift",), "float_type"),
        (5, (), "model_attributes_type"),
    ],
)
def test_a_wrong_distribution_shift_is_rejected_where_it_is_wrong(written: Any, location: tuple[str, ...], kind: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SHIFT.validate_python(written)
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [(location, kind)]


def test_importing_the_networks_loads_neither_torch_nor_the_engine() -> None:
    code = (
        "import sys; import stable_audio_config.datamodels.diffusion; "
        "print(sorted({'torch', 'numpy', 'hydra', 'stable_audio_tools'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
