"""Options of bottlenecks that exclude or need each other, and scales of 0."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stable_audio_config.report.finding import Finding, dotted

Look = Callable[..., list[Finding]]
Changes = dict[str, Any]

AE = "model=tiny_autoencoder dataset=synthetic"
DIT = "model=tiny_diffusion_cond dataset=synthetic"
BOTTLENECK = "model.model.bottleneck"


def quantizer(kind: str, **config: Any) -> Changes:
    """The tiny autoencoder with a bottleneck that fits it."""
    splits = kind in ("rvq_vae", "dac_rvq_vae")
    fits: Changes = {
        "rvq": {"dim": 16},
        "rvq_vae": {"dim": 16},
        "dac_rvq": {"input_dim": 16, "n_codebooks": 2, "codebook_size": 16},
    }
    return {
        "model.model.encoder.config.latent_dim": 32 if splits else 16,
        BOTTLENECK: {"type": kind, "config": {**fits.get(kind, {}), **config}},
    }


def said(found: list[Finding]) -> list[tuple[str, str]]:
    assert {finding.rule for finding in found} <= {"quantizer", "zero-scale", "no-effect"}
    return [(finding.severity, dotted(finding.path)) for finding in found if finding.rule != "no-effect"]


@pytest.mark.parametrize("kind", ["rvq", "rvq_vae"])
@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"learnable_codebook": True}, "learnable_codebook"),
        ({"sync_update_v": 0.5}, "sync_update_v"),
        ({"affine_param": True, "use_cosine_sim": True}, "affine_param"),
        ({"reinmax": True}, "reinmax"),
        ({"kmeans_iters": 0}, "kmeans_iters"),
        ({"accept_image_fmap": True}, "accept_image_fmap"),
        ({"channel_last": False}, "channel_last"),
        ({"quantize_dropout": True, "num_quantizers": 4, "quantize_dropout_cutoff_index": 4}, "quantize_dropout_cutoff_index"),
    ],
)
def test_options_that_no_quantizer_can_have(look: Look, kind: str, config: Changes, key: str) -> None:
    assert said(look(AE, quantizer(kind, **config))) == [("error", f"{BOTTLENECK}.config.{key}")]


@pytest.mark.parametrize(
    "config",
    [
        {"learnable_codebook": True, "ema_update": False},
        {"learnable_codebook": True, "ema_update": False, "sync_update_v": 0.5},
        {"affine_param": True},
        {"reinmax": True, "straight_through": True},
        {"kmeans_iters": 0, "kmeans_init": False},
        {"quantize_dropout": True, "num_quantizers": 4, "quantize_dropout_cutoff_index": 3},
        {"quantize_dropout": True, "num_quantizers": 1, "quantize_dropout_cutoff_index": 3},
    ],
)
def test_options_that_go_together(look: Look, config: Changes) -> None:
    assert said(look(AE, quantizer("rvq", **config))) == []


def test_gathering_from_several_devices_needs_several(look: Look) -> None:
    alone = quantizer("rvq", sync_codebook=True)
    assert said(look(AE, {**alone, "devices": 1})) == [("error", f"{BOTTLENECK}.config.sync_codebook")]
    assert said(look(AE, {**alone, "devices": 2})) == []
    affine = quantizer("rvq", sync_affine_param=True)
    assert said(look(AE, {**affine, "devices": 1})) == []
    both = quantizer("rvq", sync_affine_param=True, affine_param=True)
    assert said(look(AE, {**both, "devices": 1})) == [("error", f"{BOTTLENECK}.config.sync_affine_param")]


@pytest.mark.parametrize("config", [{"commitment_use_cross_entropy_loss": True}, {"codebook_diversity_loss_weight": 0.1}])
def test_a_gradient_through_a_distance_of_0_is_not_a_number(look: Look, config: Changes) -> None:
    (name,) = config
    assert said(look(AE, quantizer("rvq", **config))) == [("warning", f"{BOTTLENECK}.config.{name}")]
    assert said(look(AE, quantizer("rvq", **config, kmeans_init=False))) == []
    assert said(look(AE, quantizer("rvq", **config, use_cosine_sim=True))) == []


FSQ = {"levels": [8] * 8, "num_codebooks": 2}
ONE = {"levels": [8] * 16}


@pytest.mark.parametrize(
    ("config", "key"),
    [
        (ONE, "keep_num_codebooks_dim"),
        ({**ONE, "keep_num_codebooks_dim": False}, "keep_num_codebooks_dim"),
        ({**FSQ, "keep_num_codebooks_dim": False}, "keep_num_codebooks_dim"),
        ({**FSQ, "return_indices": False}, "return_indices"),
        ({**FSQ, "channel_first": True}, "channel_first"),
        ({**FSQ, "levels": [8] * 7 + [1]}, "levels"),
    ],
)
def test_what_finite_scalar_quantization_needs(look: Look, config: Changes, key: str) -> None:
    assert said(look(AE, quantizer("fsq", **config))) == [("error", f"{BOTTLENECK}.config.{key}")]


def test_tokens_that_keep_their_axis_are_fine(look: Look) -> None:
    assert said(look(AE, quantizer("fsq", **FSQ))) == []
    assert said(look(AE, quantizer("fsq", **ONE, keep_num_codebooks_dim=True))) == []


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"dim": 8, "num_codebooks": 2, "levels": [4] * 8}, []),
        ({"dim": 8, "num_codebooks": 2, "levels": 4}, []),
        ({"dim": 8, "num_codebooks": 2, "levels": 1}, [("error", f"{BOTTLENECK}.config.levels")]),
        ({"dim": 8, "num_codebooks": 2, "levels": [4] * 7}, [("error", f"{BOTTLENECK}.config.levels")]),
    ],
)
def test_a_level_for_each_dimension(look: Look, config: Changes, expected: list[tuple[str, str]]) -> None:
    assert said(look(AE, quantizer("dithered_fsq", **config))) == expected


@pytest.mark.parametrize(
    ("widths", "expected"),
    [
        (8, []),
        ([8, 4], []),
        ([8], [("error", f"{BOTTLENECK}.config.codebook_dim")]),
        ([8, 8, 8], [("warning", f"{BOTTLENECK}.config.codebook_dim")]),
    ],
)
def test_a_width_for_each_codebook(look: Look, widths: Any, expected: list[tuple[str, str]]) -> None:
    assert said(look(AE, quantizer("dac_rvq", codebook_dim=widths))) == expected


def test_codebooks_are_not_trained_where_they_are_used_after_the_bottleneck(look: Look) -> None:
    later = quantizer("dac_rvq", quantize_on_decode=True)
    assert said(look(AE, later)) == [("warning", f"{BOTTLENECK}.config.quantize_on_decode")]
    inside = {f"model.model.pretransform.config.{key.removeprefix('model.model.')}": value for key, value in later.items()}
    assert said(look(DIT, inside)) == []


@pytest.mark.parametrize(
    ("words", "changes", "at"),
    [
        (AE, quantizer("tanh", scale=0.0), f"{BOTTLENECK}.config.scale"),
        (AE, quantizer("wasserstein", use_tanh=True, tanh_scale=0.0), f"{BOTTLENECK}.config.tanh_scale"),
        (DIT, {"model.model.pretransform.scale": 0}, "model.model.pretransform.scale"),
    ],
)
def test_nothing_can_be_divided_by_0(look: Look, words: str, changes: Changes, at: str) -> None:
    assert said(look(words, changes)) == [("error", at)]


def test_a_scale_that_is_not_read_may_be_0(look: Look) -> None:
    assert said(look(AE, quantizer("wasserstein", tanh_scale=0.0))) == []
    assert said(look(AE, quantizer("tanh", scale=0.5))) == []
