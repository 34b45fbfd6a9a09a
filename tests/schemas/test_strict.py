"""The strict schemas and the data models judge alike: what is complete and right passes both, what the models refuse is refused."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError
from schemas.mutants import mutants
from valid_configs import branch

from stable_audio_config.compose.places import SHIPPED
from stable_audio_config.datamodels.base import Data
from stable_audio_config.datamodels.experiment import ExperimentConfig
from stable_audio_config.datamodels.export import kinds
from stable_audio_config.datamodels.inference import InferenceConfig
from stable_audio_config.datamodels.kinds import TRAINING
from stable_audio_config.datamodels.pre_encode import PreEncodeConfig
from stable_audio_config.datamodels.tagged import Tagged, typed
from stable_audio_config.datamodels.verdict import fits
from stable_audio_config.schemas.documents import TITLES, flavours
from stable_audio_config.schemas.files import place
from stable_audio_config.schemas.parts import names_in
from stable_audio_config.source.reading import plain_tree

PUBLISHED = Path(__file__).parent.parent / "published"

Tree = dict[str, Any]

few = settings(deadline=None, derandomize=True, max_examples=2, phases=[Phase.generate], suppress_health_check=list(HealthCheck))


@cache
def schema(name: str, flavour: Any = "strict") -> Tree:
    found: Tree = json.loads(place(name, flavour).read_text(encoding="utf-8"))
    return found


@cache
def validator(name: str, definition: str = "") -> Draft202012Validator:
    """Of a whole file, or of one of its definitions."""
    whole = schema(name)
    return Draft202012Validator({"$ref": f"#/$defs/{definition}", "$defs": whole["$defs"]} if definition else whole)


def complete(file: Path) -> Tree:
    """A preset with something in each place that it leaves to its user."""
    tree = json.loads(file.read_text(encoding="utf-8")) if file.suffix == ".json" else plain_tree(file)
    filled: Tree = json.loads(json.dumps(tree).replace('"???"', '"somewhere"'))
    return filled


def presets(group: str) -> list[Path]:
    return sorted((SHIPPED / group).rglob("*.yaml"))


def is_taken(model: type[Data], tree: Tree) -> bool:
    try:
        typed(model, tree)
    except ValidationError:
        return False
    return True


# --- what is right --------------------------------------------------------------------------------------------------------


ALL = [(name, flavour) for name in TITLES for flavour in flavours(name)]


@pytest.mark.parametrize(("name", "flavour"), ALL)
def test_every_schema_has_the_name_of_its_version_and_all_that_it_refers_to(name: str, flavour: Any) -> None:
    tree = schema(name, flavour)
    assert tree["$id"] == f"urn:stable-audio-config:schema:v1:{flavour}:{name}"
    assert names_in(tree) == set(tree["$defs"])
    assert place(name, flavour).stat().st_size < 700_000


@pytest.mark.parametrize(("name", "flavour"), [("dataset", "strict"), ("dataset", "authoring"), ("pre_encode", "authoring")])
def test_what_is_made_is_json_schema(name: str, flavour: Any) -> None:
    """The small ones: they are made like the others, whose check takes many seconds."""
    Draft202012Validator.check_schema(schema(name, flavour))


@pytest.mark.parametrize("file", presets("model"), ids=lambda file: file.stem)
def test_every_model_preset_passes(file: Path) -> None:
    assert list(validator("model").iter_errors(complete(file))) == []


@pytest.mark.parametrize("file", presets("training"), ids=lambda file: file.stem)
def test_a_training_preset_passes_where_it_is_complete(file: Path) -> None:
    tree = complete(file)
    fitting = [tag for tag in TRAINING.branches if fits(tree, "training", tag)]
    assert validator("training").is_valid(tree) == bool(fitting)
    for tag in fitting:
        definition = TRAINING.branches[tag].replace(":", ".")
        assert validator("training", definition).is_valid(tree)


def test_nearly_all_training_presets_are_complete() -> None:
    """Otherwise the test above would compare nothing."""
    found = [file.stem for file in presets("training") if not validator("training").is_valid(complete(file))]
    assert found == []


@pytest.mark.parametrize("file", presets("dataset"), ids=lambda file: file.stem)
def test_every_dataset_preset_passes(file: Path) -> None:
    assert list(validator("dataset").iter_errors(complete(file))) == []


@pytest.mark.parametrize("file", sorted(PUBLISHED.glob("*.json")), ids=lambda file: file.stem)
def test_every_published_model_passes_as_a_file_of_the_engine(file: Path) -> None:
    tree = complete(file)
    assert list(validator("engine_model").iter_errors(tree)) == []
    assert list(validator("engine_model").iter_errors({**tree, "_comment": "mine"})) == []
    tree.pop("training", None)
    assert list(validator("model").iter_errors(tree)) == []


@pytest.mark.parametrize("file", sorted((PUBLISHED / "datasets").glob("*.json")), ids=lambda file: file.stem)
def test_every_published_dataset_passes(file: Path) -> None:
    assert list(validator("engine_dataset").iter_errors(complete(file))) == []
    assert list(validator("dataset").iter_errors(complete(file))) == []


def test_the_two_other_composed_kinds_pass() -> None:
    dataset = complete(SHIPPED / "dataset" / "synthetic.yaml")
    pre_encode = {**complete(SHIPPED / "pre_encode" / "default.yaml"), "dataset": dataset}
    inference = {**complete(SHIPPED / "inference" / "default.yaml"), "conditions": [{"kind": 0}]}
    assert is_taken(PreEncodeConfig, pre_encode) and is_taken(InferenceConfig, inference)
    assert list(validator("pre_encode").iter_errors(pre_encode)) == []
    assert list(validator("inference").iter_errors(inference)) == []
    for name, tree in (("pre_encode", pre_encode), ("inference", inference)):
        assert not validator(name).is_valid({**tree, "ckpt_path": None})
        assert not validator(name).is_valid({**tree, "_note": "strict files hold no comments"})


TAGS = [(kind, tag) for kind in kinds() for tag in kind.branches]


@pytest.mark.parametrize(("kind", "tag"), TAGS, ids=[f"{kind.kind}-{tag}" for kind, tag in TAGS])
@few
@given(data=st.data())
def test_whatever_the_models_take_passes_and_each_change_is_judged_alike(kind: Tagged, tag: str, data: st.DataObject) -> None:
    """Every data model that there is, not only those that presets use."""
    tree = data.draw(branch(kind, tag))
    name = TRAINING.branches[tag].replace(":", ".") if kind is TRAINING else kind.kind
    home = "inference" if kind.kind == "nested_diffusion" else "experiment"
    schema_of_part = validator(home, name)
    assert list(schema_of_part.iter_errors(tree)) == []

    def taken(changed: Tree) -> bool:
        return fits(changed, kind.kind, tag if kind is TRAINING else None)

    for mutant in mutants(tree, 5, f"{kind.kind}:{tag}") if tree else ():
        compared(schema_of_part.is_valid, taken, mutant.tree, mutant.path)


# --- what is not ----------------------------------------------------------------------------------------------------------

DIFFERENCES: dict[str, tuple[Callable[[Tree], Tree], str]] = {
    "a whole number written with a point": (
        lambda tree: changed(tree, lambda value: int(value) if _is_whole(value) else value),
        "JSON Schema calls 7.0 an integer, and equal to 7; the models want 7, as the engine's list sizes do.",
    ),
    "a number that JSON cannot write": (
        lambda tree: changed(tree, lambda value: 1.0 if isinstance(value, float) and not math.isfinite(value) else value),
        "`.inf` and `.nan` are numbers in YAML, and JSON has none such: no keyword of JSON Schema names them.",
    ),
}
"""Why a schema may take what the models refuse: how to change the tree so that both take it, and the reason. docs/08-schemas.md
shows the same table."""


def _is_whole(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value) and value.is_integer()


def changed(node: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(node, dict):
        return {key: changed(value, change) for key, value in node.items()}
    return [changed(item, change) for item in node] if isinstance(node, list) else change(node)


def compared(by_schema: Callable[[Tree], bool], by_models: Callable[[Tree], bool], tree: Tree, path: Any) -> str:
    """Why the two judge a tree differently, empty where they do not.

    Raises:
        AssertionError: there is no known reason.
    """
    ours, theirs = by_models(tree), by_schema(tree)
    if ours == theirs:
        return ""
    assert theirs, f"the schema refuses what the models take, at {path}: {tree}"
    mended = tree
    reasons = []
    for name, (mend, _) in DIFFERENCES.items():
        if (after := mend(mended)) != mended or json.dumps(after) != json.dumps(mended):
            mended = after
            reasons.append(name)
            if by_models(mended):
                return reasons[-1]
    raise AssertionError(f"the schema takes what the models refuse, at {path}: {tree}")


def by_parts(tree: Tree) -> bool:
    """The models' verdict about a file of the engine."""
    model = {key: value for key, value in tree.items() if key != "training"}
    return fits(model, "model") and ("training" not in tree or fits(tree["training"], "training", tree["model_type"]))


