"""One file by itself: what it is taken for, and what is said about it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from stable_audio_config.report.finding import Finding
from stable_audio_config.validation.document import group_of, judge_document, kind_of_document

Tree = dict[str, Any]
PUBLISHED = sorted((Path(__file__).parent.parent / "published").glob("*.json"))
VAE: Tree = json.loads((Path(__file__).parent.parent / "published" / "stable_audio_2_0_vae.json").read_text(encoding="utf-8"))


@pytest.fixture
def model() -> Tree:
    """A published model about which there is nothing to say, but for a learning rate that it sets beside the one that counts."""
    tree = copy.deepcopy(VAE)
    del tree["training"]["learning_rate"]
    return tree


def rules(found: list[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.rule, finding.severity, ".".join(map(str, finding.path))) for finding in found]


@pytest.mark.parametrize(
    ("tree", "name", "kind"),
    [
        ({"model_type": "lm"}, "a.json", "model"),
        ({"model_type": "lm", "training": {}}, "training/a.json", "model"),
        ({"model_type": "lm"}, "inference/a.json", "model"),
        ({"model": {}, "sample_rate": 1}, "a.json", "model"),
        ({"model": {}, "training": {}}, "a.yaml", "experiment"),
        ({"dataset_type": "wds", "datasets": []}, "a.json", "dataset"),
        ({"dataset_type": "wds"}, "model/a.json", "dataset"),
        ({"datasets": []}, "a.json", "dataset"),
        ({"datasets": [], "model": {}}, "a.yaml", "experiment"),
        ({"learning_rate": 1}, "conf/training/mine/a.yaml", "training"),
        ({"learning_rate": 1}, "a.yaml", "experiment"),
        ({"ckpt_path": "a"}, "conf/pre_encode/a.yaml", "pre_encode"),
        ({"ckpt_path": "a", "model": {}, "sample_size": 1}, "pre_encode/a.yaml", "pre_encode"),
        ({"cfg_scale": 1}, "inference/a.yaml", "inference"),
        ({}, "model/a.yaml", "model"),
        ({}, "a.yaml", "experiment"),
        ({"defaults": []}, "a.yaml", "experiment"),
    ],
)
def test_what_a_file_is_taken_for(tree: Tree, name: str, kind: str) -> None:
    assert kind_of_document(tree, name) == kind


def test_the_nearest_folder_of_presets_counts() -> None:
    assert group_of("model/old/training/deep/a.yaml") == "training"
    assert group_of("model") is None


@pytest.mark.parametrize("file", PUBLISHED, ids=lambda file: file.stem)
def test_published_configs_have_no_errors_but_what_the_engine_cannot_run(file: Path) -> None:
    found = judge_document(json.loads(file.read_text(encoding="utf-8")), "model")
    assert {finding.rule for finding in found if finding.severity == "error"} <= {"broken-in-engine"}


def test_an_unknown_key_is_an_error_where_it_resembles_one_that_is_not_set(model: Tree) -> None:
    model["model"]["encoder"]["config"]["stridse"] = model["model"]["encoder"]["config"].pop("strides")
    model["audio_chanels"] = model.pop("audio_channels")
    found = rules(judge_document(model, "model"))
    assert ("unknown-key", "error", "audio_chanels") in found
    assert ("unknown-key", "error", "model.encoder.config.stridse") in found
    assert len(found) == 2, "one mistake is one finding"


def test_an_unknown_key_that_resembles_nothing_keeps_an_old_file_working(model: Tree) -> None:
    model["licence_of_the_weights"] = "mine"
    assert rules(judge_document(model, "model")) == [("unknown-key", "warning", "licence_of_the_weights")]


def test_an_unknown_key_beside_the_one_it_resembles_is_a_warning(model: Tree) -> None:
    model["sample_rat"] = 48000
    (finding,) = judge_document(model, "model")
    assert (finding.severity, finding.fix, finding.help) == ("warning", None, "did you mean `sample_rate`, which is set too?")


def test_hundreds_of_unknown_keys_are_no_typos(model: Tree) -> None:
    found = judge_document({**model, **{f"sample_rat{number}": 1 for number in range(300)}}, "model")
    assert [finding.help for finding in found if finding.help and finding.help.startswith("did you mean")] == []
    assert len(found) == 300


def test_comments_are_not_keys(model: Tree) -> None:
    model["_note"] = {"sample_rate": "x"}
    model["model"]["_why"] = 5
    assert judge_document(model, "model") == []


def test_what_a_preset_leaves_open_is_not_judged(model: Tree) -> None:
    model["sample_size"] = "???"
    model["sample_rate"] = "${oc.env:RATE}"
    assert judge_document(model, "model") == []


def test_rules_and_structure_speak_together(model: Tree) -> None:
    model["model"]["encoder"]["config"]["latent_dim"] = 64
    model["sample_rate"] = "44100"
    assert [rule for rule, _, _ in rules(judge_document(model, "model"))] == ["wrong-type", "latent-width"]


def test_the_training_section_is_judged_for_the_model_type(model: Tree) -> None:
    model["training"]["optimizer_configs"] = {"diffusion": {"optimizer": {"type": "Adam", "config": {"lr": 1}}}}
    found = judge_document(model, "model")
    assert any(finding.path[:2] == ("training", "optimizer_configs") for finding in found)
    assert (
        judge_document({**model, "training": None}, "model")
        == []
        == judge_document({key: model[key] for key in model if key != "training"}, "model")
    )


@pytest.mark.parametrize("tag", ["autoencodr", "", 5, None, ["autoencoder"]])
def test_a_model_type_that_does_not_exist_is_one_finding(model: Tree, tag: Any) -> None:
    found = judge_document({**model, "model_type": tag}, "model")
    assert [finding.path for finding in found] == [("model_type",)]


def test_a_training_section_alone_is_that_which_it_fits_best() -> None:
    section = {"learning_rate": 1e-4, "loss_configs": {"bottleneck": {"weights": {"kl": 1e-4}}}, "stride_curiculum": []}
    found = judge_document(section, "training")
    assert rules(found) == [("unknown-key", "error", "stride_curiculum")]
    assert found[0].help == "did you mean `stride_curriculum`?"
    assert judge_document({"pre_encoded": True, "optimizer_configs": {}}, "training") == []


def test_a_dataset_file() -> None:
    good = {"dataset_type": "audio_dir", "datasets": [{"id": "a", "path": "sounds"}]}
    assert judge_document(good, "dataset") == []
    assert rules(judge_document({**good, "random_crop": "yes"}, "dataset")) == [("wrong-type", "error", "random_crop")]
    assert rules(judge_document({**good, "dataset_type": "audio"}, "dataset")) == [("unknown-type", "error", "dataset_type")]
