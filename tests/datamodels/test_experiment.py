"""The experiment as one object: its training section, its round trip, and what one wrong edit does to a valid one."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from stable_audio_config.datamodels.base import field_docs, plain
from stable_audio_config.datamodels.experiment import SCHEMA_VERSION, ExperimentConfig, RunOptions
from stable_audio_config.datamodels.training.autoencoder import AutoencoderTraining
from stable_audio_config.datamodels.training.diffusion import DiffusionCondTraining
from stable_audio_config.report.finding import Finding, Refused
from stable_audio_config.validation.structure import checked

Tree = dict[str, Any]
once_for_all = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def findings(tree: Tree) -> list[Finding]:
    with pytest.raises(Refused) as refused:
        checked(tree, ExperimentConfig)
    return list(refused.value.findings)


def test_the_model_type_chooses_the_training_section(autoencoder_tree: Tree, diffusion_tree: Tree) -> None:
    assert type(ExperimentConfig.model_validate(autoencoder_tree).training) is AutoencoderTraining
    assert type(ExperimentConfig.model_validate(diffusion_tree).training) is DiffusionCondTraining


def test_a_section_that_belongs_to_another_model_type_is_told_key_by_key(autoencoder_tree: Tree) -> None:
    autoencoder_tree["training"]["cfg_dropout_prob"] = 0.1
    autoencoder_tree["training"]["timestep_sampler"] = "uniform"
    found = findings(autoencoder_tree)
    assert [(one.rule, one.path) for one in found] == [
        ("unknown-key", ("training", "cfg_dropout_prob")),
        ("unknown-key", ("training", "timestep_sampler")),
    ]


def test_a_section_that_is_built_already_is_taken(autoencoder_tree: Tree, diffusion_tree: Tree) -> None:
    first = ExperimentConfig.model_validate(autoencoder_tree)
    parts = {key: getattr(first, key) for key in ("model", "training", "dataset")}
    assert ExperimentConfig(**parts).training is first.training
    other = ExperimentConfig.model_validate(diffusion_tree).training
    with pytest.raises(ValidationError):
        ExperimentConfig(**(parts | {"training": other}))


def test_a_broken_model_leaves_the_training_section_in_peace_unless_its_type_is_known(autoencoder_tree: Tree) -> None:
    autoencoder_tree["model"]["sample_rate"] = "44100"
    autoencoder_tree["training"]["zzz"] = 1
    assert [finding.path for finding in findings(autoencoder_tree)] == [("model", "sample_rate"), ("training", "zzz")]
    autoencoder_tree["model"]["model_type"] = "autoencode"
    assert [finding.path for finding in findings(autoencoder_tree)] == [("model", "model_type")]


def test_nothing_can_be_changed(autoencoder_tree: Tree) -> None:
    experiment = ExperimentConfig.model_validate(autoencoder_tree)
    with pytest.raises(ValidationError, match="frozen"):
        experiment.batch_size = 5  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        experiment.model.model.encoder.config.channels = 5  # type: ignore[union-attr, misc]


def test_it_goes_through_yaml_and_json_and_comes_back_the_same(autoencoder_tree: Tree, diffusion_tree: Tree) -> None:
    for tree in (autoencoder_tree, diffusion_tree):
        experiment = ExperimentConfig.model_validate(tree)
        assert plain(experiment) == tree
        for text in (yaml.safe_dump(plain(experiment)), json.dumps(plain(experiment))):
            assert ExperimentConfig.model_validate(yaml.safe_load(text)) == experiment


def test_what_the_engine_does_to_its_dictionary_stays_there(autoencoder_tree: Tree) -> None:
    experiment = ExperimentConfig.model_validate(autoencoder_tree)
    tree = plain(experiment)
    tree["model"]["model"]["encoder"]["config"]["strides"].reverse()
    assert plain(experiment) == autoencoder_tree


def test_a_written_null_stays_and_a_default_is_left_out(autoencoder_tree: Tree) -> None:
    del autoencoder_tree["log_every"]
    tree = plain(ExperimentConfig.model_validate(autoencoder_tree))
    assert "log_every" not in tree
    assert tree["project"] is None


def test_an_older_or_newer_format_is_refused(autoencoder_tree: Tree) -> None:
    autoencoder_tree["schema_version"] = SCHEMA_VERSION + 1
    assert [finding.path for finding in findings(autoencoder_tree)] == [("schema_version",)]


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("devices", ["auto", -1, 2, [0, 3], []], ["all", -2, 1.5, [-1], ["0"]]),
        ("max_steps", [-1, 0, 10**9], [-2, 1.0]),
        ("save_top_k", [-1, 0, 3], [-2]),
        ("num_workers", [0, 8], [-1]),
        ("gradient_clip_val", [0, 0.5], [-0.1, float("inf")]),
        ("precision", ["32", "bf16-mixed"], [32, "fp16"]),
        ("logger", ["none", "csv"], [None, "wandb "]),
        ("remove_pretransform_weight_norm", [None, "pre_load"], ["load", True]),
        ("ckpt_path", [None, "a.ckpt"], ["", 5]),
        ("val_dataset", [None], ["synthetic", {}]),
        ("recover", [True], ["true", 1]),
        ("name", ["x"], ["", None]),
    ],
)
def test_what_an_option_takes(autoencoder_tree: Tree, key: str, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        assert plain(ExperimentConfig.model_validate(autoencoder_tree | {key: value}))[key] == value
    for value in bad:
        found = findings(autoencoder_tree | {key: value})
        assert {finding.path[0] for finding in found} == {key}, value


def test_every_option_is_explained() -> None:
    docs = field_docs(ExperimentConfig)
    assert set(docs) == set(ExperimentConfig.model_fields)
    assert all(text.strip().endswith(".") or text.endswith("`.") for text in docs.values())


COUNT = st.integers(0, 2**31)
POSITIVE = st.integers(1, 2**31)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "name": WORDS,
        "project": st.none() | WORDS,
        "save_dir": WORDS,
        "seed": COUNT,
        "batch_size": POSITIVE,
        "max_steps": st.integers(-1, 10**9),
        "accum_batches": POSITIVE,
        "gradient_clip_val": st.floats(0, 1e6) | COUNT,
        "precision": st.sampled_from(["16-mixed", "bf16-mixed", "32-true"]),
        "accelerator": st.sampled_from(["auto", "cpu", "gpu"]),
        "devices": st.just("auto") | st.integers(-1, 64) | st.lists(st.integers(0, 63)),
        "num_nodes": POSITIVE,
        "num_workers": COUNT,
        "checkpoint_every": POSITIVE,
        "save_top_k": st.integers(-1, 100),
        "recover": st.booleans(),
        "ckpt_path": st.none() | WORDS,
        "val_every": st.integers(-1, 10**6),
        "logger": st.sampled_from(["wandb", "comet", "tensorboard", "csv", "none"]),
        "log_every": POSITIVE,
    },
)


@once_for_all
@given(options=OPTIONS)
def test_any_valid_run_options_come_back_from_yaml_and_json(options: Tree) -> None:
    read = RunOptions.model_validate(options)
    assert plain(read) == options
    assert RunOptions.model_validate(json.loads(json.dumps(plain(read)))) == read
    assert RunOptions.model_validate(yaml.safe_load(yaml.safe_dump(plain(read), allow_unicode=True))) == read


def leaves(node: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    if isinstance(node, (dict, list)):
        items = node.items() if isinstance(node, dict) else enumerate(node)
        return [leaf for key, value in items for leaf in leaves(value, (*path, key))]
    return [(path, node)]


def parent_of(tree: Tree, path: tuple[str | int, ...]) -> Any:
    node: Any = tree
    for step in path[:-1]:
        node = node[step]
    return node


@once_for_all
@given(data=st.data())
def test_a_number_in_quotes_is_exactly_one_wrong_type(autoencoder_tree: Tree, data: st.DataObject) -> None:
    numbers = [
        (path, value) for path, value in leaves(autoencoder_tree) if type(value) in (int, float) and path != ("schema_version",)
    ]
    path, value = data.draw(st.sampled_from([(path, value) for path, value in numbers if path != ("devices",)]))
    tree = copy.deepcopy(autoencoder_tree)
    parent_of(tree, path)[path[-1]] = str(value)
    (finding,) = findings(tree)
    assert (finding.rule, finding.path, finding.help) == ("wrong-type", path, f"write {value:g} without quotes")


@once_for_all
@given(data=st.data())
def test_a_slip_in_a_key_is_exactly_one_unknown_key_with_the_right_suggestion(autoencoder_tree: Tree, data: st.DataObject) -> None:
    known = [path for path, _ in leaves(autoencoder_tree) if isinstance(path[-1], str) and len(path[-1]) >= 6]
    untagged = [path for path in known if path[-1] not in ("model_type", "dataset_type")]
    path = data.draw(st.sampled_from(untagged))
    key = str(path[-1])
    place = data.draw(st.integers(1, len(key) - 2))
    slip = data.draw(st.sampled_from([key[:place] + key[place + 1 :], key[:place] + "x" + key[place:]]))
    tree = copy.deepcopy(autoencoder_tree)
    parent = parent_of(tree, path)
    if slip in parent:
        return
    parent[slip] = parent.pop(key)
    (finding,) = findings(tree)
    assert (finding.rule, finding.path) == ("unknown-key", (*path[:-1], slip))
    assert finding.help == f"did you mean `{key}`?"


@once_for_all
@given(data=st.data())
def test_any_value_of_the_wrong_kind_is_told_at_its_place(diffusion_tree: Tree, data: st.DataObject) -> None:
    path, value = data.draw(st.sampled_from(leaves(diffusion_tree)))
    wrong = data.draw(st.sampled_from([{"zzz": 1}, [[[]]], "~", -7.5, True, None]))
    tree = copy.deepcopy(diffusion_tree)
    parent_of(tree, path)[path[-1]] = wrong
    try:
        checked(tree, ExperimentConfig)
    except Refused as refused:
        assert refused.findings
        for finding in refused.findings:
            assert finding.path[: len(path) - 1] == path[:-1] or path[: len(finding.path)] == finding.path, (value, wrong)
