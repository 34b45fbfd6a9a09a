"""One preset file as a plain tree, and folders of sound or latents standing where a dataset preset may."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf._utils import get_yaml_loader
from omegaconf.errors import OmegaConfBaseException

from ..report.finding import Finding, Refused, refuse
from .defaults import check_defaults

LARGEST = 100_000_000
"""Bytes; no configuration is larger, and reading one that is would take minutes."""


def read_text(file: Path) -> str:
    """The file's text, without a byte order mark.

    Raises:
        Refused: it is missing, unreadable, too large or not UTF-8.
    """
    try:
        if file.stat().st_size > LARGEST:
            raise refuse("unreadable-file", f"`{file}` is larger than {LARGEST // 1_000_000} MB", source=str(file))
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise refuse("missing-file", f"the file `{file}` does not exist", help="check the path") from None
    except UnicodeDecodeError as error:
        message = f"`{file}` is not UTF-8 text (byte {error.start})"
        raise refuse("unreadable-file", message, help="save it as UTF-8", source=str(file)) from None
    except OSError as error:
        raise refuse("unreadable-file", f"`{file}` cannot be read: {error.strerror or error}", source=str(file)) from None


def read_config(file: Path) -> DictConfig:
    """The file's content, interpolations untouched.

    Raises:
        Refused: with the position of a syntax error, or the kind of what stands there instead of keys.
    """
    tree = plain_tree(file)
    check_defaults(tree.get("defaults", []), file)
    try:
        return OmegaConf.create(tree)
    except OmegaConfBaseException as error:
        message = str(error).splitlines()[0]
        raise refuse("composition", f"`{file}` cannot be used: {message[0].lower()}{message[1:]}", source=str(file)) from None
    except RecursionError:
        raise _too_deep(file) from None


def plain_tree(file: Path) -> dict[Any, Any]:
    """The file's keys and values as they were written.

    Raises:
        Refused: with the position of a syntax error, or the kind of what stands there instead of keys.
    """
    text = read_text(file)
    tree = _from_json(text, file) if file.suffix == ".json" else _from_yaml(text, file)
    if not isinstance(tree, dict):
        raise refuse("wrong-type", f"`{file}` must hold keys and values, not a list or a single value", source=str(file))
    return tree


def _from_json(text: str, file: Path) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_no_duplicates)
    except json.JSONDecodeError as error:
        raise _syntax(file, error.msg[0].lower() + error.msg[1:], error.lineno, error.colno) from None
    except _DuplicateKey as error:
        raise refuse("duplicate-key", f"`{error}` stands twice in one group of `{file}`", source=str(file)) from None
    except RecursionError:
        raise _too_deep(file) from None


class _DuplicateKey(Exception):
    pass


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _DuplicateKey(next(key for key in keys if keys.count(key) > 1))
    return tree


def _from_yaml(text: str, file: Path) -> Any:
    try:
        tree = yaml.load(text, Loader=get_yaml_loader())  # OmegaConf's own: 1e-4 is a number, a key that stands twice an error.
        return {} if tree is None else tree
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise _syntax(file, _problem(error), mark.line + 1 if mark else None, mark.column + 1 if mark else None) from None
    except yaml.YAMLError as error:
        raise refuse("syntax", f"`{file}` is not valid YAML: {str(error).splitlines()[0]}", source=str(file)) from None
    except RecursionError:
        raise _too_deep(file) from None


def _problem(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "not valid YAML"
    if problem == "found character '\\t' that cannot start any token":
        return "a tab indents here; YAML takes spaces only"
    if problem.startswith("found duplicate key "):
        return f"the key `{problem.removeprefix('found duplicate key ')}` stands twice"
    return f"{error.context}, {problem}" if problem.startswith("but ") and error.context else problem


def _too_deep(file: Path) -> Refused:
    return refuse("unreadable-file", f"`{file}` is nested too deeply", source=str(file))


def _syntax(file: Path, problem: str, line: int | None, column: int | None) -> Refused:
    kind = "JSON" if file.suffix == ".json" else "YAML"
    return Refused(Finding(rule="syntax", message=f"not valid {kind}: {problem}", source=str(file), line=line, column=column))


def dataset_of_folder(folder: Path) -> DictConfig:
    """A dataset of everything below `folder`: latents if `sat pre-encode` (or the engine's script) wrote it, else audio."""
    kind = "pre_encoded" if (folder / "details.json").is_file() else "audio_dir"
    return OmegaConf.create({"dataset_type": kind, "datasets": [{"id": folder.resolve().name, "path": str(folder)}]})
