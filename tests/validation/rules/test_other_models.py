"""Unconditional models, diffusion autoencoders, language models and CLAP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stable_audio_config.report.finding import Finding

Look = Callable[..., list[Finding]]
UNCOND = "model=tiny_diffusion_uncond dataset=synthetic"
DIFFAE = "model=tiny_diffusion_autoencoder dataset=synthetic"
LM = "model=tiny_lm dataset=synthetic"
CLAP = "model=tiny_clap dataset=synthetic"
AUDIO = "model.model.audio.model.config"
UNET = {
    "in_channels": 2,
    "channels": 32,
    "multipliers": [1, 2],
    "factors": [2],
    "num_blocks": [1],
    "attentions": [1],
    "attention_heads": 2,
    "attention_multiplier": 2,
}


def said(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.rule, ".".join(map(str, finding.path))) for finding in findings]


@pytest.mark.parametrize("words", [UNCOND, DIFFAE, CLAP])
def test_the_shipped_small_models_are_right(look: Look, words: str) -> None:
    assert said(look(words)) == []


def unet(**changes: Any) -> dict[str, Any]:
    return {"model.model": {"type": "adp_uncond_1d", "config": {**UNET, **changes}}}


def decoding_unet(**changes: Any) -> dict[str, Any]:
    config = {**UNET, "in_channels": 128, "context_channels": [16], **changes}
    return {"model.model.diffusion": {"type": "adp_1d", "config": config}}


CASES: dict[str, tuple[str, dict[str, Any], tuple[str, str, str]]] = {
    "another objective": (
        UNCOND,
        {"model.model.config.diffusion_objective": "rectified_flow"},
        ("warning", "objective", "model.model.config.diffusion_objective"),
    ),
    "another objective, also of a decoder": (
        DIFFAE,
        {"model.model.diffusion.config.diffusion_objective": "rectified_flow"},
        ("warning", "objective", "model.model.diffusion.config.diffusion_objective"),
    ),
    "room beside the input": (
        UNCOND,
        {"model.model.config.input_concat_dim": 4},
        ("error", "unfed-network", "model.model.config.input_concat_dim"),
    ),
    "room for signals": (
        UNCOND,
        unet(context_channels=[2]),
        ("error", "unfed-network", "model.model.config.context_channels"),
    ),
    "room for a global condition": (
        UNCOND,
        unet(context_features=4),
        ("error", "unfed-network", "model.model.config.context_features"),
    ),
    "room for tokens": (
        UNCOND,
        unet(context_embedding_features=4),
        ("error", "unfed-network", "model.model.config.context_embedding_features"),
    ),
    "more out than in": (UNCOND, unet(out_channels=4), ("error", "unfed-network", "model.model.config.out_channels")),
    "a decoder": (
        DIFFAE,
        {
            "model.model.decoder": {
                "type": "oobleck",
                "config": {"out_channels": 16, "channels": 8, "c_mults": [1], "strides": [1], "latent_dim": 16},
            }
        },
        ("error", "broken-in-engine", "model.model.decoder"),
    ),
    "latents of another width": (
        DIFFAE,
        {"model.model.diffusion.config.input_concat_dim": 8},
        ("error", "diffusion-latents", "model.model.diffusion.config.input_concat_dim"),
    ),
    "latents that no level takes": (
        DIFFAE,
        decoding_unet(context_channels=None),
        ("error", "diffusion-latents", "model.model.diffusion.config.context_channels"),
    ),
    "noise in decoding only": (
        DIFFAE,
        {"model.model.bottleneck": {"type": "softnorm", "config": {"dim": 16, "noise_augment_dim": 4}}},
        ("error", "diffusion-latents", "model.model.bottleneck.config.noise_augment_dim"),
    ),
    "spectra longer than the sound": (
        DIFFAE,
        {"training.use_reconstruction_loss": True, "model.sample_size": 1024},
        ("error", "reconstructed-length", "model.sample_size"),
    ),
    "nothing to reconstruct": (
        DIFFAE,
        {
            "training.use_reconstruction_loss": True,
            "model.model.pretransform": None,
            "model.model.encoder.config.in_channels": 2,
            "model.model.diffusion.config.io_channels": 2,
            "model.model.io_channels": 2,
        },
        ("warning", "no-effect", "training.use_reconstruction_loss"),
    ),
    "half a latent": (DIFFAE, {"model.sample_size": 32768 + 64}, ("error", "sample-size", "model.sample_size")),
    "latents for what encodes": (
        "model=tiny_diffusion_autoencoder dataset=pre_encoded dataset.datasets.0.path=latents",
        {},
        ("error", "pre-encoded", "dataset.dataset_type"),
    ),
    "a validation that there is not": (
        UNCOND,
        {"val_every": 10, "val_dataset": {"dataset_type": "audio_dir", "datasets": [{"id": "a", "path": "sounds"}]}},
        ("warning", "validation", "val_every"),
    ),
    "a width that CLAP does not hear": (CLAP, {f"{AUDIO}.dim_in": 256}, ("error", "clap-width", f"{AUDIO}.dim_in")),
    "a width that CLAP takes for another": (CLAP, {f"{AUDIO}.dim_in": None}, ("error", "clap-width", f"{AUDIO}.dim_in")),
    "a width that CLAP does not project": (CLAP, {f"{AUDIO}.dim_out": 64}, ("error", "clap-width", f"{AUDIO}.dim_out")),
    "contrast on a CPU": (
        CLAP,
        {"training.loss_config.contrastive": 1.0, "accelerator": "cpu", "precision": "32-true"},
        ("error", "contrastive-loss", "training.loss_config.contrastive"),
    ),
    "contrast of an odd width": (
        CLAP,
        {"training.loss_config.contrastive": 1.0, "model.model.joint_embed_dim": 320},
        ("error", "contrastive-loss", "model.model.joint_embed_dim"),
    ),
    "no loss at all": (
        CLAP,
        {"training.loss_config": {"contrastive": 0, "uniformity": 0, "cross_uniformity": 0, "alignment": 0}},
        ("error", "clap-losses", "training.loss_config"),
    ),
    "distances within a batch of one": (CLAP, {"batch_size": 1}, ("error", "clap-losses", "batch_size")),
    "tokens taken out twice": (
        CLAP,
        {f"{AUDIO}.embed_type": "avg_pool", f"{AUDIO}.num_memory_tokens": 2, "training.mask_padding_attention": True},
        ("error", "clap-pooling", f"{AUDIO}.num_memory_tokens"),
    ),
    "sounds that are prepared": (
        CLAP,
        {"training.htsat_dataset": True},
        ("error", "broken-in-engine", "training.htsat_dataset"),
    ),
    "sounds without texts": (
        CLAP,
        {"dataset.datasets.0.custom_metadata_module": ...},
        ("error", "prompt", "dataset.datasets.0"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_found_once(look: Look, case: str) -> None:
    words, changes, what = CASES[case]
    findings = look(words, changes)
    assert said(findings) == [what], [finding.message for finding in findings]
    assert findings[0].help


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        (UNCOND, unet()),
        (UNCOND, unet(out_channels=2, context_embedding_features=4, attentions=[0])),
        (DIFFAE, decoding_unet()),
        (DIFFAE, {"training.use_reconstruction_loss": True}),
        (CLAP, {f"{AUDIO}.embed_type": "avg_pool", f"{AUDIO}.num_memory_tokens": 2}),
        (CLAP, {"training.loss_config.uniformity": 0, "batch_size": 1}),
        (CLAP, {"training.loss_config.contrastive": 1.0}),
        (CLAP, {"model.model.joint_embed_dim": 320}),
        (f"{CLAP} accelerator=cpu precision=32-true", {}),
    ],
)
def test_the_nearest_right_trees_get_nothing(look: Look, words: str, changes: dict[str, Any]) -> None:
    assert said(look(words, changes)) == []


def test_a_decoder_that_is_never_asked_is_harmless(look: Look) -> None:
    words, changes, _ = CASES["a decoder"]
    assert said(look(words, {**changes, "training.demo": None})) == [("warning", "broken-in-engine", "model.model.decoder")]


TRAINED = ("error", "broken-in-engine", "model.model_type")
BOTTLENECK = "model.model.pretransform.config.bottleneck"


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({}, []),
        ({BOTTLENECK: {"type": "tanh"}}, [("error", "discrete-pretransform", f"{BOTTLENECK}.type")]),
        (
            {BOTTLENECK: {"type": "rvq", "config": {"dim": 16, "codebook_size": 64, "num_quantizers": 2}}},
            [("error", "discrete-pretransform", f"{BOTTLENECK}.type")],
        ),
        (
            {f"{BOTTLENECK}.config.quantize_on_decode": True},
            [("error", "discrete-pretransform", f"{BOTTLENECK}.config.quantize_on_decode")],
        ),
        (
            {"model.model.pretransform": {"type": "patched", "config": {"channels": 2, "patch_size": 64}}},
            [("error", "discrete-pretransform", "model.model.pretransform.type")],
        ),
        ({"model.model.lm.codebook_pattern": "musiclm"}, []),
        (
            {"model.model.lm.codebook_pattern": "musiclm", f"{BOTTLENECK}.config.n_codebooks": 3},
            [("error", "codebook-pattern", "model.model.lm.codebook_pattern")],
        ),
    ],
)
def test_a_language_model_reads_tokens(look: Look, changes: dict[str, Any], what: list[tuple[str, str, str]]) -> None:
    found = said(look(LM, changes))
    assert found.count(TRAINED) == 1, "none can be trained, whatever it reads"
    assert [entry for entry in found if entry != TRAINED] == what


def test_a_language_model_projects_its_conditions(look: Look) -> None:
    conditioned = {
        "model.model.conditioning": {"cond_dim": 64, "configs": [{"id": "kind", "type": "int", "config": {"max_val": 4}}]},
        "model.model.lm.cross_attention_cond_ids": ["kind"],
        "model.model.lm.config.cross_attn_cond_dim": 64,
    }
    switch = "model.model.lm.config.project_cross_attn_cond"
    assert [entry for entry in said(look(LM, conditioned)) if entry != TRAINED] == [("error", "project-cross-attn", switch)]
    assert said(look(LM, {**conditioned, switch: True})) == [TRAINED]


def test_S20_a_type_that_is_gone_says_since_when(look: Look) -> None:  # noqa: N802  The name of the case.
    (finding, *_) = look(LM, {"model.model_type": "musicgen"})
    assert (finding.rule, finding.path) == ("removed-type", ("model", "model_type"))
    assert finding.help == "use model type `lm`, or the audiocraft package itself"
