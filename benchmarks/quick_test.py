"""The experiment that the training benchmarks share: quick_test with short steps, for `sat` and for a bare script on the engine."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import yaml
from measure import PROGRAMS, python, run, sat

Tree = dict[str, Any]

STEPS = 50
"""Of these, the first ones warm up."""
SHORT = (
    f"max_steps={STEPS}",
    "batch_size=2",
    "num_workers=1",
    "model.sample_size=8192",
    "checkpoint_every=100000",
    "training.demo.demo_every=100000",
)


def compose(folder: Path, environment: dict[str, str], *words: str) -> Tree:
    """The composed experiment; the sounds that it trains on exist afterwards."""
    run(python("-c", "from stable_audio_config.synthetic import ensure; ensure()"), folder, environment=environment)
    tree: Tree = yaml.safe_load(run(sat("train", *words, f"save_dir={folder / 'runs'}", "--cfg"), folder, environment=environment))
    return tree


def write(tree: Tree, folder: Path, name: str) -> tuple[list[str], list[str]]:
    """The experiment as files of both sides: the arguments of `sat train`, and those of the bare script after its name."""
    experiment, model, dataset = (folder / f"{name}{ending}" for ending in (".yaml", ".model.json", ".dataset.json"))
    experiment.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    model.write_text(json.dumps({**tree["model"], "training": tree["training"]}, indent=2), encoding="utf-8")
    dataset.write_text(json.dumps(tree["dataset"], indent=2), encoding="utf-8")
    files = ["--model-config", str(model), "--dataset-config", str(dataset), "--save-dir", str(folder / "bare")]
    names = ("batch_size", "num_workers", "precision", "max_steps", "checkpoint_every", "seed")
    options = [word for key in names for word in (f"--{key.replace('_', '-')}", str(tree[key]))]
    return ["train", str(experiment)], [str(PROGRAMS / "bare_train.py"), *files, *options]


def changed(tree: Tree, *path: str, to: Any = None, name: str | None = None) -> Tree:
    """A copy in which the value at `path` is `to`, or stands under another `name`."""
    copied = copy.deepcopy(tree)
    *above, last = path
    place = copied
    for key in above:
        place = place[key]
    if name is None:
        place[last] = to
    else:
        place[name] = place.pop(last)
    return copied
