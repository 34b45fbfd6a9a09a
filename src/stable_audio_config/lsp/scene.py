"""A document in the shape of what it belongs to: an experiment, pre-encoding or generation; with the origin of every value.

Hover, definitions, renaming and completion all look at this, so that they need not know what kind of file it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..datamodels.shapes import kind
from ..report.finding import Path as Key
from ..report.finding import Refused, touched
from ..report.place import SHIPPED, Origin, origin_in_text
from ..source.tree import without_comments
from ..validation.document import Kind, errors_of_branch, kind_of_document
from ..validation.setup import Setup, experiment_setup
from ..validation.view import Broken
from .buffers import Buffer, presets_of

if TYPE_CHECKING:
    from pydantic import BaseModel

    from ..compose.composer import Composition
    from ..compose.origins import Origins

Tree = dict[str, Any]

COMPOSED: tuple[Kind, ...] = ("experiment", "pre_encode", "inference")
"""Kinds of files that are always composed; presets of the others are where they have a `defaults` list."""


@dataclass(frozen=True)
class Scene:
    """What a document amounts to."""

    kind: Kind
    """What the document holds."""
    tree: Tree
    """The whole in which it stands: a composed experiment, or only the part that the document holds, at its place in one."""
    buffer: Buffer
    composition: Composition | None = None
    """Where it was composed: from what."""
    refused: Refused | None = None
    """What was in the way of working out its values; they are then as they were written."""

    def composed(self) -> Composition:
        """What it was composed of.

        Raises:
            NotWorkedOut: with the composition too.
        """
        if self.refused is not None:
            raise self.refused
        assert self.composition is not None
        return self.composition

    @property
    def root(self) -> type[BaseModel]:
        """The data model of the whole."""
        from ..datamodels.experiment import ExperimentConfig
        from ..datamodels.inference import InferenceConfig
        from ..datamodels.pre_encode import PreEncodeConfig

        roots: dict[str, type[BaseModel]] = {"pre_encode": PreEncodeConfig, "inference": InferenceConfig}
        return roots.get(self.kind, ExperimentConfig)

    def whole(self, local: Key) -> Key:
        """The path in the whole of a path in the document."""
        if self.kind in COMPOSED or (self.kind == "model" and local[:1] == ("training",)):
            return local
        return (self.kind, *local)

    @cached_property
    def origins(self) -> Origins | None:
        """Where everything was written; None for a document that stands by itself."""
        if self.composition is None:
            return None
        from ..compose.origins import origins_of

        return origins_of(self.composition)

    def origin(self, path: Key) -> Origin | None:
        """Where the value at a path of the whole was written: itself, or the nearest group around it."""
        if self.origins is not None:
            return self.origins.of(path)
        local = path[1:] if path[:1] == (self.kind,) and self.kind not in COMPOSED else path
        found = origin_in_text(self.buffer.name, self.buffer.text.plain, self.buffer.is_json, local)
        return None if found is None or not found.local else replace(found, path=self.whole(found.local))

    def beaten(self, path: Key) -> list[Origin]:
        """What was written at a path and lost, the latest first."""
        return [] if self.origins is None else self.origins.beaten(path)

    @cached_property
    def setup(self) -> Setup:
        """Its parts, as rules look at them; what is wrong with their structure counts as absent."""
        from ..inspect.given import in_shape

        found = in_shape(self.buffer.name, self.tree, lambda _: None, "experiment").mistakes
        return experiment_setup(self.tree, Broken(path for finding in found for path in touched(finding)))


def value_at(tree: Any, path: Key) -> Any:
    """The value at a path.

    Raises:
        LookupError: there is none.
    """
    for step in path:
        there = step in tree if isinstance(tree, Mapping) else isinstance(tree, list) and isinstance(step, int)
        if not there:
            raise LookupError(step)
        tree = tree[step]
    return tree


def file_of(origin: Origin) -> Path | None:
    """The file that a value was written in, shipped presets included; None for the command line."""
    if origin.file is not None:
        return Path(origin.file)
    name = origin.source.removeprefix("preset ")
    return SHIPPED / name if name != origin.source else None


def kind_of_buffer(buffer: Buffer) -> Kind | None:
    """What the document holds; None where it is not valid."""
    return None if buffer.tree is None else kind_of_document(buffer.tree, buffer.name)


def scene_of(buffer: Buffer, config_dir: str | None) -> Scene:
    """What the document amounts to as it stands now.

    Raises:
        Refused: it is not valid, or cannot be composed.
    """
    tree, kind = buffer.tree, kind_of_buffer(buffer)
    if tree is None or kind is None:
        from ..source.reading import tree_of

        tree_of(buffer.text.plain, buffer.name, is_json=buffer.is_json)
        raise Refused
    stands_alone = buffer.path is None or buffer.is_json or not buffer.path.exists()
    if stands_alone or not (kind in COMPOSED or "defaults" in tree):
        return alone(buffer, tree, kind)
    return _composed(buffer, kind, folder_for(buffer, config_dir))


def alone(buffer: Buffer, tree: Mapping[Any, Any], kind: Kind) -> Scene:
    """What `tree`, the document's or nearly that, amounts to without composing anything."""
    return Scene(kind, _in_place(without_comments(tree), kind), buffer)


def _composed(buffer: Buffer, kind: Kind, config_dir: str | None) -> Scene:
    from ..compose.composer import NotWorkedOut, Request, compose

    word = buffer.name if kind == "experiment" else f"{kind}={buffer.name}"
    try:
        composition = compose(Request((word,), kind if kind in ("pre_encode", "inference") else "config", config_dir))
    except NotWorkedOut as refused:
        return Scene(kind, without_comments(refused.composition.tree), buffer, refused.composition, refused)
    return Scene(kind, composition.tree, buffer, composition)


def folder_for(buffer: Buffer, config_dir: str | None) -> str | None:
    """The folder of presets that a document's own `defaults` mean: the one it stands in, unless another one was named."""
    own = None if buffer.path is None else presets_of(buffer.path)
    return str(own) if config_dir is None and own is not None and own.resolve() != SHIPPED and own.is_dir() else config_dir


def _in_place(tree: Tree, kind: Kind) -> Tree:
    """A part at its place in an experiment."""
    if kind in COMPOSED:
        return tree
    if kind == "training":
        return {"model": {"model_type": _model_type_for(tree)}, "training": tree}
    if kind == "dataset":
        return {"dataset": tree}
    model = {key: value for key, value in tree.items() if key != "training"}
    return {"model": model, "training": tree["training"]} if isinstance(tree.get("training"), dict) else {"model": model}


def _model_type_for(tree: Tree) -> str:
    """The type of model whose training section this is most like: nothing in the file says it."""
    tags = kind("training").tags
    return min(tags, key=lambda tag: sum(found.rule != "missing-key" for found in errors_of_branch("training", tag, tree)))


def laid_over(below: Any, above: Any) -> Any:
    """`above` merged over `below`, as composition does: groups are merged, everything else is replaced."""
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return above
    return {**below, **{key: laid_over(below[key], value) if key in below else value for key, value in above.items()}}
