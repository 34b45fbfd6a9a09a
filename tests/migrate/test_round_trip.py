"""Any valid model and dataset config becomes YAML and JSON again, the same; the quick comparison and Hydra's agree."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from valid_configs import branch, configs, trees

from stable_audio_config.datamodels.kinds import KINDS, TRAINING
from stable_audio_config.migrate.document import document
from stable_audio_config.migrate.equality import compared, composed, equality, overlaid
from stable_audio_config.migrate.export import exported
from stable_audio_config.migrate.jobs import Job, Part
from stable_audio_config.migrate.presets import difference, leaves, merged, nearest, preset, same
from stable_audio_config.report.place import SHIPPED

THOROUGH = settings(
    max_examples=8,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # What fails is not made smaller: that takes minutes with such trees.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
MODEL_PRESETS = sorted(file.stem for file in (SHIPPED / "model").glob("*.yaml"))


def job_of(model: dict[str, Any], data: dict[str, Any] | None = None) -> Job:
    parts = {"model": Part(Path("m.json"), model)}
    parts |= {"dataset": Part(Path("d.json"), data)} if data is not None else {}
    return Job("experiment", Path("new.yaml"), tuple(part.file for part in parts.values()), None, parts)


def jsons(tree: dict[str, Any]) -> tuple[Any, Any]:
    """The engine's own files of a composed experiment."""
    files = exported(tree, Path("old")).files
    return json.loads(files["model_config.json"]), json.loads(files["dataset_config.json"])


@pytest.mark.parametrize("model_type", list(KINDS["model"].branches))
@THOROUGH
@given(data=st.data())
def test_any_valid_model_and_dataset_become_yaml_and_json_again(model_type: str, data: st.DataObject) -> None:
    section = TRAINING.branch(model_type)
    assert section is not None
    model = {**data.draw(branch(KINDS["model"], model_type)), "training": data.draw(trees(section))}
    dataset = data.draw(configs(KINDS["dataset"]))
    job = job_of(model, dataset)
    made = document(job)
    assert made.unknown == ()
    assert equality(job, made, compose=False).holds
    tree = overlaid(made, job)
    assert same(jsons(tree)[0], model)
    assert same(jsons(tree)[1], dataset)


@settings(THOROUGH, max_examples=10)
@given(data=st.data())
def test_the_quick_comparison_sees_what_hydra_composes(data: st.DataObject) -> None:
    """Also over presets: one of them with a few values changed."""
    name = data.draw(st.sampled_from(MODEL_PRESETS))
    model = deepcopy(preset("model", name))
    if (SHIPPED / "training" / f"{name}.yaml").is_file():
        model["training"] = deepcopy(preset("training", name))
    for _ in range(data.draw(st.integers(0, 3))):
        change(model, data)
    job = job_of(model, {"dataset_type": "audio_dir", "datasets": [{"id": "a", "path": data.draw(st.text(max_size=3))}]})
    made = document(job)
    quick, hydra = overlaid(made, job), composed(made.text, job)
    if "training" not in model:  # The recipe that Hydra adds is none of the old files' business.
        hydra.pop("training")
    assert same({key: value for key, value in quick.items() if key != "accept_unknown"}, without(hydra, "accept_unknown"))
    assert compared(job, hydra).holds


def without(tree: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in tree.items() if key != name}


def change(tree: dict[str, Any], data: st.DataObject) -> None:
    """One key somewhere gets another value, or goes, or comes."""
    groups = [tree]
    for group in groups:
        groups += [value for value in group.values() if isinstance(value, dict)]
    group = data.draw(st.sampled_from(groups))
    key = data.draw(st.sampled_from([*group, "new"]))
    if key == "model_type":
        return
    if data.draw(st.booleans()) and key in group:
        del group[key]
    else:
        group[key] = data.draw(st.sampled_from([0, 1.5, None, "x", "${y}", [1, "a"], [], {"a": {"b": 1}}, {}, True]))


@pytest.mark.parametrize("name", MODEL_PRESETS)
def test_a_preset_is_nearest_to_itself(name: str) -> None:
    fit = nearest(preset("model", name), "model")
    assert fit is not None
    assert (fit.changes, same(preset("model", fit.name), preset("model", name))) == ({}, True)


def test_a_preset_that_says_more_than_the_file_does_not_fit() -> None:
    tree = deepcopy(preset("model", "tiny_autoencoder"))
    del tree["model"]["bottleneck"]
    assert nearest(tree, "model") is None


def test_nothing_is_merged_over_a_value_of_another_kind() -> None:
    assert difference({"a": {"b": 1}}, {"a": 1}) is None
    assert difference({"a": None}, {"a": {"b": 1}}) is None
    assert difference({"a": {}}, {"a": {"b": 1}}) is None
    assert difference({"a": 1.0}, {"a": 1}) == {"a": 1.0}
    base = {"a": {"b": 1, "c": [1]}, "d": 2}
    wanted = {"a": {"b": 1, "c": [2], "e": 0}, "d": 2}
    changes = difference(wanted, base)
    assert changes == {"a": {"c": [2], "e": 0}}
    assert merged(base, changes) == wanted
    assert leaves(changes) == 2


def test_a_difference_anywhere_is_told() -> None:
    model = preset("model", "tiny_autoencoder")
    job = job_of(model)
    made = document(job)
    other = job_of({**model, "sample_size": 4096, "more": [1]})
    found = equality(other, made, compose=False)
    assert {difference.place for difference in found.differences} == {"model.sample_size", "model.more"}
