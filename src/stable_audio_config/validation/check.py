"""Everything that `sat validate` looks at: files, folders, standard input, or what would be composed from words."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from ..report.finding import Finding, Refused, refuse
from ..source.reading import LARGEST, decoded, read_text, tree_of

SUFFIXES = (".yaml", ".yml", ".json", ".ini")
"""Files that are looked at in a folder."""


def check_files(names: list[str], config_dir: str | None = None, plugins: bool = False) -> tuple[list[Finding], list[str]]:
    """All findings about the files, and the files that were read. A folder stands for the configs below it."""
    found: list[Finding] = []
    seen: list[str] = []
    for name in names:
        for file in _files(name):
            seen.append(file)
            found += _check_file(file, config_dir, plugins)
    return found, seen


def check_words(words: tuple[str, ...], config_dir: str | None = None, plugins: bool = False) -> list[Finding]:
    """All findings about the experiment that `sat train WORDS` would run."""
    from ..api import findings_about
    from ..compose.composer import Request, compose

    try:
        return findings_about(compose(Request(words, "config", config_dir)), plugins=plugins)
    except Refused as refused:
        return list(refused.findings)


def _files(name: str) -> Iterator[str]:
    folder = Path(name)
    if name != "-" and folder.is_dir():
        inside = sorted(file for file in folder.rglob("*") if file.suffix in SUFFIXES and not _hidden(file, folder))
        yield from (str(file) for file in inside)
    else:
        yield name


def _hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(folder).parts)


def _check_file(name: str, config_dir: str | None, plugins: bool) -> list[Finding]:
    try:
        text = decoded(sys.stdin.buffer.read(LARGEST + 1), "-") if name == "-" else read_text(Path(name))
        if name.endswith(".ini"):
            raise refuse("unreadable-file", f"`{name}` is an INI file", help="sat migrate turns it into an experiment", source=name)
        is_json = name.endswith(".json") or (name == "-" and text.lstrip()[:1] == "{")
        return _check_text(text, name, is_json, config_dir, plugins)
    except Refused as refused:
        return [finding if finding.source else replace(finding, source=name) for finding in refused.findings]


def _check_text(text: str, name: str, is_json: bool, config_dir: str | None, plugins: bool) -> list[Finding]:
    from .document import judge_document, kind_of_document

    tree = tree_of(text, name, is_json=is_json)
    kind = kind_of_document(tree, name)
    if kind == "experiment" and name != "-":
        return check_words((name,), config_dir, plugins)
    if kind == "experiment":
        raise refuse("usage", "an experiment composes presets from folders, which standard input has none of", help="name its file")
    found = judge_document(tree, kind)
    if not found:
        return []
    from ..report.locate import located
    from ..report.place import origin_in_text

    return located(found, partial(origin_in_text, name, text, is_json))
