"""Each conditioner by itself: ranges, widths, pretransforms."""

from __future__ import annotations

from typing import Any

import pytest

from stable_audio_config.report.finding import Finding, dotted
from stable_audio_config.validation.judge import judge

Tree = dict[str, Any]
CONFIGS = "model.model.conditioning.configs"


def said(tree: Tree) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.rule, dotted(finding.path)) for finding in judge(tree)[1]]


def of(tree: Tree, *rules: str) -> list[Finding]:
    return [finding for finding in judge(tree)[1] if finding.rule in rules]


def configs(tree: Tree) -> list[Tree]:
    part: list[Tree] = tree["model"]["model"]["conditioning"]["configs"]
    return part


@pytest.fixture
def tree(diffusion_tree: Tree) -> Tree:
    diffusion_tree["training"]["demo"] = None
    return diffusion_tree


@pytest.mark.parametrize(
    ("low", "high", "severity"),
    [
        (0, 0, None),
        (0, 512, None),
        (1, 512, "warning"),  # only 512 fails
        (300, 512, "error"),  # all of them fail
        (-1, 512, "warning"),  # negative numbers fail
        (10, 20, "error"),
        (-9, -2, "error"),
        (5, 1, "error"),
        (3, 2, "error"),
    ],
)
def test_an_int_range_begins_at_0(tree: Tree, low: int, high: int, severity: str | None) -> None:
    configs(tree)[0]["config"] = {"min_val": low, "max_val": high}
    assert [finding.severity for finding in of(tree, "int-range")] == ([severity] if severity else [])


def test_a_demo_that_the_table_does_not_hold(diffusion_tree: Tree) -> None:
    configs(diffusion_tree)[0]["config"] = {"min_val": 3, "max_val": 200}
    assert [finding.severity for finding in of(diffusion_tree, "int-range")] == ["warning"]
    diffusion_tree["training"]["demo"]["demo_cond"][0]["kind"] = 199
    (finding,) = of(diffusion_tree, "int-range")
    assert (
        finding.message
        == "`min_val` is 3, but numbers are looked up in the table as they are: the first demo, with 199, would fail"
    )
    assert dotted(finding.related[0].path) == "training.demo.demo_cond.0.kind"


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (2, 2, "NaN"),
        (9, 2, "every number gets the same embedding"),
        (0, 1, "more than 1 s"),
        (0, 0.5, "more than 0.5 s"),
        (0, 8, None),
    ],
)
def test_a_number_range_goes_up_and_far_enough(tree: Tree, low: float, high: float, words: str | None) -> None:
    configs(tree)[2]["config"] = {"min_val": low, "max_val": high}
    found = of(tree, "number-range")
    assert len(found) == (1 if words else 0)
    assert not found or words in found[0].message  # type: ignore[operator]
    assert not found or (found[0].severity == "error") == (low == high)


def test_a_number_from_0_to_1_that_is_no_time_is_no_mistake(tree: Tree) -> None:
    configs(tree).append({"id": "energy", "type": "number", "config": {}})
    assert of(tree, "number-range") == []


def test_S24_durations_beyond_what_the_conditioner_knows(tree: Tree) -> None:  # noqa: N802
    """Threads 85 and 220: a conditioner that ends before the longest clip cannot tell long clips apart."""
    tree["model"]["sample_size"] = 44100 * 64
    tree["dataset"].pop("latent_crop_length", None)
    configs(tree)[2]["config"] = {"min_val": 0, "max_val": 47}
    (finding,) = of(tree, "number-range")
    assert finding.message == "`max_val` is 47, but `sample_size` is 64 s: longer clips are told to be 47 s long"
    assert finding.help == "set it to at least 64"
    configs(tree)[2]["config"]["max_val"] = 64
    assert of(tree, "number-range") == []


@pytest.mark.parametrize(("options", "count"), [(["a", "b"], 0), ([], 1), (["a", "b", "a"], 1)])
def test_options_are_told_apart(tree: Tree, options: list[str], count: int) -> None:
    configs(tree)[0] |= {"type": "list", "config": {"options": options}}
    assert [finding.severity for finding in of(tree, "list-options")] == ["warning"] * count


PATCHED = {"type": "patched", "config": {"channels": 2, "patch_size": 8}}


def audio(tree: Tree, kind: str, **settings: Any) -> Tree:
    configs(tree).append({"id": "audio", "type": kind, "config": {"sample_rate": 44100, **settings}})
    tree["model"]["model"]["diffusion"]["local_add_cond_ids"] = ["audio"]
    tree["model"]["model"]["diffusion"]["config"]["local_add_cond_dim"] = 16
    return tree


def test_latents_are_as_wide_as_they_are(tree: Tree) -> None:
    audio(tree, "pretransform", pretransform_config=PATCHED)
    (finding,) = of(tree, "conditioner-width", "local-add-cond-dim")
    assert finding.message == "`cond_dim` is 128, but its latents have 16 channels: the first step would fail"
    configs(tree)[3]["config"]["output_dim"] = 16
    assert said(tree) == []


