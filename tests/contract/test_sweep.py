"""The sweep over the whole source finds what the reading never came to."""

from __future__ import annotations

from pathlib import Path

from stable_audio_config.datamodels.base import Data
from stable_audio_config.engine.contract.roots import enter, start
from stable_audio_config.engine.contract.sources import ENGINE, Sources
from stable_audio_config.engine.contract.sweep import unreached
from stable_audio_config.engine.contract.values import Option, Section

SOURCE = """
def build(config):
    config["known"]
    if config["kind"] == "impossible" and False:
        config["late"]
    raise ValueError(config["in a message"])

def create_codec_from_config(x):
    return x

def stranger(config, sample, loss_info):
    self.model_config.get("a").get("b")
    cfg["c"]["d"]
    config["w"] = 1
    return sample["x"], loss_info["y"], config[0], options.keys()

class Box:
    def open(self):
        return self.config.pop("key", None)

DEFAULTS = options["table"]
"""


class Config(Data):
    known: int


def test_reads_that_nothing_leads_to_and_factories(tmp_path: Path) -> None:
    (tmp_path / "engine.py").write_text(SOURCE)
    (tmp_path / "quiet.py").write_text("def f(settings): return settings['a']\n")
    sources = Sources(tmp_path, search=())
    run = start(sources)
    enter(run, (f"{ENGINE}.engine", "build"), Section("config", options=(Option(Config),)))
    found = [(str(one.where), one.where.function, one.variable, one.reads) for one in unreached(sources, run.facts)]
    assert found == [
        ("engine.py:5", "build", "config", ("config['late']",)),
        ("engine.py:8", "create_codec_from_config", "", ()),
        ("engine.py:12", "stranger", "model_config", ("self.model_config.get('a').get('b')", "self.model_config.get('a')")),
        ("engine.py:13", "stranger", "cfg", ("cfg['c']['d']", "cfg['c']")),
        ("engine.py:19", "Box.open", "config", ("self.config.pop('key', None)",)),
        ("engine.py:21", "", "options", ("options['table']",)),
    ]
