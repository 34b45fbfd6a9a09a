"""The text of a new file: readable, with every comment of the INI file, and with seconds beside sample counts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..datamodels.verdict import fits
from ..source.modeline import modeline
from .ini import Entry
from .jobs import PARTS, Job, Part
from .lines import lines_of, scalar, text
from .presets import Fit, fit_to, nearest
from .settings import Fate, fates

Tree = dict[str, Any]

COMMANDS = {"experiment": "sat train", "pre_encode": "sat pre-encode"}


@dataclass(frozen=True)
class Document:
    """A new file, before it is written."""

    text: str
    fates: tuple[Fate, ...] = ()
    """What became of every setting."""
    model: Fit | None = None
    """The preset that the model is."""
    training: Fit | None = None
    """The preset that the training section is."""
    unknown: tuple[str, ...] = ()
    """Keys that nobody knows, as `accept_unknown` names them."""


def document(job: Job, *, presets: bool = True) -> Document:
    """The new file of a job.

    Args:
        presets: whether shipped presets may stand for what they say.

    Raises:
        ValueError: a text of the old files cannot stand in an experiment.
    """
    settled = tuple(fates(job.command)) if job.command is not None else ()
    if job.kind == "dataset":
        part = job.parts["dataset"]
        lines = [*_head(job, "dataset"), *_section_lines(part.tree, job)]
        return Document(_joined(lines))
    if job.kind == "pre_encode":
        return Document(_joined([*_head(job, "pre_encode"), "", *_options(job, settled), *_sections(job, job.parts)]), settled)
    return _experiment(job, settled, presets)


def _experiment(job: Job, settled: tuple[Fate, ...], presets: bool) -> Document:
    chosen = _chosen(job.parts["model"], presets) if "model" in job.parts else _Chosen()
    trees = dict(chosen.trees)
    trees.update((name, job.parts[name].tree) for name in ("dataset", "val_dataset") if name in job.parts)
    lines = _head(job, "experiment")
    if chosen.defaults:
        lines += ["defaults:", *chosen.defaults]
    options = _options(job, settled)
    lines += ["", *options] if options else []
    if chosen.unknown:
        lines += ["", "accept_unknown:  # keys that no engine we know reads; they reach it unchecked"]
        lines += [f"  - {text(name)}" for name in chosen.unknown]
    lines += _sections(job, trees)
    return Document(_joined(lines), settled, chosen.model, chosen.training, chosen.unknown)


@dataclass(frozen=True)
class _Chosen:
    """How a model JSON is written down."""

    defaults: tuple[str, ...] = ()
    trees: dict[str, Any] = field(default_factory=dict)
    """What stands in the file's own sections."""
    model: Fit | None = None
    training: Fit | None = None
    unknown: tuple[str, ...] = ()


def _chosen(part: Part, presets: bool) -> _Chosen:
    tree, plain = dict(part.tree), dict(part.plain)
    section, plain_section = tree.pop("training", None), plain.pop("training", None)
    unknown = _unknown(plain, plain_section, "training" in part.plain)
    # Comments in the file (`_comment`) would be lost beside a preset.
    model = nearest(plain, "model") if presets and plain == tree else None
    fits_preset = presets and isinstance(section, dict) and plain_section == section
    training = _training_preset(plain_section, model) if fits_preset else None
    trees: dict[str, Any] = {}
    if model is None or model.changes:
        trees["model"] = tree if model is None else model.changes
    if "training" in part.tree and (training is None or training.changes):
        trees["training"] = section if training is None else training.changes
    defaults = [] if model is None else [f"  - override /model: {model.name}"]
    if isinstance(section, dict) and training is None:
        defaults.append("  - override /training: null")
    elif training is not None and (model is None or training.name != model.name):
        defaults.append(f"  - override /training: {training.name}")
    return _Chosen(tuple(defaults), trees, model, training, unknown)


def _training_preset(section: Tree, model: Fit | None) -> Fit | None:
    """That of the model's name if it says nearly the same, else the nearest."""
    own = fit_to(section, "training", model.name) if model is not None else None
    return own if own is not None else nearest(section, "training")


