"""What rules look at: the parts of an experiment, whichever file they came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from ..datamodels.shapes import Shape, kind, shape
from .view import Absent, Broken, Node, Path, names_of


class Setup:
    """An experiment, a model file or a dataset file. What the file does not hold is absent, and rules about it are silent."""

    def __init__(
        self,
        *,
        run: Node | None = None,
        model: Node | None = None,
        training: Node | None = None,
        dataset: Node | None = None,
        val_dataset: Node | None = None,
    ) -> None:
        self._run, self._model, self._training, self._dataset, self._val_dataset = run, model, training, dataset, val_dataset
        self._by_name: dict[str, list[Node]] = {}

    @property
    def run(self) -> Node:
        """The run options (an `ExperimentConfig`)."""
        return _there(self._run)

    @property
    def model(self) -> Node:
        """The model config (a `ModelConfigBase`): `model_type`, `sample_rate`, `model`."""
        return _there(self._model)

    @property
    def training(self) -> Node:
        """The training section that belongs to the model type."""
        return _there(self._training)

    @property
    def dataset(self) -> Node:
        """The dataset."""
        return _there(self._dataset)

    @property
    def decodes(self) -> bool:
        """Whether demos are made, or a file without a training section leaves open what its model is for."""
        return self._training is None or ("demo" in self._training.model.fields and self._training.tree.get("demo") is not None)

    @property
    def datasets(self) -> list[Node]:
        """The datasets for training and validation, as far as there are any."""
        return [node for node in (self._dataset, self._val_dataset) if node is not None]

    @cached_property
    def model_type(self) -> str:
        """`model.model_type`."""
        return str(self.model("model_type"))

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Every node of every part, once."""
        return tuple(self._everything())

    def _everything(self) -> Iterator[Node]:
        for node in (self._run, self._model, self._training, self._dataset, self._val_dataset):
            if node is self._run and node is not None:
                yield node  # Its parts follow by themselves.
            elif node is not None:
                yield from node.everything()

    def named(self, name: str) -> list[Node]:
        """Every node whose data model, or one that it derives from, is called `name`."""
        if name not in self._by_name:
            self._by_name[name] = [node for node in self.nodes if name in names_of(node.model)]
        return self._by_name[name]


def _there(node: Node | None) -> Node:
    if node is None:
        raise Absent(())
    return node


def experiment_setup(tree: Mapping[str, Any], broken: Broken) -> Setup:
    """The parts of a composed experiment."""
    run = Node(tree, shape("experiment:ExperimentConfig"), (), broken, None)
    model = _node(tree, ("model",), kind("model").meant(tree.get("model")), broken, run)
    section = kind("training").meant(tree.get("model"))
    return Setup(
        run=run,
        model=model,
        training=_node(tree, ("training",), section, broken, run),
        dataset=_node(tree, ("dataset",), kind("dataset").meant(tree.get("dataset")), broken, run),
        val_dataset=_node(tree, ("val_dataset",), kind("dataset").meant(tree.get("val_dataset")), broken, run),
    )


def model_setup(tree: Mapping[str, Any], broken: Broken) -> Setup:
    """The parts of the engine's model JSON, whose training section stands inside."""
    model = kind("model").meant(tree)
    if model is None:
        return Setup()
    return Setup(
        model=Node(tree, model, (), broken, None), training=_node(tree, ("training",), kind("training").meant(tree), broken, None)
    )


def dataset_setup(tree: Mapping[str, Any], broken: Broken) -> Setup:
    """The one part of the engine's dataset JSON."""
    model = kind("dataset").meant(tree)
    return Setup(dataset=None if model is None else Node(tree, model, (), broken, None))


def _node(tree: Mapping[str, Any], path: Path, model: Shape | None, broken: Broken, parent: Node | None) -> Node | None:
    value: Any = tree
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    if model is None or not isinstance(value, Mapping) or path in broken:
        return None
    return Node(value, model, path, broken, parent)
