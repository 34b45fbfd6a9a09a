"""Composition: presets + experiment + overrides -> one plain tree, by Hydra itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from hydra.errors import ConfigCompositionException, HydraException, MissingConfigException, OverrideParseException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import InterpolationResolutionError, OmegaConfBaseException

from ..report.finding import Finding, Refused, dotted, refuse
from ..source.tree import too_wide, without_comments, words_about
from .circles import circle_in
from .expansion import check_expansion
from .loading import Loader, Merged, search_path
from .overrides import NOTHING, missing_file, sort_words, to_hydra
from .places import GROUPS, SUFFIXES, hidden_presets, preset_folders, preset_names
from .reading import key_path
from .resolvers import register_resolvers
from .settle import settle_training

Tree = dict[str, Any]
T = TypeVar("T")

LISTED = 8
"""How many presets a message names at most."""


@dataclass(frozen=True)
class Composition:
    """What was composed, and from what."""

    tree: Tree
    """The plain tree: interpolations resolved, comments left out."""
    choices: dict[str, str] = field(default_factory=dict)
    """Group -> chosen preset."""
    overrides: tuple[str, ...] = ()
    """As typed."""
    notes: tuple[Finding, ...] = ()
    """What is worth knowing about the presets that were chosen."""
    prepared: Prepared | None = None
    """The request in Hydra's words, from which `origins.py` tells where every value was written."""
    merged: Merged | None = None
    """What Hydra laid over each other, where it was asked by us."""


@dataclass(frozen=True)
class Request:
    """What a command asks to be composed."""

    words: tuple[str, ...] = ()
    """The command's arguments: overrides, or an experiment file."""
    config_name: str = "config"
    """The root of the composition: a file in the preset folders."""
    config_dir: str | None = None
    """The user's folder of presets; None looks for it."""


def compose(request: Request) -> Composition:
    """The composed experiment.

    Raises:
        Refused: a preset, file, key or value that Hydra or OmegaConf cannot use.
    """
    try:
        prepared = prepare(request)
        return loaded(Loader(config_search_path=search_path(prepared.folders)), prepared)
    except OSError as error:  # A name that is too long to be one, say.
        raise refuse("unreadable-file", f"`{error.filename}` cannot be looked for: {error.strerror}") from None


def loaded(loader: Loader, prepared: Prepared) -> Composition:
    """What the loader makes of one request.

    Raises:
        Refused: Hydra cannot use it.
    """
    config = guarded(lambda: loader.load_configuration(prepared.root, prepared.words, RunMode.RUN), prepared.folders)
    return finish(config, prepared, loader.merged)


@dataclass(frozen=True)
class Prepared:
    """A request in Hydra's words."""

    root: str
    """Name of the root config."""
    words: list[str]
    """Overrides in Hydra's grammar."""
    folders: list[Path]
    """Preset folders, in the order of search."""
    typed: tuple[str, ...]
    """The overrides as typed."""


def prepare(request: Request) -> Prepared:
    """The request in Hydra's words."""
    request = _experiment_spelling(request)
    words = sort_words(request.words)
    folders = preset_folders(request.config_dir, words.experiment)
    hydra_words = [to_hydra(word, folders) for word in words.overrides]
    if words.experiment is not None and not any(word.startswith("experiment=") for word in hydra_words):
        hydra_words.insert(0, to_hydra(f"experiment={words.experiment}", folders))
    register_resolvers()
    return Prepared(request.config_name, hydra_words, folders, words.overrides)


def _experiment_spelling(request: Request) -> Request:
    """`--config-name=experiments/NAME` is another spelling of `experiment=NAME`."""
    group, slash, name = request.config_name.partition("/")
    if slash and group in ("experiment", "experiments"):
        return Request((*request.words, f"experiment={name.removesuffix('.yaml')}"), "config", request.config_dir)
    return request


def finish(config: DictConfig, prepared: Prepared, merged: Merged | None = None) -> Composition:
    """The plain tree of Hydra's result, with the training section settled."""
    chosen = config.hydra.runtime.choices.items()
    choices = {str(group): str(name or "null") for group, name in chosen if not group.startswith("hydra/")}
    OmegaConf.set_struct(config, False)
    del config["hydra"]
    for key, name in choices.items():
        target = key.partition("@")[2] or key
        if name == NOTHING and not config.get(target, True):
            del config[target]
    settled = settle_training(config, choices, prepared.folders)
    notes = tuple(hidden_presets(prepared.folders, choices))
    try:
        return Composition(_plain(settled), choices, prepared.typed, notes, prepared, merged)
    except Refused as refused:
        written: Tree = OmegaConf.to_container(settled, resolve=False)  # type: ignore[assignment]
        raise NotWorkedOut(Composition(written, choices, prepared.typed, notes, prepared, merged), *refused.findings) from None


