"""Any valid config survives the data models, YAML and JSON unchanged: nothing is added, lost, coerced or reordered."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf
from valid_configs import branch, configs, trees

from stable_audio_config.datamodels.base import plain
from stable_audio_config.datamodels.experiment import ExperimentConfig
from stable_audio_config.datamodels.kinds import KINDS, TRAINING
from stable_audio_config.datamodels.tagged import Tagged
from stable_audio_config.datamodels.verdict import fits, fits_experiment
from stable_audio_config.source.reading import tree_of
from stable_audio_config.source.writing import as_yaml
from stable_audio_config.validation.mistakes import of_kind, of_kind_by_models

PARTS = [(kind, tag) for kind in KINDS.values() for tag in kind.branches]
THOROUGH = settings(
    max_examples=8,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # What fails is not made smaller: that takes minutes with such trees.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)


def same(ours: Any, theirs: Any) -> bool:
    """Equal in every type too: 1, 1.0 and true differ."""
    return json.dumps(ours, ensure_ascii=False) == json.dumps(theirs, ensure_ascii=False)


@pytest.mark.parametrize(("kind", "tag"), PARTS, ids=[f"{kind.kind}-{tag}" for kind, tag in PARTS])
@THOROUGH
@given(data=st.data())
def test_every_part_comes_back_as_it_was_written(kind: Tagged, tag: str, data: st.DataObject) -> None:
    tree = data.draw(branch(kind, tag))
    model = kind.branch(tag)
    assert model is not None
    typed = model.model_validate(tree)
    assert same_keys(plain(typed), tree)
    assert fits(tree, kind.kind, tag), "pydantic-core alone must take what the data model takes"


@pytest.mark.parametrize("model_type", list(KINDS["model"].branches))
@THOROUGH
@given(data=st.data())
def test_every_model_type_survives_yaml_and_json(model_type: str, data: st.DataObject) -> None:
    section = TRAINING.branch(model_type)
    assert section is not None
    tree = {**data.draw(branch(KINDS["model"], model_type)), "training": data.draw(trees(section))}
    assert same(tree_of(as_yaml(tree), "a.yaml", is_json=False), tree)
    assert same(tree_of(json.dumps(tree, ensure_ascii=False), "a.json", is_json=True), tree)
    assert same(OmegaConf.to_container(OmegaConf.create(tree)), tree)


@THOROUGH
@given(data=st.data())
def test_both_verdicts_agree_on_trees_with_one_mistake(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([KINDS["model"], KINDS["dataset"], KINDS["pretransform"], KINDS["optimizer"]]))
    tree = data.draw(configs(kind))
    spoilt = data.draw(one_change(tree))
    model = kind.meant(spoilt)
    assert fits(spoilt, kind.kind) == (model is not None and _takes(model, spoilt))


@THOROUGH
@given(data=st.data())
def test_what_is_wrong_is_told_alike_with_and_without_data_models(data: st.DataObject) -> None:
    tree = data.draw(configs(KINDS["model"]))
    spoilt = data.draw(one_change(data.draw(one_change(tree))))
    assert sorted(map(repr, of_kind("model", spoilt))) == sorted(map(repr, of_kind_by_models("model", spoilt)))


@THOROUGH
@given(data=st.data())
def test_both_verdicts_agree_on_experiments_with_one_mistake(autoencoder_tree: dict[str, Any], data: st.DataObject) -> None:
    assert fits_experiment(autoencoder_tree)
    spoilt = data.draw(one_change(autoencoder_tree))
    assert fits_experiment(spoilt) == _takes(ExperimentConfig, spoilt)


def _takes(model: Any, tree: Any) -> bool:
    try:
        model.model_validate(tree)
    except ValueError:
        return False
    return True


def same_keys(ours: Any, theirs: Any) -> bool:
    """As `same`, whatever the order of keys; a whole number may stand where a fraction may."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same_keys(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same_keys, ours, theirs))
    return bool(ours == theirs) and isinstance(ours, bool) == isinstance(theirs, bool)


def one_change(tree: Any) -> st.SearchStrategy[Any]:
    """The tree with one value changed, one key taken out, or one key more."""
    paths = list(_paths(tree, ()))
    return st.tuples(st.sampled_from(paths), st.sampled_from(["x", 1, -1, 0.5, None, True, [], {}, "key", "gone"])).map(
        lambda change: _changed(tree, *change)
    )


def _paths(tree: Any, path: tuple[Any, ...]) -> Any:
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from _paths(value, (*path, key))


def _changed(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    tree = json.loads(json.dumps(tree))
    node = tree
    for step in path[:-1]:
        node = node[step]
    if value == "gone":
        del node[path[-1]]
    elif value == "key" and isinstance(node, dict):
        node["unheard_of"] = 1
    else:
        node[path[-1]] = value
    return tree
