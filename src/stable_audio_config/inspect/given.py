"""What a command is to look at, whichever way it was named: as a plain tree in the shape of an experiment, with its mistakes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ..datamodels.shapes import kind
from ..report.finding import Finding, refuse, touched
from ..report.locate import Lookup
from ..report.place import origin_in_text, shown
from ..source.reading import read_text, tree_of
from ..source.tree import without_comments
from ..validation.document import errors_of_branch, errors_of_kind, kind_of_document
from ..validation.setup import Setup, experiment_setup
from ..validation.view import Broken

Tree = dict[str, Any]

_PARTS = ("model", "training", "dataset", "val_dataset")
CHECKPOINTS = (".ckpt", ".safetensors", ".pt", ".pth")
"""How the names of checkpoints end."""


@dataclass(frozen=True)
class Given:
    """One experiment, or as much of one as a file holds."""

    name: str
    tree: Tree
    origin: Lookup
    """Where a value was written, by its key path in `tree`."""
    mistakes: tuple[Finding, ...] = ()
    """What is wrong with the structure of its parts."""

    @property
    def setup(self) -> Setup:
        """Its parts; what is wrong with them counts as absent."""
        return experiment_setup(self.tree, Broken(path for finding in self.mistakes for path in touched(finding)))


def given(words: tuple[str, ...], config_dir: str | None = None) -> Given:
    """What the words name: one file (experiment, model or dataset config, checkpoint), a run's folder, or overrides.

    Raises:
        Refused: it cannot be read or composed, or holds no model.
    """
    try:
        return _given(words, config_dir)
    except OSError as error:  # A name that is too long to be one, say.
        raise refuse("unreadable-file", f"`{error.filename}` cannot be looked for: {error.strerror or error}") from None


def _given(words: tuple[str, ...], config_dir: str | None) -> Given:
    if len(words) == 1 and "=" not in words[0]:
        path = Path(words[0])
        if path.is_dir():
            return _run(path)
        if path.suffix in CHECKPOINTS:
            return _checkpoint(path)
        if path.is_file() or path.suffix == ".json":
            return _file(path, config_dir)
    return _composed(words, config_dir)


def _made(name: str, tree: Mapping[str, Any], origin: Lookup) -> Given:
    whole = {key: value for key, value in tree.items() if value is not None}
    return Given(name, whole, origin, tuple(_mistakes(whole)))


def _mistakes(tree: Tree) -> list[Finding]:
    """Structural errors of the parts, with key paths in the tree."""
    found: list[Finding] = []
    for part, what in (("model", "model"), ("dataset", "dataset"), ("val_dataset", "dataset")):
        if part in tree:
            found += (_under(part, finding) for finding in errors_of_kind(what, tree[part]))
    model = tree.get("model")
    tag = model.get("model_type") if isinstance(model, dict) else None
    if "training" in tree and isinstance(tag, str) and tag in kind("training").tags:
        found += errors_of_branch("training", tag, tree["training"], ("training",))
    return found


def _under(part: str, finding: Finding) -> Finding:
    return replace(finding, path=(part, *finding.path))


def _composed(words: tuple[str, ...], config_dir: str | None) -> Given:
    from ..compose.composer import Request, compose
    from ..compose.origins import origins_of

    composition = compose(Request(words, "config", config_dir))
    found: list[Lookup] = []

    def origin(path: tuple[str | int, ...]) -> Any:
        if not found:  # Worked out only where a place is asked for.
            found.append(origins_of(composition).of)
        return found[0](path)

    return _made(" ".join(words), composition.tree, origin)


def _file(path: Path, config_dir: str | None) -> Given:
    name, text = shown(path), read_text(path)
    is_json = path.suffix == ".json"
    tree = tree_of(text, name, is_json=is_json)
    holds = kind_of_document(tree, str(path))
    if holds in ("pre_encode", "inference", "training"):
        raise refuse("usage", f"`{name}` holds no model", help="name an experiment, a model config, a run's folder or a checkpoint")
    if holds == "experiment" and ("defaults" in tree or not _is_whole(tree)):
        return _composed((str(path),), config_dir)
    if "defaults" in tree:
        return _composed((f"{holds}={path}",), config_dir)
    origin = partial(origin_in_text, name, text, is_json)
    return in_shape(name, without_comments(tree), origin, holds)


def _is_whole(tree: Mapping[str, Any]) -> bool:
    """Whether an experiment stands in the file itself, as a run leaves it behind."""
    model = tree.get("model")
    return isinstance(model, dict) and "model_type" in model and isinstance(tree.get("training"), dict) and "schema_version" in tree


def in_shape(name: str, tree: Tree, origin: Lookup, holds: str) -> Given:
    """A model or dataset config in the shape of an experiment."""
    if holds == "experiment":
        return _made(name, tree, origin)
    if holds == "dataset":
        return _made(name, {"dataset": tree}, lambda path: origin(path[1:]))
    model = {key: value for key, value in tree.items() if key != "training"}
    parts = {"model": model, "training": tree.get("training")}
    return _made(name, parts, lambda path: origin(path[1:] if path[:1] == ("model",) else path))


def _run(path: Path) -> Given:
    file = path / "experiment.yaml"
    if not file.is_file():
        raise refuse("usage", f"the folder `{path}` is no run: it has no experiment.yaml", help="name a run's folder, or a file")
    text = read_text(file)
    tree = without_comments(tree_of(text, str(file), is_json=False))
    return in_shape(str(path), tree, partial(origin_in_text, shown(file), text, False), "experiment")


def _checkpoint(path: Path) -> Given:
    from ..source.checkpoint import UnreadableCheckpoint, read_checkpoint

    try:
        header = read_checkpoint(path)
    except UnreadableCheckpoint as error:
        raise refuse("checkpoint", str(error), help="check the path") from None
    inside = _inside({**{key: _parsed(text) for key, text in header.metadata.items()}, **header.extra})
    if inside is None:
        raise refuse("checkpoint", f"`{path}` holds no config", help="name the config that stands beside it")
    holds = "model" if "model_type" in inside else "experiment"
    return in_shape(str(path), without_comments(inside), lambda _: None, holds)


def _inside(extra: Mapping[str, Any]) -> Tree | None:
    """What we wrote into a checkpoint, else what the engine's own train.py writes."""
    ours = extra.get("stable_audio_config")
    found = ours.get("experiment") if isinstance(ours, dict) else extra.get("model_config")
    return found if isinstance(found, dict) else None


def _parsed(text: str) -> Any:
    """What stands in the metadata of a .safetensors file, where it is JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text
