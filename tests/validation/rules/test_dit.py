"""The diffusion transformer: heads, patches, timesteps, masks and guidance."""

from __future__ import annotations

from typing import Any

import pytest

from stable_audio_config.report.finding import Finding, dotted
from stable_audio_config.validation.judge import judge

Tree = dict[str, Any]
CONFIG, DIFFUSION = "model.model.diffusion.config", "model.model.diffusion"


def said(tree: Tree) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.rule, dotted(finding.path)) for finding in judge(tree)[1]]


def of(tree: Tree, rule: str) -> list[Finding]:
    return [finding for finding in judge(tree)[1] if finding.rule == rule]


def diffusion(tree: Tree) -> Tree:
    part: Tree = tree["model"]["model"]["diffusion"]
    return part


def config(tree: Tree) -> Tree:
    part: Tree = diffusion(tree)["config"]
    return part


@pytest.mark.parametrize(
    ("changes", "severity", "words"),
    [
        ({"num_heads": 1}, None, ""),
        ({"num_heads": 4}, None, ""),
        ({"num_heads": 8}, "error", "heads of 16, but the rotary position embedding needs 32"),
        ({"num_heads": 8, "rotary_pos_emb": False}, None, ""),
        ({"num_heads": 3}, "error", "heads of 42 leave 2 over"),
        ({"num_heads": 3, "rotary_pos_emb": False}, "error", "heads of 42 leave 2 over"),
        ({"num_heads": 129}, "error", "the model cannot be built"),
        ({"num_heads": 48, "rotary_pos_emb": False}, "warning", "heads of 2 make 64"),
        ({"num_heads": 3, "depth": 0}, None, ""),
    ],
)
def test_heads_divide_the_width(diffusion_tree: Tree, changes: Tree, severity: str | None, words: str) -> None:
    config(diffusion_tree).update(changes)
    found = of(diffusion_tree, "attention-heads")
    assert [finding.severity for finding in found] == ([severity] if severity else [])
    assert not found or words in found[0].message


def test_the_nearest_number_of_heads_that_works(diffusion_tree: Tree) -> None:
    config(diffusion_tree)["num_heads"] = 9
    (finding,) = of(diffusion_tree, "attention-heads")
    assert finding.help == "set it to 4"
    config(diffusion_tree).update({"embed_dim": 24, "num_heads": 1})
    (finding,) = of(diffusion_tree, "attention-heads")
    assert (finding.help, finding.fix) == ("choose an embed_dim of at least 32", None)


@pytest.mark.parametrize("place", ["model", "training"])
def test_masked_padding_works_frame_by_frame(diffusion_tree: Tree, place: str) -> None:
    (diffusion(diffusion_tree) if place == "model" else diffusion_tree["training"])["mask_padding_attention"] = True
    assert of(diffusion_tree, "patch-size") == []
    config(diffusion_tree)["patch_size"] = 2
    (finding,) = of(diffusion_tree, "patch-size")
    assert (finding.severity, dotted(finding.path)) == ("error", f"{CONFIG}.patch_size")


@pytest.mark.parametrize(("patch", "part"), [(2, "last half"), (4, "last 4th")])
def test_local_conditions_work_frame_by_frame(diffusion_tree: Tree, patch: int, part: str) -> None:
    diffusion_tree["training"] |= {"inpainting": {}, "demo": None}
    diffusion(diffusion_tree)["local_add_cond_ids"] = ["inpaint_mask"]
    config(diffusion_tree).update({"local_add_cond_dim": 1, "patch_size": patch})
    (finding,) = of(diffusion_tree, "patch-size")
    assert (finding.severity, part in finding.message) == ("warning", True)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"timestep_cond_type": "input_concat", "timestep_embed_dim": 8}, None),
        ({"timestep_cond_type": "input_concat"}, ("error", "timestep_embed_dim")),
        ({"timestep_cond_type": "input_concat", "timestep_embed_dim": 0}, ("warning", "timestep_embed_dim")),
        ({"timestep_features_dim": 0}, ("warning", "timestep_features_dim")),
    ],
)
def test_the_network_is_told_the_timestep(diffusion_tree: Tree, changes: Tree, problem: tuple[str, str] | None) -> None:
    config(diffusion_tree).update(changes)
    found = [(finding.severity, dotted(finding.path)) for finding in of(diffusion_tree, "timestep-width")]
    assert found == ([(problem[0], f"{CONFIG}.{problem[1]}")] if problem else [])


