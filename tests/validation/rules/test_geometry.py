"""Widths that parts must agree on: each disagreement blames the one key that is wrong, and nothing is said where they agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stable_audio_config.report.finding import Finding, dotted

Look = Callable[..., list[Finding]]
Changes = dict[str, Any]

AE = "model=tiny_autoencoder dataset=synthetic"
DIT = "model=tiny_diffusion_cond dataset=synthetic"
ENCODER, DECODER, BOTTLENECK = "model.model.encoder.config", "model.model.decoder.config", "model.model.bottleneck"
PLAIN = {f"{ENCODER}.latent_dim": 16, "training.loss_configs.bottleneck": ...}
"""The tiny autoencoder without a splitting bottleneck."""


def bottleneck(kind: str, **config: Any) -> Changes:
    return {BOTTLENECK: {"type": kind, "config": config}}


def said(found: list[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.rule, dotted(finding.path)) for finding in found if finding.rule != "no-effect"]


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({f"{ENCODER}.latent_dim": 16}, f"{ENCODER}.latent_dim"),
        ({f"{ENCODER}.latent_dim": 33}, f"{ENCODER}.latent_dim"),
        ({f"{DECODER}.latent_dim": 32}, f"{DECODER}.latent_dim"),
        ({**PLAIN, f"{ENCODER}.latent_dim": 32, BOTTLENECK: None}, f"{ENCODER}.latent_dim"),
        ({**PLAIN, **bottleneck("wasserstein", noise_augment_dim=2)}, f"{DECODER}.latent_dim"),
    ],
)
def test_the_width_that_most_parts_do_not_share_is_blamed(look: Look, changes: Changes, at: str) -> None:
    assert said(look(AE, changes)) == [("error", "latent-width", at)]


def test_S11_a_vae_needs_an_encoder_twice_as_wide_as_the_latent(look: Look) -> None:  # noqa: N802  The name of the case.
    changes = {f"{ENCODER}.latent_dim": 64, f"{DECODER}.latent_dim": 64, "model.model.latent_dim": 64}
    (finding,) = look(AE, changes)
    assert finding.message == (
        "the `vae` bottleneck halves the encoder's channels: `latent_dim` is 64, so the latent is 32 wide, "
        "but the decoder takes 64: the first step would fail"
    )
    assert finding.help == "set latent_dim to 128"
    assert finding.label == "an encoder for a latent of 64 needs 128"
    assert finding.fix is not None and finding.fix.edits[0].value == 128
    assert look(AE, {**changes, f"{ENCODER}.latent_dim": 128}) == []


def test_an_odd_number_cannot_be_halved(look: Look) -> None:
    (finding,) = look(AE, {f"{ENCODER}.latent_dim": 33})
    assert "`latent_dim` is 33, an odd number" in finding.message


def test_noise_is_counted_in_the_decoder(look: Look) -> None:
    wide = {**PLAIN, **bottleneck("wasserstein", noise_augment_dim=2), f"{DECODER}.latent_dim": 18}
    assert said(look(AE, wide)) == []


def test_dac_without_a_last_map_gets_one_as_cure(look: Look) -> None:
    encoder = {"type": "dac", "config": {"in_channels": 2, "d_model": 8, "strides": [2, 4, 4, 8]}}
    (finding,) = look(AE, {"model.model.encoder": encoder})
    assert finding.message.startswith(
        "the `vae` bottleneck halves the encoder's channels: `d_model` is 128, so the latent is 64 wide"
    )
    assert finding.fix is not None and finding.fix.edits[0].path[-1] == "latent_dim" and finding.fix.edits[0].value == 32


def test_T21_a_statement_about_the_latent_is_believed_so_it_must_be_true(look: Look) -> None:  # noqa: N802  The name of the case.
    assert said(look(AE, {"model.model.latent_dim": 32})) == [("warning", "latent-width", "model.model.latent_dim")]
    jepa = {"training.loss_configs.jepa": {"config": {"transformer_dim": 64, "depth": 1}, "weights": {"jepa": 0.1}}}
    assert said(look(AE, {"model.model.latent_dim": 32, **jepa})) == [("error", "latent-width", "model.model.latent_dim")]
    inside = "model.model.pretransform.config.latent_dim"
    assert said(look(DIT, {inside: 32})) == [("warning", "latent-width", inside)]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        (bottleneck("rvq"), "dim"),
        (bottleneck("softnorm"), "dim"),
        (bottleneck("dac_rvq", n_codebooks=2, codebook_size=16), "input_dim"),
        (bottleneck("fsq", levels=[8, 8], keep_num_codebooks_dim=True), "levels"),
        (bottleneck("fsq", levels=[8, 8], dim=8, keep_num_codebooks_dim=True), "dim"),
        (bottleneck("dithered_fsq", levels=4, dim=4), "dim"),
    ],
)
def test_a_quantizer_is_built_for_one_width(look: Look, changes: Changes, key: str) -> None:
    assert said(look(AE, {**PLAIN, **changes})) == [("error", "codebook-width", f"{BOTTLENECK}.config.{key}")]


@pytest.mark.parametrize(
    "changes",
    [
        bottleneck("rvq", dim=16),
        bottleneck("softnorm", dim=16),
        bottleneck("softnorm", dim=1),
        bottleneck("dac_rvq", n_codebooks=2, codebook_size=16, input_dim=16),
        bottleneck("fsq", levels=[8] * 8, num_codebooks=2),
        bottleneck("dithered_fsq", levels=4, dim=8, num_codebooks=2),
        bottleneck("tanh", scale=2.0),
    ],
)
def test_a_quantizer_of_the_right_width_is_fine(look: Look, changes: Changes) -> None:
    assert said(look(AE, {**PLAIN, **changes})) == []


def test_one_wrong_dim_with_a_list_of_levels_is_one_finding(look: Look) -> None:
    (finding,) = look(AE, {**PLAIN, **bottleneck("dithered_fsq", levels=[4] * 8, dim=16, num_codebooks=2)})
    assert (finding.rule, finding.path[-1], finding.help) == ("quantizer", "dim", "set it to 8")


@pytest.mark.parametrize(
    ("changes", "at", "edits"),
    [
        ({"model.model.io_channels": 32}, "model.model.io_channels", 1),
        ({"model.model.diffusion.config.io_channels": 32}, "model.model.diffusion.config.io_channels", 1),
        (
            {"model.model.io_channels": 32, "model.model.diffusion.config.io_channels": 32},
            "model.model.diffusion.config.io_channels",
            2,
        ),
    ],
)
def test_a_network_works_on_what_the_pretransform_gives(look: Look, changes: Changes, at: str, edits: int) -> None:
    (finding,) = look(DIT, changes)
    assert (finding.severity, finding.rule, dotted(finding.path)) == ("error", "network-channels", at)
    assert finding.fix is not None and len(finding.fix.edits) == edits


def test_a_network_without_a_pretransform_works_on_the_audio(look: Look) -> None:
    changes = {"model.model.pretransform": ..., "model.model.io_channels": 2, "model.model.diffusion.config.io_channels": 2}
    assert said(look(DIT, changes)) == []
    mono = {**changes, "model.audio_channels": 1}
    assert said(look(DIT, mono)) == [("error", "network-channels", "model.audio_channels")]
    four = {**changes, "model.model.io_channels": 4, "model.model.diffusion.config.io_channels": 4}
    assert said(look(DIT, four)) == [("error", "network-channels", "model.model.diffusion.config.io_channels")]


def test_what_a_run_never_does_cannot_fail(look: Look) -> None:
    """Training on latents never encodes, and an unconditional model never decodes: its demos always fail anyway."""
    inside = "model.model.pretransform.config"
    encoder, decoder = f"{inside}.encoder.config.latent_dim", f"{inside}.decoder.config.latent_dim"
    latents = DIT.replace("dataset=synthetic", "LATENTS")
    assert said(look(DIT, {encoder: 16})) == [("error", "latent-width", encoder)]
    assert said(look(latents, {encoder: 16})) == [("warning", "latent-width", encoder)]
    (finding,) = look(latents, {decoder: 32})
    assert finding.severity == "error" and finding.message.endswith("the first demo would fail")


def test_S29_half_precision_of_a_pretransform_is_no_mistake(look: Look) -> None:  # noqa: N802  The name of the case.
    """The engine converts what goes in and what comes out, so that a `model_half` pretransform takes and gives floats."""
    assert said(look(DIT, {"model.model.pretransform.model_half": True})) == []


LATENTS = "model=tiny_diffusion_cond dataset=pre_encoded dataset.datasets.0.path=latents"


def channels(found: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.severity, dotted(finding.path)) for finding in found if finding.rule == "network-channels"]


def test_a_network_of_latents_needs_no_pretransform_but_its_demos_do(look: Look) -> None:
    without = {"model.model.pretransform": ..., "training.pre_encoded": True}
    assert channels(look(LATENTS, without)) == [("warning", "model.model.pretransform")]
    assert channels(look(LATENTS, {**without, "training.demo": ...})) == []
    assert channels(look(DIT, without)) == [("error", "model.model.diffusion.config.io_channels")]


def test_holes_in_short_latents_cannot_be_shown_without_a_pretransform(look: Look) -> None:
    inpainting = "model=tiny_diffusion_cond_inpaint dataset=pre_encoded dataset.datasets.0.path=latents"
    demo = {"demo_every": 10, "demo_steps": 2, "demo_cfg_scales": [2], "inpaint_demos": {"num_causal": 1}}
    without = {
        "model.model.pretransform": ...,
        "training.pre_encoded": True,
        "training.demo": demo,
        "dataset.latent_crop_length": 256,
    }
    assert channels(look(inpainting, without)) == [("error", "model.model.pretransform")]
    assert channels(look(inpainting, {**without, "dataset.latent_crop_length": 1024})) == [("warning", "model.model.pretransform")]
