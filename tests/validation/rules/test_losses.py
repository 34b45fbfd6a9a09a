"""The losses of an autoencoder: lists, windows, bands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stable_audio_config.report.finding import Finding, dotted

Look = Callable[..., list[Finding]]
Changes = dict[str, Any]

AE = "model=tiny_autoencoder dataset=synthetic"
SPECTRAL = "training.loss_configs.spectral.config"
MONO = {
    "model.model.encoder.config.in_channels": 1,
    "model.model.decoder.config.out_channels": 1,
    "model.model.io_channels": 1,
    "model.audio_channels": 1,
}


def spectral(**config: Any) -> Changes:
    """The spectral loss at two resolutions."""
    return {SPECTRAL: {"fft_sizes": [1024, 256], "hop_sizes": [256, 64], "win_lengths": [1024, 256], **config}}


def said(found: list[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.rule, dotted(finding.path)) for finding in found if finding.rule != "no-effect"]


@pytest.mark.parametrize(
    ("config", "rule", "key"),
    [
        ({"hop_sizes": [256]}, "fft-lists", "hop_sizes"),
        ({"fft_sizes": [1024, 256, 64]}, "fft-lists", "fft_sizes"),
        ({"fft_sizes": [], "hop_sizes": [], "win_lengths": []}, "fft-lists", "fft_sizes"),
        ({"fft_sizes": [1024, 255]}, "fft-size", "fft_sizes"),
        ({"fft_sizes": [65536, 256]}, "fft-size", "fft_sizes"),
        ({"hop_sizes": [513, 64]}, "fft-size", "hop_sizes"),
        ({"fft_sizes": [1026, 256], "hop_sizes": [2, 64]}, "fft-size", "hop_sizes"),
        ({"scale": "mel"}, "mel-bins", "n_bins"),
        ({"scale": "mel", "n_bins": [80]}, "mel-bins", "n_bins"),
        ({"scale": "mel", "n_bins": [80, 257]}, "mel-bins", "n_bins"),
        ({"window": "hanning"}, "spectral", "window"),
        ({"reduction": "none"}, "spectral", "reduction"),
        ({"retain_batch_dim": True}, "spectral", "retain_batch_dim"),
        ({"w_sc": 0, "w_log_mag": 0}, "spectral", "w_log_mag"),
        ({"scale_invariance": True}, "spectral", "scale_invariance"),
    ],
)
def test_what_a_spectral_loss_cannot_work_with(look: Look, config: Changes, rule: str, key: str) -> None:
    assert said(look(AE, spectral(**config))) == [("error", rule, f"{SPECTRAL}.{key}")]


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"hop_sizes": [512, 128]},
        {"hop_sizes": [2, 64]},
        {"fft_sizes": [32768, 256]},
        {"scale": "mel", "n_bins": [80, 256]},
        {"window": "kaiser_window"},
        {"reduction": "sum"},
        {"w_sc": 0, "w_log_mag": 0, "w_phs": 1.0},
    ],
)
def test_what_it_can_work_with(look: Look, config: Changes) -> None:
    assert said(look(AE, spectral(**config))) == []


def test_a_window_shows_the_sound_in_seconds(look: Look) -> None:
    (finding,) = [finding for finding in look(AE, spectral(fft_sizes=[65536, 256])) if finding.rule == "fft-size"]
    assert finding.message == "the window of 65536 samples is longer than the sound of 32768 (0.74 s): the first step would fail"


def test_stereo_needs_all_three_lists_and_mono_has_defaults(look: Look) -> None:
    (finding,) = look(AE, {SPECTRAL: {"fft_sizes": [1024, 2048, 512]}})
    assert (finding.rule, dotted(finding.path)) == ("fft-lists", f"{SPECTRAL}.hop_sizes")
    assert said(look(AE, {**MONO, SPECTRAL: {}})) == []


def test_one_sound_by_itself_may_be_scaled(look: Look) -> None:
    assert said(look(AE, {**MONO, **spectral(scale_invariance=True), "batch_size": 1})) == []


def test_a_longer_reconstruction_leaves_room_for_longer_windows(look: Look) -> None:
    longer = {"model.model.decoder.config.strides": [4, 4, 4, 8], **spectral(fft_sizes=[65536, 256])}
    assert [rule for _, rule, _ in said(look(AE, longer))] == ["downsampling-ratio"]


def test_stereo_out_of_a_linear_map_is_in_the_wrong_order(look: Look) -> None:
    config = {"channels": 32, "c_mults": [1, 2], "strides": [16, 16], "transformer_depths": [1, 1], "latent_dim": 16}
    linear = {"model.model.decoder": {"type": "taae", "config": {**config, "out_channels": 2, "mapping_style": "linear"}}}
    assert said(look(AE, linear)) == [("error", "spectral", "model.model.decoder.config.mapping_style")]
    assert said(look(AE, {**linear, "model.model.decoder.config.mapping_style": "conv"})) == []
    assert said(look(AE, {**linear, "training.loss_configs": {"time": {"weights": {"l1": 1.0}}}})) == []


MEL = {"n_mels": [80, 40], "window_lengths": [2048, 512], "pow": 2.0, "log_weight": 1.0, "mag_weight": 1.0}


@pytest.mark.parametrize(
    ("loss", "severity", "key"),
    [
        ({"weights": {"mrmel": 1.0}}, "error", "config"),
        ({"weights": {"mrmel": 1.0}, "config": {**MEL, "n_mels": [80]}}, "warning", "config.n_mels"),
        ({"weights": {"mrmel": 1.0}, "config": {**MEL, "window_lengths": [65536, 512]}}, "error", "config.window_lengths"),
        ({"weights": {"mrmel": 1.0}, "config": {**MEL, "window_lengths": [2048, 3]}}, "error", "config.window_lengths"),
        ({"weights": {"mrmel": 0.0}}, None, ""),
        ({"weights": {"mrmel": 1.0}, "config": MEL}, None, ""),
    ],
)
def test_mel_spectrograms(look: Look, loss: Changes, severity: str | None, key: str) -> None:
    at = f"training.loss_configs.mrmel.{key}"
    assert said(look(AE, {"training.loss_configs.mrmel": loss})) == ([(severity, "fft-size", at)] if severity else [])


VALIDATED = {"val_every": 10, "val_dataset": {"dataset_type": "audio_dir", "datasets": [{"id": "held_out", "path": "held_out"}]}}


@pytest.mark.parametrize(
    ("losses", "rule", "key"),
    [
        ({"stft": {"fft_size": 255}}, "fft-size", "stft.fft_size"),
        ({"stft": {"fft_size": 256, "hop_size": 200}}, "fft-size", "stft.hop_size"),
        ({"mel": {"fft_size": 65536}}, "fft-size", "mel.fft_size"),
        ({"mel": {"n_mels": 2048}}, "mel-bins", "mel.n_mels"),
        ({"stft": {"scale": "mel", "sample_rate": 44100}}, "mel-bins", "stft.n_bins"),
        ({"stft": {"perceptual_weighting": True}}, "mel-bins", "stft.sample_rate"),
    ],
)
def test_the_losses_of_a_validation(look: Look, losses: Changes, rule: str, key: str) -> None:
    changes = {**VALIDATED, "training.eval_loss_configs": losses}
    assert said(look(AE, changes)) == [("error", rule, f"training.eval_loss_configs.{key}")]


def test_a_window_of_a_validation_that_never_comes_is_not_tried(look: Look) -> None:
    assert said(look(AE, {"training.eval_loss_configs": {"stft": {"fft_size": 255}}})) == []
    assert said(look(AE, {**VALIDATED, "training.eval_loss_configs": {"stft": {}, "sisdr": {}, "mel": {}}})) == []