def _unknown(model: Tree, training: Any, has_training: bool) -> tuple[str, ...]:
    """The dotted paths of keys that the data models do not know, as they stand in an experiment."""
    tag = model.get("model_type")
    if fits(model, "model") and (not has_training or (isinstance(tag, str) and fits(training, "training", tag))):
        return ()
    from ..validation.document import judge_document

    tree = {**model, "training": training} if has_training else model
    found = [finding for finding in judge_document(tree, "model") if finding.rule == "unknown-key"]
    paths = [finding.path if finding.path[:1] == ("training",) else ("model", *finding.path) for finding in found]
    return tuple(".".join(map(str, path)) for path in dict.fromkeys(paths))


def _head(job: Job, kind: str) -> list[str]:
    folder = job.target.parent
    near = (file.name if file.parent == folder else os.path.relpath(file, folder) for file in job.sources)
    names = ", ".join(Path(name).as_posix() for name in near)
    lines = [_modeline(kind, folder), f"# Migrated from {names}."]
    if job.kind == "dataset":
        lines.append(f"#   sat train my_experiment.yaml dataset={job.target.as_posix()}")
    else:
        verb = COMMANDS[job.kind]
        word = job.target.as_posix() if job.kind == "experiment" else f"pre_encode={job.target.as_posix()}"
        lines.append(f"#   {verb} {word}{_still_needed(job)}")
    if job.call is not None:
        lines.append(f"# It was: {job.call.script}.py {' '.join(job.call.words)}")
    return [f"#   {_one_line(line[4:])}" if line.startswith("#   ") else _one_line(line) for line in lines]


@lru_cache
def _modeline(kind: str, folder: Path) -> str:
    """The same for every file of a folder."""
    return modeline(kind, folder / "new.yaml")


def _still_needed(job: Job) -> str:
    """What the command line has to choose."""
    needed = ("model", "dataset") if job.kind == "experiment" else ("dataset",)
    return "".join(f" {name}=..." for name in needed if name not in job.parts)


def _options(job: Job, settled: tuple[Fate, ...]) -> list[str]:
    """The run's options. Those of an INI file keep its order and its comments."""
    entries = job.command.ini.entries if job.command is not None and job.command.ini is not None else {}
    lines: list[str] = []
    others = list(settled)
    for entry in entries.values():
        alike = [fate for fate in others if fate.key == entry.key]
        fate = alike[0] if entry.read else alike[-1]  # A `name` that was typed comes before the one that prefigure ignored.
        others.remove(fate)
        lines += _of_entry(entry, fate, first=not lines)
    typed = [fate for fate in others if fate.outcome == "became" and fate.key not in PARTS]
    lines += ["", *(_line(fate, "") for fate in typed)] if typed and lines else [_line(fate, "") for fate in typed]
    lost = [fate for fate in others if fate.outcome in ("dropped", "decide")]
    lines += [_one_line(f"# {fate.key} {_as_text(fate.value)}: {fate.why}") for fate in lost]
    if job.command is not None and job.command.ini is not None:
        last = [f"# {_one_line(comment)}".rstrip() for comment in job.command.ini.last_comments]
        lines += ["", *last] if last else []
    kept = {fate.key: fate.value for fate in settled if fate.outcome == "kept"}
    if kept:
        lines += ["", "_kept:  # no version of the engine's script that we know reads these, and nothing here does"]
        lines += [f"  {text(key)}: {_as_text(value)}" for key, value in kept.items()]
    return lines


def _of_entry(entry: Entry, fate: Fate, *, first: bool) -> Iterator[str]:
    """An entry of the INI file: its comments, and the key here or why there is none."""
    if entry.comments and not first:
        yield ""
    yield from (f"# {_one_line(comment)}".rstrip() for comment in entry.comments)
    if fate.outcome == "kept":
        yield _one_line(f"# {entry.key}: see _kept below{_behind(entry.beside)}")
    elif fate.key in PARTS:
        said = f"the section {PARTS[fate.key]}" if fate.outcome == "became" else "not set"
        yield _one_line(f"# {entry.key} {_as_text(fate.value)}: {said}{_behind(entry.beside)}")
    elif fate.outcome in ("became", "default") and fate.new_key is not None:
        typed = fate.old is not None and fate.old.word is not None
        yield _line(fate, f"typed; the INI file says {entry.text}" if typed else entry.beside)
    else:
        yield _one_line(f"# {entry.key} {entry.text}: {fate.why or 'as it is anyway'}")


