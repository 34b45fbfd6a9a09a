"""Ids of conditioners and the lists that name them."""

from __future__ import annotations

from typing import Any

import pytest

from stable_audio_config.report.finding import Finding, dotted
from stable_audio_config.validation.judge import judge
from stable_audio_config.validation.rules.conditioning import RESERVED

Tree = dict[str, Any]


def errors(tree: Tree) -> list[Finding]:
    return [finding for finding in judge(tree)[1] if finding.severity == "error"]


def said(tree: Tree) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.rule, dotted(finding.path)) for finding in judge(tree)[1]]


def parts(tree: Tree) -> tuple[Tree, Tree]:
    """The `conditioning` and `diffusion` sections."""
    return tree["model"]["model"]["conditioning"], tree["model"]["model"]["diffusion"]


CONFIGS, DIFFUSION, DEMOS = "model.model.conditioning.configs", "model.model.diffusion", "training.demo.demo_cond"


def test_the_base_says_nothing(diffusion_tree: Tree) -> None:
    assert said(diffusion_tree) == []


def test_a_typo_in_a_list(diffusion_tree: Tree) -> None:
    parts(diffusion_tree)[1]["global_cond_ids"][1] = "second_total"
    (finding,) = errors(diffusion_tree)
    assert finding.message == "`global_cond_ids` names `second_total`, but no conditioner has this id: the first step would fail"
    assert (finding.path, finding.help) == (
        ("model", "model", "diffusion", "global_cond_ids", 1),
        "did you mean `seconds_total`?",
    )
    assert finding.fix is not None and finding.fix.edits[0].value == "seconds_total"


def test_a_typo_in_a_conditioner_that_lists_and_demos_spell_otherwise(diffusion_tree: Tree) -> None:
    parts(diffusion_tree)[0]["configs"][1]["id"] = "second_start"
    (finding,) = errors(diffusion_tree)
    assert (finding.rule, dotted(finding.path)) == ("unknown-conditioner", f"{CONFIGS}.1.id")
    assert finding.help == "did you mean `seconds_start`?"
    assert [dotted(place.path) for place in finding.related] == [
        f"{DIFFUSION}.cross_attention_cond_ids.1",
        f"{DIFFUSION}.global_cond_ids.0",
    ]


def test_an_id_that_resembles_nothing_is_laid_to_the_only_conditioner_that_is_left(diffusion_tree: Tree) -> None:
    parts(diffusion_tree)[0]["configs"][0]["id"] = "zzz"
    (finding,) = errors(diffusion_tree)
    assert (dotted(finding.path), finding.help) == (f"{CONFIGS}.0.id", "did you mean `kind`?")


def test_an_id_that_resembles_nothing_lists_those_there_are(diffusion_tree: Tree) -> None:
    parts(diffusion_tree)[1]["cross_attention_cond_ids"].append("zzz")
    (finding,) = errors(diffusion_tree)
    assert finding.help == "the conditioners are `kind`, `seconds_start`, `seconds_total`"


def test_an_id_that_stands_twice_explains_the_one_that_is_missing(diffusion_tree: Tree) -> None:
    parts(diffusion_tree)[0]["configs"][0]["id"] = "seconds_total"
    (finding,) = errors(diffusion_tree)
    assert (finding.rule, finding.help) == (
        "unknown-conditioner",
        "two conditioners have the id `seconds_total`: is one of them `kind`?",
    )
    assert f"{CONFIGS}.0.id" in [dotted(place.path) for place in finding.related]


def test_an_unknown_id_among_modular_conditions_is_skipped_by_the_engine(diffusion_tree: Tree) -> None:
    parts(diffusion_tree)[1]["modular_local_cond_configs"] = [{"id": "zzz", "dim": 4}]
    (finding,) = errors(diffusion_tree)
    assert finding.message.endswith(": it is skipped, and its projection never trained")
    assert dotted(finding.path) == f"{DIFFUSION}.modular_local_cond_configs.0.id"


