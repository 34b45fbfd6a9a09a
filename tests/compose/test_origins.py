"""Every value of an experiment knows where it was written: shown on experiments made at random from presets of every shape.

All 200 of the promise: ORIGIN_EXPERIMENTS=200 python -m pytest tests/compose/test_origins.py
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from omegaconf import DictConfig, OmegaConf

from stable_audio_config.compose.composer import Composition, Request, compose
from stable_audio_config.compose.origins import Origins, origins_of
from stable_audio_config.compose.places import SHIPPED
from stable_audio_config.report.place import Origin
from stable_audio_config.source.tree import without_comments
from stable_audio_config.source.writing import as_yaml

Tree = dict[str, Any]
Key = tuple[str | int, ...]

EXPERIMENTS = int(os.environ.get("ORIGIN_EXPERIMENTS", "200"))
EDITS = 5
"""Values that are changed in each, all at once."""

DECIDES = ("model_type", "schema_version")
"""Keys that decide about others: the training section goes by them."""

PRESETS = {
    "model/built.yaml": """\
defaults:
  - tiny_autoencoder
  - _self_
sample_size: 65536
model:
  encoder: {config: {channels: 8}}
""",
    "model/anchored.yaml": """\
model_type: autoencoder
sample_rate: 44100
sample_size: 32768
audio_channels: 2
model:
  encoder:
    type: oobleck
    config: &shape
      in_channels: 2
      channels: 16
      c_mults: [1, 2]
      strides: [2, 4]
      latent_dim: 32
  decoder:
    type: oobleck
    config: {<<: *shape, latent_dim: 16, out_channels: 2}
  bottleneck: {type: vae}
  latent_dim: 16
  downsampling_ratio: 8
  io_channels: 2
""",
    "training/part.yaml": "learning_rate: 0.003  # of a part\ndemo:\n  demo_every: 77\n",
    "dataset/mine.yaml": """\
dataset_type: audio_dir
datasets:
  - {id: one, path: sounds}
  - id: two
    path: ${save_dir}/more
random_crop: true
""",
    "experiment/base.yaml": """\
# @package _global_
defaults:
  - override /model: built
  - override /dataset: mine
