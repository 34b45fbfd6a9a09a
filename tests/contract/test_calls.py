"""Where a dictionary goes: into functions and signatures, through objects, from file to file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stable_audio_config.datamodels.base import Data
from stable_audio_config.engine.contract.sources import Sources

Reading = Callable[..., Any]


class Inner(Data):
    width: int = 1
    depth: int = 2
    gain: float = 0.5


class Config(Data):
    inner: Inner | None = None


def test_a_signature_reads_its_keywords(reading: Reading) -> None:
    source = """
        class Net:
            def __init__(self, width, *, depth=2): pass
        def build(config): Net(**config["inner"])
    """
    assert reading(source, Config).keys(Inner) == {"width": "required", "depth": "2"}


def test_keywords_go_on_into_the_base_and_into_parts(reading: Reading) -> None:
    source = """
        class Part:
            def __init__(self, size, gain=0.5): pass
        class Base:
            def __init__(self, depth, **others):
                self.parts = [Part(8, **others) for _ in range(3)]
        class Net(Base):
            def __init__(self, width=1, *args, **kwargs):
                super().__init__(*args, **kwargs)
        def build(config): Net(**config["inner"])
    """
    assert reading(source, Config).keys(Inner) == {"width": "1", "depth": "required", "gain": "0.5"}


def test_a_class_without_a_beginning_of_its_own_has_that_of_its_base(reading: Reading) -> None:
    source = """
        class Base:
            def __init__(self, width=1): pass
        class Net(Base): pass
        def build(config): Net(**config["inner"])
    """
    assert reading(source, Config).keys(Inner) == {"width": "1"}


def test_the_fields_of_a_dataclass_are_keywords(reading: Reading) -> None:
    source = """
        @dataclass
        class Net:
            width: int
            depth: int = 2
        def build(config): Net(**config["inner"])
    """
    assert reading(source, Config).keys(Inner) == {"width": "required", "depth": "2"}


def test_a_class_whose_beginning_is_not_at_hand_is_a_loss(reading: Reading) -> None:
    found = reading("import torch\nclass Net(torch.nn.Linear): pass\ndef build(config): Net(**config['inner'])\n", Config)
    assert found.lost == {("Inner", "Net")}


def test_what_an_object_keeps_is_read_by_its_methods_and_by_those_who_hold_it(reading: Reading) -> None:
    source = """
        class Model:
            def __init__(self, settings): self.settings = settings
            def forward(self, x): return self.settings["width"] * x
            def other(self): return 3
        class Trainer:
            def __init__(self, model):
                self.model = model
                self.model.settings.get("depth", 2)
        def make(settings): return Model(settings)
        def build(config): Trainer(make(config["inner"]))
    """
    assert reading(source, Config).keys(Inner) == {"width": "required", "depth": "2"}


def test_a_method_that_is_told_which_key_to_read(reading: Reading) -> None:
    source = """
        class Trainer:
            def __init__(self, settings):
                self.settings = settings
                self.chosen = self.choose("width")
            def choose(self, key): return self.settings.get(key, 1)
        def build(config): Trainer(config["inner"])
    """
    found = reading(source, Config)
    assert (found.keys(Inner), found.lost) == ({"width": "1"}, set())


def test_a_static_method_gets_no_object(reading: Reading) -> None:
    source = """
        class Net:
            @staticmethod
            def make(settings): return settings["width"]
        def build(config): Net.make(config["inner"])
    """
    assert reading(source, Config).keys(Inner) == {"width": "required"}


def test_what_is_called_later_is_a_loss(reading: Reading) -> None:
    source = """
        from functools import partial
        def finish(model, width=1): pass
        def build(config): partial(finish, **config["inner"])
    """
    assert reading(source, Config).lost == {("Inner", "partial")}


def test_keys_split_by_their_beginning(reading: Reading, tmp_path: Path) -> None:
    class Split(Data):
        stft_length: int = 1
        width: int = 2

    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "adp.py").write_text(
        "def groupby(prefix, d, keep_prefix=False): return {k: d[k] for k in d.keys()}, d\n"
    )
    source = """
        from .models.adp import groupby
        def finish(length=1, **others): pass
        def build(config):
            some, others = groupby("stft_", config)
            finish(**some)
            others.get("stft_length")
            others.get("width", 2)
    """
    assert reading(source, Split).keys(Split) == {"stft_length": "1", "width": "2"}


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ("from .net import Net", "Net"),
        ("from .shop import Net", "Net"),
        ("from .shop import *", "Net"),
        ("from . import net", "net.Net"),
        ("import stable_audio_tools.net", "stable_audio_tools.net.Net"),
        ("from stable_audio_tools.net import Net as Other", "Other"),
        ("import stable_audio_tools.net as n", "n.Net"),
    ],
)
def test_names_are_followed_from_file_to_file(reading: Reading, line: str, call: str) -> None:
    net, shop = "class Net:\n    def __init__(self, width=1): pass\nNet.__doc__ = ''\n", "from .net import Net\n"
    for source in (
        f"{line}\ndef build(config): {call}(**config['inner'])\n",
        *([] if "*" in line else [f"def build(config):\n    {line}\n    {call}(**config['inner'])\n"]),
    ):
        assert reading(source, Config, net=net, shop=shop).keys(Inner) == {"width": "1"}


@pytest.mark.parametrize("source", ["from .net import Net\n", "from .nowhere import Net\n", ""])
def test_a_name_that_is_not_there_is_a_loss_that_the_engine_shares(reading: Reading, source: str) -> None:
    found = reading(f"{source}def build(config): Net(**config['inner'])\n", Config, net="class Other: pass\n")
    (loss,) = found.facts.losses
    assert (loss.models, loss.missing, loss.package) == ((Inner,), True, "")


def test_a_package_that_is_not_installed_is_told_from_a_name_that_is_gone(reading: Reading) -> None:
    found = reading("def build(config):\n    from deepspeed.ops import Adam\n    Adam(**config['inner'])\n", Config)
    (loss,) = found.facts.losses
    assert (loss.models, loss.missing, loss.package) == ((Inner,), True, "deepspeed")


def test_an_entrance_that_is_not_there_is_a_loss(reading: Reading) -> None:
    assert reading("", Config).lost == {("Config", "stable_audio_tools.engine.build")}


@pytest.mark.parametrize(
    ("file", "text", "version"),
    [
        ("stable_audio_tools-1.2.3.dist-info/METADATA", "", "1.2.3"),
        ("pyproject.toml", '[project]\nversion = "1.2.4"\n', "1.2.4"),
        ("setup.py", "setup(\n    version='1.2.5',\n)", "1.2.5"),
        ("setup.py", "setup()", "unknown"),
    ],
)
def test_the_version_is_read_beside_the_engine(tmp_path: Path, file: str, text: str, version: str) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(text)
    assert Sources(tmp_path / "stable_audio_tools").version == version