@pytest.mark.parametrize("name", ["inpaint_mask", "inpaint_masked_input"])
def test_inpainting_makes_its_own_conditions(diffusion_tree: Tree, name: str) -> None:
    diffusion_tree["training"]["inpainting"] = {}
    parts(diffusion_tree)[1]["local_add_cond_ids"] = [name]
    parts(diffusion_tree)[1]["config"]["local_add_cond_dim"] = 1 if name == "inpaint_mask" else 16
    assert "unknown-conditioner" not in [rule for _, rule, _ in said(diffusion_tree)]
    assert "local-add-cond-dim" not in [rule for _, rule, _ in said(diffusion_tree)]


def test_no_word_about_ids_while_a_conditioner_has_none(diffusion_tree: Tree) -> None:
    conditioning, diffusion = parts(diffusion_tree)
    del conditioning["configs"][0]["id"]
    diffusion["global_cond_ids"][1] = "zzz"
    assert "unknown-conditioner" not in [rule for _, rule, _ in said(diffusion_tree)]


def test_an_unused_conditioner_with_weights_is_an_error(diffusion_tree: Tree) -> None:
    parts(diffusion_tree)[1]["cross_attention_cond_ids"].remove("kind")
    assert said(diffusion_tree) == [("error", "unused-conditioner", f"{CONFIGS}.0.id")]


@pytest.mark.parametrize(
    ("conditioner", "severity"),
    [
        ({"type": "t5", "config": {"t5_model_name": "t5-base", "output_dim": 768}}, "warning"),
        ({"type": "t5", "config": {"t5_model_name": "t5-base", "output_dim": 768, "project_out": True}}, "error"),
        ({"type": "t5", "config": {"t5_model_name": "t5-base", "output_dim": 768, "padding_mode": "learned"}}, "error"),
        ({"type": "t5", "config": {"t5_model_name": "t5-base", "output_dim": 768, "enable_grad": True}}, "error"),
        ({"type": "t5gemma", "config": {"output_dim": 768, "enable_grad": True}}, "warning"),
        ({"type": "t5", "config": {}}, "error"),
        ({"type": "causal_lm", "config": {}}, "error"),
        (
            {"type": "pretransform", "config": {"output_dim": 16, "sample_rate": 44100, "use_model_pretransform": True}},
            "warning",
        ),
    ],
)
def test_an_unused_conditioner_that_is_frozen_is_a_warning(diffusion_tree: Tree, conditioner: Tree, severity: str) -> None:
    diffusion_tree["training"]["demo"] = None
    parts(diffusion_tree)[0]["configs"].append({"id": "extra", **conditioner})
    assert (severity, "unused-conditioner", f"{CONFIGS}.3.id") in said(diffusion_tree)


def test_two_conditioners_with_one_id(diffusion_tree: Tree) -> None:
    configs = parts(diffusion_tree)[0]["configs"]
    configs.append(dict(configs[0]))
    assert said(diffusion_tree) == [("warning", "duplicate-conditioner", f"{CONFIGS}.0.id")]
    configs[3] = {"id": "kind", "type": "int", "config": {"min_val": 0, "max_val": 9}}
    assert said(diffusion_tree) == [("error", "duplicate-conditioner", f"{CONFIGS}.0.id")]


@pytest.mark.parametrize("name", ["type", "keys", "training", "half"])
def test_ids_that_torch_refuses(diffusion_tree: Tree, name: str) -> None:
    conditioning, diffusion = parts(diffusion_tree)
    assert name in RESERVED
    conditioning["configs"][0]["id"] = name
    conditioning["default_keys"] = {name: "kind"}
    diffusion["cross_attention_cond_ids"][0] = name
    assert said(diffusion_tree) == [("error", "conditioner-id", f"{CONFIGS}.0.id")]


def test_a_conditioner_that_inpainting_overwrites(diffusion_tree: Tree) -> None:
    conditioning, diffusion = parts(diffusion_tree)
    conditioning["configs"].append({"id": "inpaint_mask", "type": "number", "config": {}})
    diffusion |= {"local_add_cond_ids": ["inpaint_mask"]}
    diffusion["config"]["local_add_cond_dim"] = 1
    diffusion_tree["training"] |= {"inpainting": {}, "demo": None}
    assert ("warning", "conditioner-id", f"{CONFIGS}.3.id") in said(diffusion_tree)


