"""Widths and shapes: what conditioners give against what the lists and the network take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stable_audio_config.report.finding import Finding, dotted
from stable_audio_config.validation.judge import judge

Tree = dict[str, Any]
CONFIG, DIFFUSION = "model.model.diffusion.config", "model.model.diffusion"
MELODY = {
    "id": "melody",
    "type": "pretransform",
    "config": {"output_dim": 16, "sample_rate": 44100, "use_model_pretransform": True},
}
STEMS = {
    "id": "stems",
    "type": "source_mix",
    "config": {"output_dim": 6, "sample_rate": 44100, "use_model_pretransform": True, "source_keys": ["drums"]},
}
PROMPT = {"id": "prompt", "type": "t5", "config": {"t5_model_name": "t5-small", "max_length": 16}}


def findings(tree: Tree) -> list[Finding]:
    return judge(tree)[1]


def said(tree: Tree) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.rule, dotted(finding.path)) for finding in findings(tree)]


@pytest.fixture
def tree(diffusion_tree: Tree) -> Tree:
    diffusion_tree["training"]["demo"] = None  # Sounds for demos cannot stand in a config.
    return diffusion_tree


def conditioning(tree: Tree) -> Tree:
    part: Tree = tree["model"]["model"]["conditioning"]
    return part


def diffusion(tree: Tree) -> Tree:
    part: Tree = tree["model"]["model"]["diffusion"]
    return part


def config(tree: Tree) -> Tree:
    part: Tree = diffusion(tree)["config"]
    return part


def with_melody(tree: Tree, **lists: Any) -> Tree:
    conditioning(tree)["configs"] += [dict(MELODY), dict(STEMS)]
    diffusion(tree).update(lists)
    return tree


def test_S13_several_global_conditioners_and_the_width_of_one(tree: Tree) -> None:  # noqa: N802
    """Thread 40 of the engine's repository: two conditioners of 128 are 256 wide together."""
    config(tree)["global_cond_dim"] = 128
    (finding,) = findings(tree)
    assert finding.message == (
        "`global_cond_dim` is 128, but the 2 conditioners in `global_cond_ids` are 256 wide together (128 + 128): "
        "the first step would fail"
    )
    assert finding.fix is not None and finding.fix.edits[0].value == 256
    assert "cond_dim: 128" in [place.message for place in finding.related]


def test_cond_dim_is_blamed_where_two_widths_agree_against_it(tree: Tree) -> None:
    conditioning(tree)["cond_dim"] = 64
    (finding,) = findings(tree)
    assert finding.message == "`cond_dim` is 64, but `cond_token_dim` and `global_cond_dim` want 128: the first step would fail"
    config(tree)["cond_token_dim"] = 64
    assert said(tree) == [("error", "global-cond-dim", f"{CONFIG}.global_cond_dim")]


@pytest.mark.parametrize(("width", "help"), [(64, "set it to 128"), (0, "set it to 128")])
def test_a_token_width_that_fits_no_conditioner(tree: Tree, width: int, help: str) -> None:
    config(tree)["cond_token_dim"] = width
    (finding,) = findings(tree)
    assert (finding.rule, dotted(finding.path), finding.help) == ("cond-token-dim", f"{CONFIG}.cond_token_dim", help)
    assert ("no place" in finding.message) == (width == 0)


def test_one_conditioner_that_differs_from_the_others(tree: Tree) -> None:
    conditioning(tree)["configs"][0]["config"]["output_dim"] = 64
    (finding,) = findings(tree)
    assert dotted(finding.path) == "model.model.conditioning.configs.0.config.output_dim"
    assert finding.message == (
        "`kind` is 64 wide, but `cond_token_dim`, like the rest of `cross_attention_cond_ids`, is 128: the first step would fail"
    )


def test_a_conditioner_that_fits_another_list_is_in_the_wrong_one(tree: Tree) -> None:
    mood = {"id": "mood", "type": "list", "config": {"options": ["a"], "output_dim": 24}}
    conditioning(tree)["configs"].append(mood)
    diffusion(tree)["global_cond_ids"].append("mood")
    config(tree)["global_cond_dim"] = 280
    assert said(tree) == []
    diffusion(tree)["cross_attention_cond_ids"].append("mood")
    assert said(tree) == [("error", "cond-token-dim", f"{DIFFUSION}.cross_attention_cond_ids.3")]