batch_size: 3
training: {demo: {demo_every: 11}}
""",
    "experiment/nested.yaml": "# @package _global_\ndefaults:\n  - base\n  - _self_\nseed: 5\n_note: nobody reads this\n",
    "experiment/demo_part.yaml": "# @package training.demo\ndemo_every: 13\n",
}
BODIES: list[Tree] = [
    {"name": "mine"},
    {"seed": 7},
    {"batch_size": 4},
    {"save_dir": "out/${name}"},
    {"project": "${name}_${seed}"},
    {"project": None},
    {"val_every": 10},
    {"devices": [0, 1]},
    {"_comment": {"seed": 1}},
    {"training": {"learning_rate": 0.01}},
    {"training": {"demo": {"demo_every": 5}}},
    {"training": {"optimizer_configs": {}}},
    {"model": {"sample_size": 131072}},
    {"model": {"model": {"encoder": {"config": {"strides": [4, 4, 4, 4]}}}}},
    {"model": {"model": {"latent_dim": "${model.model.decoder.config.latent_dim}"}}},
    {"dataset": {"datasets": [{"id": "x", "path": "sounds"}, {"id": "y", "path": "${name}"}]}},
    {"dataset": {"random_crop": False}},
]
WORDS = [
    "batch_size=9",
    "seed=3",
    "name=typed",
    "project='a, b'",
    "save_dir=/x/${name}",
    "logger=none",
    "++num_workers=1",
    "+extra=7",
    "~gradient_clip_val",
    "training.learning_rate=0.5",
    "training.demo.demo_every=${seed}",
    "training=part",
    "training=autoencoder_adversarial",
    "model.model.encoder.config.strides=[2,2,2,2]",
    "model.model.encoder.config.strides.1=16",
    "model=given.json",
    "dataset.datasets.0.path=typed",
    "dataset=sounds",
    "dataset=given_data.json",
    "val_dataset=mine",
]


WITHOUT = "".join(
    f"  - override hydra/{group}: null\n"
    for group in ("help", "hydra_help", "job_logging", "hydra_logging", "output", "launcher", "sweeper", "env")
)
"""Hydra's settings for itself, which no experiment shows: without them it composes in half the time."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with copies of all presets, which may then be edited, and with some of every shape."""
    folder = tmp_path_factory.mktemp("world")
    copytree(SHIPPED, folder / "conf")
    root = folder / "conf" / "config.yaml"
    root.write_text(root.read_text().replace("  - experiment: null\n", "  - experiment: null\n" + WITHOUT))
    for name, text in PRESETS.items():
        (folder / "conf" / name).write_text(text, encoding="utf-8")
    (folder / "sounds").mkdir()
    published = Path(__file__).parent.parent / "published" / "stable_audio_2_0_vae.json"
    (folder / "given.json").write_text(json.dumps(json.loads(published.read_text()), indent=2))
    (folder / "given_data.json").write_text(
        '{"dataset_type": "audio_dir",\n "datasets": [{"id": "g", "path": "sounds"}], "_why": 1}'
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder


def merged(trees: list[Tree]) -> Tree:
    whole: Tree = {}
    for tree in trees:
        for key, value in tree.items():
            below = isinstance(value, dict) and isinstance(whole.get(key), dict)
            whole[key] = merged([whole[key], value]) if below else value
    return whole


def experiment(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """The text of an experiment file, and words that are typed after it."""
    base = rng.choice([None, "/experiment/base", "/experiment/nested"])
    defaults: list[Any] = [base] if base else []
    defaults += rng.sample(["/experiment/demo_part", "/training/part@training"], rng.randrange(2))
    if rng.random() < 0.5:
        defaults.insert(rng.randrange(len(defaults) + 1), "_self_")
    models = ["tiny_autoencoder", "built", "anchored", "dac_2048_32_vae", "given.json"]
    choices = {
        "override /model": rng.choice(models),
        "override /dataset": rng.choice(["synthetic", "mine", "sounds", "given_data.json"]),
    }
    if base is None:
        defaults += [{group: name} for group, name in choices.items()]
    else:
        defaults += [{group: name} for group, name in choices.items() if rng.random() < 0.4]
    defaults += [{"override /dataset@val_dataset": "mine"}] if rng.random() < 0.3 else []
    body = merged(rng.sample(BODIES, rng.randint(0, 7)))
    text = as_yaml({"defaults": defaults}) + (as_yaml(body) if body else "")
    return text, tuple(rng.sample(WORDS, rng.randint(0, 4)))


def leaves(tree: Any, path: Key = ()) -> dict[Key, Any]:
    """Path -> value of everything that is no group and no list, and of empty ones."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    below = {here: value for key, inner in items for here, value in leaves(inner, (*path, key)).items()}
    return below or {path: tree}


class Hydra:
    """What Hydra made of the words of the latest composition, before anything of ours was done to it."""

    config: DictConfig

    def tree(self) -> Tree:
        tree: Tree = without_comments(OmegaConf.to_container(self.config, resolve=True))
        return tree


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> Hydra:
    """Hydra composes each experiment once, for us and for the comparison."""
    seen, load = Hydra(), ConfigLoaderImpl.load_configuration

    def watched(self: ConfigLoaderImpl, *words: Any, **options: Any) -> DictConfig:
        config = load(self, *words, **options)
        seen.config = OmegaConf.masked_copy(config, [key for key in config if key != "hydra"])
        return config

    monkeypatch.setattr(ConfigLoaderImpl, "load_configuration", watched)
    return seen


Place = tuple[str, int, int]
"""Where a value stands: file, line and column; for an argument its number among the words, and its column."""


def place_of(origin: Origin, words: tuple[str, ...]) -> Place | None:
    """The place of a value that can be overwritten there; None for a part of an argument, and for what a folder stands for."""
    if origin.file is not None and origin.span is not None:
        return origin.file, origin.span.line, origin.span.column
    key, _, old = (origin.excerpt or "").partition("=")
    if origin.excerpt not in words or old.startswith(("[", "{")) or key.lstrip("+") == "dataset":
        return None
    return "", words.index(origin.excerpt), len(key) + 2


def another(value: Any) -> Any:
    """A value of the same kind that is not this one."""
    if isinstance(value, str):
        return "other" if "${" in value else f"{value}x"
    return not value if isinstance(value, bool) else 1 if value is None else value + 1


@contextmanager
def overwritten(edits: dict[Place, tuple[Origin, Any]], words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The words, after a new value was written over each old one, in the files and in the words themselves."""
    kept = {file: Path(file).read_bytes() for file, _, _ in edits if file}
    typed = list(words)
    try:
        for (file, line, column), (origin, value) in sorted(edits.items(), reverse=True):  # From the end of each line.
            if not file:
                typed[line] = f"{typed[line][: column - 1]}{json.dumps(value)}"
                continue
            assert origin.span is not None
            lines = Path(file).read_text(encoding="utf-8").splitlines(keepends=True)
            text, start = lines[line - 1], column - 1
            lines[line - 1] = text[:start] + json.dumps(value) + text[start + origin.span.width :]
            Path(file).write_text("".join(lines), encoding="utf-8")
        yield tuple(typed)
    finally:
        for file, content in kept.items():
            Path(file).write_bytes(content)


@pytest.mark.parametrize("seed", range(EXPERIMENTS))
def test_an_experiment_made_at_random(world: Path, theirs: Hydra, seed: int) -> None:
    rng = random.Random(seed)
    text, typed = experiment(rng)
    (world / "mine.yaml").write_text(text, encoding="utf-8")
    words = ("mine.yaml", *typed)
    composition = compose(Request(words))
    origins = origins_of(composition)
    values = leaves(composition.tree)

    # The training section moves from the model's file to the top: that is the one thing that is not Hydra's.
    plain = leaves(theirs.tree())
    assert {path: value for path, value in plain.items() if path[:2] != ("model", "training") and path[0] != "training"} == {
        path: value for path, value in values.items() if path[0] != "training"
    }
    for path, value in values.items():
        _check_origin(path, value, origins, text)
    _check_edits(values, origins, words, rng)


def _check_origin(path: Key, value: Any, origins: Origins, text: str) -> None:
    origin = origins.of(path)
    assert origin is not None, f"{path} comes from nowhere:\n{text}"
    resolved = isinstance(origin.value, str) and "${" in origin.value
    empty = value in ({}, []) and isinstance(origin.value, (dict, list))
    assert resolved or empty or (origin.path == path and origin.value == value), (
        f"{path} is {value!r}, not {origin.value!r}:\n{text}"
    )
    assert origin.excerpt is not None or (origin.span is not None and origin.span.line <= len(origin.lines))


def _check_edits(before: dict[Key, Any], origins: Origins, words: tuple[str, ...], rng: random.Random) -> None:
    """New values written over some old ones change those, and nothing else but what is worked out from them."""
    written = {path: origin for path in before if (origin := origins.of(path)) is not None and origin.path == path}
    places = {path: place for path, origin in written.items() if (place := place_of(origin, words)) is not None}
    scalars = [path for path in places if not isinstance(before[path], (dict, list)) and path[-1] not in DECIDES]
    chosen = {places[path]: path for path in rng.sample(scalars, min(EDITS, len(scalars)))}  # An anchor gives one place to several.
    edits = {place: (written[path], another(written[path].value)) for place, path in chosen.items()}
    with overwritten(edits, words) as typed:
        after = leaves(compose(Request(typed)).tree)
    for place, path in chosen.items():
        assert after.get(path) == edits[place][1], f"{path} is not written at {place}"
    differing = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    for path in differing:
        origin = origins.of(path)
        assert origin is not None
        assert place_of(origin, words) in edits or "${" in str(origin.value), f"{path} changed with {edits}"


# One at a time, where a person can see what is meant.

At = Callable[..., list[tuple[Any, ...]]]
ROOT = 1 + (SHIPPED / "config.yaml").read_text().splitlines().index("batch_size: 4  # per process") + WITHOUT.count("\n")


@pytest.fixture
def at(world: Path) -> At:
    """Source, line and value of what was written at a key, the one that counts first."""

    def places(text: str, key: str, *words: str) -> list[tuple[Any, ...]]:
        (world / "mine.yaml").write_text(text, encoding="utf-8")
        origins = origins_of(compose(Request(("mine.yaml", *words))))
        path = tuple(int(step) if step.isdigit() else step for step in key.split("."))
        found = [origins.of(path), *origins.beaten(path)]
        return [(each.source, each.span.line if each.span else each.excerpt, each.value) for each in found if each is not None]

    return places


MINE = "defaults:\n  - override /model: tiny_autoencoder\n  - override /dataset: synthetic\n"


def test_an_argument_beats_the_file_which_beats_the_root(at: At) -> None:
    assert at(MINE + "batch_size: 8\n", "batch_size", "batch_size=16") == [
        ("command line", "batch_size=16", 16),
        ("mine.yaml", 4, 8),
        ("conf/config.yaml", ROOT, 4),
    ]


def test_the_file_beats_what_it_builds_on_unless_it_says_otherwise(at: At) -> None:
    text = "defaults:\n  - /experiment/nested\n{}batch_size: 8\n"
    assert at(text.format(""), "batch_size")[:2] == [("mine.yaml", 3, 8), ("conf/experiment/base.yaml", 5, 3)]
    first = "defaults:\n  - _self_\n  - /experiment/nested\nbatch_size: 8\n"
    assert at(first, "batch_size")[:2] == [("conf/experiment/base.yaml", 5, 3), ("mine.yaml", 4, 8)]


def test_a_preset_at_a_package(at: At) -> None:
    text = MINE.replace("synthetic", "mine") + "  - override /dataset@val_dataset: mine\n"
    assert at(text, "val_dataset.datasets.0.id") == at(text, "dataset.datasets.0.id") == [("conf/dataset/mine.yaml", 3, "one")]
    assert at("defaults:\n  - /experiment/base\n  - /experiment/demo_part\n", "training.demo.demo_every")[0] == (
        "conf/experiment/demo_part.yaml", 2, 13,
    )  # fmt: skip


def test_a_list_is_replaced_as_a_whole_and_an_item_by_itself(at: At) -> None:
    strides = "model.model.encoder.config.strides"
    text = MINE + "model: {model: {encoder: {config: {strides: [8, 8]}}}}\n"
    assert at(text, f"{strides}.1") == [("mine.yaml", 4, 8)]
    assert at(text, f"{strides}.1", f"{strides}.1=4")[0] == ("command line", f"{strides}.1=4", 4)
    assert at(text, f"{strides}.0", f"{strides}.1=4")[0] == ("mine.yaml", 4, 8)


def test_the_training_section_inside_a_model_file_lies_beneath_the_experiment(at: At) -> None:
    text = MINE.replace("tiny_autoencoder", "given.json") + "training: {learning_rate: 0.5}\n"
    assert at(text, "training.learning_rate") == [("mine.yaml", 4, 0.5), ("given.json", 62, 0.00015)]
    ((source, line, value),) = at(text, "training.loss_configs.bottleneck.weights.kl")
    assert (source, value) == ("given.json", 1e-4)
    assert line > 40


def test_the_recipe_of_a_model_type_lies_beneath_the_experiment(at: At) -> None:
    text = MINE + "training: {learning_rate: 0.5}\n"
    assert [each[0] for each in at(text, "training.learning_rate")] == ["mine.yaml", "conf/training/_default/autoencoder.yaml"]
    assert at(text, "training.learning_rate", "training=part")[-1] == ("conf/training/part.yaml", 1, 0.003)


def test_a_folder_and_an_interpolation_stand_where_they_were_named(at: At) -> None:
    assert at(MINE, "dataset.datasets.0.path", "dataset=sounds") == [("command line", "dataset=sounds", "sounds")]
    assert at(MINE + "project: ${name}\n", "project")[0] == ("mine.yaml", 4, "${name}")
    assert at(MINE + "model:\n  model: ${_part}\n_part: {latent_dim: 3}\n", "model.model.latent_dim")[0] == (
        "mine.yaml",
        5,
        "${_part}",
    )


def test_what_was_taken_out_beats_nothing(at: At) -> None:
    assert at(MINE + "seed: 9\n", "seed", "~seed") == []


def test_a_value_that_is_still_to_come_beats_none(at: At) -> None:
    assert at(MINE + "batch_size: ???\n", "batch_size") == [("conf/config.yaml", ROOT, 4)]


def test_a_composition_of_nothing_has_no_origins() -> None:
    assert origins_of(Composition({"a": 1})).at == {}
