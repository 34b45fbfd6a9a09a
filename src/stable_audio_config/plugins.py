"""Extension: a plugin adds a type tag with its data model and, where the engine does not know it, what builds it.

A plugin is a module that calls `part` when it is imported. Installed packages name theirs in the entry point group
`stable_audio_config.plugins`; an experiment may name further modules in `plugins`. The new tag then stands everywhere
a built-in one does. `docs/07-plugins.md` shows one from beginning to end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module, metadata
from typing import Any, TypeVar

from .datamodels.base import Data
from .datamodels.kinds import KINDS
from .report.finding import refuse

GROUP = "stable_audio_config.plugins"
"""The entry point group of installed plugins."""

Model = TypeVar("Model", bound=type[Data])


@dataclass(frozen=True)
class Part:
    """One tag that a plugin adds."""

    kind: str
    """Kind of part, a name in `KINDS`: `bottleneck`, `conditioner`, ..."""
    tag: str
    """What a config writes as `type`."""
    model: type[Data]
    """What a config may say."""
    build: str | Callable[..., Any] | None
    """What builds it: a callable, or `module:function`, imported when the part is built. None leaves it to the engine,
    for a fork that knows the tag."""

    def builder(self) -> Callable[..., Any] | None:
        """The callable that builds this part."""
        if not isinstance(self.build, str):
            return self.build
        module, _, name = self.build.partition(":")
        found: Callable[..., Any] = getattr(import_module(module), name)
        return found


PARTS: dict[tuple[str, str], Part] = {}
"""(kind, tag) -> what plugins have added."""


def part(kind: str, tag: str, *, build: str | Callable[..., Any] | None = None, replaces: bool = False) -> Callable[[Model], Model]:
    """Registers the decorated data model as the tag `tag` of `kind`.

    Args:
        kind: a name in `KINDS`.
        tag: what a config writes.
        build: what builds the part from its plain dictionary (`engine/extension.py` lists the arguments for each kind).
        replaces: whether a built-in tag may be replaced, as a fork does that reads further keys.

    Raises:
        ValueError: the kind does not exist, or the tag is taken: by another plugin, or, without `replaces`, by a built-in part.
    """
    if kind not in KINDS:
        raise ValueError(f"there is no kind of part `{kind}`: there are {', '.join(KINDS)}")

    def register(model: Model) -> Model:
        known = PARTS.get((kind, tag))
        if known is not None and known.model.__qualname__ == model.__qualname__ and known.model.__module__ == model.__module__:
            pass  # The module was imported anew: the later class is the one that counts.
        elif known is not None:
            raise ValueError(f"{kind} `{tag}` is already defined by {known.model.__module__}: choose another tag")
        elif tag in KINDS[kind].branches and not replaces:
            raise ValueError(f"{kind} `{tag}` is built in: choose another tag, or say replaces=True")
        PARTS[kind, tag] = Part(kind, tag, model, build)
        KINDS[kind].added[tag] = model
        return model

    return register


@cache
def load_installed() -> tuple[str, ...]:
    """The names of the installed plugins, all of them imported. Done once, when a tag is met that is not built in.

    Raises:
        Refused: a plugin cannot be imported.
    """
    found = sorted(metadata.entry_points(group=GROUP), key=lambda entry: entry.name)
    for entry in found:
        _load(entry.load, f"the plugin `{entry.name}`", f"repair or uninstall the package that provides `{entry.value}`")
    return tuple(entry.name for entry in found)


def load_named(modules: tuple[str, ...]) -> None:
    """The modules that an experiment names in `plugins` are imported after the call.

    Raises:
        Refused: one cannot be imported.
    """
    help = "it must be importable from where you are: install it, or put its folder on PYTHONPATH"
    for index, name in enumerate(modules):
        _load(partial(import_module, name), f"the plugin module `{name}`", help, "plugins", index)


def _load(load: Callable[[], Any], what: str, help: str, *path: str | int) -> None:
    try:
        load()
    except Exception as error:
        raise refuse("plugin", f"{what} cannot be loaded: {type(error).__name__}: {error}", *path, help=help) from error
