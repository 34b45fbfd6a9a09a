"""The values of `demo_cond`, and the keys that a dataset gives."""

from __future__ import annotations

from typing import Any

import pytest

from stable_audio_config.report.finding import dotted
from stable_audio_config.validation.judge import judge

Tree = dict[str, Any]
RULES = ("needs-audio", "condition-type", "condition-range", "condition-option", "effective-length", "missing-metadata")
DEMO = "training.demo.demo_cond"


def said(tree: Tree) -> list[tuple[str, str, str]]:
    found = [finding for finding in judge(tree)[1] if finding.rule in RULES]
    return [(finding.severity, finding.rule, dotted(finding.path)) for finding in found]


def demos(tree: Tree) -> list[Tree]:
    entries: list[Tree] = tree["training"]["demo"]["demo_cond"]
    return entries


@pytest.mark.parametrize(
    ("kind", "settings", "value", "rule"),
    [
        ("int", {}, 3, None),
        ("int", {}, True, None),
        ("int", {}, 3.0, "condition-type"),
        ("int", {}, "3", "condition-type"),
        ("int", {}, None, "condition-type"),
        ("int", {}, [3], None),
        ("int", {}, [3, 4], "condition-type"),
        ("int", {}, [], "condition-type"),
        ("int", {}, 513, "condition-range"),
        ("number", {}, 0.5, None),
        ("number", {}, "0.5", None),
        ("number", {}, "loud", "condition-type"),
        ("number", {}, None, "condition-type"),
        ("number", {}, -1, "condition-range"),
        ("list", {"options": ["a", "b"]}, "b", None),
        ("list", {"options": ["a", "b"]}, "c", "condition-option"),
        ("list", {"options": [1, 2]}, "1", "condition-option"),
        ("t5", {}, "rain", None),
        ("t5", {}, 5, "condition-type"),
        ("t5", {}, {"input_ids": [1]}, "condition-type"),
    ],
)
def test_a_value_for_each_kind(diffusion_tree: Tree, kind: str, settings: Tree, value: Any, rule: str | None) -> None:
    diffusion_tree["model"]["model"]["conditioning"]["configs"][0] |= {"type": kind, "config": settings}
    for entry in demos(diffusion_tree):
        entry["kind"] = "a" if kind == "list" else "rain" if kind == "t5" else 0
    if kind == "list" and settings["options"] == [1, 2]:
        for entry in demos(diffusion_tree):
            entry["kind"] = 1
    demos(diffusion_tree)[1]["kind"] = value
    found = said(diffusion_tree)
    assert [(name, path) for _, name, path in found] == ([(rule, f"{DEMO}.1.kind")] if rule else [])
    harmless = rule in ("condition-range", "condition-option") or value == [3, 4]
    assert not found or (found[0][0] == "warning") == harmless


def test_the_key_that_default_keys_names_is_looked_at(diffusion_tree: Tree) -> None:
    diffusion_tree["model"]["model"]["conditioning"]["default_keys"] = {"kind": "sort"}
    for entry in demos(diffusion_tree):
        entry["sort"] = entry.pop("kind")
    assert said(diffusion_tree) == []
    demos(diffusion_tree)[2]["sort"] = "drum"
    assert said(diffusion_tree) == [("error", "condition-type", f"{DEMO}.2.sort")]


@pytest.mark.parametrize("value", ["5", None, [0.5], [0.5, 1]])
def test_demos_are_cut_by_seconds_total(diffusion_tree: Tree, value: Any) -> None:
    demos(diffusion_tree)[0]["seconds_total"] = value
    assert said(diffusion_tree) == [("error", "condition-type", f"{DEMO}.0.seconds_total")]


def test_conditions_of_the_batch_are_not_looked_at(diffusion_tree: Tree) -> None:
    demos(diffusion_tree)[0]["kind"] = "drum"
    diffusion_tree["training"]["demo"]["demo_cond_from_batch"] = True
    assert said(diffusion_tree) == []


def test_a_config_holds_no_sounds(diffusion_tree: Tree) -> None:
    model = diffusion_tree["model"]["model"]
    settings = {"output_dim": 16, "sample_rate": 44100, "use_model_pretransform": True}
    model["conditioning"]["configs"].append({"id": "melody", "type": "pretransform", "config": settings})
    model["diffusion"]["local_add_cond_ids"] = ["melody"]
    model["diffusion"]["config"]["local_add_cond_dim"] = 16
    assert said(diffusion_tree) == [("error", "needs-audio", DEMO)]
    diffusion_tree["training"]["demo"]["demo_cond_from_batch"] = True
    assert said(diffusion_tree) == []


@pytest.mark.parametrize("key", ["mask_padding_attention", "use_effective_length_for_schedule"])
def test_lengths_of_all_demos_or_of_none(diffusion_tree: Tree, key: str) -> None:
    configs = diffusion_tree["model"]["model"]["conditioning"]["configs"]
    diffusion = diffusion_tree["model"]["model"]["diffusion"]
    configs.pop()
    for name in ("cross_attention_cond_ids", "global_cond_ids"):
        diffusion[name].remove("seconds_total")
    diffusion["config"]["global_cond_dim"] = 128
    diffusion[key] = True
    assert said(diffusion_tree) == []
    del demos(diffusion_tree)[3]["seconds_total"]
    assert said(diffusion_tree) == [("note", "effective-length", f"{DEMO}.3")]


@pytest.fixture
def audio_tree(diffusion_tree: Tree) -> Tree:
    diffusion_tree["dataset"] = {"dataset_type": "audio_dir", "datasets": [{"id": "a", "path": "a"}]}
    diffusion_tree["training"] |= {"pre_encoded": False, "demo": None}
    return diffusion_tree


def test_folders_of_audio_give_only_so_much(audio_tree: Tree) -> None:
    assert said(audio_tree) == [("error", "missing-metadata", "dataset.datasets.0")]
    audio_tree["model"]["model"]["conditioning"]["default_keys"] = {"kind": "sample_rate"}
    assert said(audio_tree) == []


def test_a_metadata_module_may_give_anything(audio_tree: Tree) -> None:
    entries = audio_tree["dataset"]["datasets"]
    entries[0]["custom_metadata_module"] = "a.py"
    assert said(audio_tree) == []
    entries.append({"id": "b", "path": "b"})
    assert said(audio_tree) == [("error", "missing-metadata", "dataset.datasets.1")]
    entries[1]["path"] = "b/a"  # The engine takes the module of every path that is part of a sound's path.
    assert said(audio_tree) == []


def test_only_what_is_read_for_validation_counts(audio_tree: Tree) -> None:
    audio_tree["val_dataset"] = audio_tree["dataset"]
    audio_tree["dataset"] = {"dataset_type": "wds", "datasets": [{"id": "a", "path": "a"}]}
    assert said(audio_tree) == []
    audio_tree["val_every"] = 100
    assert said(audio_tree) == [("error", "missing-metadata", "val_dataset.datasets.0")]


def test_a_misspelt_conditioner_is_said_once(audio_tree: Tree) -> None:
    audio_tree["model"]["model"]["conditioning"]["configs"].pop(0)
    audio_tree["model"]["model"]["diffusion"]["cross_attention_cond_ids"].remove("kind")
    assert said(audio_tree) == []
    audio_tree["model"]["model"]["conditioning"]["configs"][1]["id"] = "second_total"
    assert said(audio_tree) == []
    found = [(finding.rule, dotted(finding.path)) for finding in judge(audio_tree)[1] if finding.severity == "error"]
    assert found == [("unknown-conditioner", "model.model.conditioning.configs.1.id")]