def test_tokens_that_are_not_projected_fit_the_heads(diffusion_tree: Tree) -> None:
    config(diffusion_tree)["project_cond_tokens"] = False
    assert said(diffusion_tree) == [], "128 is 4 heads of 32 on both sides"
    config(diffusion_tree).update({"embed_dim": 192, "num_heads": 3})
    (finding,) = of(diffusion_tree, "project-cond-tokens")
    assert "the 3 heads of the network are no multiple of the 2" in finding.message
    config(diffusion_tree).update({"embed_dim": 96, "num_heads": 1})
    (finding,) = of(diffusion_tree, "project-cond-tokens")
    assert "heads of 96" in finding.message
    config(diffusion_tree).update({"project_cond_tokens": True})
    assert said(diffusion_tree) == []


def test_a_wrong_token_width_is_not_blamed_on_the_projection(diffusion_tree: Tree) -> None:
    config(diffusion_tree).update({"project_cond_tokens": False, "cond_token_dim": 24})
    assert said(diffusion_tree) == [("error", "cond-token-dim", f"{CONFIG}.cond_token_dim")]


def test_a_global_condition_that_is_not_projected(diffusion_tree: Tree) -> None:
    config(diffusion_tree)["project_global_cond"] = False
    assert said(diffusion_tree) == [("error", "project-global-cond", f"{CONFIG}.project_global_cond")]
    diffusion(diffusion_tree)["global_cond_ids"].pop()
    config(diffusion_tree)["global_cond_dim"] = 128
    assert said(diffusion_tree) == []


def test_something_to_scale_by(diffusion_tree: Tree) -> None:
    config(diffusion_tree).update({"global_cond_type": "adaLN", "timestep_cond_type": "input_concat", "timestep_embed_dim": 8})
    assert said(diffusion_tree) == []
    diffusion(diffusion_tree)["global_cond_ids"] = []
    config(diffusion_tree)["global_cond_dim"] = 0
    assert said(diffusion_tree) == [("warning", "global-cond-type", f"{CONFIG}.global_cond_type")]
    config(diffusion_tree)["timestep_cond_type"] = "global"
    assert of(diffusion_tree, "global-cond-type") == []


def test_guidance_needs_something_to_hide(diffusion_tree: Tree) -> None:
    diffusion(diffusion_tree).update(
        {"cross_attention_cond_ids": [], "global_cond_ids": ["kind", "seconds_start", "seconds_total"]}
    )
    config(diffusion_tree).update({"cond_token_dim": 0, "global_cond_dim": 384})
    diffusion_tree["training"]["cfg_dropout_prob"] = 0.2
    assert said(diffusion_tree) == [
        ("warning", "guidance", "training.cfg_dropout_prob"),
        ("warning", "guidance", "training.demo.demo_cfg_scales"),
    ]
    diffusion_tree["training"] |= {"cfg_dropout_prob": 0.1}
    diffusion_tree["training"]["demo"]["demo_cfg_scales"] = [1]
    assert said(diffusion_tree) == []


@pytest.mark.parametrize(("mode", "count"), [(None, 0), ("zero", 0), ("learned", 0), ("none", 1)])
def test_padding_among_the_words(diffusion_tree: Tree, mode: str | None, count: int) -> None:
    settings = {"t5_model_name": "t5-small"} if mode is None else {"t5_model_name": "t5-small", "padding_mode": mode}
    diffusion_tree["model"]["model"]["conditioning"]["configs"].append({"id": "prompt", "type": "t5", "config": settings})
    diffusion(diffusion_tree)["cross_attention_cond_ids"].append("prompt")
    diffusion_tree["training"]["demo"] = None
    assert [finding.severity for finding in of(diffusion_tree, "padding-mode")] == ["note"] * count


def test_a_teacher_is_looked_at_too(diffusion_tree: Tree) -> None:
    teacher = dict(diffusion_tree["model"])
    network = {**diffusion(diffusion_tree), "config": {**config(diffusion_tree), "num_heads": 5, "cond_token_dim": 64}}
    teacher["model"] = {**teacher["model"], "diffusion": network}
    diffusion_tree["training"]["arc"] = {"teacher_model": teacher}
    found = [
        (rule, path) for _, rule, path in said(diffusion_tree) if path.startswith("training.arc.teacher_model.model.diffusion")
    ]
    place = "training.arc.teacher_model.model.diffusion.config"
    assert sorted(found) == [("attention-heads", f"{place}.num_heads"), ("cond-token-dim", f"{place}.cond_token_dim")]
