"""What a step between two versions is made of: it looks at a config's parts, and says which keys change and what has no equal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..report.finding import Path, Severity
from ..source.edit import Change


@dataclass(frozen=True)
class Unequal:
    """Something that the other version has no equal for."""

    path: Path
    message: str
    """As the headline of a finding."""
    severity: Severity = "warning"
    """error: it cannot be run there; warning: it is left out; note: nothing in a config decides about it."""
    help: str | None = None


@dataclass(frozen=True)
class Part:
    """One group of keys, and where it stands."""

    path: Path
    tree: Mapping[str, Any]

    def __call__(self, key: str, default: Any = None) -> Any:
        """The value at `key`."""
        return self.tree.get(key, default)

    def __contains__(self, key: object) -> bool:
        return key in self.tree

    def at(self, *keys: str | int) -> Path:
        """The key path of something inside."""
        return (*self.path, *keys)

    def group(self, *keys: str) -> Part | None:
        """The group of keys below; None where there is none."""
        node: Any = self.tree
        for key in keys:
            node = node.get(key) if isinstance(node, Mapping) else None
        return Part(self.at(*keys), node) if isinstance(node, Mapping) else None

    def items(self, key: str) -> list[Part]:
        """The groups in the list at `key`."""
        listed = self.tree.get(key)
        items = enumerate(listed) if isinstance(listed, list) else ()
        return [Part(self.at(key, index), item) for index, item in items if isinstance(item, Mapping)]

    def below(self) -> Iterator[Part]:
        """This group and every one inside it, those in lists included."""
        yield self
        yield from _groups(self.tree, self.path)

    def set(self, key: str, value: Any) -> Change:
        """The change that gives a key its value."""
        return Change("set", self.at(key), value)

    def remove(self, key: str) -> Change:
        """The change that takes a key out."""
        return Change("remove", self.at(key))

    def rename(self, key: str, name: str) -> Change:
        """The change that gives a key another name, in its place and with the comment beside it."""
        return Change("rename", self.at(key), name)


def _groups(node: Any, path: Path) -> Iterator[Part]:
    inner = node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ()
    for key, value in inner:
        here = (*path, key)
        if isinstance(value, Mapping):
            yield Part(here, value)
        yield from _groups(value, here)


@dataclass(frozen=True)
class Parts:
    """A config as a step looks at it, whichever kind of file holds it."""

    whole: Part
    """All of it."""
    model: Part | None = None
    """What the engine's model JSON holds."""
    training: Part | None = None
    """The training section, inside that or beside it."""
    datasets: tuple[Part, ...] = ()
    """What the engine's dataset JSON holds."""
    complete: bool = False
    """Whether it is known for which version it was written, and holds everything: then what it does not say tells something too."""

    @property
    def model_type(self) -> str | None:
        """The type of the model, where there is one."""
        found = self.model("model_type") if self.model is not None else None
        return found if isinstance(found, str) else None

    @property
    def is_conditional(self) -> bool:
        """Whether the model is one of the two conditional diffusion models."""
        return self.model_type in ("diffusion_cond", "diffusion_cond_inpaint")


def parts_of(tree: Mapping[str, Any], kind: str, *, complete: bool = False) -> Parts:
    """The parts of a tree that holds `kind`: model, dataset, training, or something composed."""
    whole = Part((), tree)
    complete = complete and "defaults" not in tree
    if kind == "model":
        return Parts(whole, model=whole, training=whole.group("training"), complete=complete)
    if kind == "dataset":
        return Parts(whole, datasets=(whole,), complete=complete)
    if kind == "training":
        return Parts(whole, training=whole)
    model = whole.group("model")
    training = whole.group("training") or (model.group("training") if model is not None else None)
    datasets = tuple(part for key in ("dataset", "val_dataset") if (part := whole.group(key)) is not None)
    return Parts(whole, model, training, datasets, complete)


Way = Callable[[Parts], Iterator[Change | Unequal]]
"""One way of a step: what changes, in the order in which it is done, and what has no equal."""


@dataclass(frozen=True)
class Step:
    """One difference between two versions that follow each other, with the way there and the way back."""

    name: str
    """Its examples stand in a folder of this name (tests/versions/steps)."""
    about: str
    """What became different, in one sentence."""
    up: Way
    down: Way


def nothing(_parts: Parts) -> Iterator[Change | Unequal]:
    """The way of a step that has nothing to do in this direction."""
    yield from ()