class NotWorkedOut(Refused):
    """Values that are written, but cannot be worked out."""

    def __init__(self, composition: Composition, *findings: Finding) -> None:
        super().__init__(*findings)
        self.composition = composition
        """What was composed, its interpolations as they were written."""

    def placed(self) -> tuple[Finding, ...]:
        """The findings, each where its key was written."""
        from ..report.locate import located
        from .origins import origins_of

        return tuple(located(self.findings, origins_of(self.composition).of))


def _plain(config: DictConfig) -> Tree:
    try:
        check_expansion(config)
        tree = OmegaConf.to_container(config, resolve=True)
    except InterpolationResolutionError as error:
        key = key_path(error.full_key)
        raise refuse("interpolation", f"`{dotted(key)}` cannot be worked out: {_first_line(error)}", *key) from None
    except RecursionError:
        raise refuse(
            "interpolation", "the interpolations of this experiment go round in a circle, or through too many others"
        ) from None
    without: Tree = without_comments(tree)
    wide = [Finding(rule="wrong-value", message=words_about(path), path=path) for path in too_wide(without)]
    if wide:
        raise Refused(*wide)
    unset = list(_unset(without, ()))
    if unset:
        raise Refused(
            *(
                Finding(
                    rule="missing-value",
                    message=f"`{dotted(path)}` has no value yet",
                    path=path,
                    help=f"give it one: {dotted(path)}=...",
                )
                for path in unset
            )
        )
    return without


def _unset(value: Any, path: tuple[str | int, ...]) -> Any:
    """The paths at which `???` stands: a preset that leaves a value to its user."""
    if value == "???":
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _unset(item, (*path, key))


def guarded(load: Callable[[], T], folders: list[Path]) -> T:
    """Hydra's complaints as findings."""
    try:
        return load()
    except RecursionError as error:
        raise circle_in(error) from None
    except MissingConfigException as error:
        raise _no_such_preset(error, folders) from None
    except OverrideParseException as error:
        word = error.override.removeprefix("++")
        message = f"`{word}` cannot be read as `key=value`"
        raise refuse("override", message, help=_in_quotes(word)) from None
    except ConfigCompositionException as error:
        if "mbiguous value for argument" in str(error):
            raise _several_values(error) from None
        cause = error.__cause__
        if isinstance(cause, OmegaConfBaseException):
            raise refuse("composition", _first_line(cause)) from None
        raise refuse("composition", _first_line(error), help=_rest(error)) from None
    except (HydraException, OmegaConfBaseException, ValueError) as error:  # ValueError: a group of Hydra's own set to null, say.
        raise refuse("composition", _first_line(error)) from None


def _in_quotes(word: str) -> str:
    """The override as it can be typed, where its value has no quotes of its own."""
    key, _, value = word.partition("=")
    if not value or "'" in value or '"' in value or value[0] in "[{":
        return "a value with special characters needs quotes: key='a, b'"
    return f"a value with special characters needs quotes, for the shell and for the value: \"{key}='{value}'\""


def _several_values(error: ConfigCompositionException) -> Refused:
    word = str(error).splitlines()[0].partition("'")[2].removesuffix("'").removeprefix("++")
    key, _, value = word.partition("=")
    if key in GROUPS:
        message = f"`{word}` names several presets"
        return refuse("override", message, help="choose one, or train once with each of them: add --multirun")
    help = f"for a list write {key}=[{value}]; for a text \"{key}='{value}'\"; to train once with each of them add --multirun"
    return refuse("override", f"`{word}` holds several values", help=help)


_WRAPPED = re.compile(r"^\w+ (?:raised )?while resolving interpolation: ")
"""What OmegaConf puts before the words of a resolver's own error."""


def _first_line(error: BaseException) -> str:
    """The error's first line as a headline: lower case, no full stop, names in backticks."""
    text = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".:")
    text = _WRAPPED.sub("", text).strip('"')
    text = re.sub(r"'([^' ]+)'", r"`\1`", text)
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def _rest(error: BaseException) -> str | None:
    lines = [line.strip() for line in str(error).strip().splitlines()[1:] if line.strip()]
    return "; ".join(lines) or None


def _no_such_preset(error: MissingConfigException, folders: list[Path]) -> Refused:
    missing = error.missing_cfg_file or ""
    group, _, name = missing.partition("/")
    if group not in GROUPS:
        return refuse("unknown-preset", f"there is no config `{missing}`", help=f"looked in {', '.join(map(str, folders))}")
    if name.endswith(SUFFIXES):
        return missing_file(name, group)
    known = preset_names(folders, group)
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    help = f"did you mean `{group}={near[0]}`?" if near else _listed(known, name)
    return refuse("unknown-preset", f"there is no preset `{name}` in group `{group}`", group, help=help)


def _listed(known: list[str], name: str) -> str:
    """What there is instead; of many presets those whose names are most like `name`."""
    shown = known
    if len(known) > LISTED:
        shown = sorted(known, key=lambda preset: (-SequenceMatcher(None, name, preset).ratio(), preset))[:LISTED]
    more = f", and {len(known) - len(shown)} more" if len(shown) < len(known) else ""
    return f"there are {', '.join(f'`{preset}`' for preset in shown)}{more}"
