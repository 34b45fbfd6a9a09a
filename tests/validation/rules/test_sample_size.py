"""`sample_size` against ratios, wavelets, patches and chunks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stable_audio_config.report.finding import Finding

Look = Callable[..., list[Finding]]
Changes = dict[str, Any]

AE = "model=tiny_autoencoder dataset=synthetic"
DIT = "model=tiny_diffusion_cond dataset=synthetic"
SIZE = "model.sample_size"


def only(found: list[Finding]) -> Finding:
    (finding,) = [finding for finding in found if finding.rule != "no-effect"]
    assert (finding.rule, finding.path) == ("sample-size", ("model", "sample_size"))
    return finding


@pytest.mark.parametrize("words", [AE, DIT])
def test_S15_what_makes_no_whole_frame_is_shown_in_seconds(look: Look, words: str) -> None:  # noqa: N802  The name of the case.
    finding = only(look(words, {SIZE: 33000}))
    assert finding.severity == "warning"
    assert finding.message == (
        "`sample_size` 33000 (0.75 s) is not a multiple of 256 (nearest: 32768, 33024): "
        "the last 232 samples make no whole latent frame"
    )
    assert finding.help == "set it to 32768 (0.74 s) or 33024 (0.75 s)"


def test_too_short_for_one_frame_fails(look: Look) -> None:
    finding = only(look(DIT, {SIZE: 255}))
    assert finding.severity == "error" and "too short for one latent frame, which takes 256 samples" in finding.message
    latents = only(look(DIT.replace("dataset=synthetic", "LATENTS"), {SIZE: 255}))
    assert "the first demo would fail" in latents.message


def test_a_patched_transformer_needs_whole_patches(look: Look) -> None:
    patch = {"model.model.diffusion.config.patch_size": 2}
    assert look(DIT, patch) == []
    finding = only(look(DIT, {**patch, SIZE: 256 * 127}))
    assert finding.severity == "error" and "not a multiple of 512" in finding.message and "`patch_size`" in finding.message


def test_the_picture_of_a_demo_needs_more_than_512_samples(look: Look) -> None:
    finding = only(look(DIT, {SIZE: 512}))
    assert "1 sound of a demo must be longer than 512 in all" in finding.message and finding.help == "set it to 513 or more"
    assert look(DIT, {SIZE: 512, "training.demo.num_demos": 2}) == []


def test_a_diffusion_autoencoder_encodes_the_frames_of_its_pretransform(look: Look) -> None:
    words = "model=tiny_diffusion_autoencoder dataset=synthetic"
    assert [finding.rule for finding in look(words)] == []
    assert "sample-size" in {finding.rule for finding in look(words, {SIZE: 8})}


WAVELET = {
    "model.model.pretransform": {"type": "wavelet", "config": {"channels": 2, "levels": 3, "wavelet": "bior4.4"}},
    "model.model.io_channels": 16,
    "model.model.diffusion.config.io_channels": 16,
}


def test_wavelets_cannot_pad(look: Look) -> None:
    assert look(DIT, {**WAVELET, SIZE: 4096}) == []
    finding = only(look(DIT, {**WAVELET, SIZE: 4100}))
    assert finding.severity == "error" and "which the wavelet transform needs: the first step would fail" in finding.message


def test_patches_are_filled_up(look: Look) -> None:
    patched = {**WAVELET, "model.model.pretransform": {"type": "patched", "config": {"channels": 2, "patch_size": 8}}}
    assert only(look(DIT, {**patched, SIZE: 4100})).severity == "warning"


def test_a_wrong_ratio_is_said_once(look: Look) -> None:
    found = look(AE, {"model.model.downsampling_ratio": 512, SIZE: 33000})
    assert [finding.rule for finding in found] == ["downsampling-ratio"]


def test_same_works_in_whole_chunks(look: Look) -> None:
    same = {
        "type": "same",
        "config": {
            "in_channels": 2,
            "latent_dim": 32,
            "channels": 32,
            "c_mults": [1, 2],
            "strides": [16, 16],
            "transformer_depths": [1, 1],
            "dim_heads": 32,
        },
    }
    assert look(AE, {"model.model.encoder": same}) == []
    finding = only(look(AE, {"model.model.encoder": same, SIZE: 256 * 130}))
    assert finding.severity == "note"
    assert "the encoder fills up the last chunk and makes 136 latent frames, not 130" in finding.message
    slides = {"model.model.encoder": same, "model.model.encoder.config.sliding_window": [1, 1]}
    assert look(AE, {**slides, SIZE: 256 * 130}) == []


def test_S1_latents_are_cropped_to_the_frames_of_sample_size(look: Look) -> None:  # noqa: N802  The name of the case.
    latents = DIT.replace("dataset=synthetic", "LATENTS")
    (finding,) = look(latents, {"dataset.latent_crop_length": 129})
    assert finding.rule == "latent-crop"
    assert "129 frames" in finding.message and "128" in finding.message
    assert look(latents, {"dataset.latent_crop_length": 128}) == []