def test_finished_tensors_have_no_mask(diffusion_tree: Tree) -> None:
    conditioning, diffusion = parts(diffusion_tree)
    diffusion_tree["training"]["demo"] = None
    conditioning["pre_encoded_keys"] = ["kind"]
    (finding,) = errors(diffusion_tree)
    assert finding.message == (
        "`kind` is a finished tensor without a mask, but `cross_attention_cond_ids` needs one: the first step would fail"
    )
    diffusion["cross_attention_cond_ids"].remove("kind")
    diffusion |= {"input_concat_ids": ["kind"]}
    assert "pre-encoded-keys" not in [rule for _, rule, _ in said(diffusion_tree)]


@pytest.mark.parametrize(("key", "severity"), [("seconds_totl", "error"), ("zzz", "warning")])
def test_keys_that_mean_no_conditioner(diffusion_tree: Tree, key: str, severity: str) -> None:
    conditioning = parts(diffusion_tree)[0]
    conditioning |= {"default_keys": {key: "length"}, "pre_encoded_keys": [key]}
    assert sorted(said(diffusion_tree)) == sorted(
        [
            (severity, "default-keys", f"model.model.conditioning.default_keys.{key}"),
            (severity, "pre-encoded-keys", "model.model.conditioning.pre_encoded_keys.0"),
        ]
    )


def test_a_default_key_that_changes_nothing(diffusion_tree: Tree) -> None:
    conditioning = parts(diffusion_tree)[0]
    conditioning["default_keys"] = {"kind": "kind", "seconds_start": "offset"}
    assert said(diffusion_tree) == [("warning", "default-keys", "model.model.conditioning.default_keys.kind")]


def test_a_misspelt_conditioner_is_not_blamed_on_its_default_key(diffusion_tree: Tree) -> None:
    conditioning = parts(diffusion_tree)[0]
    conditioning["default_keys"] = {"kind": "sort"}
    conditioning["configs"][0]["id"] = "kin"
    assert said(diffusion_tree) == [("error", "unknown-conditioner", f"{CONFIGS}.0.id")]


def test_the_lists_of_a_language_model_are_looked_at_too(diffusion_tree: Tree) -> None:
    model = diffusion_tree["model"]
    conditioning = model["model"]["conditioning"]
    model |= {
        "model_type": "lm",
        "model": {
            "pretransform": model["model"]["pretransform"],
            "conditioning": conditioning,
            "lm": {
                "type": "continuous_transformer",
                "cross_attention_cond_ids": ["kind", "seconds_start", "second_total"],
                "config": {"embed_dim": 64, "depth": 1, "cross_attn_cond_dim": 64, "project_cross_attn_cond": True},
            },
        },
    }
    diffusion_tree["training"] = {"learning_rate": 1e-4, "pre_encoded": True}
    found = said(diffusion_tree)
    assert ("error", "unknown-conditioner", "model.model.lm.cross_attention_cond_ids.2") in found
    assert ("error", "cond-token-dim", "model.model.lm.config.cross_attn_cond_dim") in found


def test_S19_a_key_of_another_clap_conditioner(diffusion_tree: Tree) -> None:  # noqa: N802
    """Threads of the engine's repository: `finetune` belongs to `clap_text`, and `clap_audio` does not take it."""
    conditioning = parts(diffusion_tree)[0]
    settings = {"clap_ckpt_path": "clap.ckpt", "finetune": True}
    conditioning["configs"][0] = {"id": "kind", "type": "clap_audio", "config": settings}
    found = [finding for finding in errors(diffusion_tree) if finding.rule == "unknown-key"]
    assert [dotted(finding.path) for finding in found] == [f"{CONFIGS}.0.config.finetune"]
    assert "`clap_text`" in found[0].message
    conditioning["configs"][0]["type"] = "clap_text"
    assert "unknown-key" not in [rule for _, rule, _ in said(diffusion_tree)]