def test_an_id_missing_from_a_list_is_one_mistake(tree: Tree) -> None:
    conditioning(tree)["configs"].append({"id": "mood", "type": "list", "config": {"options": ["a"], "output_dim": 24}})
    config(tree)["global_cond_dim"] = 280
    (finding,) = findings(tree)
    assert (finding.rule, dotted(finding.path), finding.help) == (
        "global-cond-dim",
        f"{DIFFUSION}.global_cond_ids",
        "add `mood`, which is missing there",
    )
    diffusion(tree)["global_cond_ids"].append("kind")
    (finding,) = findings(tree)
    assert (dotted(finding.path), finding.help) == (
        f"{DIFFUSION}.global_cond_ids.2",
        "was `mood` meant in the place of `kind`?",
    )


def test_an_id_that_stands_in_a_list_twice(tree: Tree) -> None:
    diffusion(tree)["global_cond_ids"].append("seconds_total")
    (finding,) = findings(tree)
    assert (dotted(finding.path), finding.help) == (f"{DIFFUSION}.global_cond_ids.2", "name `seconds_total` only once")


@pytest.mark.parametrize(
    ("ids", "width", "rule"),
    [
        ("prepend_cond_ids", "prepend_cond_dim", "prepend-cond-dim"),
        ("cross_attention_cond_ids", "cond_token_dim", "cond-token-dim"),
    ],
)
def test_a_width_without_ids(tree: Tree, ids: str, width: str, rule: str) -> None:
    diffusion(tree)[ids] = []
    config(tree)[width] = 128
    (finding,) = findings(tree)
    lost = ids == "cross_attention_cond_ids"  # `kind` stands in no other list.
    assert (finding.rule, finding.severity) == (rule, "error" if lost else "warning")
    assert finding.message.endswith("`kind` never reaches the network" if lost else "nothing trains these weights")


def test_ids_of_prepended_tokens_and_their_width(tree: Tree) -> None:
    diffusion(tree)["prepend_cond_ids"] = ["kind"]
    assert said(tree) == [("error", "prepend-cond-dim", f"{CONFIG}.prepend_cond_dim")]
    config(tree)["prepend_cond_dim"] = 128
    assert said(tree) == []


def test_channels_beside_the_input(tree: Tree) -> None:
    with_melody(tree, input_concat_ids=["melody", "stems"])
    assert said(tree) == [("error", "input-concat-dim", f"{CONFIG}.input_concat_dim")]
    config(tree)["input_concat_dim"] = 22
    assert said(tree) == []
    diffusion(tree)["input_concat_ids"] = []
    diffusion(tree)["local_add_cond_ids"] = ["melody", "stems"]
    config(tree)["local_add_cond_dim"] = 22
    assert said(tree) == [("error", "input-concat-dim", f"{CONFIG}.input_concat_dim")]


@pytest.mark.parametrize(("ids", "severity"), [(["melody", "stems"], "error"), (["melody"], "warning")])
def test_local_conditions_without_a_width_are_ignored(tree: Tree, ids: list[str], severity: str) -> None:
    with_melody(tree, local_add_cond_ids=ids)
    if "stems" not in ids:
        conditioning(tree)["configs"].pop()
    (finding,) = findings(tree)
    assert (finding.severity, finding.rule, dotted(finding.path)) == (
        severity,
        "local-add-cond-dim",
        f"{DIFFUSION}.local_add_cond_ids",
    )
    assert finding.fix is not None and finding.fix.edits[0].value == (22 if len(ids) == 2 else 16)


def test_inpainting_beside_the_input(tree: Tree) -> None:
    tree["training"]["inpainting"] = {}
    diffusion(tree)["input_concat_ids"] = ["inpaint_mask", "inpaint_masked_input"]
    config(tree)["input_concat_dim"] = 17
    assert "input-concat-dim" not in [rule for _, rule, _ in said(tree)]
    diffusion(tree)["input_concat_ids"].pop()
    (finding,) = [finding for finding in findings(tree) if finding.rule == "input-concat-dim"]
    assert finding.help == "add `inpaint_masked_input`, which is missing there"


