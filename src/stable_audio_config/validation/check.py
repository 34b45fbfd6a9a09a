"""Everything that `sat validate` looks at: files, folders, standard input, or what would be composed from words."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..report.finding import Finding, Refused, refuse
from ..source.reading import LARGEST, decoded, read_text, tree_of
from .document import GROUPS

if TYPE_CHECKING:
    from ..compose.composer import Composition

Judge = Callable[["Composition"], "list[Finding]"]
"""What says everything about one composition."""

SUFFIXES = (".yaml", ".yml", ".json", ".ini")
"""Files that are looked at in a folder."""


def check_files(
    names: list[str], config_dir: str | None = None, plugins: bool = False, *, here: bool = False
) -> tuple[list[Finding], list[str]]:
    """All findings about the files, and the files that were read. A folder stands for the configs below it. With `here`, also what
    the experiments among them need of this machine."""
    found: list[Finding] = []
    seen: list[str] = []
    for name in names:
        files = list(config_files(name))
        if not files:
            message = f"there is no configuration ({', '.join(SUFFIXES)}) in the folder `{name}`"
            found.append(Finding(rule="missing-file", message=message, source=name, help="name a file, or another folder"))
        for file in files:
            seen.append(file)
            found += _check_file(file, config_dir, partial(_judged, plugins=plugins, here=here))
    return found, seen


def check_words(
    words: tuple[str, ...], config_dir: str | None = None, plugins: bool = False, *, here: bool = False
) -> list[Finding]:
    """All findings about the experiment that `sat train WORDS` would run. With `here`, also what it needs of this machine."""
    return _check_words(words, config_dir, partial(_judged, plugins=plugins, here=here))


def _check_words(words: tuple[str, ...], config_dir: str | None, judge: Judge) -> list[Finding]:
    from ..compose.composer import Request, compose

    return check_composed(lambda: compose(Request(words, "config", config_dir)), judge)


def check_composed(composed: Callable[[], Composition], judge: Judge) -> list[Finding]:
    """All findings about what is composed: what is in the way of that, or what `judge` says of it; as much of both as there is."""
    from ..compose.composer import NotWorkedOut
    from .unfinished import unfinished

    try:
        try:
            return judge(composed())
        except NotWorkedOut as refused:
            return unfinished(refused, judge)
    except Refused as refused:
        return list(refused.placed())


def _judged(composition: Composition, *, plugins: bool, here: bool) -> list[Finding]:
    from ..api import findings_about

    found = findings_about(composition, plugins=plugins)
    if not here or any(finding.severity == "error" for finding in found):
        return found
    from .here import findings_here

    return [*found, *findings_here(composition)]


def _check_preset(name: str, group: str, config_dir: str | None, judge: Judge) -> list[Finding]:
    """A preset that is composed of others, inside an experiment that holds nothing else: only what is said of its group counts."""
    found = _check_words((f"{group}={name}",), config_dir, judge)
    return [finding for finding in found if not finding.path or (finding.path[0] == group and len(finding.path) > 1)]


def _check_other(name: str, group: str, config_dir: str | None) -> list[Finding]:
    """A preset for pre-encoding or generation. What it leaves to its user is no mistake."""
    from ..compose.composer import Request, compose

    found = check_composed(lambda: compose(Request((f"{group}={name}",), group, config_dir)), partial(_judged_other, group=group))
    return [finding for finding in found if finding.rule not in ("missing-value", "missing-key")]


def _judged_other(composition: Composition, *, group: str) -> list[Finding]:
    from ..compose.origins import origins_of
    from ..datamodels.inference import InferenceConfig
    from ..datamodels.pre_encode import PreEncodeConfig
    from ..report.locate import located
    from .structure import checked

    try:
        checked(composition.tree, PreEncodeConfig if group == "pre_encode" else InferenceConfig)
    except Refused as refused:
        return located(refused.findings, origins_of(composition).of)
    return []


def _check_composed(name: str, kind: str, config_dir: str | None, judge: Judge) -> list[Finding]:
    if kind == "experiment":
        return _check_words((name,), config_dir, judge)
    if kind in ("pre_encode", "inference"):
        return _check_other(name, kind, config_dir)
    return _check_preset(name, kind, config_dir, judge)


def config_files(name: str) -> Iterator[str]:
    """The configs that a name stands for: itself, or those below a folder, in the order of their names."""
    folder = Path(name)
    if name != "-" and _is_folder(folder):
        inside = sorted(file for file in folder.rglob("*") if file.suffix in SUFFIXES and not _hidden(file, folder))
        yield from (str(file) for file in inside if not _is_root(file) and (file.is_file() or not file.exists()))
    else:
        yield name


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # Too long for a name, say: reading it tells.
        return False


def _is_root(file: Path) -> bool:
    """The root of a composition stands beside the folders of presets and holds no experiment of its own."""
    return file.stem in ("config", "pre_encode", "inference") and any((file.parent / group).is_dir() for group in GROUPS)


def _hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(folder).parts)


def _check_file(name: str, config_dir: str | None, judge: Judge) -> list[Finding]:
    try:
        text = decoded(sys.stdin.buffer.read(LARGEST + 1), "-") if name == "-" else read_text(Path(name))
        if name.endswith(".ini"):
            raise refuse("unreadable-file", f"`{name}` is an INI file", help="sat migrate turns it into an experiment", source=name)
        is_json = name.endswith(".json") or (name == "-" and text.lstrip()[:1] == "{")
        return _check_text(text, name, is_json, config_dir, judge)
    except Refused as refused:
        return [finding if finding.source else replace(finding, source=name) for finding in refused.findings]


def _check_text(text: str, name: str, is_json: bool, config_dir: str | None, judge: Judge) -> list[Finding]:
    from .document import judge_document, kind_of_document

    tree = tree_of(text, name, is_json=is_json)
    kind = kind_of_document(tree, name)
    composed = kind in ("experiment", "pre_encode", "inference") or "defaults" in tree
    if composed and name != "-":
        found = _check_composed(name, kind, config_dir, judge)
        return [finding if finding.source else replace(finding, source=name) for finding in found]
    if composed:
        raise refuse("usage", "an experiment composes presets from folders, which standard input has none of", help="name its file")
    found = judge_document(tree, kind)
    if not found:
        return []
    from ..report.locate import located
    from ..report.place import origin_in_text

    return located(found, partial(origin_in_text, name, text, is_json))
