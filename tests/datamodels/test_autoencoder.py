"""The autoencoder's `model` dictionary and the pretransforms as data, one inside the other."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from stable_audio_config.datamodels import autoencoder, pretransform
from stable_audio_config.datamodels.autoencoder import AutoencoderModel
from stable_audio_config.datamodels.base import field_docs, plain
from stable_audio_config.datamodels.kinds import Pretransform

PRETRANSFORM: TypeAdapter[Any] = TypeAdapter(Pretransform)

INNER: dict[str, Any] = {
    "encoder": {"type": "oobleck", "config": {"in_channels": 8, "latent_dim": 64}},
    "decoder": {"type": "oobleck", "config": {"out_channels": 8, "latent_dim": 32}, "soft_clip": True},
    "bottleneck": {"type": "vae"},
    "latent_dim": 32,
    "downsampling_ratio": 2048,
    "io_channels": 2,
    "in_channels": None,
    "pretransform": {"type": "patched", "enable_grad": True, "config": {"channels": 2, "patch_size": 4}},
}
OUTER: dict[str, Any] = {
    "encoder": {"type": "taae", "config": {"in_channels": 32}},
    "decoder": {"type": "taae", "config": {"out_channels": 32}},
    "bottleneck": None,
    "latent_dim": 32,
    "downsampling_ratio": 1048576,
    "io_channels": 2,
    "pretransform": {"type": "autoencoder", "config": INNER, "scale": 0.5, "chunked": True},
}
PRETRANSFORMS: list[dict[str, Any]] = [
    {"type": "autoencoder", "config": INNER, "model_half": True, "iterate_batch": True, "enable_grad": False},
    {"type": "wavelet", "config": {"channels": 2, "levels": 3, "wavelet": "bior4.4"}},
    {"type": "pqmf", "config": {}},
    {"type": "dac_pretrained", "config": {"model_type": "24khz", "chunked": False}},
    {"type": "audiocraft_pretrained", "config": {"model_type": "facebook/encodec_24khz"}},
    {"type": "patched", "config": {"channels": 1, "patch_size": 256, "postfilter_channels": 16}},
]


@pytest.mark.parametrize("written", [INNER, OUTER], ids=["plain", "nested"])
def test_an_autoencoder_comes_back_as_it_was_written(written: dict[str, Any]) -> None:
    assert plain(AutoencoderModel.model_validate(written)) == written


@pytest.mark.parametrize("written", PRETRANSFORMS, ids=lambda written: written["type"])
def test_a_pretransform_comes_back_as_it_was_written(written: dict[str, Any]) -> None:
    assert plain(PRETRANSFORM.validate_python(written)) == written


@pytest.mark.parametrize("key", ["encoder", "decoder", "latent_dim", "downsampling_ratio", "io_channels"])
def test_an_autoencoder_without_a_required_key_is_rejected(key: str) -> None:
    written = {name: value for name, value in INNER.items() if name != key}
    with pytest.raises(ValidationError) as caught:
        AutoencoderModel.model_validate(written)
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [((key,), "missing")]


@pytest.mark.parametrize(
    ("edit", "location", "kind"),
    [
        ({"soft_clip": True}, ("soft_clip",), "extra_forbidden"),
        ({"latent_dim": "32"}, ("latent_dim",), "int_type"),
        ({"latent_dim": None}, ("latent_dim",), "int_type"),
        ({"io_channels": True}, ("io_channels",), "int_type"),
        ({"downsampling_ratio": "8"}, ("downsampling_ratio",), "int_type"),
        ({"bottleneck": {"type": "kl"}}, ("bottleneck",), "union_tag_invalid"),
        ({"pretransform": {"type": "stft"}}, ("pretransform",), "union_tag_invalid"),
        ({"pretransform": {"type": "pqmf"}}, ("pretransform", "config"), "missing"),
    ],
)
def test_a_wrong_autoencoder_is_rejected_where_it_is_wrong(edit: dict[str, Any], location: tuple[str, ...], kind: str) -> None:
    with pytest.raises(ValidationError) as caught:
        AutoencoderModel.model_validate({**INNER, **edit})
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [(location, kind)]


def test_a_mistake_in_a_nested_autoencoder_is_found_there() -> None:
    wrong = {**OUTER, "pretransform": {"type": "autoencoder", "config": {**INNER, "latent_dims": 3}}}
    with pytest.raises(ValidationError) as caught:
        AutoencoderModel.model_validate(wrong)
    assert [error["loc"] for error in caught.value.errors()] == [("pretransform", "config", "latent_dims")]


@pytest.mark.parametrize("wavelet", ["haar", "bior3.3", "rbio2.2"])
def test_a_wavelet_whose_filters_the_engine_rejects_is_rejected(wavelet: str) -> None:
    with pytest.raises(ValidationError) as caught:
        PRETRANSFORM.validate_python({"type": "wavelet", "config": {"channels": 2, "levels": 1, "wavelet": wavelet}})
    assert [error["loc"] for error in caught.value.errors()] == [("config", "wavelet")]


@pytest.mark.parametrize(
    "first_use",
    [
        "AutoencoderModel.model_validate(OUTER)",
        "AutoencoderPretransform.model_validate(OUTER['pretransform'])",
        "TypeAdapter(Pretransform).validate_python(OUTER['pretransform'])",
    ],
)
def test_the_models_that_hold_each_other_build_whichever_is_used_first(first_use: str) -> None:
    script = (
        "from pydantic import TypeAdapter\n"
        "from stable_audio_config.datamodels.autoencoder import AutoencoderModel, AutoencoderPretransform\n"
        "from stable_audio_config.datamodels.kinds import Pretransform\n"
        f"OUTER = {OUTER!r}\n"
        f"assert {first_use} is not None\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_string_stands_under_every_field_of_the_autoencoder_and_the_pretransforms() -> None:
    found = [*vars(autoencoder).values(), *vars(pretransform).values()]
    models = [item for item in found if inspect.isclass(item) and issubclass(item, BaseModel)]
    missing = [(model.__name__, field) for model in models for field in model.model_fields if not field_docs(model).get(field)]
    assert len(models) > 12
    assert missing == []
