"""Kinds of parts: a branch is looked up by its tag when it is met, and nothing is imported before that."""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
from typing import Annotated, Any, get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from stable_audio_config.datamodels import kinds
from stable_audio_config.datamodels.adp import ADPUNetConfig
from stable_audio_config.datamodels.base import Data, Sequence, plain, since
from stable_audio_config.datamodels.bottleneck.continuous import TanhBottleneck, VAEBottleneck
from stable_audio_config.datamodels.bottleneck.fsq import FSQBottleneck
from stable_audio_config.datamodels.diffusion import DiffusionCondConfig
from stable_audio_config.datamodels.kinds import KINDS, Bottleneck, Optimizer
from stable_audio_config.datamodels.pretransform import PatchedPretransform
from stable_audio_config.datamodels.shift import FluxShift, FullShift
from stable_audio_config.datamodels.tagged import UNKNOWN_KEYS, Tagged, imported, typed
from stable_audio_config.datamodels.training.arc import ConvNeXtDiscriminator
from stable_audio_config.datamodels.training.optim import TorchOptimizer, TorchScheduler
from stable_audio_config.datamodels.training.optimizers.adam import AdamWConfig, AdamWOptimizer
from stable_audio_config.datamodels.training.optimizers.base import NamedOptimizer
from stable_audio_config.datamodels.training.schedulers.base import NamedScheduler

BOTTLENECK = KINDS["bottleneck"]
SHIFT = KINDS["distribution_shift"]
OPTIMIZER = KINDS["optimizer"]

IN_TABLE = [(kind, tag) for kind in KINDS.values() for tag in kind.branches]
GONE = [(kind, tag) for kind in KINDS.values() for tag in kind.gone]


class Outer(Data):
    """A part in a list, which is what puts keys and numbers around its errors."""

    parts: Sequence[Bottleneck] = ()
    optimizer: Optimizer | None = None


def errors(model: Any, value: Any) -> list[tuple[tuple[int | str, ...], str]]:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(model).validate_python(value)
    return [(error["loc"], error["type"]) for error in caught.value.errors()]


# The table.


@pytest.mark.parametrize(("kind", "tag"), IN_TABLE, ids=[f"{kind.kind}-{tag}" for kind, tag in IN_TABLE])
def test_every_tag_leads_to_a_data_model_that_takes_it(kind: Tagged, tag: str) -> None:
    model = imported(kind.branches[tag])
    assert issubclass(model, Data)
    if kind is not kinds.TRAINING:  # It has no tag of its own.
        assert tag in get_args(model.model_fields[kind.key].annotation)


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_what_a_kind_says_about_versions_is_about_its_own_tags(kind: Tagged) -> None:
    assert KINDS[kind.kind] is kind
    assert set(kind.since) <= set(kind.branches)
    assert set(kind.gone) & set(kind.branches) == set(), "a tag that exists is not gone"
    assert kind.default is None or kind.default in kind.branches
    assert kind.factory.count(".") >= 2, "module.function of the engine"


