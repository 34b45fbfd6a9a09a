"""Parts of plugins inside bigger configs: while `plugin_parts()` lasts, the engine's own factories build them as well.

The engine looks a part up by its tag in one factory for each kind, and these factories call each other: a bottleneck
is built inside an autoencoder, inside a pretransform, inside a diffusion model. Here every factory first asks whether a
plugin builds the tag, and leaves everything else to the engine. The builder (`build` of `plugins.part`) is called with
a copy of the part's plain dictionary, defaults not written out, and with what the engine's factory gets beside it:

| kind                    | the builder is called with               | and gives                                                |
|-------------------------|------------------------------------------|----------------------------------------------------------|
| `model`                 | the whole model config                   | a model                                                  |
| `nested_diffusion`      | the whole model config                   | a model; read where `model` does not know the tag        |
| `encoder`, `decoder`    | config                                   | a module; `requires_grad: false` is seen to              |
| `bottleneck`            | config                                   | a `Bottleneck`; `requires_grad: false` is seen to        |
| `pretransform`          | config, sample_rate                      | a `Pretransform`; `enable_grad` is seen to               |
| `conditioner`           | entry, the model's pretransform or None  | a `Conditioner`; `output_dim` always stands in `config`  |
| `uncond_diffusion`      | the section `model`                      | a module with `io_channels`                              |
| `cond_diffusion`        | the section `diffusion`                  | a `ConditionedDiffusionModel`                            |
| `autoencoder_diffusion` | the section `diffusion`                  | a `ConditionedDiffusionModel`                            |
| `distribution_shift`    | options                                  | an object with `shift`, as the engine's                  |
| `lm_backbone`           | the section `lm`                         | an `AudioLMBackbone`                                     |
| `optimizer`             | config, parameters                       | an optimizer                                             |
| `scheduler`             | config, optimizer                        | a scheduler                                              |
| `discriminator`         | section, channels, sample_rate           | a module with `loss`, as the engine's                    |
| `arc_discriminator`     | section, channels of the hidden states   | a head                                                   |
| `dataset`               | config, and the loader's options by name | a data loader of (audio, metadata)                       |
| `training`              | the model config with `training`, model  | a `LightningModule`                                      |

A network for `cond_diffusion` or `autoencoder_diffusion` that needs a length divisible by some number says so in an
attribute `downsampling_ratio`. Where the engine has a switch inside a longer function, the part takes the place of a
built-in one for the length of that call.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from importlib import import_module
from types import ModuleType
from typing import Any

from ..plugins import PARTS, load_installed
from .factories import FACTORIES, Factory, Function


@contextmanager
def plugin_parts() -> Iterator[None]:
    """Inside, the engine builds what plugins have added; afterwards it is as it was.

    Raises:
        Refused: an installed plugin, or the builder of one, cannot be imported.
    """
    load_installed()
    built_by_plugins = {part.kind for part in PARTS.values() if part.build is not None}
    with ExitStack() as until_the_end:
        for factory in FACTORIES:
            if built_by_plugins.intersection(factory.kinds) and factory.place not in _extended:
                until_the_end.enter_context(_extending(factory))
        yield


_extended: set[str] = set()
"""Where the engine is extended now: inside another `plugin_parts()` nothing is done twice."""


@contextmanager
def _extending(factory: Factory) -> Iterator[None]:
    """Every module of the engine calls the extended function, also those that had imported it before."""
    path, _, name = factory.place.rpartition(".")
    owner = _owner(path)
    own = getattr(owner, name)
    extended = wraps(own)(factory.extend(own))
    _extended.add(factory.place)
    _exchange(owner, name, own, extended)
    try:
        yield
    finally:
        _exchange(owner, name, extended, own)
        _extended.discard(factory.place)


def _owner(path: str) -> Any:
    """The engine's module, or the class inside one, at `path`."""
    module, _, name = path.rpartition(".")
    if name[:1].isupper():
        return getattr(import_module(f"stable_audio_tools.{module}"), name)
    return import_module(f"stable_audio_tools.{path}")


def _exchange(owner: Any, name: str, old: Function, new: Function) -> None:
    """A module that is loaded in between has the new function too: that is why leaving looks through all of them again."""
    if not isinstance(owner, ModuleType):
        setattr(owner, name, staticmethod(new))
        return
    for module in list(sys.modules.values()):
        if isinstance(module, ModuleType):
            content = object.__getattribute__(module, "__dict__")  # A plain look would load the modules that load lazily.
            if content.get(name) is old:
                content[name] = new
