"""Which keys a function reads, with what default, and whether it insists on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pytest

from stable_audio_config.datamodels.base import Data, Sequence

Reading = Callable[..., Any]


class Inner(Data):
    width: int = 1
    depth: int = 2


class Config(Data):
    size: int
    rate: float = 0.5
    mode: Literal["fast", "slow"] = "fast"
    inner: Inner | None = None
    several: Sequence[Inner] = ()
    named: dict[str, Inner] | None = None


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        ("config['size']", {"size": "required"}),
        ("config.get('rate', 0.5)", {"rate": "0.5"}),
        ("config.get('rate')", {"rate": "null"}),
        ("config.pop('rate', [1] * 2 + [-3])", {"rate": "[1, 1, -3]"}),
        ("config.pop('size')", {"size": "required"}),
        ("config.get('rate', DEFAULT)", {"rate": "7"}),
        ("config.get('rate', os.cpu_count())", {"rate": "computed"}),
        ("size = config.get('size'); assert size is not None", {"size": "required"}),
        ("size = config.get('size')\n    if size is None: raise ValueError('no size')", {"size": "required"}),
        ("size = config.get('size')\n    if size is None: size = 3", {"size": "null"}),
        ("assert config.get('size') is not None or config.get('rate') is not None", {"size": "null", "rate": "null"}),
        ("if 'rate' in config: config['rate']", {"rate": "null"}),
        ("if config['rate'] > 1: config['size']", {"rate": "required", "size": None}),
        ("config['unheard_of']", {"unheard_of": "required"}),
        ("config['rate'] = 1; config['rate']", {}),
        ("config.pop('rate', 1); f(**config)", {"rate": "1", "size": "required"}),
        ("len(config); print(config)", {}),
        ("[config[key] for key in ('size', 'rate')]", {"size": "required", "rate": "required"}),
        ("for key in TABLE: config.get(key, 0)", {"size": "0", "mode": "0"}),
        ("dict(config)['size']; copy.deepcopy(config)['rate']", {"size": "required", "rate": "required"}),
        ("(lambda: config['size'])()", {"size": "required"}),
        ("def inside(): return config['size']", {"size": None}),
        ("with open('x') as file: config['size']", {"size": "required"}),
        ("try:\n        config['size']\n    except KeyError:\n        config.get('rate')", {"size": "required", "rate": "null"}),
    ],
)
def test_the_keys_of_a_dictionary(reading: Reading, body: str, keys: dict[str, Any]) -> None:
    source = "import copy, os\nDEFAULT = 7\nTABLE = {'size': 1, 'mode': 2}\ndef f(size, rate=None): pass\n"
    assert reading(f"{source}def build(config):\n    {body}\n", Config).keys(Config) == keys


@pytest.mark.parametrize(
    "body",
    [
        "inner = config['inner']; inner['width']; inner.get('depth', 2)",
        "inner = config.get('inner', {}); inner['width']; inner.get('depth', 2)",
        "config['inner']['width']; config.get('inner', {}).get('depth', 2)",
        "if config.get('inner') is not None: inner = config['inner']; inner['width']; inner.get('depth', 2)",
        "inner = config['inner'] if 'inner' in config else dict()\n    inner['width']; inner.get('depth', 2)",
        "there = 'inner' in config\n    if there: config['inner']['width']; config['inner'].get('depth', 2)",
        "for inner in config['several']: inner['width']; inner.get('depth', 2)",
        "[(inner['width'], inner.get('depth', 2)) for inner in config['several']]",
        "for number, inner in enumerate(config['several']): inner['width']; inner.get('depth', 2)",
        "for one, other in zip(config['several'], config['several']): one['width']; other.get('depth', 2)",
        "for name, inner in config['named'].items(): inner['width']; inner.get('depth', 2)",
        "config['named'][config['mode']]['width']; config['named']['x'].get('depth', 2)",
        "inner = {'width': 8}; inner.update(config['inner']); inner['other']; read(inner)",
    ],
)
def test_dictionaries_inside_of_dictionaries(reading: Reading, body: str) -> None:
    found = reading(f"def read(i): i['width'], i.get('depth', 2)\ndef build(config):\n    {body}\n", Config).keys(Inner)
    over_defaults = "update" in body
    assert found.pop("other", "required") == "required"
    assert found == {"width": "8" if over_defaults else "required", "depth": "2"}


def test_a_default_that_the_engine_lays_under_the_configuration_wins_over_the_signatures(reading: Reading) -> None:
    source = """
        def make(width=1, depth=2): pass
        def build(config):
            settings = {"width": 128}
            settings.update(config["inner"])
            make(**settings)
    """
    assert reading(source, Config).keys(Inner) == {"width": "128", "depth": "2"}


def test_what_the_engine_fills_in_is_not_read(reading: Reading) -> None:
    source = """
        def make(width, depth=2): pass
        def build(config):
            make(width=4, **config["inner"])
            make(4, **config["inner"])
            make(**{**config["inner"], "width": 3})
    """
    assert reading(source, Config).keys(Inner) == {"depth": "2"}


def test_a_filter_of_keys_leaves_them_out(reading: Reading) -> None:
    source = """
        def make(depth=2, **others): others.get("width")
        def build(config):
            make(**{k: v for k, v in config["inner"].items() if k != "width"})
    """
    assert reading(source, Config).keys(Inner) == {"depth": "2"}


def test_a_key_that_is_no_constant_is_a_loss(reading: Reading) -> None:
    found = reading("def build(config):\n    config['inner'][input()]\n    config.get(input())\n", Config)
    assert found.lost == {("Inner", "a key that is no constant"), ("Config", "a key that is no constant")}


def test_a_dictionary_that_is_handed_to_the_unknown_is_a_loss(reading: Reading) -> None:
    found = reading("import torch\ndef build(config):\n    torch.save(config['inner'])\n    torch.save(config['size'])\n", Config)
    assert found.lost == {("Inner", "torch.save")}