def test_a_mix_needs_another_width_than_its_latents(tree: Tree) -> None:
    audio(tree, "source_mix", pretransform_config=PATCHED, output_dim=16, source_keys=["x"])
    assert [finding.rule for finding in of(tree, "conditioner-width", "local-add-cond-dim")] == ["conditioner-width"]
    configs(tree)[3]["config"]["output_dim"] = 17
    tree["model"]["model"]["diffusion"]["config"]["local_add_cond_dim"] = 17
    assert said(tree) == []


def clap(joint: int) -> Tree:
    transformer = {"type": "transformer", "config": {"embed_dim": 64, "depth": 1}}
    roberta = {"type": "roberta", "config": {"name": "roberta-base"}}
    return {"joint_embed_dim": joint, "audio": {"model": transformer}, "text": {"model": roberta}}


@pytest.mark.parametrize(
    ("joint", "settings", "rule"),
    [
        (768, {}, None),
        (512, {}, "conditioner-width"),
        (512, {"use_text_features": True}, None),
        (512, {"output_dim": 768}, "cond-token-dim"),  # No projection: the embedding is 512 wide.
    ],
)
def test_a_clap_text_embedding_and_its_projection(tree: Tree, joint: int, settings: Tree, rule: str | None) -> None:
    configs(tree)[0] = {"id": "kind", "type": "sat_clap_text", "config": {"model": clap(joint), **settings}}
    found = of(tree, "conditioner-width", "cond-token-dim")
    assert [finding.rule for finding in found] == ([rule] if rule else [])


def test_a_clap_with_a_pretransform_needs_a_sample_rate(tree: Tree) -> None:
    model = {**clap(768), "pretransform": PATCHED}
    configs(tree)[0] = {"id": "kind", "type": "sat_clap_text", "config": {"model": model}}
    (finding,) = of(tree, "conditioner-pretransform")
    assert dotted(finding.path) == f"{CONFIGS}.0.config.sample_rate"
    model["pretransform"] = None
    (finding,) = of(tree, "conditioner-pretransform")
    assert dotted(finding.path) == f"{CONFIGS}.0.config.model.pretransform"
    configs(tree)[0]["config"]["use_model_pretransform"] = True
    assert of(tree, "conditioner-pretransform") == []


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"use_model_pretransform": True}, None),
        ({"pretransform_config": PATCHED}, None),
        ({"pretransform_config": PATCHED, "use_model_pretransform": True}, "pretransform_config"),
        ({}, "pretransform_config"),
        ({"use_model_pretransform": False}, "pretransform_config"),
    ],
)
def test_one_pretransform_for_each_conditioner(tree: Tree, settings: Tree, key: str | None) -> None:
    audio(tree, "pretransform", output_dim=16, **settings)
    found = [dotted(finding.path) for finding in of(tree, "conditioner-pretransform")]
    assert found == ([f"{CONFIGS}.3.config.{key}"] if key else [])


def test_a_pretransform_that_the_model_does_not_have(tree: Tree) -> None:
    audio(tree, "pretransform", output_dim=16, use_model_pretransform=True)
    del tree["model"]["model"]["pretransform"]
    (finding,) = of(tree, "conditioner-pretransform")
    assert dotted(finding.path) == f"{CONFIGS}.3.config.use_model_pretransform"


@pytest.mark.parametrize(
    ("settings", "severities"),
    [
        ({"source_keys": ["drums"]}, []),
        ({}, ["error"]),
        ({"allow_null_source": True, "source_length": 128}, ["warning"]),
        ({"source_keys": ["drums"], "allow_null_source": True}, ["error"]),
        ({"source_keys": ["drums"], "allow_null_source": True, "source_length": 128}, []),
    ],
)
def test_a_mix_has_sources(tree: Tree, settings: Tree, severities: list[str]) -> None:
    audio(tree, "source_mix", pretransform_config=PATCHED, output_dim=6, **settings)
    assert [finding.severity for finding in of(tree, "source-mix")] == severities


def test_S30_a_length_and_a_rate_typed_in_twice(tree: Tree) -> None:  # noqa: N802
    """Pull request 14858 of ComfyUI: a rate written in two places that disagree, and every clip twice as long as it says."""
    audio(
        tree, "source_mix", pretransform_config=PATCHED, output_dim=6, source_keys=["x"], allow_null_source=True, source_length=64
    )
    (finding,) = of(tree, "source-mix")
    assert finding.message == "`source_length` is 64, but `sample_size` makes 128 latent frames: batches with both would fail"
    configs(tree)[3]["config"] |= {"source_length": 128, "sample_rate": 22050}
    (finding,) = of(tree, "conditioner-sample-rate", "source-mix")
    assert finding.message == "`sample_rate` is 22050, but the model's, and that of the data, is 44100"
    assert finding.severity == "warning"