def _line(fate: Fate, beside: str) -> str:
    value = DEFAULTS.get(fate.key) if fate.new_value is None and fate.outcome == "default" and fate.value in ("", None) else None
    if fate.outcome == "became" or fate.new_value is not None:
        value = fate.new_value
    elif fate.value not in ("", None):
        value = fate.value
    words = "; ".join(_one_line(part) for part in (beside, fate.why) if part)
    return f"{fate.new_key}: {_as_text(value)}{_behind(words)}"


DEFAULTS = {"save_dir": "runs", "strategy": "auto", "logger": "wandb"}
"""What stands here where the old value was empty, and null cannot."""


def _behind(comment: str) -> str:
    return f"  # {_one_line(comment)}" if comment else ""


_UNSEEN = re.compile("[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
"""What YAML does not allow, not even in a comment."""


def _one_line(words: str) -> str:
    return _UNSEEN.sub("?", " ".join(str(words).split()))


def _as_text(value: Any) -> str:
    """Any value of Python as YAML on one line; what YAML has no value for becomes a text."""
    if isinstance(value, Path):
        value = str(value)
    if isinstance(value, (str, int, float, bool)) or value is None:
        return scalar(value)
    if isinstance(value, list) and all(isinstance(item, (str, int, float, bool)) or item is None for item in value):
        return f"[{', '.join(map(scalar, value))}]"
    return scalar(repr(value))


def _sections(job: Job, trees: dict[str, Any]) -> list[str]:
    """The blocks `model:`, `training:`, `dataset:` and `val_dataset:`."""
    lines: list[str] = []
    for name in ("model", "training", "dataset", "val_dataset"):
        if name not in trees:
            continue
        tree = getattr(trees[name], "tree", trees[name])
        if isinstance(tree, dict) and tree:
            lines += ["", f"{name}:", *(f"  {line}" for line in _section_lines(tree, job))]
        else:
            lines += ["", f"{name}: {'{}' if tree == {} else _as_text(tree)}"]
    return lines


def _section_lines(tree: Tree, job: Job) -> list[str]:
    return lines_of(tree, _seconds(tree, job))


def _seconds(tree: Tree, job: Job) -> dict[tuple[str | int, ...], str]:
    """What stands beside numbers of samples and latents."""
    whole = job.parts["model"].tree if "model" in job.parts else {}
    rate, ratio = _number(whole.get("sample_rate")), _ratio(whole)
    if not rate:
        return {}
    found: dict[tuple[str | int, ...], str] = {}
    size = _number(tree.get("sample_size"))
    if size:
        frames = f", {size // ratio} latent frames" if ratio else ""
        found[("sample_size",)] = f"{size / rate:.4g} s at {rate / 1000:g} kHz{frames}"
    datasets = tree.get("datasets")
    entries = enumerate(datasets) if isinstance(datasets, list) else ()
    places: list[tuple[tuple[str | int, ...], Any]] = [((), tree)]
    places += [(("datasets", index), entry) for index, entry in entries]
    for path, group in places:
        crop = _number(group.get("latent_crop_length")) if isinstance(group, dict) else 0
        if crop and ratio:
            place = (*path, "latent_crop_length")
            found[place] = f"{crop * ratio / rate:.4g} s"
    return found


def _ratio(model: Tree) -> int:
    """Samples to one latent frame, where the config says it; else 0."""
    network = model.get("model")
    if not isinstance(network, dict):
        return 0
    inside = network.get("pretransform")
    config = inside.get("config") if isinstance(inside, dict) else None
    ratios = [_number(tree.get("downsampling_ratio")) for tree in (network, config) if isinstance(tree, dict)]
    return next((ratio for ratio in ratios if ratio), 0)


def _number(value: Any) -> int:
    """A count that is one; else 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _joined(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"
