"""ARC: players, backbones, teachers, heads and the warm-up, each on a tree that breaks it and on the nearest that does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stable_audio_config.report.finding import Finding

Look = Callable[..., list[Finding]]
WORDS = "model=tiny_diffusion_cond dataset=synthetic max_steps=100"
ADAM = {"optimizer": {"type": "Adam", "config": {"lr": 1e-3}}}
HEAD = {"type": "dilated_conv", "dit_hidden_layer": 3, "config": {"hidden_dim": 16}}
BASE = {
    "model.model.diffusion.diffusion_objective": "rectified_flow",
    "training.arc": {"use_model_as_discriminator": True, "discriminator": HEAD},
    "training.optimizer_configs": {"diffusion": dict(ADAM), "discriminator": dict(ADAM)},
    "training.demo": None,
}
ARC = "training.arc"
CONFIG = "model.model.diffusion.config"


def said(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.rule, ".".join(map(str, finding.path))) for finding in findings]


def head(kind: str, layer: Any = 3, combine: str = "concat", **config: Any) -> dict[str, Any]:
    section = {"type": kind, "dit_hidden_layer": layer, "layer_combine_mode": combine, "config": config}
    return {f"{ARC}.discriminator": section}


def test_a_plain_arc_is_right(look: Look) -> None:
    assert said(look(WORDS, BASE)) == []


CASES: dict[str, tuple[dict[str, Any], tuple[str, str, str], str]] = {
    "nobody judges": (
        {f"{ARC}.discriminator": ..., f"{ARC}.use_model_as_discriminator": ..., "training.optimizer_configs.discriminator": ...},
        ("error", "arc-players", ARC),
        "`arc` has neither `discriminator` nor `clap_config`: nothing would judge the generator, and the first step would fail",
    ),
    "no backbone": (
        {f"{ARC}.use_model_as_discriminator": False},
        ("error", "arc-backbone", f"{ARC}.discriminator"),
        "the discriminator has no backbone: no wrapper could be built",
    ),
    "a teacher without weights": (
        {f"{ARC}.use_model_as_teacher": True, f"{ARC}.ode_warmup": {"warmup_steps": 10}},
        ("error", "arc-teacher", f"{ARC}.use_model_as_teacher"),
        "`use_model_as_teacher` names a teacher, but there is no `teacher_model_ckpt`: no wrapper could be built",
    ),
    "a discriminator without weights as the teacher": (
        {f"{ARC}.reuse_discriminator_as_teacher": True, f"{ARC}.ode_warmup": {"warmup_steps": 10}},
        ("error", "arc-teacher", f"{ARC}.reuse_discriminator_as_teacher"),
        "`reuse_discriminator_as_teacher` needs `discriminator_base_ckpt`: no wrapper could be built",
    ),
    "a generator that never learns": (
        {f"{ARC}.disc_update_interval": 1},
        ("error", "update-interval", f"{ARC}.disc_update_interval"),
        "`disc_update_interval` is 1: every step would train the discriminator, and none the generator",
    ),
    "one network that only judges": (
        {f"{ARC}.disc_update_interval": 1, f"{ARC}.use_model_as_discriminator": ..., f"{ARC}.model_self_discriminator": True},
        ("warning", "update-interval", f"{ARC}.disc_update_interval"),
        "`disc_update_interval` is 1: every step would train the discriminator, and none the generator",
    ),
    "another objective": (
        {"model.model.diffusion.diffusion_objective": "v"},
        ("warning", "objective", "model.model.diffusion.diffusion_objective"),
        "`diffusion_objective` is `v`, but ARC trains every model as a rectified flow",
    ),
    "a sampler of another objective": (
        {
            f"{ARC}.use_model_as_teacher": True,
            f"{ARC}.teacher_model_ckpt": "teacher.ckpt",
            f"{ARC}.ode_warmup": {"warmup_steps": 10, "sampler": "dpmpp-2m-sde"},
        },
        ("error", "ode-warmup", f"{ARC}.ode_warmup.sampler"),
        "`dpmpp-2m-sde` cannot sample a `rectified_flow` model: the first step would fail",
    ),
    "nothing but warm-up": (
        {f"{ARC}.ode_warmup": {"warmup_steps": 100}},
        ("warning", "ode-warmup", f"{ARC}.ode_warmup.warmup_steps"),
        "the warm-up takes 100 steps, and the run ends after 100: ARC itself would never begin",
    ),
    "a teacher without a warm-up": (
        {f"{ARC}.use_model_as_teacher": True, f"{ARC}.teacher_model_ckpt": "teacher.ckpt"},
        ("warning", "no-effect", f"{ARC}.use_model_as_teacher"),
        "`use_model_as_teacher` names a teacher, but only the warm-up follows it, and there is none",
    ),
    "settings of no teacher": (
        {f"{ARC}.ode_warmup": {"warmup_steps": 10, "cfg": 2.0}},
        ("warning", "no-effect", f"{ARC}.ode_warmup.cfg"),
        "`cfg` is 2.0, but there is no teacher to sample",
    ),
    "no optimizers": (
        {"training.optimizer_configs": ..., "training.learning_rate": 0.001},
        ("error", "missing-key", "training.optimizer_configs"),
        "`optimizer_configs` is missing: ARC needs it, and does not read `learning_rate`",
    ),
    "one optimizer": (
        {"training.optimizer_configs.discriminator": ...},
        ("error", "missing-key", "training.optimizer_configs.discriminator"),
        "the group `discriminator` is missing, but there is a discriminator: training would fail when it starts",
    ),
    "one scheduler": (
        {"training.optimizer_configs.diffusion.scheduler": {"type": "InverseLR", "config": {}}},
        ("error", "scheduler", "training.optimizer_configs.diffusion.scheduler"),
        "the scheduler of `diffusion` would not be used, because `discriminator` has none",
    ),
    "a layer that is not there": (
        {f"{ARC}.discriminator.dit_hidden_layer": [1, 4]},
        ("error", "discriminator-layer", f"{ARC}.discriminator.dit_hidden_layer"),
        "`dit_hidden_layer` is 4, but the backbone has 4 layers, 0 to 3: the first step of ARC proper would fail",
    ),
    "too few strides": (
        head("convnext", channels=8, strides=[2], c_mults=[1, 2]),
        ("error", "discriminator-head", f"{ARC}.discriminator.config.strides"),
        "`strides` has 1 entries, but `c_mults` has 2: no wrapper could be built",
    ),
    "an even kernel": (
        head("convnext", channels=8, strides=[2, 2], c_mults=[1, 2], conv_args={"kernel_size": 4}),
        ("error", "discriminator-head", f"{ARC}.discriminator.config.conv_args.kernel_size"),
        "`kernel_size` is 4, but an even kernel changes the length: the first step would fail",
    ),
    "a head that cannot start afresh": (
        {**head("convnext", channels=8, strides=[2, 2], c_mults=[1, 2]), f"{ARC}.discriminator.reset_every": 50},
        ("error", "discriminator-head", f"{ARC}.discriminator.reset_every"),
        "`reset_every` is 50, but a `convnext` head cannot be reset: training would fail at that step",
    ),
    "heads that do not divide": (
        head("transformer", hidden_dim=64, dim_heads=48),
        ("error", "discriminator-head", f"{ARC}.discriminator.config.dim_heads"),
        "`dim_heads` 48 does not divide `hidden_dim` 64: the first step of ARC proper would fail",
    ),
    "heads too small to turn": (
        head("transformer", hidden_dim=15, dim_heads=5),
        ("error", "discriminator-head", f"{ARC}.discriminator.config.dim_heads"),
        "heads 5 wide are what the rotary position embedding cannot do: no wrapper could be built",
    ),
    "a stride without a window": (
        head("multi_scale", heads=[{"stride": 3}]),
        ("error", "discriminator-head", f"{ARC}.discriminator.config.heads.0.stride"),
        "`stride` 3 does not divide the 128 frames that a head without `sliding_window` works on: no wrapper could be built",
    ),
    "hidden states of an odd width": (
        {**head("conv"), f"{CONFIG}.embed_dim": 144, f"{CONFIG}.num_heads": 4},
        ("error", "discriminator-head", f"{ARC}.discriminator.config.hidden_dim"),
        "the hidden states are 144 wide, but a `conv` head needs a multiple of 32: no wrapper could be built",
    ),
    "too few frames": (
        head("convnext", channels=8),
        ("error", "discriminator-length", f"{ARC}.discriminator.type"),
        "the `convnext` head needs 512 frames, but gets 129: the first step of ARC proper would fail",
    ),
    "matched features under a mask": (
        {f"{ARC}.discriminator.feature_matching_weight": 1.0, "model.model.diffusion.mask_padding_attention": True},
        ("error", "discriminator-length", f"{ARC}.discriminator.feature_matching_weight"),
        "`feature_matching_weight` needs hidden states as long as the latents under `mask_padding_attention`, but the backbone "
        "puts 1 token before them: the first step of ARC proper would fail",
    ),
    "a prompt that is not there": (
        {f"{ARC}.discriminator.contrastive": True, "dataset.datasets.0.custom_metadata_module": ...},
        ("error", "prompt", "dataset.datasets.0"),
        "`contrastive` swaps the texts of sounds, but these sounds have no `prompt`: the first step would fail",
    ),
    "nothing to swap": (
        {f"{ARC}.discriminator.contrastive": True, "batch_size": 1},
        ("warning", "no-effect", f"{ARC}.discriminator.contrastive"),
        "`contrastive` is true, but a batch of 1 has nothing to swap",
    ),
    "a validation that there is not": (
        {"val_every": 10, "val_dataset": {"dataset_type": "audio_dir", "datasets": [{"id": "a", "path": "sounds"}]}},
        ("warning", "validation", "val_every"),
        "`val_every` is 10, but the engine has no validation for ARC: it would be left out",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_found_once(look: Look, case: str) -> None:
    changes, what, message = CASES[case]
    missing = {"missing-metadata"}  # Of conditioners, where the example takes the metadata away.
    findings = [finding for finding in look(WORDS, {**BASE, **changes}) if finding.rule not in missing]
    assert said(findings) == [what]
    assert findings[0].message == message
    assert findings[0].help


@pytest.mark.parametrize(
    "changes",
    [
        {f"{ARC}.discriminator.dit_hidden_layer": [-4, 3]},
        head("convnext", channels=8, strides=[2, 4, 4, 4]),
        head("conv"),
        head("conv", [0, 1], "stack"),
        head("transformer", hidden_dim=40, dim_heads=64, sliding_window=None),
        head("multi_scale", heads=[{"stride": 4}, {"stride": 3, "sliding_window": [2, 2]}]),
        head("multi_scale", sliding_window=[2, 2], heads=[{"stride": 3}]),
        {**head("convnext", channels=8, strides=[2, 2], c_mults=[1, 2]), f"{ARC}.discriminator.reset_every": 100},
        {
            f"{ARC}.discriminator.feature_matching_weight": 1.0,
            "model.model.diffusion.mask_padding_attention": True,
            f"{CONFIG}.global_cond_type": "adaLN",
        },
        {f"{ARC}.disc_update_interval": 3},
        {f"{ARC}.ode_warmup": {"warmup_steps": 10}},
        {
            f"{ARC}.use_model_as_teacher": True,
            f"{ARC}.teacher_model_ckpt": "teacher.ckpt",
            f"{ARC}.ode_warmup": {"warmup_steps": 10, "sampler": "euler", "cfg": 2.0},
        },
        {f"{ARC}.discriminator.contrastive": True},
    ],
)
def test_the_nearest_right_trees_get_nothing(look: Look, changes: dict[str, Any]) -> None:
    assert said(look(WORDS, {**BASE, **changes})) == []


def test_a_conv_head_needs_64_frames(look: Look) -> None:
    for frames, right in ((63, True), (62, False)):  # One more stands before them.
        changes = {**head("conv"), "model.sample_size": 256 * frames}
        assert ("discriminator-length" not in {finding.rule for finding in look(WORDS, {**BASE, **changes})}) is right


def test_latents_of_files_say_how_long_they_are(look: Look) -> None:
    words = "model=tiny_diffusion_cond LATENTS max_steps=100"
    cut = {**BASE, **head("conv"), "dataset.latent_crop_length": 32}
    assert "discriminator-length" in {finding.rule for finding in look(words, cut)}
    assert "discriminator-length" not in {finding.rule for finding in look(words, {**cut, "dataset.latent_crop_length": None})}


CLAP = {
    "use_model_pretransform": True,
    "ckpt_path": "clap.ckpt",
    "model": {
        "joint_embed_dim": 256,
        "audio": {"model": {"type": "transformer", "config": {"embed_dim": 128, "depth": 1, "dim_heads": 32, "dim_in": 16}}},
        "text": {"model": {"type": "roberta", "config": {"name": "roberta-base"}}},
    },
}
AUDIO = f"{ARC}.clap_config.model.audio.model.config"


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({}, []),
        ({f"{AUDIO}.dim_in": 8}, [("error", "clap-width", f"{AUDIO}.dim_in")]),
        ({f"{AUDIO}.dim_in": None}, [("error", "clap-width", f"{AUDIO}.dim_in")]),
        ({f"{AUDIO}.dim_out": 64}, [("error", "clap-width", f"{AUDIO}.dim_out")]),
        ({f"{ARC}.clap_config.ckpt_path": None}, [("warning", "arc-clap", f"{ARC}.clap_config")]),
        ({f"{ARC}.clap_loss_type": "audio_contrastive"}, []),
        (
            {f"{ARC}.clap_loss_type": "audio_contrastive", f"{ARC}.clap_config.model.joint_embed_dim": 192},
            [("error", "contrastive-loss", f"{ARC}.clap_config.model.joint_embed_dim")],
        ),
        (
            {f"{ARC}.clap_loss_type": "audio_contrastive", "accelerator": "cpu", "precision": "32-true"},
            [("error", "contrastive-loss", f"{ARC}.clap_loss_type")],
        ),
        (
            {
                f"{AUDIO}.embed_type": "avg_pool",
                f"{AUDIO}.num_memory_tokens": 2,
                "model.model.diffusion.mask_padding_attention": True,
            },
            [("error", "clap-pooling", f"{AUDIO}.num_memory_tokens")],
        ),
    ],
)
def test_the_ear_of_arc(look: Look, changes: dict[str, Any], what: list[tuple[str, str, str]]) -> None:
    assert said(look(WORDS, {**BASE, f"{ARC}.clap_config": CLAP, **changes})) == what


def test_clap_alone_may_judge(look: Look) -> None:
    alone = {f"{ARC}.discriminator": ..., f"{ARC}.use_model_as_discriminator": ..., "training.optimizer_configs.discriminator": ...}
    assert said(look(WORDS, {**BASE, f"{ARC}.clap_config": CLAP, **alone})) == []


def test_a_demo_of_the_teacher_is_never_made(look: Look) -> None:
    teacher = {
        f"{ARC}.use_model_as_teacher": True,
        f"{ARC}.teacher_model_ckpt": "teacher.ckpt",
        f"{ARC}.ode_warmup": {"warmup_steps": 10},
        "training.demo": {"num_demos": 1, "demo_cfg_scales": [1], "demo_cond_from_batch": True},
    }
    (finding,) = look(WORDS, {**BASE, **teacher})
    assert said([finding]) == [("note", "no-demos", "training.demo")]
