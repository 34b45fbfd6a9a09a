"""Discriminators: channels, lists, filters, and what must fit into the sound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stable_audio_config.report.finding import Finding, dotted

Look = Callable[..., list[Finding]]
Changes = dict[str, Any]

AE = "model=tiny_autoencoder dataset=synthetic"
AT = "training.loss_configs.discriminator"
USUAL: dict[str, Changes] = {
    "oobleck": {"in_channels": 2},
    "encodec": {"filters": 8},
    "dac": {},
    "big_vgan": {},
    "hil": {"filters": 8},
    "transformer": {},
}


def judged(kind: str, **config: Any) -> Changes:
    weights = {"adversarial": 0.1, "feature_matching": 1.0}
    return {AT: {"type": kind, "config": {**USUAL[kind], **config}, "weights": weights}}


def said(found: list[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.rule, dotted(finding.path)) for finding in found if finding.rule != "no-effect"]


@pytest.mark.parametrize("kind", USUAL)
def test_every_discriminator_is_fine_as_it_comes(look: Look, kind: str) -> None:
    assert said(look(AE, judged(kind))) == []


def test_only_oobleck_is_told_its_channels(look: Look) -> None:
    (finding,) = look(AE, {AT: {"type": "oobleck", "config": {}, "weights": {"adversarial": 0.1, "feature_matching": 1.0}}})
    assert (finding.rule, finding.help) == ("discriminator-channels", "set in_channels to 2")
    assert finding.message == "the discriminator takes 1 channel by default, but the sound has 2: the first step would fail"
    (other,) = look(AE, judged("big_vgan", cqtd_in_channels=1))
    assert dotted(other.path) == f"{AT}.config.cqtd_in_channels"


VIEW = {"enabled": True, "depths": [1], "strides": [2], "sliding_window_widths": [2]}
OFF = {"patched_kwargs": {"enabled": False}}


@pytest.mark.parametrize(
    ("kind", "config", "key"),
    [
        ("encodec", {"n_ffts": [512, 256]}, "config.n_ffts"),
        ("encodec", {"n_ffts": [], "hop_lengths": [], "win_lengths": []}, "config.n_ffts"),
        ("hil", {"hop_lengths": [512, 256]}, "config.hop_lengths"),
        ("hil", {"strides": [3, 3, 3, 1]}, "config.strides"),
        ("big_vgan", {"cqtd_n_octaves": [9, 9]}, "config.cqtd_n_octaves"),
        ("big_vgan", {"periods": []}, "config.periods"),
        ("transformer", {"patched_kwargs": {"depths": [3, 3]}}, "config.patched_kwargs.depths"),
        ("transformer", {**OFF, "chroma_kwargs": {**VIEW, "centres": [5.0], "octwidths": []}}, "config.chroma_kwargs.octwidths"),
        ("transformer", OFF, "config"),
    ],
)
def test_lists_that_do_not_fit_each_other(look: Look, kind: str, config: Changes, key: str) -> None:
    assert said(look(AE, judged(kind, **config))) == [("error", "discriminator-lists", f"{AT}.{key}")]


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("big_vgan", {"cqtd_hop_lengths": [512]}),
        ("transformer", {"patched_kwargs": {"patch_sizes": [16]}}),
        ("transformer", {**OFF, "mfb_kwargs": {"enabled": True}}),
        ("transformer", {**OFF, "mfb_kwargs": {"enabled": True, "use_HIL": True}}),
    ],
)
def test_lists_may_be_longer_than_the_leading_one(look: Look, kind: str, config: Changes) -> None:
    assert said(look(AE, judged(kind, **config))) == []


@pytest.mark.parametrize(
    ("kind", "config", "key"),
    [
        ("encodec", {"filters_scale": 2}, "filters_scale"),
        ("encodec", {"max_filters": 4}, "max_filters"),
        ("big_vgan", {"cqtd_filters_scale": 2}, "cqtd_filters_scale"),
        ("big_vgan", {"cqtd_hop_lengths": [500, 256, 256]}, "cqtd_hop_lengths"),
        ("big_vgan", {"fmin": 200.0}, "cqtd_n_octaves"),
        ("hil", {"taps": 255}, "taps"),
        ("hil", {"beta": 0.0}, "beta"),
        ("hil", {"cutoff_freqs": [0.0, 1.5]}, "cutoff_freqs"),
    ],
)
def test_filters_that_cannot_be(look: Look, kind: str, config: Changes, key: str) -> None:
    found = set(said(look(AE, judged(kind, **config))))
    assert found == {("error", "discriminator-filters", f"{AT}.config.{key}")}


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("encodec", {"filters_scale": 2, "max_filters": 8}),
        ("hil", {"taps": 0, "periods": [1], "cutoff_freqs": [0.0]}),
        ("big_vgan", {"cqtd_hop_lengths": [8, 8, 8], "cqtd_n_octaves": [4, 4, 4]}),
    ],
)
def test_filters_that_can_be(look: Look, kind: str, config: Changes) -> None:
    assert said(look(AE, judged(kind, **config))) == []


SHORT = {"model.sample_size": 2048, "training.loss_configs.spectral.config": {
    "fft_sizes": [256], "hop_sizes": [64], "win_lengths": [256]}}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "config", "key"),
    [
        ("encodec", {"n_ffts": [4096, 2048, 512]}, "config.n_ffts"),
        ("encodec", {"win_lengths": [1024, 2048, 1024]}, "config.win_lengths"),
        ("dac", {"rates": [1]}, "config.rates"),
        ("dac", {"periods": [], "fft_sizes": []}, "config"),
        ("dac", {"periods": [5000]}, "config.periods"),
        ("dac", {"fft_sizes": [8192]}, "config.fft_sizes"),
        ("dac", {"fft_sizes": [16]}, "config.fft_sizes"),
        ("dac", {"bands": []}, "config.bands"),
        ("hil", {"add_noise": True, "n_chroma": 12}, "config.n_chroma"),
        ("transformer", {"stft_kwargs": {**VIEW, "n_ffts": [8192]}}, "config.stft_kwargs.n_ffts"),
        ("transformer", {"mfb_kwargs": {**VIEW, "levels": [11]}}, "config.mfb_kwargs.levels"),
        ("transformer", {"chroma_kwargs": {**VIEW, "centres": [5.0]}}, "config.chroma_kwargs.enabled"),
        ("transformer", {"add_noise": True, "noise_kwargs": {"n_fft": 4096}}, "config.add_noise"),
    ],
)
def test_what_is_too_long_for_the_sound(look: Look, kind: str, config: Changes, key: str) -> None:
    assert said(look(AE, {**SHORT, **judged(kind, **config)})) == [("error", "discriminator-window", f"{AT}.{key}")]


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("encodec", {"n_ffts": [1024, 2048, 2048], "win_lengths": [512, 100, 2048]}),
        ("dac", {"periods": [1500], "fft_sizes": [4096, 18]}),
        ("hil", {"add_noise": True}),
        ("transformer", {"stft_kwargs": {**VIEW, "n_ffts": [2048]}, "mfb_kwargs": {**VIEW, "levels": [9]}}),
    ],
)
def test_what_just_fits(look: Look, kind: str, config: Changes) -> None:
    assert said(look(AE, {**SHORT, **judged(kind, **config)})) == []


def test_the_demo_is_shorter_than_the_sound(look: Look) -> None:
    longest = {**SHORT, "model.sample_size": 2304, **judged("encodec", n_ffts=[2304], hop_lengths=[256], win_lengths=[512])}
    assert said(look(AE, longest)) == []
    uneven = {"model.sample_size": 2368, f"{AT}.config.n_ffts": [2368]}
    (finding,) = [finding for finding in look(AE, {**longest, **uneven}) if finding.rule == "discriminator-window"]
    assert finding.message == "the window of 2368 samples is longer than the sound of 2304 (0.05 s): the first demo would fail"


def test_noise_is_for_stereo(look: Look) -> None:
    mono = {
        "model.model.encoder.config.in_channels": 1,
        "model.model.decoder.config.out_channels": 1,
        "model.model.io_channels": 1,
        "model.audio_channels": 1,
    }
    assert said(look(AE, {**mono, **judged("hil", add_noise=True)})) == [
        ("error", "discriminator-window", f"{AT}.config.add_noise")
    ]
    assert said(look(AE, {**mono, **judged("hil")})) == []


def test_the_default_losses_take_windows_of_2048(look: Look) -> None:
    changes = {"training.loss_configs": ..., "model.sample_size": 1024}
    assert said(look(AE, changes)) == [("error", "discriminator-window", "model.sample_size")]
    assert said(look(AE, {**changes, "model.sample_size": 2048})) == []
