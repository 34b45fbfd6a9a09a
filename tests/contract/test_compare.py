"""What was read, held against the data models: differences, joined where they say the same, and what is accepted."""

from __future__ import annotations

from typing import Any

import pytest

from stable_audio_config.datamodels.base import Data, Pair, Positive, Sequence
from stable_audio_config.engine.contract import Meant
from stable_audio_config.engine.contract.accepted import ACCEPTED, Accepted
from stable_audio_config.engine.contract.compare import Candidate, Comparison, every_model, joined, same
from stable_audio_config.engine.contract.facts import Facts, Read, Where
from stable_audio_config.engine.contract.values import UNKNOWN, Known, Section, Value

HERE = Where("models/x.py", 7, "create")


class Inner(Data):
    width: Positive


class Config(Data):
    size: int
    rate: float = 0.5
    channels: Sequence[int] = (1, 2)
    bands: Sequence[Pair[float]] = ((0.0, 0.1), (0.1, 0.2))
    flag: bool = True
    inner: Inner
    options: Inner | None = None


class Other(Config):
    pass


def compared(key: str, required: bool | None, default: Value | None = None, model: type[Data] = Config) -> list[tuple[str, ...]]:
    found = Comparison(Facts(reads=[Read(model, key, HERE, required, default)])).keys()
    return [(one.kind, one.key, one.ours, one.theirs) for one in found]


@pytest.mark.parametrize(
    ("key", "required", "default"),
    [
        ("size", True, None),
        ("size", None, Known(3)),
        ("rate", False, Known(0.5)),
        ("rate", False, UNKNOWN),
        ("rate", None, None),
        ("channels", False, Known([1, 2])),
        ("bands", False, Known([(0, 0.1), (0.1, 0.2)])),
        ("options", False, Known(None)),
        ("inner", False, Section("", built=True)),
    ],
)
def test_what_means_the_same_is_no_difference(key: str, required: bool | None, default: Value | None) -> None:
    assert compared(key, required, default) == []


@pytest.mark.parametrize(
    ("key", "required", "default", "difference"),
    [
        ("size", False, Known(3), ("required-changed", "size", "required", "default 3")),
        ("rate", True, None, ("required-changed", "rate", "optional", "required")),
        ("rate", False, Known(1), ("default-changed", "rate", "0.5", "1")),
        ("flag", False, Known(1), ("default-changed", "flag", "true", "1")),
        ("channels", False, Known([1, 2, 3]), ("default-changed", "channels", "[1, 2]", "[1, 2, 3]")),
        ("options", False, Section("", built=True), ("default-changed", "options", "null", "{}")),
        ("new", False, Known("x"), ("key-added", "new", "no such key", 'default "x"')),
        ("new", True, None, ("key-added", "new", "no such key", "required")),
        ("new", None, None, ("key-added", "new", "no such key", "optional")),
    ],
)
def test_what_means_something_else_is_one(
    key: str, required: bool | None, default: Value | None, difference: tuple[str, ...]
) -> None:
    assert compared(key, required, default) == [difference]


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [(1, 1.0, True), (True, 1, False), ([1], (1,), True), ([[1]], [(1, 2)], False), ({"a": 1}, {"a": 1}, True), (None, 0, False)],
)
def test_defaults_are_compared_as_a_file_holds_them(ours: Any, theirs: Any, verdict: bool) -> None:
    assert same(ours, theirs) is verdict


def candidate(model: type[Data] | str, kind: Any = "key-added", key: str = "new", where: Where = HERE) -> Candidate:
    return Candidate(kind, where, model, key, "a", "b", f"add `{key}` to {{model}}")


def test_the_same_about_several_data_models_is_one_difference() -> None:
    one, other = joined([candidate(Other), candidate(Config), candidate(Config, where=Where("models/x.py", 9, "create"))])
    assert (one.model, one.where, one.todo) == ("Config, Other", "models/x.py:7", "add `new` to Config, Other")
    assert (other.model, other.where) == ("Config", "models/x.py:9")


def test_what_a_function_reads_from_several_variables_is_one_difference() -> None:
    (one,) = joined([candidate("", "unbound", "config"), candidate("", "unbound", "other", Where("models/x.py", 9, "create"))])
    assert (one.where, one.key, one.model) == ("models/x.py:7", "config, other", "")


@pytest.mark.parametrize(
    ("entry", "accepted"),
    [
        (Accepted("key-added", "Config", "new", "why"), True),
        (Accepted("key-added", "Inner Config", "old new", "why"), True),
        (Accepted("key-added", "Other", "new", "why"), True),
        (Accepted("key-added", "*", "*", "why", "create"), True),
        (Accepted("key-added", "Other", "new", "why", "elsewhere"), False),
        (Accepted("key-gone", "Other", "new", "why"), False),
        (Accepted("key-added", "Inner", "new", "why"), False),
        (Accepted("key-added", "Other", "newer", "why"), False),
    ],
)
def test_a_difference_is_accepted_by_kind_and_model_and_key_and_function(entry: Accepted, accepted: bool) -> None:
    assert Meant([entry]).without([candidate(Other)]) == ([] if accepted else [candidate(Other)])


def test_what_was_accepted_and_is_no_longer_there_is_stale() -> None:
    comparison = Comparison(Facts(reads=[Read(Config, "size", HERE, True)]))
    entries = [
        Accepted("key-added", "Config", "new old", "why"),
        Accepted("key-added", "Inner", "of a data model that was not reached", "why"),
        Accepted("key-added", "Config", "of_a_function_that_was_not_reached", "why", "elsewhere"),
    ]
    meant = Meant(entries)
    meant.without([candidate(Config)])
    assert [(one.kind, one.model, one.key) for one in meant.stale(comparison)] == [("stale", "Config", "old")]


def test_every_exception_has_its_reason_and_its_data_models() -> None:
    known = {base.__name__ for model in every_model() for base in model.__mro__}
    assert all(len(one.reason) > 15 for one in ACCEPTED)
    strangers = {name.partition(".")[0] for one in ACCEPTED for name in one.models.split()} - known
    assert strangers == {"*", "model", "nested_diffusion"}
