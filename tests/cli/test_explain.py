"""`sat explain` as a command: what a key is, where its value was written, and what it beat."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stable_audio_config.compose.places import SHIPPED

Sat = Callable[..., Any]
MINE = """\
defaults:
  - override /model: tiny_autoencoder
  - override /dataset: synthetic
name: mine
batch_size: 8  # fits
project: ${name}
"""


@pytest.fixture(autouse=True)
def mine(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(MINE)


def test_a_value_where_it_was_written_and_what_it_beat(sat: Sat) -> None:
    result = sat("explain", "batch_size", "mine.yaml", "batch_size=16")
    root = (SHIPPED / "config.yaml").read_text().splitlines()
    line = next(number for number, text in enumerate(root, 1) if text.startswith("batch_size: 4"))
    assert result.code == 0
    assert result.out.splitlines()[:4] == [
        "batch_size: 16",
        "  written   command line: batch_size=16",
        "  beats     mine.yaml:5:13: 8",
        f"  beats     preset config.yaml:{line}:13: 4",
    ]
    assert "  takes     a whole number above 0" in result.out
    assert "  default   4" in result.out


def test_the_same_for_programs(sat: Sat) -> None:
    tree = json.loads(sat("explain", "--json", "batch_size", "mine.yaml").out)
    assert (tree["key"], tree["value"], tree["is_default"]) == (["batch_size"], 8, False)
    assert tree["written"] == {"file": "mine.yaml", "line": 5, "column": 13, "argument": None, "value": 8}
    assert [place["file"] for place in tree["beats"]] == ["preset config.yaml"]
    assert set(tree) == {"key", "value", "is_default", "written", "beats", "meaning", "takes", "default", "read_by", "since"}
    assert tree["meaning"]


def test_a_default_that_nobody_wrote(sat: Sat) -> None:
    result = sat("explain", "model.model.encoder.config.use_nearest_upsample", "mine.yaml")
    result = result if result.code == 0 else sat("explain", "model.model.encoder.config.use_snake", "mine.yaml")
    assert result.out.splitlines()[0].endswith("not written, so its default holds: false")
    assert "written " not in result.out.splitlines()[1]


def test_an_interpolation_is_shown_as_it_was_written(sat: Sat) -> None:
    assert sat("explain", "project", "mine.yaml").out.splitlines()[:3] == [
        'project: "mine"',
        "  written   mine.yaml:6:10",
        "            as ${name}",
    ]


def test_the_beginning_of_a_key_may_be_left_out(sat: Sat) -> None:
    assert sat("explain", "downsampling_ratio", "mine.yaml").out.startswith("model.model.downsampling_ratio: 256")
    several = sat("explain", "latent_dim", "mine.yaml")
    assert several.code == 2
    assert "`latent_dim` stands at 3 places" in several.err
    assert "`model.model.latent_dim`" in several.err


def test_an_item_of_a_list_means_what_the_list_means(sat: Sat) -> None:
    item = json.loads(sat("explain", "--json", "model.model.encoder.config.strides.1", "mine.yaml").out)
    whole = json.loads(sat("explain", "--json", "model.model.encoder.config.strides", "mine.yaml").out)
    assert (item["value"], whole["value"]) == (4, [2, 4, 4, 8])
    assert item["meaning"] == whole["meaning"] != ""


def test_a_part_tells_who_reads_it_and_what_it_may_be(sat: Sat) -> None:
    tree = json.loads(sat("explain", "--json", "model.model.bottleneck", "mine.yaml").out)
    assert "`vae`" in tree["takes"]
    tag = json.loads(sat("explain", "--json", "model.model.bottleneck.type", "mine.yaml").out)
    assert tag["read_by"] == "models.bottleneck.create_bottleneck_from_config" or "bottleneck" in tag["read_by"]


def test_a_large_group_is_told_by_its_keys(sat: Sat) -> None:
    first = sat("explain", "model", "mine.yaml").out.splitlines()[0]
    assert first == "model: a group of model_type, sample_rate, sample_size, audio_channels, model"
    assert json.loads(sat("explain", "--json", "model", "mine.yaml").out)["value"]["model_type"] == "autoencoder"


def test_a_key_that_there_is_not(sat: Sat) -> None:
    result = sat("explain", "batch_sise", "mine.yaml")
    assert result.code == 2
    assert "this experiment has no key `batch_sise`" in result.err
    assert "did you mean `batch_size`?" in result.err


@pytest.mark.parametrize("key", ["", ".", "a..b", "model.", "model.model.encoder.config.strides.99", "name.deeper", "\n", "0"])
def test_any_text_for_a_key(sat: Sat, key: str) -> None:
    result = sat("explain", key, "mine.yaml")
    assert result.code == 2
    assert "Traceback" not in result.err


def test_an_experiment_that_cannot_be_composed(sat: Sat, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(MINE + "save_dir: ${nothing}\n")
    result = sat("explain", "name", "mine.yaml")
    assert (result.code, "mine.yaml:7:11" in result.err) == (1, True)
