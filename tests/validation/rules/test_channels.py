"""Audio channels from the loader to the losses: the number that differs from the others is blamed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stable_audio_config.report.finding import Finding, dotted

Look = Callable[..., list[Finding]]
Changes = dict[str, Any]

AE = "model=tiny_autoencoder dataset=synthetic"
DIT = "model=tiny_diffusion_cond dataset=synthetic"
IN, OUT = "model.model.encoder.config.in_channels", "model.model.decoder.config.out_channels"
MONO = {IN: 1, OUT: 1, "model.model.io_channels": 1, "model.audio_channels": 1}


def said(found: list[Finding]) -> list[tuple[str, str]]:
    assert {finding.rule for finding in found} <= {"channels", "no-effect", "sample-size"}
    return [(finding.severity, dotted(finding.path)) for finding in found if finding.rule == "channels"]


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({IN: 1}, IN),
        ({OUT: 1}, OUT),
        ({"model.audio_channels": 1}, "model.audio_channels"),
        ({**MONO, "model.audio_channels": 2}, "model.audio_channels"),
        ({**MONO, "model.audio_channels": ...}, "model.audio_channels"),
        ({"model.model.io_channels": 1}, None),
    ],
)
def test_the_end_that_differs_is_blamed(look: Look, changes: Changes, at: str | None) -> None:
    expected = [("error", at)] if at else [("warning", "model.model.io_channels")]
    assert said(look(AE, changes)) == expected


def test_what_agrees_is_fine(look: Look) -> None:
    assert said(look(AE, {})) == []
    assert said(look(AE, MONO)) == []


def test_the_cure_names_the_number(look: Look) -> None:
    (finding,) = look(AE, {**MONO, "model.audio_channels": ...})
    assert finding.message == (
        "`audio_channels` is not set, so the data are stereo, but the model is built for mono: the first step would fail"
    )
    assert (finding.help, finding.fix is not None and finding.fix.edits[0].value) == ("set it to 1", 1)


def test_a_statement_matters_where_a_discriminator_is_built_for_it(look: Look) -> None:
    discriminator = {
        "training.loss_configs.discriminator": {
            "type": "encodec",
            "config": {"filters": 4},
            "weights": {"adversarial": 0.1, "feature_matching": 1.0},
        }
    }
    assert said(look(AE, {"model.model.io_channels": 1, **discriminator})) == [("error", "model.model.io_channels")]
    assert said(look(AE, {**MONO, "model.model.out_channels": 2})) == [("error", "model.model.out_channels")]


def test_an_input_mixed_down_needs_a_mono_encoder(look: Look) -> None:
    mixed = {"training.force_input_mono": True}
    (finding,) = look(AE, mixed)
    assert dotted(finding.path) == IN and "`force_input_mono` mixes down to mono" in finding.message
    assert said(look(AE, {**mixed, IN: 1})) == []


PATCHED = {
    "model.model.pretransform": {"type": "patched", "enable_grad": True, "config": {"channels": 2, "patch_size": 4}},
    IN: 8,
    OUT: 8,
    "model.model.downsampling_ratio": 1024,
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({IN: 2}, [("error", IN)]),
        ({OUT: 4}, [("error", OUT)]),
        ({"model.model.pretransform.config.patch_size": 2}, [("error", "model.model.pretransform.config.patch_size")]),
        ({"model.model.pretransform.config.channels": 1}, [("warning", "model.model.pretransform.config.channels")]),
        (
            {"model.model.pretransform.config.channels": 1, "model.model.pretransform.config.postfilter_channels": 8},
            [("error", "model.model.pretransform.config.channels")],
        ),
    ],
)
def test_a_pretransform_multiplies_the_channels(look: Look, changes: Changes, expected: list[tuple[str, str]]) -> None:
    assert said(look(AE, {**PATCHED, **changes})) == expected


WAVELET = {
    **PATCHED,
    "model.model.pretransform": {
        "type": "wavelet",
        "enable_grad": True,
        "config": {"channels": 2, "levels": 2, "wavelet": "bior4.4"},
    },
}


def test_a_wavelet_transform_is_built_for_its_channels(look: Look) -> None:
    at = "model.model.pretransform.config.channels"
    assert said(look(AE, WAVELET)) == []
    assert said(look(AE, {**WAVELET, at: 3})) == [("error", at)]
    assert said(look(AE, {**WAVELET, at: 1})) == [("warning", at)]
    levels = "model.model.pretransform.config.levels"
    assert said(look(AE, {**WAVELET, levels: 3})) == [("error", levels)]


def test_the_encoder_of_a_diffusion_autoencoder_takes_the_data(look: Look) -> None:
    words = "model=tiny_diffusion_autoencoder dataset=synthetic"
    assert said(look(words)) == []
    assert ("error", IN) in said(look(words, {IN: 7}))


def test_a_diffusion_autoencoder_over_audio_blames_the_data(look: Look) -> None:
    words = "model=tiny_diffusion_autoencoder dataset=synthetic"
    sizes = {"model.model.diffusion.config.io_channels": 2, "model.model.io_channels": 2, IN: 2}
    audio = {"model.model.pretransform": ..., **sizes}
    assert [finding.rule for finding in look(words, audio) if finding.severity == "error"] == []
    (finding,) = [finding for finding in look(words, {**audio, "model.audio_channels": 1}) if finding.severity == "error"]
    assert (finding.rule, dotted(finding.path)) == ("network-channels", "model.audio_channels")


def test_the_pretransform_of_a_diffusion_model_takes_the_data(look: Look) -> None:
    assert said(look(DIT, {"model.audio_channels": 1})) == [("error", "model.audio_channels")]
    assert said(look(DIT.replace("dataset=synthetic", "LATENTS"), {"model.audio_channels": 1})) == []
