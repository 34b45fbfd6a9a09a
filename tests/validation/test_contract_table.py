"""Each of the engine's cross-field rules is found by something, or stands in a table with the reason why not."""

from __future__ import annotations

import re
from typing import Any

import pytest

from stable_audio_config.validation.catalogue import entries
from stable_audio_config.validation.catalogue.contract import AREAS, ELSEWHERE, NOT_STATIC, PARTLY, rows
from stable_audio_config.validation.judge import judge
from stable_audio_config.validation.rule import RULES

Tree = dict[str, Any]


def test_there_are_148() -> None:
    assert sum(count for _, count in AREAS.values()) == 148
    assert len({row.id for row in rows()}) == 148


def test_every_one_is_found_by_something_or_has_a_reason() -> None:
    assert [row.id for row in rows() if not row.rules and row.id not in NOT_STATIC] == []


def test_none_has_both_unless_that_is_said() -> None:
    """What is found in part only stands in PARTLY."""
    found = {row.id for row in rows() if row.rules}
    assert found & set(NOT_STATIC) == set(), "take it out of NOT_STATIC, or say in PARTLY what cannot be found"
    assert set(PARTLY) <= found


def test_rules_name_only_ids_that_there_are() -> None:
    known = {row.id for row in rows()}
    named = {id for check in RULES for id in check.contract} | set(ELSEWHERE) | set(NOT_STATIC) | set(PARTLY)
    assert named - known == set()


def test_only_findings_that_exist_are_named() -> None:
    names = {name for found, _ in ELSEWHERE.values() for name in found}
    assert names <= set(entries())


def test_a_row_names_its_rules_and_what_they_hold_true() -> None:
    row = next(row for row in rows() if row.id == "R-AE-11")
    assert row.area == "Autoencoders"
    assert set(row.rules) == {"head-width", "stages"}
    assert "The width of a stage must divide into attention heads." in row.note


def test_a_reason_is_a_whole_sentence() -> None:
    for text in (*NOT_STATIC.values(), *PARTLY.values(), *(how for _, how in ELSEWHERE.values())):
        assert re.fullmatch(r"[A-Z`].*\.", text), text


WAVELET = {"type": "wavelet", "scale": 2.0, "config": {"channels": 2, "levels": 8, "wavelet": "bior4.4"}}


@pytest.mark.parametrize(
    ("id", "key", "value", "path"),
    [
        ("R-DC-11", "model.model.pretransform", WAVELET, "model.model.pretransform.scale"),
        ("R-DIT-14", "model.model.diffusion.config.global_cond_type", "adaln", None),
        ("R-DIT-16", "model.model.diffusion.config.timestep_features_dim", 255, None),
        ("R-TR-13", "training.lora_config", {"rank": 4, "include": "to_qkv"}, "training.lora_config.include"),
        ("R-DM-3", "training.demo", {}, "training.demo.num_demos"),
        ("R-DM-4", "training.demo.demo_cfg_scales", [], None),
        ("R-DM-4", "training.demo.demo_cfg_scales", 3, None),
        ("R-GEN-3", "training.use_ema", "false", None),
    ],
)
def test_what_the_data_models_find(diffusion_tree: Tree, id: str, key: str, value: Any, path: str | None) -> None:
    assert (path or key) in found_at(diffusion_tree, key, value, ELSEWHERE[id][0])


SPECTRAL_ALONE = {"spectral": {"type": "mrstft", "config": {}, "weights": {"mrstft": 1.0}}}


@pytest.mark.parametrize(
    ("id", "key", "value", "path"),
    [
        ("R-AE-16", "training.loss_configs", SPECTRAL_ALONE, "training.loss_configs.time"),
        ("R-AE-21", "training.warmup_mode", "advers", None),
    ],
)
def test_what_the_data_models_find_in_autoencoders(autoencoder_tree: Tree, id: str, key: str, value: Any, path: str | None) -> None:
    assert (path or key) in found_at(autoencoder_tree, key, value, ELSEWHERE[id][0])


def found_at(tree: Tree, key: str, value: Any, names: tuple[str, ...]) -> list[str]:
    """The keys that findings of these names blame when `key` is set to `value`."""
    *way, last = key.split(".")
    node = tree
    for step in way:
        node = node[step]
    node[last] = value
    experiment, found = judge(tree)
    assert experiment is None
    return [".".join(map(str, finding.path)) for finding in found if finding.rule in names]
