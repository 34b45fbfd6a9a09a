"""One schema for each kind of file, in the flavours that it has: strict (complete) and authoring (as people write it)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from ..datamodels.base import Data
from ..datamodels.experiment import SCHEMA_VERSION, ExperimentConfig
from ..datamodels.export import place_of_class
from ..datamodels.inference import InferenceConfig
from ..datamodels.kinds import KINDS, TRAINING
from ..datamodels.pre_encode import PreEncodeConfig
from .definitions import Definitions
from .parts import Parts, defaults_list, names_in
from .presets import presets
from .sharing import shared
from .values import Tree, reference

TYPED = ("model", "training")
"""Keys of an experiment that follow the type of its model."""

Flavour = Literal["strict", "authoring"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

TITLES = {
    "experiment": "An experiment: everything that one training run needs (sat train)",
    "model": "A model: what the engine's model JSON holds, without its training section",
    "training": "A training section",
    "dataset": "A dataset: what the engine's dataset JSON holds",
    "pre_encode": "A pre-encoding: a dataset and an autoencoder become latents (sat pre-encode)",
    "inference": "A generation: a checkpoint and conditions become sounds (sat generate)",
    "engine_model": "The engine's model JSON (model_config.json)",
    "engine_dataset": "The engine's dataset JSON (dataset_config.json)",
}
"""Kind of file -> what it is. Those of the engine hold no presets and leave nothing out: they have one flavour, strict."""

COMPOSED: dict[str, type[Data]] = {"experiment": ExperimentConfig, "pre_encode": PreEncodeConfig, "inference": InferenceConfig}
"""Kinds of file that are composed of presets."""


def flavours(name: str) -> tuple[Flavour, ...]:
    """Those that there are for a kind of file."""
    return ("strict",) if name.startswith("engine_") else ("strict", "authoring")


def identity(name: str, flavour: Flavour) -> str:
    """The `$id`: a name that holds for this version of the format, not an address."""
    return f"urn:stable-audio-config:schema:v{SCHEMA_VERSION}:{flavour}:{name}"


def document(name: str, flavour: Flavour, definitions: Definitions) -> Tree:
    """The whole schema of a kind of file."""
    parts = Parts(definitions, authoring=flavour == "authoring", engine=name.startswith("engine_"))
    content = _CONTENT[name](parts)
    found: dict[str, Tree] = {}
    waiting = names_in(content)
    while waiting:
        new = {one: parts.definition(one) for one in sorted(waiting - found.keys())}
        found |= new
        waiting = names_in(list(new.values())) - found.keys()
    head = {"$schema": DIALECT, "$id": identity(name, flavour), "title": TITLES[name]}
    return shared({**head, **content, "$defs": dict(sorted(found.items()))})


def all_definitions(*, plugins: bool = False) -> Definitions:
    """What every document is made of."""
    return Definitions(plugins=plugins, more=COMPOSED.values())


# --- composed files -------------------------------------------------------------------------------------------------------


def _composed(name: str, parts: Parts) -> Tree:
    found = parts.group(place_of_class(COMPOSED[name]))
    found.pop("description", None)  # The title says it.
    if parts.authoring:
        found["properties"] = {"defaults": defaults_list(name, _choices(name)), **found["properties"]}
        found = _top(found)
    return found


def _top(found: Tree) -> Tree:
    """The same at the top of a file, which is never a text."""
    return {**{key: value for key, value in found.items() if key not in ("pattern", "patternErrorMessage")}, "type": "object"}


def _choices(name: str) -> dict[str, str]:
    """Key in a `defaults` list -> the group that it chooses from."""
    groups = ("model", "training", "dataset", "dataset@val_dataset") if name == "experiment" else ("model", "dataset")
    chosen = {group: group.partition("@")[0] for group in (*groups, name)}
    overrides = {f"override /{key}": group for key, group in chosen.items() if group != name}
    return {**overrides, **{f"/{key}": group for key, group in chosen.items()}, **chosen}


def _experiment(parts: Parts) -> Tree:
    found = _composed("experiment", parts)
    training = {tag: reference(place) for tag, place in parts.definitions.branches[TRAINING.kind].items()}
    if not parts.authoring:
        return {**found, "allOf": [_if(_says_type(tag), training=section) for tag, section in training.items()]}
    found["properties"]["hydra"] = {"type": "object", "description": "Hydra's own settings: sweeps, launchers."}
    about = {key: {note: text for note, text in found["properties"][key].items() if note != "$ref"} for key in TYPED}
    found["properties"] |= about
    typed = {tag: {"model": _inside(parts, "model", tag), "training": section} for tag, section in training.items()}
    free = {"model": reference("model"), "training": reference(parts.definitions.any_of(TRAINING.kind))}
    conditions = [*((_says_type(tag), tag) for tag in typed), *((chosen, tag) for tag in typed for chosen in _chooses_type(tag))]
    return {**found, **_first_of([(told, {"properties": typed[tag]}) for told, tag in conditions], {"properties": free})}


def _first_of(choices: list[tuple[Tree, Tree]], otherwise: Tree) -> Tree:
    """What belongs to the first condition that holds."""
    found = otherwise
    for condition, then in reversed(choices):
        found = {"if": condition, "then": then, "else": found}
    return found


def _inside(parts: Parts, kind: str, tag: str) -> Tree:
    return reference(parts.definitions.branches[kind][tag])


def _if(condition: Tree, **properties: Tree) -> Tree:
    return {"if": condition, "then": {"properties": properties}}


def _says_type(tag: str) -> Tree:
    inside = {"type": "object", "required": ["model_type"], "properties": {"model_type": {"const": tag}}}
    return {"required": ["model"], "properties": {"model": inside}}


def _chooses_type(tag: str) -> list[Tree]:
    """Whether a shipped preset in the `defaults` list decides that the model has this type."""
    found: dict[str, list[Any]] = {"model": [], "experiment": []}
    for preset in presets():
        if preset.model_type == tag and preset.group in found:
            found[preset.group].append(preset.name)
    chosen = {f"^(override )?/?{group}$": {"enum": names} for group, names in found.items() if names}
    if not chosen:
        return []
    entries = [
        {"type": "object", "minProperties": 1, "propertyNames": {"pattern": key}, "additionalProperties": names}
        for key, names in chosen.items()
    ]
    plain = [{"enum": found["experiment"]}] if found["experiment"] else []
    return [{"required": ["defaults"], "properties": {"defaults": {"type": "array", "contains": {"anyOf": [*entries, *plain]}}}}]


# --- one part -------------------------------------------------------------------------------------------------------------


def _part(kind: str) -> Callable[[Parts], Tree]:
    """A file that holds one part, with a tag."""

    def content(parts: Parts) -> Tree:
        return _file(parts, kind) if parts.authoring else parts.kind(KINDS[kind])

    return content


def _file(parts: Parts, kind: str) -> Tree:
    """A part at the top of a file: the keys that only a file may have stand beside its own."""
    found = parts.kind(KINDS[kind])
    return {**_top(found), "allOf": [_opened(branch, parts, kind) for branch in found["allOf"]]}


def _opened(branch: Tree, parts: Parts, kind: str) -> Tree:
    """The branch of a kind with its data model in the place of the reference to it, and the keys of a file."""
    name = "then" if "then" in branch else "else"
    place = parts.definitions.place(branch[name]["$ref"].removeprefix("#/$defs/"))
    found = parts.group(place)
    return {**branch, name: {**found, "properties": {**_of_file(place, parts, kind), **found["properties"]}}}


def _of_file(place: str, parts: Parts, kind: str) -> Tree:
    """The keys that a file of that kind may have beside those of the part."""
    found: Tree = {"defaults": defaults_list(kind, {f"/{kind}": kind, kind: kind})} if parts.authoring else {}
    if kind == "model":
        sections = parts.definitions.branches[TRAINING.kind]
        tags = [tag for tag, other in parts.definitions.branches[kind].items() if other == place]
        section = sections[tags[0]] if tags and tags[0] in sections else parts.definitions.any_of(TRAINING.kind)
        found["training"] = {**reference(section), "description": "The training section; an experiment may change it."}
    return found


def _training(parts: Parts) -> Tree:
    """Nothing in the section says which model type it is for."""
    if not parts.authoring:
        return {"anyOf": [reference(place) for place in parts.definitions.branches[TRAINING.kind].values()]}
    found = parts.group(parts.definitions.any_of(TRAINING.kind))
    return {**_top(found), "properties": {**_of_file("", parts, "training"), **found["properties"]}}


def _engine(kind: str) -> Callable[[Parts], Tree]:
    """A file of the engine: complete, with its comments; that of a model may hold a training section."""
    return lambda parts: _file(parts, kind)


_CONTENT: dict[str, Callable[[Parts], Tree]] = {
    "experiment": _experiment,
    "model": _part("model"),
    "training": _training,
    "dataset": _part("dataset"),
    "pre_encode": lambda parts: _composed("pre_encode", parts),
    "inference": lambda parts: _composed("inference", parts),
    "engine_model": _engine("model"),
    "engine_dataset": _engine("dataset"),
}
