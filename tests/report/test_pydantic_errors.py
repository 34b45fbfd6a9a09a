"""Pydantic's errors as findings: one mistake, one finding, with the suggestion of the branch that was meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from stable_audio_config.datamodels.base import Data, Gone
from stable_audio_config.datamodels.experiment import ExperimentConfig
from stable_audio_config.datamodels.kinds import KINDS
from stable_audio_config.report.finding import Edit, Finding, Fix, Refused
from stable_audio_config.report.pydantic_errors import findings_from
from stable_audio_config.validation.structure import checked


def put(tree: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The tree with one value changed (or a key added) at `a.b.0.c`."""
    node: Any = tree
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps:
        node = node[step]
    node[last] = value
    return tree


def findings(tree: dict[str, Any]) -> list[Finding]:
    with pytest.raises(Refused) as refused:
        checked(tree, ExperimentConfig)
    return list(refused.value.findings)


CASES: list[tuple[str, Any, str, str, str | None]] = [
    ("batch_size", "4", "wrong-type", '`batch_size` must be an integer, not "4"', "write 4 without quotes"),
    ("batch_size", 4.5, "wrong-type", "`batch_size` must be an integer, not 4.5", None),
    ("batch_size", True, "wrong-type", "`batch_size` must be an integer, not true", None),
    ("batch_size", None, "wrong-type", "`batch_size` must be an integer, not null", None),
    ("batch_size", [1], "wrong-type", "`batch_size` must be an integer, not [1]", None),
    ("batch_size", {"a": 1}, "wrong-type", "`batch_size` must be an integer, not a group of keys", None),
    ("batch_size", "x" * 80, "wrong-type", f'`batch_size` must be an integer, not "{"x" * 56}...', None),
    ("gradient_clip_val", "1e-4", "wrong-type", '`gradient_clip_val` must be a number, not "1e-4"', "write 0.0001 without quotes"),
    ("recover", "yes", "wrong-type", '`recover` must be true or false, not "yes"', None),
    ("name", 5, "wrong-type", "`name` must be a text, not 5", None),
    ("name", "", "wrong-value", '`name` is "": string should have at least 1 character', None),
    ("dataset.datasets", [], "wrong-value", "`dataset.datasets` has 0 items, but must have at least 1", None),
    ("batch_size", 0, "wrong-value", "`batch_size` is 0, but must be greater than 0", None),
    ("seed", -1, "wrong-value", "`seed` is -1, but must be at least 0", None),
    ("gradient_clip_val", float("nan"), "wrong-value", "`gradient_clip_val` is nan: must be a finite number", None),
    ("training.demo", 5, "wrong-type", "`training.demo` must be a group of keys, not 5", None),
    ("model.model.encoder.config.strides", 2, "wrong-type", "`model.model.encoder.config.strides` must be a list, not 2", None),
    (
        "model.model.encoder.config.strides.1",
        "4",
        "wrong-type",
        '`model.model.encoder.config.strides.1` must be an integer, not "4"',
        "write 4 without quotes",
    ),
    ("logger", "wandbb", "wrong-value", '`logger` cannot be "wandbb"', "did you mean `wandb`?"),
    ("logger", "zzz", "wrong-value", '`logger` cannot be "zzz"', "it is one of `wandb`, `comet`, `tensorboard`, `csv`, `none`"),
    ("schema_version", 2, "wrong-value", "`schema_version` cannot be 2", "it is one of `1`"),
    (
        "model.model.bottleneck.type",
        "vea",
        "unknown-type",
        "`model.model.bottleneck.type` is `vea`, which does not exist",
        "did you mean `vae`?",
    ),
    (
        "dataset.dataset_type",
        "audio",
        "unknown-type",
        "`dataset.dataset_type` is `audio`, which does not exist",
        "did you mean `audio_dir`?",
    ),
    (
        "model.model_type",
        "zzz",
        "unknown-type",
        "`model.model_type` is `zzz`, which does not exist",
        "it is one of `autoencoder`, `diffusion_uncond`, `diffusion_cond`, `diffusion_cond_inpaint`, `diffusion_autoencoder`, "
        "`lm`, `clap`",
    ),
    ("batch_sise", 4, "unknown-key", "unknown key `batch_sise` in an experiment", "did you mean `batch_size`?"),
    ("training.lerning_rate", 1, "unknown-key", "unknown key `lerning_rate` in `training`", "did you mean `learning_rate`?"),
    (
        "model.model.encoder.config.chanels",
        1,
        "unknown-key",
        "unknown key `chanels` in `model.model.encoder.config`",
        "did you mean `channels`?",
    ),
    ("dataset.datasets.0.patth", "x", "unknown-key", "unknown key `patth` in `dataset.datasets.0`", "did you mean `path`?"),
    (
        "dataset.datasets.0.zzz",
        "x",
        "unknown-key",
        "unknown key `zzz` in `dataset.datasets.0`",
        "it knows `id`, `custom_metadata_module`, `path`, `filelist_path`, `weight`, `keywords`",
    ),
]