def test_modular_conditions_and_their_channels(tree: Tree) -> None:
    with_melody(tree, modular_local_cond_configs=[{"id": "melody", "dim": 16}, {"id": "stems", "dim": 16}])
    assert said(tree) == [("error", "modular-local-cond", f"{DIFFUSION}.modular_local_cond_configs.1.dim")]
    diffusion(tree)["modular_local_cond_configs"][1]["dim"] = 6
    assert said(tree) == [("note", "cannot-generate", f"{DIFFUSION}.modular_local_cond_configs")]
    diffusion(tree)["modular_local_cond_configs"].append({"id": "stems", "dim": 6})
    assert ("warning", "modular-local-cond", f"{DIFFUSION}.modular_local_cond_configs.1.id") in said(tree)


SHAPES: list[tuple[str, str, str, str]] = [
    ("global_cond_ids", "prompt", "error", "gives a sequence of 16 tokens"),
    ("global_cond_ids", "melody", "error", "gives a signal"),
    ("cross_attention_cond_ids", "melody", "error", "takes tokens"),
    ("prepend_cond_ids", "stems", "error", "takes tokens"),
    ("input_concat_ids", "kind", "error", "gives a token: the first step would fail"),
]


@pytest.mark.parametrize(("ids", "name", "severity", "words"), SHAPES)
def test_shapes_that_a_list_does_not_take(tree: Tree, ids: str, name: str, severity: str, words: str) -> None:
    others = {"melody": "stems", "stems": "melody"}
    with_melody(tree, local_add_cond_ids=[others.get(name, "melody"), *([] if name in others else ["stems"])])
    config(tree)["local_add_cond_dim"] = 16 + 6 if name not in others else 16 if name == "stems" else 6
    conditioning(tree)["configs"].append(dict(PROMPT))
    diffusion(tree)["cross_attention_cond_ids"].append("prompt")
    diffusion(tree).setdefault(ids, []).append(name)
    (finding,) = findings(tree)
    assert (finding.rule, finding.severity) == ("conditioner-shape", severity)
    assert words in finding.message


def test_a_token_stretched_over_time_where_the_channels_fit(tree: Tree) -> None:
    diffusion(tree)["input_concat_ids"] = ["kind"]
    config(tree)["input_concat_dim"] = 1
    (finding,) = findings(tree)
    assert (finding.severity, finding.rule) == ("warning", "conditioner-shape")
    assert finding.message.endswith("its embedding would be taken for 1 channel")


def test_a_text_of_one_token_is_a_token(tree: Tree) -> None:
    conditioning(tree)["configs"].append({**PROMPT, "config": {**PROMPT["config"], "max_length": 1}})  # type: ignore[dict-item]
    diffusion(tree)["global_cond_ids"].append("prompt")
    config(tree)["global_cond_dim"] = 384
    assert said(tree) == []


def test_what_is_finished_has_any_width(tree: Tree) -> None:
    conditioning(tree)["pre_encoded_keys"] = ["seconds_total"]
    diffusion(tree)["cross_attention_cond_ids"].remove("seconds_total")
    config(tree)["global_cond_dim"] = 131
    assert said(tree) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: conditioning(tree)["configs"][0]["config"].update(max_vl=3),
        lambda tree: conditioning(tree)["configs"][1].update(type="nmber"),
    ],
)
def test_a_broken_conditioner_silences_nothing_but_itself(tree: Tree, change: Callable[[Tree], None]) -> None:
    config(tree)["num_heads"] = 5
    change(tree)
    rules = {rule for _, rule, _ in said(tree)}
    assert "attention-heads" in rules
    assert rules.isdisjoint({"unknown-conditioner", "unused-conditioner", "cond-token-dim", "global-cond-dim"})


@pytest.mark.parametrize("name", ["kind", "inpaint_mask"])
def test_a_conditioner_that_lost_its_place_to_one_of_another_shape_is_not_named_too(tree: Tree, name: str) -> None:
    with_melody(tree, local_add_cond_ids=["melody", "stems"])
    config(tree)["local_add_cond_dim"] = 22
    assert said(tree) == []
    diffusion(tree)["local_add_cond_ids"][1] = name
    assert len([finding for finding in findings(tree) if finding.severity == "error"]) == 1