def test_two_thousand_mutants_are_judged_alike() -> None:
    models = [complete(file) for file in [*presets("model"), *sorted(PUBLISHED.glob("*.json"))]]
    datasets = [complete(file) for file in presets("dataset")]
    reasons: Counter[str] = Counter()
    for name, trees, taken in (
        ("engine_model", models, by_parts),
        ("dataset", datasets, lambda tree: fits(tree, "dataset")),
    ):
        for number, base in enumerate(trees):
            for mutant in mutants(base, 46, f"{name}:{number}"):
                reasons[compared(validator(name).is_valid, taken, mutant.tree, mutant.path)] += 1
                reasons["refused"] += not taken(mutant.tree)
    total = sum(count for reason, count in reasons.items() if reason != "refused")
    assert total >= 2000 and reasons["refused"] > 1400
    assert set(reasons) <= {"", "refused", *DIFFERENCES}
    assert sum(reasons[name] for name in DIFFERENCES) < total / 20, "a difference is the exception"


def test_mutants_of_whole_experiments_are_judged_alike() -> None:
    """The training section follows the model's type, in both."""
    base = {
        "name": "mine",
        "batch_size": 2,
        "devices": [0, 1],
        "precision": "32-true",
        "schema_version": 1,
        "plugins": [],
        "model": complete(SHIPPED / "model" / "tiny_autoencoder.yaml"),
        "training": complete(SHIPPED / "training" / "_default" / "autoencoder.yaml"),
        "dataset": complete(SHIPPED / "dataset" / "synthetic.yaml"),
        "val_dataset": None,
    }
    assert is_taken(ExperimentConfig, base) and validator("experiment").is_valid(base)
    reasons = Counter(
        compared(validator("experiment").is_valid, lambda tree: is_taken(ExperimentConfig, tree), mutant.tree, mutant.path)
        for mutant in mutants(base, 150, "experiment")
    )
    assert set(reasons) <= {"", *DIFFERENCES} and reasons[""] > 130