def kinds_source() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Alias -> `module:Class` of its branches: as type checkers see it, and as Pydantic does."""
    (choice,) = (node for node in ast.parse(inspect.getsource(kinds)).body if isinstance(node, ast.If))
    places = {
        name.asname or name.name: f"{node.module}:{name.name}"
        for node in choice.body
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    unions = {
        ast.unparse(node.target): {places[name.id] for name in ast.walk(node.value) if isinstance(name, ast.Name)}
        for node in choice.body
        if isinstance(node, ast.AnnAssign) and node.value is not None
    }
    tables = {
        ast.unparse(node.targets[0]): {str(value.value) for value in table.values if isinstance(value, ast.Constant)}
        for node in choice.orelse
        if isinstance(node, ast.Assign)
        for table in [next((part for part in ast.walk(node.value) if isinstance(part, ast.Dict)), ast.Dict([], []))]
    }
    return unions, tables


def test_type_checkers_see_the_branches_that_the_table_has() -> None:
    unions, tables = kinds_source()
    tables["AnyTraining"] = set(kinds.TRAINING.branches.values())
    assert unions.keys() == tables.keys()
    for alias, base in (("Optimizer", NamedOptimizer), ("Scheduler", NamedScheduler)):  # Open kinds: their base class.
        (place,) = unions.pop(alias)
        assert imported(place) is base
        assert all(issubclass(imported(branch), base) for branch in tables.pop(alias))
    assert unions == tables


def test_a_key_that_is_younger_says_since_when_it_is_there() -> None:
    assert since(DiffusionCondConfig, "svd_bases_path") == "0.0.20"
    assert since(DiffusionCondConfig, "sample_rate") is None
    assert since(ADPUNetConfig, "context_embedding_features") is None


# Looking up.


def test_a_branch_is_found_by_its_tag() -> None:
    assert BOTTLENECK.branch("fsq") is FSQBottleneck
    assert BOTTLENECK.branch("kl") is None
    assert BOTTLENECK.tags()[:2] == ["tanh", "vae"]
    assert dict(BOTTLENECK.models())["vae"] is VAEBottleneck


def test_two_tags_may_mean_one_data_model() -> None:
    encoder = KINDS["encoder"]
    assert encoder.branch("same") is encoder.branch("taae_v2") is not None


@pytest.mark.parametrize(
    ("kind", "tree", "tag", "model"),
    [
        (BOTTLENECK, {"type": "vae"}, "vae", VAEBottleneck),
        (BOTTLENECK, {"type": "kl"}, "kl", None),
        (BOTTLENECK, {"type": 3}, None, None),
        (BOTTLENECK, {}, None, None),
        (BOTTLENECK, "vae", None, None),
        (BOTTLENECK, None, None, None),
        (SHIFT, {}, "full", FullShift),
        (SHIFT, {"type": "flux"}, "flux", FluxShift),
        (SHIFT, {"type": None}, None, None),
        (SHIFT, [], None, None),
        (KINDS["arc_discriminator"], {}, "convnext", ConvNeXtDiscriminator),
        (OPTIMIZER, {"type": "AdamW"}, "AdamW", AdamWOptimizer),
        (OPTIMIZER, {"type": "Rprop"}, "Rprop", TorchOptimizer),
        (OPTIMIZER, {"type": 3}, None, TorchOptimizer),
        (OPTIMIZER, {}, None, TorchOptimizer),
        (OPTIMIZER, None, None, None),
    ],
)
def test_what_a_plain_tree_means(kind: Tagged, tree: Any, tag: str | None, model: type[Data] | None) -> None:
    assert (kind.tag_of(tree), kind.meant(tree)) == (tag, model)


# Checking.


def test_a_tree_becomes_the_data_model_of_its_tag() -> None:
    outer = Outer.model_validate({"parts": [{"type": "tanh"}, {"type": "fsq", "config": {"levels": [4]}}]})
    assert [type(part) for part in outer.parts] == [TanhBottleneck, FSQBottleneck]
    assert plain(outer) == {"parts": [{"type": "tanh"}, {"type": "fsq", "config": {"levels": [4]}}]}


def test_an_absent_tag_means_the_default_and_is_not_written_back() -> None:
    shift = SHIFT.check({"max_length": 128})
    assert shift == FullShift(max_length=128)
    assert plain(shift) == {"max_length": 128}


def test_a_tag_outside_the_table_is_taken_where_the_engine_looks_further() -> None:
    assert OPTIMIZER.check({"type": "Rprop", "config": {"etas": [0.5, 1.2]}}) == TorchOptimizer(
        type="Rprop", config={"etas": [0.5, 1.2]}
    )
    assert errors(Optimizer, {"config": {}}) == [(("type",), "missing")]
    assert errors(Optimizer, {"type": 3, "config": {}}) == [(("type",), "string_type")]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"type": "kl"}, "union_tag_invalid"),
        ({"type": None}, "union_tag_invalid"),
        ({"type": ["vae"]}, "union_tag_invalid"),
        ({"config": {}}, "union_tag_not_found"),
        ("vae", "model_attributes_type"),
        (None, "model_attributes_type"),
        ([{"type": "vae"}], "model_attributes_type"),
    ],
)
def test_without_a_tag_that_exists_the_part_itself_is_blamed(value: Any, kind: str) -> None:
    assert errors(Outer, {"parts": [{"type": "vae"}, value]}) == [(("parts", 1), kind)]


def test_an_unknown_tag_is_told_with_all_that_exist() -> None:
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate({"parts": [{"type": "kl"}]})
    (error,) = caught.value.errors()
    assert error["ctx"] == {
        "discriminator": "'type'",
        "tag": "kl",
        "expected_tags": ", ".join(f"'{tag}'" for tag in BOTTLENECK.tags()),
    }


def test_errors_inside_a_part_stand_at_their_keys_without_the_tag() -> None:
    parts = [{"type": "vae", "config": {"levels": 4}}, {"type": "fsq", "config": {"levels": [0, "4"]}, "zzz": 1}]
    assert errors(Outer, {"parts": parts, "zzz": 1}) == [
        (("parts", 0, "config", "levels"), "extra_forbidden"),
        (("parts", 1, "config", "levels", 0), "greater_than"),
        (("parts", 1, "config", "levels", 1), "int_type"),
        (("parts", 1, "zzz"), "extra_forbidden"),
        (("zzz",), "extra_forbidden"),
    ]


@pytest.mark.parametrize(("kind", "tag"), GONE, ids=[f"{kind.kind}-{tag}" for kind, tag in GONE])
def test_a_tag_of_another_version_says_what_became_of_it(kind: Tagged, tag: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Annotated[Data, kind]).validate_python({kind.key: tag})
    (error,) = caught.value.errors()
    gone = kind.gone[tag]
    assert (error["loc"], error["type"]) == ((), "removed_type")
    assert error["ctx"] == {"key": kind.key, "tag": tag, "what": gone.what, "instead": gone.instead}


def test_a_part_that_is_built_already_is_taken_as_it_is() -> None:
    part = VAEBottleneck(type="vae")
    assert BOTTLENECK.check(part) is part
    assert Outer(parts=(part,)).parts[0] is part
    shift = FullShift(max_length=128)
    assert SHIFT.check(shift) is shift, "it wrote no tag"
    scheduler = TorchScheduler(type="LambdaLR", config={})
    assert KINDS["scheduler"].check(scheduler) is scheduler


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        (BOTTLENECK, PatchedPretransform(type="patched", config={"channels": 2, "patch_size": 4})),  # type: ignore[arg-type]
        (BOTTLENECK, FullShift()),
        (SHIFT, VAEBottleneck(type="vae")),
        (SHIFT, Outer()),
        (OPTIMIZER, TorchScheduler(type="LambdaLR", config={})),
        (OPTIMIZER, TorchOptimizer(type="AdamW", config={})),
        (KINDS["scheduler"], AdamWOptimizer(type="AdamW", config=AdamWConfig())),
    ],
    ids=lambda value: getattr(value, "kind", None) or type(value).__name__,
)
def test_a_part_of_another_kind_is_refused(kind: Tagged, part: Data) -> None:
    assert errors(Annotated[Data, kind], part) == [((), "model_attributes_type")]


# Unknown keys.

WITH_UNKNOWN = {"parts": [{"type": "vae", "mine": {"a": [1]}, "config": {"deep": 1}}], "zzz": None}


def test_unknown_keys_are_kept_everywhere_where_that_is_asked_for() -> None:
    token = UNKNOWN_KEYS.set("allow")
    try:
        outer = typed(Outer, WITH_UNKNOWN)
        assert errors(Outer, {"parts": [{"type": "vae", "requires_grad": 1}]}) == [(("parts", 0, "requires_grad"), "bool_type")]
    finally:
        UNKNOWN_KEYS.reset(token)
    assert plain(outer) == WITH_UNKNOWN
    plain(outer)["parts"][0]["mine"]["a"].append(2)
    assert plain(outer) == WITH_UNKNOWN, "every call gives containers of its own"


def test_unknown_keys_are_refused_everywhere_otherwise() -> None:
    with pytest.raises(ValidationError) as caught:
        typed(Outer, WITH_UNKNOWN)
    found = [error["loc"] for error in caught.value.errors()]
    assert found == [("parts", 0, "config", "deep"), ("parts", 0, "mine"), ("zzz",)]


# Imports.

WATCH = """
import json, sys
from pydantic import TypeAdapter

