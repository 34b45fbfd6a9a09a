"""What training an autoencoder needs: something compared, something trained, parts that fit each other."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from stable_audio_config.report.finding import Finding, dotted
from stable_audio_config.validation.document import judge_document

Look = Callable[..., list[Finding]]
Changes = dict[str, Any]

AE = "model=tiny_autoencoder dataset=synthetic"
DIT = "model=tiny_diffusion_cond dataset=synthetic"
LOSSES = "training.loss_configs"
ENCODER, DECODER, BOTTLENECK = "model.model.encoder", "model.model.decoder", "model.model.bottleneck"


def said(found: list[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.rule, dotted(finding.path)) for finding in found if finding.rule != "no-effect"]


PATCHED = {
    "model.model.pretransform": {"type": "patched", "config": {"channels": 2, "patch_size": 4}},
    f"{ENCODER}.config.in_channels": 8,
    f"{DECODER}.config.out_channels": 8,
    "model.model.downsampling_ratio": 1024,
}


def test_a_pretransform_needs_gradients_to_train_around_it(look: Look) -> None:
    at = "model.model.pretransform.enable_grad"
    (finding,) = look(AE, PATCHED)
    assert (finding.severity, finding.rule, dotted(finding.path)) == ("error", "frozen-pretransform", at)
    assert finding.fix is not None and finding.fix.edits[0].value is True
    assert said(look(AE, {**PATCHED, at: True})) == []
    assert said(look(DIT)) == []  # The pretransform of a diffusion model stays as it is.


def losses(**sections: Any) -> Changes:
    return {LOSSES: {"time": {"weights": {}}, **sections}}


JEPA = {"config": {"transformer_dim": 64, "depth": 1}, "weights": {"jepa": 0.1}}
PLAIN = {f"{ENCODER}.config.latent_dim": 16, BOTTLENECK: None}


@pytest.mark.parametrize(
    ("changes", "severity", "words"),
    [
        (losses(), "error", "the decoder would get no gradient"),
        ({**PLAIN, **losses()}, "error", "the first step would fail"),
        ({**PLAIN, **losses(jepa=JEPA)}, "error", "the decoder would get no gradient"),
        (losses(mrmel={"weights": {"mrmel": 0.0}}), "error", "the decoder would get no gradient"),
        (
            losses(discriminator={"type": "dac", "config": {}, "weights": {"adversarial": 0, "feature_matching": 0}}),
            "warning",
            "weight 0",
        ),
        (losses(time={"weights": {"l1": 0.1}}), None, ""),
        (losses(clap={"weights": {"clap": 1.0}}), None, ""),
        (losses(discriminator={"type": "dac", "config": {}, "weights": {"adversarial": 0, "feature_matching": 1}}), None, ""),
    ],
)
def test_something_must_be_compared(look: Look, changes: Changes, severity: str | None, words: str) -> None:
    found = [finding for finding in look(AE, changes) if finding.rule == "reconstruction-loss"]
    assert [finding.severity for finding in found] == ([severity] if severity else [])
    assert all(words in finding.message for finding in found)


FROZEN = {f"{DECODER}.requires_grad": False}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({f"{ENCODER}.requires_grad": False}, "its `requires_grad` is false"),
        ({"training.decoder_finetune": True}, "`decoder_finetune` trains the decoder only"),
        ({"training.encoder_freeze_on_warmup": True}, "the first step would fail"),
        ({"training.encoder_freeze_on_warmup": True, "training.warmup_steps": 100}, "step 100 would fail"),
    ],
)
def test_something_must_be_trained(look: Look, changes: Changes, words: str) -> None:
    found = [finding for finding in look(AE, {**FROZEN, **changes}) if finding.rule != "no-effect"]
    assert [(finding.rule, dotted(finding.path)) for finding in found] == [("nothing-trained", f"{DECODER}.requires_grad")]
    assert words in found[0].message
    assert said(look(AE, changes)) == []


def test_half_of_an_autoencoder_may_be_frozen(look: Look) -> None:
    assert said(look(AE, FROZEN)) == []
    filtered = {**PATCHED, "model.model.pretransform.enable_grad": True, "model.model.pretransform.config.postfilter_channels": 8}
    assert said(look(AE, {**filtered, **FROZEN, "training.decoder_finetune": True})) == []


STAGES = {"channels": 32, "c_mults": [1, 2], "strides": [16, 16], "transformer_depths": [1, 1], "dim_heads": 32}
SAME = {
    ENCODER: {"type": "same", "config": {**STAGES, "in_channels": 2, "latent_dim": 32, "variable_stride": True}},
    DECODER: {
        "type": "taae_v2",
        "config": {**STAGES, "out_channels": 2, "latent_dim": 16, "variable_stride": True, "sinusoidal_blocks": [0, 0]},
    },
    "training.stride_curriculum": [1.0, 0.5],
}


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"training.stride_curriculum": [1.0]}, "training.stride_curriculum"),
        ({**SAME, f"{ENCODER}.config.variable_stride": False}, f"{ENCODER}.config.variable_stride"),
        ({**SAME, "training.stride_curriculum": [0.75]}, "training.stride_curriculum"),
        ({**SAME, f"{ENCODER}.config.latent_dim": 16, BOTTLENECK: {"type": "tanh"}}, "training.stride_curriculum"),
    ],
)
def test_few_parts_follow_a_curriculum_of_strides(look: Look, changes: Changes, at: str) -> None:
    assert {entry for entry in said(look(AE, changes)) if entry[1] == "stride-curriculum"} == {("error", "stride-curriculum", at)}


def test_parts_that_follow_it_are_fine(look: Look) -> None:
    assert said(look(AE, SAME)) == []
    slides = {f"{ENCODER}.config.sliding_window": [1, 1], f"{DECODER}.config.sliding_window": [1, 1]}
    assert said(look(AE, {**SAME, **slides, "training.stride_curriculum": [0.75]})) == []


def teacher(look_at: Changes, **model: Any) -> Changes:
    config = {key: look_at[key] for key in ("model_type", "sample_rate")}
    return {"training.teacher_model": {**config, "model": {**copy.deepcopy(look_at["model"]), **model}}}


def test_a_teacher_has_the_same_latents_and_weights(look: Look, autoencoder_tree: Changes) -> None:
    weights = {"training.teacher_model_ckpt": "teacher.ckpt"}
    ours = teacher(autoencoder_tree["model"])
    assert said(look(AE, {**ours, **weights})) == []
    assert said(look(AE, ours)) == [("error", "teacher", "training.teacher_model_ckpt")]
    longer = copy.deepcopy(ours)
    inside = longer["training.teacher_model"]["model"]
    inside["downsampling_ratio"] = 512
    for side in ("encoder", "decoder"):
        inside[side]["config"]["strides"] = [4, 4, 4, 8]
    (finding,) = look(AE, {**longer, **weights})
    assert dotted(finding.path) == "training.teacher_model.model.downsampling_ratio"
    assert finding.message == "the teacher has a ratio of 512, but this model a ratio of 256: the first step would fail"


def test_an_average_that_is_a_copy_is_worth_a_note(look: Look) -> None:
    short = {"training.use_ema": True, "max_steps": 20_000}
    assert said(look(AE, short)) == [("note", "ema-copy", "training.use_ema")]
    assert said(look(AE, {**short, "max_steps": 20_001})) == []
    assert said(look(AE, {**short, "max_steps": -1})) == []


def test_a_validation_without_losses_is_worth_a_note(look: Look) -> None:
    held_out = {"dataset_type": "audio_dir", "datasets": [{"id": "held_out", "path": "held_out"}]}
    validated = {"val_every": 10, "val_dataset": held_out}
    assert said(look(AE, validated)) == [("note", "silent-validation", "val_every")]
    assert said(look(AE, {**validated, "training.eval_loss_configs": {"sisdr": {}}})) == []
    assert said(look(AE, {"val_every": -1})) == []


def model_file(tree: Changes) -> Changes:
    """A composed experiment's model and training, as the engine's own model JSON has them."""
    return {**copy.deepcopy(tree["model"]), "training": copy.deepcopy(tree["training"])}


def test_a_low_sample_rate_is_said_about_model_files_only(look: Look, autoencoder_tree: Changes) -> None:
    """A run of ours lets the demo's chirp end below half the sample rate."""
    assert said(look(AE, {"model.sample_rate": 44_000})) == []
    file = model_file(autoencoder_tree)
    assert said(judge_document(file, "model")) == []
    (finding,) = judge_document({**file, "sample_rate": 44_000}, "model")
    assert (finding.severity, finding.rule, finding.path) == ("warning", "chirp-rate", ("sample_rate",))


def test_a_pretransform_without_parameters_is_said_about_model_files_only(look: Look, diffusion_tree: Changes) -> None:
    """A run of ours answers for it when a demo asks for its first parameter."""
    wavelet = {
        "model.model.pretransform": {"type": "wavelet", "config": {"channels": 2, "levels": 3, "wavelet": "bior4.4"}},
        "model.model.io_channels": 16,
    }
    assert said(look(DIT, wavelet)) == []
    file = model_file(diffusion_tree)
    assert "no-parameters" not in {finding.rule for finding in judge_document(file, "model")}
    file["model"]["pretransform"] = wavelet["model.model.pretransform"]
    assert ("warning", "no-parameters", "model.pretransform.type") in said(judge_document(file, "model"))
