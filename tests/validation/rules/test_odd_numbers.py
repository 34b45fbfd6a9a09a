"""Numbers beyond the range in which they mean something: a warning where the engine takes them, an error where it fails."""

from __future__ import annotations

from typing import Any

import pytest

from stable_audio_config.report.finding import dotted

from .conftest import Look

Changes = dict[str, Any]
AE, COND = "model=tiny_autoencoder dataset=synthetic", "model=tiny_diffusion_cond dataset=synthetic"
FILLS = "model=tiny_diffusion_cond_inpaint LATENTS"
MASKS = "training.inpainting.mask_kwargs"


def said(look: Look, words: str, changes: Changes) -> list[tuple[str, str]]:
    """Severity and key of what is found beyond what the base has."""
    before = {finding.path for finding in look(words)}
    found = [finding for finding in look(words, changes) if finding.path not in before]
    return [(finding.severity, dotted(finding.path)) for finding in found if finding.rule != "no-effect"]


@pytest.mark.parametrize(
    ("words", "key", "value"),
    [
        (AE, "training.demo.demo_every", -10),
        (AE, "training.clip_grad_norm", -1.0),
        (AE, "training.num_synthetic_chirps", -1),
        (AE, "model.audio_channels", 0),
        (AE, "model.model.latent_dim", 0),
        (AE, "model.model.downsampling_ratio", 0),
        (AE, "model.model.downsampling_ratio", -256),
        (COND, "training.cfg_dropout_prob", -0.5),
        (COND, "model.model.diffusion.config.prepend_cond_dim", -1),
        (COND, "model.model.diffusion.config.depth", -1),
    ],
)
def test_what_the_engine_takes_is_a_warning(look: Look, words: str, key: str, value: Any) -> None:
    assert said(look, words, {key: value}) == [("warning", key)]


@pytest.mark.parametrize(
    ("words", "key", "value"),
    [
        (AE, "training.demo.demo_every", 0),
        (COND, "training.demo.demo_every", 0),
        (COND, "training.cfg_dropout_prob", 1.5),
        (COND, "model.model.diffusion.config.num_memory_tokens", -1),
        (COND, "model.model.pretransform.config.downsampling_ratio", 0),
    ],
)
def test_what_the_engine_fails_at_is_an_error(look: Look, words: str, key: str, value: Any) -> None:
    assert ("error", key) in said(look, words, {key: value})


def test_a_negative_rate_matters_only_where_it_is_read(look: Look) -> None:
    rate = {"training.learning_rate": -1e-3}
    assert said(look, AE, {**rate, "training.optimizer_configs": None}) == [("error", "training.learning_rate")]
    group = {"optimizer": {"type": "AdamW", "config": {"lr": 1e-4}}}
    beside = {**rate, "training.optimizer_configs": {"autoencoder": group, "discriminator": group}}
    assert said(look, AE, beside) == [("warning", "training.learning_rate")], "beside optimizer_configs nothing reads it"


def test_holes_are_an_error_where_most_masks_have_them(look: Look) -> None:
    key = f"{MASKS}.max_mask_segments"
    assert ("warning", key) in said(look, FILLS, {key: 0})
    assert ("error", key) in said(look, FILLS, {key: 0, f"{MASKS}.mask_type_probabilities": [0.8, 0.1, 0.1]})
    spans = f"{MASKS}.max_spans"
    assert ("error", spans) in said(look, FILLS, {spans: 0, f"{MASKS}.mask_type_probabilities": [0.1, 0.1, 0.1, 0.7]})


def test_a_range_has_two_ends(look: Look) -> None:
    key = f"{MASKS}.mask_ratio_range"
    drawn = {f"{MASKS}.mask_type_probabilities": [0.1, 0.1, 0.1, 0.7]}
    assert ("error", key) in said(look, FILLS, {key: [0.1, 0.5, 0.9], **drawn})
    assert ("warning", key) in said(look, FILLS, {key: [0.1, 0.5, 0.9]})


def test_whole_betas_are_refused_by_adam_only(look: Look) -> None:
    group = "training.optimizer_configs.autoencoder.optimizer"
    whole = {f"{group}.config.betas": [0, 0.99]}
    assert ("error", f"{group}.config.betas") in said(look, AE, {f"{group}.type": "AdamW", **whole})
    assert not any(severity == "error" for severity, _ in said(look, AE, {f"{group}.type": "Adamax", **whole}))


def test_under_lora_an_unused_conditioner_is_a_warning(look: Look) -> None:
    unused = {"model.model.diffusion.cross_attention_cond_ids": ["seconds_total"]}
    rules = {finding.rule: finding.severity for finding in look(COND, unused)}
    adapted = {finding.rule: finding.severity for finding in look(COND, {**unused, "training.lora_config": {"rank": 2}})}
    assert (rules.get("unused-conditioner"), adapted.get("unused-conditioner")) == ("error", "warning")
