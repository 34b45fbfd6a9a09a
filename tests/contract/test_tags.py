"""Which branch belongs to which data model, and the words that only one side knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pytest

from stable_audio_config.datamodels.base import Data, Sequence
from stable_audio_config.datamodels.kinds import KINDS, DistributionShift
from stable_audio_config.datamodels.shift import FluxShift, FullShift, LogSNRShift, NoShift
from stable_audio_config.engine.contract.ours import tagged_options

Reading = Callable[..., Any]

SHIFTS = tagged_options(KINDS["distribution_shift"])


class Holder(Data):
    shift: DistributionShift | None = None
    shifts: Sequence[DistributionShift] = ()
    mode: Literal["fast", "slow"] = "fast"
    fallback: Literal["zero", "one"] | None = None


BRANCHES = """
    if kind == "full":
        shift["base"]
    elif kind in ("flux", "none"):
        shift["alpha"]
    elif "logsnr" == kind or kind == "logsnr":
        shift["rate"]
    else:
        raise ValueError(kind)
"""


@pytest.mark.parametrize(
    "source",
    [
        f"def build(shift):\n    kind = shift.get('type', 'full')\n{BRANCHES}",
        f"def build(shift):\n    kind = shift['type']\n    assert kind is not None\n{BRANCHES}",
    ],
)
def test_a_branch_is_read_by_the_data_model_of_its_tag(reading: Reading, source: str) -> None:
    found = reading(source.replace('"logsnr" == kind or ', ""), *SHIFTS)
    keys = {model: set(found.keys(model)) - {"type"} for model in (FullShift, FluxShift, NoShift, LogSNRShift)}
    assert keys == {FullShift: {"base"}, FluxShift: {"alpha"}, NoShift: {"alpha"}, LogSNRShift: {"rate"}}
    assert (found.words, found.refused) == (set(), set())


def test_tags_are_told_apart_where_they_stand_in_a_list_or_under_a_key(reading: Reading) -> None:
    source = """
        def build(config):
            for shift in config["shifts"]:
                settings = {}
                settings.update(shift)
                if shift["type"] == "full": settings["base"]
            if config["shift"]["type"] == "flux": config["shift"]["alpha"]
            elif config["shift"]["type"] != "none": config["shift"]["other"]
    """
    found = reading(source, Holder)
    keys = {model: set(found.keys(model)) - {"type"} for model in (FullShift, FluxShift, NoShift, LogSNRShift)}
    assert keys == {FullShift: {"base", "other"}, FluxShift: {"alpha"}, NoShift: set(), LogSNRShift: {"other"}}


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ("if kind == 'full': pass\n    elif kind == 'flux': pass\n    else: raise ValueError", {"logsnr", "none"}),
        ("if kind == 'full': pass\n    elif kind == 'flux': pass", {"logsnr", "none"}),
        ("if kind == 'full': pass\n    elif kind == 'flux': pass\n    else: print(kind)", set()),
        ("if kind == 'full': pass", set()),
        ("if kind == 'full': return\n    shift['x']", set()),
        ("assert kind in ['full', 'flux', 'logsnr']", {"none"}),
        ("if kind not in ('full', 'none'): raise ValueError", {"flux", "logsnr"}),
        ("{'full': 1, 'none': 2, 'flux': 3}[kind]", {"logsnr"}),
        ("if kind != 'full':\n        if len(shift) > 3: raise ValueError", set()),
    ],
)
def test_tags_for_which_the_engine_has_no_branch(reading: Reading, body: str, refused: set[str]) -> None:
    found = reading(f"def build(shift):\n    kind = shift['type']\n    {body}\n", *SHIFTS)
    assert found.refused == {("distribution_shift", tag) for tag in refused}


def test_a_tag_that_we_do_not_know_is_noted_and_its_branch_is_nobodys(reading: Reading) -> None:
    source = """
        def build(shift):
            if shift["type"] == "beta": Beta(shift["concentration"], **shift)
            elif shift["type"] in ("full", "gamma"): shift["base"]
    """
    found = reading(source, *SHIFTS)
    assert found.words == {("distribution_shift", "beta"), ("distribution_shift", "gamma")}
    assert (set(found.keys(FullShift)), found.lost) == ({"type", "base"}, set())


def test_tags_of_other_versions_are_no_news(reading: Reading) -> None:
    source = "def build(encoder):\n    if encoder['type'] == 'local_attn': LocalAttention(**encoder['config'])\n"
    found = reading(source, *tagged_options(KINDS["encoder"]))
    assert (found.words, found.lost) == (set(), set())


@pytest.mark.parametrize(
    ("body", "words", "refused"),
    [
        ("if mode == 'fast': pass\n    elif mode == 'slow': pass\n    else: raise ValueError", set(), set()),
        ("if mode == 'fast': pass\n    elif mode == 'swift': pass\n    else: raise ValueError", {"swift"}, {"slow"}),
        ("if mode == 'fast': pass\n    elif mode == 'swift': pass", {"swift"}, set()),
        ("assert mode in ('fast', 'slow', 'swift')", {"swift"}, set()),
        ("assert mode in ('fast',)", set(), {"slow"}),
        ("assert mode in WORDS", {"swift"}, {"slow"}),
    ],
)
def test_words_that_are_no_tags(reading: Reading, body: str, words: set[str], refused: set[str]) -> None:
    found = reading(f"WORDS = ['fast', 'swift']\ndef build(config):\n    mode = config['mode']\n    {body}\n", Holder)
    assert found.words == {("Holder.mode", word) for word in words}
    assert found.refused == {("Holder.mode", word) for word in refused}


def test_a_tag_that_names_the_class_itself(reading: Reading) -> None:
    source = """
        from . import optim
        def build(config):
            make = getattr(optim, config["type"])
            make([], **config["config"])
    """
    optim = "class SGD:\n    def __init__(self, params, lr=1e-3, momentum=0): pass\n"
    (sgd,) = [option for option in tagged_options(KINDS["optimizer"]) if option.tag == "SGD"]
    found = reading(source, sgd, optim=optim)
    settings = next(option.model for option in tagged_options(KINDS["optimizer"]) if option.tag == "SGD").model_fields["config"]
    assert found.keys(settings.annotation) == {"lr": "0.001", "momentum": "0"}


def test_two_data_models_that_a_key_tells_apart(reading: Reading) -> None:
    class ByPath(Data):
        path: str

    class ByAddress(Data):
        address: str
        profile: str | None = None

    class Places(Data):
        places: Sequence[ByPath | ByAddress] = ()

    source = """
        def build(config):
            for place in config["places"]:
                if "address" in place: place["address"], place.get("profile")
                else: place["path"]
    """
    found = reading(source, Places)
    assert found.keys(ByAddress) == {"address": "required", "profile": "null"}
    assert found.keys(ByPath) == {"path": "required"}
