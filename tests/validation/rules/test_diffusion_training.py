"""Switches of diffusion training: each rule on a tree that breaks it, and silent on the nearest tree that does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stable_audio_config.report.finding import Finding

Look = Callable[..., list[Finding]]
COND = "model=tiny_diffusion_cond dataset=synthetic"
FILLS = "model=tiny_diffusion_cond_inpaint dataset=synthetic"
LATENT_FILLS = "model=tiny_diffusion_cond_inpaint LATENTS"
DIFFUSION = "model.model.diffusion"


def said(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.rule, ".".join(map(str, finding.path))) for finding in findings]


@pytest.mark.parametrize(("words"), [COND, FILLS, LATENT_FILLS, "model=tiny_diffusion_cond LATENTS"])
def test_the_shipped_small_models_are_right(look: Look, words: str) -> None:
    assert said(look(words)) == []


CASES: dict[str, tuple[str, dict[str, Any], tuple[str, str, str], str]] = {
    "masks are named and not made": (
        FILLS,
        {"training.inpainting": ...},
        ("error", "inpainting", f"{DIFFUSION}.input_concat_ids.0"),
        "`input_concat_ids` names `inpaint_mask`, but there is no `training.inpainting`: the first step would fail",
    ),
    "masks are made and not named": (
        COND,
        {"training.inpainting": {}},
        ("error", "inpainting", "training.inpainting"),
        "`inpainting` makes masks, but no list of the network names `inpaint_mask` or `inpaint_masked_input`: it would be trained "
        "to fill holes that it is not shown",
    ),
    "the mask alone is named": (
        FILLS,
        {f"{DIFFUSION}.input_concat_ids": ["inpaint_mask"], f"{DIFFUSION}.config.input_concat_dim": 1},
        ("warning", "inpainting", f"{DIFFUSION}.input_concat_ids.0"),
        "the network is told where the holes are (`inpaint_mask`), but not what is around them (`inpaint_masked_input`)",
    ),
    "a type whose demos make no masks": (
        FILLS,
        {
            "model.model_type": "diffusion_cond",
            "training.demo": {"num_demos": 1, "demo_cfg_scales": [1], "demo_cond_from_batch": True},
        },
        ("error", "inpainting", "model.model_type"),
        "the demos of `diffusion_cond` make no masks, but `input_concat_ids` names `inpaint_mask`: the first demo would fail",
    ),
    "probabilities that do not add up": (
        FILLS,
        {"training.inpainting.mask_kwargs.mask_type_probabilities": [0.1, 0.8, 0.2]},
        ("error", "mask-probabilities", "training.inpainting.mask_kwargs.mask_type_probabilities"),
        "`mask_type_probabilities` add up to 1.1, not to 1: the first step would fail",
    ),
    "probabilities without a decimal point": (
        FILLS,
        {"training.inpainting.mask_kwargs.mask_type_probabilities": [0, 1, 0]},
        ("error", "mask-probabilities", "training.inpainting.mask_kwargs.mask_type_probabilities"),
        "`mask_type_probabilities` are whole numbers, which the engine cannot compare with 1: the first step would fail",
    ),
    "no weight for any number of spans": (
        FILLS,
        {
            "training.inpainting.mask_kwargs.mask_type_probabilities": [0.1, 0.4, 0.1, 0.4],
            "training.inpainting.mask_kwargs.span_count_weights": [0, 0],
        },
        ("error", "mask-probabilities", "training.inpainting.mask_kwargs.span_count_weights"),
        "every one of `span_count_weights` is 0: the first step would fail",
    ),
    "a share above all": (
        FILLS,
        {
            "training.inpainting.mask_kwargs.mask_type_probabilities": [0.1, 0.4, 0.1, 0.4],
            "training.inpainting.mask_kwargs.mask_ratio_range": [0.2, 1.5],
        },
        ("warning", "out-of-range", "training.inpainting.mask_kwargs.mask_ratio_range"),
        "`mask_ratio_range` [0.2, 1.5] goes beyond 0 and 1, which is none and all of the sound",
    ),
    "a probability above 1": (
        COND,
        {"training.p_one_shot": 2.0},
        ("warning", "out-of-range", "training.p_one_shot"),
        "`p_one_shot` is 2, but a probability is at most 1: every item would be trained on pure noise",
    ),
    "a weight below 0": (
        COND,
        {"training.mask_loss_weight": -0.5},
        ("warning", "out-of-range", "training.mask_loss_weight"),
        "`mask_loss_weight` is -0.5: below 0 it rewards errors in the padding",
    ),
    "a trained pretransform": (
        COND,
        {"model.model.pretransform.enable_grad": True},
        ("warning", "trained-pretransform", "model.model.pretransform.enable_grad"),
        "`enable_grad` trains the encoder of the pretransform together with the network, and its decoder not",
    ),
    "a weight of what is left out": (
        COND,
        {f"{DIFFUSION}.mask_padding_attention": True, "training.mask_loss_weight": 0.5},
        ("warning", "no-effect", "training.mask_loss_weight"),
        "`mask_loss_weight` is 0.5, but `mask_padding_attention` takes padding out of the loss altogether",
    ),
    "lengths for no shift": (
        COND,
        {f"{DIFFUSION}.use_effective_length_for_schedule": True},
        ("warning", "no-effect", f"{DIFFUSION}.use_effective_length_for_schedule"),
        "`use_effective_length_for_schedule` is true, but no distribution shift of the model goes by a length",
    ),
    "a switch in its former place": (
        COND,
        {"training.mask_padding_attention": True},
        ("note", "deprecated", "training.mask_padding_attention"),
        "`mask_padding_attention` in the training section is deprecated: generation does not know about it there",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_found_once(look: Look, case: str) -> None:
    words, changes, what, message = CASES[case]
    findings = look(words, changes)
    assert said(findings) == [what]
    assert findings[0].message == message
    assert findings[0].help


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        (FILLS, {"training.inpainting": {}}),
        (FILLS, {f"{DIFFUSION}.input_concat_ids": ["inpaint_masked_input"], f"{DIFFUSION}.config.input_concat_dim": 16}),
        (FILLS, {"model.model_type": "diffusion_cond"}),
        (FILLS, {"training.inpainting.mask_kwargs.mask_type_probabilities": [0.0, 1.0, 0.0]}),
        (FILLS, {"training.inpainting.mask_kwargs.mask_type_probabilities": [0.3, 0.3, 0.2, 0.2]}),
        (COND, {"training.p_one_shot": 1.0}),
        ("model=tiny_diffusion_cond LATENTS", {"model.model.pretransform.enable_grad": True}),
        (COND, {"training.mask_loss_weight": 0.5}),
        (
            COND,
            {
                f"{DIFFUSION}.use_effective_length_for_schedule": True,
                f"{DIFFUSION}.sampling_distribution_shift_options": {"type": "full"},
            },
        ),
    ],
)
def test_the_nearest_right_trees_get_nothing(look: Look, words: str, changes: dict[str, Any]) -> None:
    assert said(look(words, changes)) == []


def test_a_shift_that_knows_no_length_makes_no_use_of_it(look: Look) -> None:
    switch = {f"{DIFFUSION}.use_effective_length_for_schedule": True}
    for shift in ({"type": "none"}, {"type": "logsnr", "rate": 0}):
        found = look(COND, {**switch, f"{DIFFUSION}.distribution_shift_options": shift})
        assert ("warning", "no-effect", f"{DIFFUSION}.use_effective_length_for_schedule") in said(found)
    assert said(look(COND, {**switch, f"{DIFFUSION}.distribution_shift_options": {"type": "logsnr"}})) == []


def test_a_conditioner_may_give_what_inpainting_would(look: Look) -> None:
    conditioner = {
        "id": "inpaint_mask",
        "type": "pretransform",
        "config": {"sample_rate": 44100, "use_model_pretransform": True, "output_dim": 16},
    }
    changes = {"model.model.conditioning.configs.0": conditioner, f"{DIFFUSION}.cross_attention_cond_ids": ["seconds_start"]}
    assert "inpainting" not in {
        finding.rule for finding in look(COND, {**changes, f"{DIFFUSION}.input_concat_ids": ["inpaint_mask"]})
    }


LORA = {"training.lora_config": {"rank": 2}, "pretrained_ckpt_path": "model.ckpt"}


@pytest.mark.parametrize(
    ("run", "where"),
    [
        ({"precision": "32-true"}, "the run computes in `32-true`"),
        ({"precision": "16-mixed", "accelerator": "cpu"}, "on a CPU `16-mixed` computes in 32 bits"),
    ],
)
def test_cast_weights_need_mixed_precision(look: Look, run: dict[str, Any], where: str) -> None:
    (finding,) = look(COND, {**LORA, "training.base_precision": "bf16", **run})
    assert (finding.severity, finding.rule, finding.path) == ("error", "base-precision", ("training", "base_precision"))
    assert finding.message == f"`base_precision` is `bf16`, but {where}: the first step would fail"
    assert look(COND, {**LORA, "training.base_precision": "bf16", "precision": "bf16-mixed"}) == []
    assert look(COND, {**LORA, **run}) == []


def test_the_cure_moves_a_deprecated_switch_into_the_model(look: Look) -> None:
    shift = {f"{DIFFUSION}.distribution_shift_options": {"type": "full"}}
    (finding,) = look(COND, {"training.use_effective_length_for_schedule": True, **shift})
    assert finding.fix is not None
    assert [(edit.op, ".".join(map(str, edit.path)), edit.value) for edit in finding.fix.edits] == [
        ("remove", "training.use_effective_length_for_schedule", None),
        ("set", "model.model.diffusion.use_effective_length_for_schedule", True),
    ]