def fix_for(path: tuple[int | str, ...], value: Any, rule: str, help: str | None) -> Fix | None:
    """The help as data, where it is one edit: a key is renamed, a number loses its quotes."""
    if rule == "unknown-key" and help is not None and help.startswith("did you mean `"):
        return Fix(edits=(Edit(op="rename", path=path, value=help.removeprefix("did you mean `").removesuffix("`?")),))
    if rule == "wrong-type" and help is not None and help.endswith("without quotes"):
        return Fix(edits=(Edit(op="set", path=path, value=int(value) if value.isdigit() else float(value)),))
    return None


@pytest.mark.parametrize(
    ("path", "value", "rule", "message", "help"), CASES, ids=[f"{path}={value!r}"[:50] for path, value, *_ in CASES]
)
def test_one_mistake_is_one_finding(
    autoencoder_tree: dict[str, Any], path: str, value: Any, rule: str, message: str, help: str | None
) -> None:
    where = tuple(int(step) if step.isdigit() else step for step in path.split("."))
    expected = Finding(rule=rule, message=message, path=where, help=help, fix=fix_for(where, value, rule, help))
    assert findings(put(autoencoder_tree, path, value)) == [expected]


def test_a_missing_key_is_told_with_its_group(autoencoder_tree: dict[str, Any]) -> None:
    del autoencoder_tree["model"]["sample_rate"]
    assert findings(autoencoder_tree) == [
        Finding(rule="missing-key", message="`sample_rate` is missing in `model`", path=("model", "sample_rate"))
    ]


def test_a_missing_tag_is_a_missing_key(autoencoder_tree: dict[str, Any]) -> None:
    del autoencoder_tree["model"]["model"]["bottleneck"]["type"]
    path = ("model", "model", "bottleneck", "type")
    expected = Finding(rule="missing-key", message="`type` is missing in `model.model.bottleneck`", path=path)
    assert findings(autoencoder_tree) == [expected]


def test_a_misspelt_key_explains_the_missing_one(autoencoder_tree: dict[str, Any]) -> None:
    config = autoencoder_tree["model"]
    config["sampel_rate"] = config.pop("sample_rate")
    (finding,) = findings(autoencoder_tree)
    assert (finding.rule, finding.help) == ("unknown-key", "did you mean `sample_rate`?")


def test_an_unknown_key_unlike_the_missing_one_explains_nothing(autoencoder_tree: dict[str, Any]) -> None:
    config = autoencoder_tree["model"]
    config["zzz"] = config.pop("sample_rate")
    assert [finding.rule for finding in findings(autoencoder_tree)] == ["unknown-key", "missing-key"]


def test_a_list_whose_only_item_is_wrong_is_not_called_too_short(autoencoder_tree: dict[str, Any]) -> None:
    del autoencoder_tree["dataset"]["datasets"][0]["path"]
    (finding,) = findings(autoencoder_tree)
    assert (finding.rule, finding.path) == ("missing-key", ("dataset", "datasets", 0, "path"))


def test_an_empty_list_is_too_short(autoencoder_tree: dict[str, Any]) -> None:
    autoencoder_tree["dataset"]["datasets"] = []
    (finding,) = findings(autoencoder_tree)
    assert (finding.rule, finding.path) == ("wrong-value", ("dataset", "datasets"))


def test_an_upper_bound(diffusion_tree: dict[str, Any]) -> None:
    put(diffusion_tree, "training.cfg_dropout_prob", 1.5)
    (finding,) = findings(diffusion_tree)
    assert finding.message == "`training.cfg_dropout_prob` is 1.5, but must be at most 1"


def test_unknown_keys_come_first(autoencoder_tree: dict[str, Any]) -> None:
    autoencoder_tree.update(batch_size="4", sede=1)
    assert [finding.rule for finding in findings(autoencoder_tree)] == ["unknown-key", "wrong-type"]


def test_a_tree_that_is_no_experiment_at_all() -> None:
    assert [finding.message for finding in findings({})] == ["`model` is missing", "`dataset` is missing"]


# Keys of another tag.


def put_bottleneck(tree: dict[str, Any], bottleneck: dict[str, Any]) -> dict[str, Any]:
    return put(tree, "model.model.bottleneck", bottleneck)


def test_a_key_that_another_tag_has_says_so(autoencoder_tree: dict[str, Any]) -> None:
    put_bottleneck(autoencoder_tree, {"type": "vae", "config": {"levels": [8, 8]}})
    assert findings(autoencoder_tree) == [
        Finding(
            rule="unknown-key",
            message="`levels` belongs to bottleneck `fsq`, `dithered_fsq`, but `model.model.bottleneck` is `vae`",
            path=("model", "model", "bottleneck", "config", "levels"),
            help="take it out, or write `type: fsq`",
        )
    ]


def test_the_same_beside_the_tag_and_under_another_tag_key(autoencoder_tree: dict[str, Any]) -> None:
    autoencoder_tree["dataset"] |= {"dataset_type": "wds", "datasets": [{"id": "a", "path": "tars"}], "drop_last": True}
    (finding,) = findings(autoencoder_tree)
    assert finding.message == "`drop_last` belongs to dataset `audio_dir`, `pre_encoded`, but `dataset` is `wds`"
    assert finding.help == "take it out, or write `dataset_type: audio_dir`"


