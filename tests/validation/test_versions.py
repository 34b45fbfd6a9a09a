"""Versions of the engine: the marks in the data models against what 0.0.19 was found to read, and what is said about a config
that is too new for the installed engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from stable_audio_config.datamodels.base import Data, Gone, since
from stable_audio_config.datamodels.experiment import ExperimentConfig
from stable_audio_config.datamodels.kinds import KINDS
from stable_audio_config.datamodels.lookup import field_hint, item_hint, kind_of, models_in
from stable_audio_config.validation import files, installed
from stable_audio_config.validation.files import missing_files
from stable_audio_config.validation.structure import checked
from stable_audio_config.validation.versions import newer_than, numbers

Tree = dict[str, Any]

OLD: Any = json.loads((Path(__file__).parents[1] / "published" / "engines" / "0.0.19.json").read_text(encoding="utf-8"))
"""What engine 0.0.19 knows; the file says how it was found."""

UNREAD = {
    "training.losses:BottleneckLoss": {"type"},
    "training.losses:TimeLoss": {"type", "config"},
    "training.arc:ConvNeXtDiscriminator": {"loss_type"},
    "training.arc:ConvDiscriminator": {"loss_type"},
}
"""Keys that published configs carry and that no version reads: no version is needed for them."""

NOT_THE_ENGINES = {"optimizer", "scheduler"}
"""Kinds whose parts are torch's, but for a few, and whose keys are torch's."""


def model(name: str) -> type[Data]:
    module, _, cls = name.partition(":")
    found: type[Data] = getattr(import_module(f"stable_audio_config.datamodels.{module}"), cls)
    return found


@pytest.mark.parametrize("name", OLD["keys"])
def test_a_key_is_marked_exactly_where_0_0_19_does_not_know_it(name: str) -> None:
    known, fields = set(OLD["keys"][name]), set(model(name).model_fields)
    unread = UNREAD.get(name, set())
    marked = {field for field in fields if since(model(name), field) is not None}
    if name in OLD["handed_on"]:  # Unknown keys go on to another package, which has its own versions.
        assert marked == set()
    else:
        assert marked == fields - known - unread
    assert {since(model(name), field) for field in marked} <= {"0.0.20"}


@pytest.mark.parametrize("name", OLD["keys"])
def test_a_key_that_only_0_0_19_knows_is_said_to_be_gone_since_0_0_20(name: str) -> None:
    gone = {key for key, what in model(name).gone.items() if what.version == "0.0.20"}
    assert gone == set(OLD["keys"][name]) - set(model(name).model_fields)


@pytest.mark.parametrize("kind", OLD["tags"])
def test_tags_are_marked_exactly_where_0_0_19_cannot_build_them(kind: str) -> None:
    known = set(OLD["tags"][kind])
    assert dict(KINDS[kind].since) == dict.fromkeys(set(KINDS[kind].branches) - known, "0.0.20")
    assert known - set(KINDS[kind].branches) == {
        tag for tag, what in KINDS[kind].gone.items() if what.version == "0.0.20" and "class is not in" not in what.what
    }


def test_every_kind_of_part_is_compared() -> None:
    assert set(OLD["tags"]) == set(KINDS)


def test_every_data_model_that_0_0_19_can_reach_is_compared() -> None:
    """A part without marks on the way to it is older than 0.0.20, so the file must say which of its keys are."""
    start = [cls for kind in KINDS.values() if kind.kind not in NOT_THE_ENGINES for cls in known_branches(kind.kind)]
    reached = {f"{cls.__module__.removeprefix('stable_audio_config.datamodels.')}:{cls.__name__}" for cls in closure(start)}
    assert reached - set(OLD["keys"]) == set(), "read these in engine 0.0.19, or mark the key or tag that leads there"


def known_branches(kind: str) -> list[type[BaseModel]]:
    return [cls for tag, cls in KINDS[kind].models() if tag in KINDS[kind].branches and tag not in KINDS[kind].since]


def closure(start: list[type[BaseModel]]) -> set[type[BaseModel]]:
    found: set[type[BaseModel]] = set()
    waiting = list(start)
    while waiting:
        cls = waiting.pop()
        if cls not in found:
            found.add(cls)
            hints = [field_hint(cls, name) for name in cls.model_fields if since(cls, name) is None]
            waiting += [below for hint in hints for below in described(hint)]
    return found


def described(hint: Any) -> Iterator[type[BaseModel]]:
    """The data models behind a hint; those of a kind are all compared anyway."""
    if kind_of(hint) is None:
        yield from models_in(hint)
        if item_hint(hint) is not Any:
            yield from described(item_hint(hint))


def everything_gone() -> list[tuple[str, Gone, set[str]]]:
    keys = [(key, gone, set(model(name).model_fields)) for name in OLD["keys"] for key, gone in model(name).gone.items()]
    tags = [(tag, gone, set(kind.branches)) for kind in KINDS.values() for tag, gone in kind.gone.items()]
    return keys + tags


def test_what_is_gone_is_not_there_and_says_since_when() -> None:
    for name, gone, known in everything_gone():
        assert name not in known
        assert gone.instead
        assert numbers(gone.version) <= (0, 0, 20)
        assert gone.version in gone.what or "in no published version" in gone.what


def findings(tree: Tree, version: str = "0.0.19") -> list[tuple[str, str, str | None]]:
    checked(tree, ExperimentConfig)
    found = newer_than(tree, version)
    assert {finding.rule for finding in found} <= {"engine-version"}
    assert all(finding.severity == "error" for finding in found)
    return [(".".join(map(str, finding.path)), finding.message, finding.help) for finding in found]


def paths(tree: Tree, version: str = "0.0.19") -> list[str]:
    return [path for path, _, _ in findings(tree, version)]


def old(tree: Tree) -> Tree:
    """The tree without what the presets themselves use of 0.0.20."""
    for finding in reversed(newer_than(tree, "0.0.19")):
        node: Any = tree
        for step in finding.path[:-1]:
            node = node[step]
        del node[finding.path[-1]]
    assert newer_than(tree, "0.0.19") == []
    return tree


def test_a_key_that_the_installed_engine_does_not_know(diffusion_tree: Tree) -> None:
    tree = old(diffusion_tree)
    tree["model"]["model"]["diffusion"]["local_add_cond_ids"] = ["seconds_total"]
    assert findings(tree) == [
        (
            "model.model.diffusion.local_add_cond_ids",
            "`model.model.diffusion.local_add_cond_ids` needs engine 0.0.20, but 0.0.19 is installed",
            "pip install stable-audio-tools==0.0.20, or take the key out",
        )
    ]
    assert findings(tree, "0.0.20") == []


def test_a_part_that_the_installed_engine_does_not_have_is_one_finding(autoencoder_tree: Tree) -> None:
    tree = old(autoencoder_tree)
    tree["model"]["model"]["bottleneck"] = {"type": "softnorm", "config": {"dim": 4, "auto_scale": True}}
    assert findings(tree) == [
        (
            "model.model.bottleneck.type",
            "`model.model.bottleneck.type: softnorm` needs engine 0.0.20, but 0.0.19 is installed",
            "pip install stable-audio-tools==0.0.20, or write another `type`",
        )
    ]


def test_a_section_that_is_new_is_one_finding(diffusion_tree: Tree) -> None:
    tree = old(diffusion_tree)
    tree["training"]["lora_config"] = {"rank": 4, "alpha": 8}
    assert paths(tree) == ["training.lora_config"]


def test_keys_in_lists_are_found_where_they_stand(diffusion_tree: Tree) -> None:
    tree = old(diffusion_tree)
    conditioner = {"id": "tempo", "type": "number", "config": {"max_val": 200, "fourier_features_type": "expo"}}
    tree["model"]["model"]["conditioning"] = {"cond_dim": 8, "configs": [conditioner]}
    tree["dataset"] = {"dataset_type": "pre_encoded", "datasets": [{"id": "a", "path": "x", "weight": 2.0}]}
    assert paths(tree) == [
        "model.model.conditioning.configs.0.config.fourier_features_type",
        "dataset.datasets.0.weight",
    ]


def test_a_key_that_only_some_branches_of_the_old_engine_read(autoencoder_tree: Tree) -> None:
    tree = old(autoencoder_tree)
    tree["dataset"] = {"dataset_type": "audio_dir", "datasets": [{"id": "a", "path": "x"}], "volume_norm": True}
    assert paths(tree) == ["dataset.volume_norm"]
    tree["dataset"]["dataset_type"] = "wds"
    assert paths(tree) == []


def test_the_tag_that_an_absent_type_means_may_not_be_written_for_an_older_engine(diffusion_tree: Tree) -> None:
    tree = old(diffusion_tree)
    tree["model"]["model"]["diffusion"]["distribution_shift_options"] = {"max_shift": 1.0}
    assert paths(tree) == []
    tree["model"]["model"]["diffusion"]["distribution_shift_options"]["type"] = "full"
    assert paths(tree) == ["model.model.diffusion.distribution_shift_options.type"]


def test_a_training_section_of_a_new_model_type_is_told_by_the_model_alone() -> None:
    tree = {"model": {"model_type": "clap", "sample_rate": 44100}, "training": {"mask_padding_attention": True}}
    assert [finding.path for finding in newer_than(tree, "0.0.19")] == [("model", "model_type")]


def test_keys_that_the_experiment_accepts_unknown_are_passed_over(autoencoder_tree: Tree) -> None:
    tree = old(autoencoder_tree)
    tree["accept_unknown"] = ["model.model.of_a_fork"]
    tree["model"]["model"]["of_a_fork"] = {"type": "softnorm"}
    assert paths(tree) == []


@pytest.mark.parametrize(
    ("version", "expected"),
    [("0.0.20", (0, 0, 20)), ("0.0.20rc1", (0, 0, 20)), ("0.0.19+fork.2", (0, 0, 19)), ("1.0", (1, 0)), ("unknown", ())],
)
def test_numbers_of_a_version(version: str, expected: tuple[int, ...]) -> None:
    assert numbers(version) == expected


def test_a_run_is_refused_with_an_older_engine(autoencoder_tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for module in (files, installed):
        monkeypatch.setattr(module, "find_spec", lambda _: object())
    tree = old(autoencoder_tree)
    tree["training"]["warmup_mode"] = "full"
    experiment = checked(tree, ExperimentConfig)
    for version, expected in (("0.0.19", ["training.warmup_mode"]), ("0.0.20", []), (None, [])):
        monkeypatch.setattr(installed, "engine_version", lambda version=version: version)
        found = [finding for finding in missing_files(experiment) if finding.rule == "engine-version"]
        assert [".".join(map(str, finding.path)) for finding in found] == expected


def test_an_engine_that_was_never_installed_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> str:
        raise installed.PackageNotFoundError(name)

    monkeypatch.setattr(installed, "version", unknown)
    assert installed.engine_version() is None