def loaded():
    start = "stable_audio_config.datamodels."
    return sorted(name.removeprefix(start) for name in sys.modules if name.startswith(start))

from stable_audio_config.datamodels.kinds import Bottleneck, Conditioner, ModelConfig, Optimizer
seen = [loaded()]
adapter = TypeAdapter(Bottleneck)
seen.append(loaded())
for use in {uses!r}:
    try:
        exec(use)
    except ValueError:
        pass
    seen.append(loaded())
print(json.dumps(seen))
"""


def modules_after(*uses: str) -> list[set[str]]:
    """The modules of `datamodels` that are loaded at first, once a schema is built, and after each use."""
    done = subprocess.run([sys.executable, "-c", WATCH.format(uses=uses)], capture_output=True, text=True, check=True)
    return [set(modules) for modules in json.loads(done.stdout)]


def test_nothing_is_imported_before_a_tag_is_met() -> None:
    first, schema, vae, again, fsq, adamw, unknown = modules_after(
        "adapter.validate_python({'type': 'vae'})",
        "adapter.validate_python({'type': 'l2_norm'})",
        "adapter.validate_python({'type': 'fsq', 'config': {'levels': [4]}})",
        "TypeAdapter(Optimizer).validate_python({'type': 'AdamW', 'config': {}})",
        "TypeAdapter(ModelConfig).validate_python({'model_type': 'typo'})",
    )
    assert first == schema == {"base", "tagged", "kinds"}
    assert vae - schema == {"bottleneck", "bottleneck.continuous"}
    assert again == vae
    assert fsq - again == {"bottleneck.fsq"}
    assert adamw - fsq == {"training", "training.optimizers", "training.optimizers.adam", "training.optimizers.base"}
    assert unknown == adamw, "a tag that does not exist leads nowhere"


def test_a_model_brings_its_own_family_only() -> None:
    model = {"model_type": "autoencoder", "sample_rate": 44100, "model": {"encoder": {"type": "oobleck", "config": {}}}}
    *_, after = modules_after(f"TypeAdapter(ModelConfig).validate_python({model!r})")
    families = {name.partition(".")[0] for name in after}
    assert families == {"base", "tagged", "kinds", "autoencoder", "model", "pretransform", "coders"}
    assert {name for name in after if name.startswith("coders.")} == {"coders.oobleck"}