def test_a_key_at_another_place_of_another_part_is_only_unknown(autoencoder_tree: dict[str, Any]) -> None:
    put_bottleneck(autoencoder_tree, {"type": "vae", "levels": [8, 8]})
    (finding,) = findings(autoencoder_tree)
    assert finding.message == "unknown key `levels` in `model.model.bottleneck`"
    assert finding.help == "it knows `requires_grad`, `type`, `config`"


def test_a_slip_is_a_slip_although_another_tag_has_the_very_key(autoencoder_tree: dict[str, Any]) -> None:
    put_bottleneck(autoencoder_tree, {"type": "dithered_fsq", "config": {"dim": 2, "levels": 5, "num_codebook": 1}})
    (finding,) = findings(autoencoder_tree)
    assert finding.help == "did you mean `num_codebooks`?"
    put_bottleneck(autoencoder_tree, {"type": "wasserstein", "config": {"scale": 2.5}})
    (finding,) = findings(autoencoder_tree)
    assert finding.help == "did you mean `tanh_scale`?", "`scale` belongs to `tanh`, but here a key like it is free"


@pytest.mark.parametrize("tag", ["vea", None])
def test_below_a_wrong_tag_nothing_is_called_unknown(autoencoder_tree: dict[str, Any], tag: str | None) -> None:
    put_bottleneck(autoencoder_tree, {"type": tag, "config": {"levels": [8, 8]}, "zzz": 1})
    assert [finding.rule for finding in findings(autoencoder_tree)] == ["unknown-type"]


# Keys and tags of other versions.


class Inner(Data):
    """A section that another version read further keys in."""

    gone: ClassVar[Mapping[str, Gone]] = {"old": Gone("0.0.20", "is no longer read", "write `new`")}
    new: int = 0
    """What took its place."""


class Outer(Data):
    """The section around it."""

    gone: ClassVar[Mapping[str, Gone]] = {"older": Gone("0.0.17", "was removed from the engine", "nothing takes its place")}
    inner: Inner | None = None
    """The section."""


def test_a_key_of_another_version_says_what_became_of_it() -> None:
    tree = {"inner": {"old": 1}, "older": 2}
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate(tree)
    assert findings_from(caught.value, tree, Outer) == [
        Finding(
            rule="removed-key",
            message="`old` in `inner` is no longer read",
            path=("inner", "old"),
            help="write `new`",
        ),
        Finding(
            rule="removed-key",
            message="`older` at the top was removed from the engine",
            path=("older",),
            help="nothing takes its place",
        ),
    ]


BOTTLENECK_TAG, MODEL_TAG = ("model.model.bottleneck", "type", "tpye"), ("model", "model_type", "model_typ")


@pytest.mark.parametrize(("part", "key", "typo"), [BOTTLENECK_TAG, MODEL_TAG])
def test_a_tag_under_a_misspelt_key_is_a_typo(autoencoder_tree: dict[str, Any], part: str, key: str, typo: str) -> None:
    node = autoencoder_tree
    for step in part.split("."):
        node = node[step]
    node[typo] = node.pop(key)
    (finding,) = findings(autoencoder_tree)
    assert (finding.rule, finding.path) == ("unknown-key", (*part.split("."), typo))
    assert finding.help == f"did you mean `{key}`?"
    assert finding.fix is not None and [(edit.op, edit.value) for edit in finding.fix.edits] == [("rename", key)]


@pytest.mark.parametrize("tag", KINDS["model"].gone)
def test_a_tag_of_another_version_says_what_became_of_it(autoencoder_tree: dict[str, Any], tag: str) -> None:
    gone = KINDS["model"].gone[tag]
    expected = Finding(rule="removed-type", message=f"`{tag}` {gone.what}", path=("model", "model_type"), help=gone.instead)
    assert findings(put(autoencoder_tree, "model.model_type", tag)) == [expected]


@pytest.mark.parametrize(
    ("optimizer", "rule", "message"),
    [
        ({"config": {}}, "missing-key", "`type` is missing in `{at}`"),
        ({"type": 3, "config": {}}, "wrong-type", "`{at}.type` must be a text, not 3"),
        ({"type": "Rprop"}, "missing-key", "`config` is missing in `{at}`"),
        ("AdamW", "wrong-type", '`{at}` must be a group of keys, not "AdamW"'),
    ],
)
def test_a_kind_that_the_engine_looks_further_for_has_no_list_of_tags(
    autoencoder_tree: dict[str, Any], optimizer: Any, rule: str, message: str
) -> None:
    autoencoder_tree["training"]["optimizer_configs"] = {"autoencoder": {"optimizer": optimizer}}
    (finding,) = findings(autoencoder_tree)
    at = "training.optimizer_configs.autoencoder.optimizer"
    assert (finding.rule, finding.message) == (rule, message.format(at=at))
