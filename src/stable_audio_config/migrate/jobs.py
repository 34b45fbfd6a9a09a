"""Which old files belong together, and what new file they become."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from ..report.finding import Finding, Refused, Related
from ..source.tree import without_comments
from .command_line import DEFAULTS_FILE, OldCommand, read_command
from .ini import Ini
from .shell import ScriptCall
from .sources import Gathered, Source

Tree = dict[str, Any]

PARTS = {"model_config": "model", "dataset_config": "dataset", "val_dataset_config": "val_dataset"}
"""Flag that names a JSON -> the section of an experiment that it becomes."""


@dataclass(frozen=True)
class Part:
    """A JSON file that becomes a section."""

    file: Path
    tree: Tree

    @cached_property
    def plain(self) -> Tree:
        """The tree without comments, which no one else may change."""
        written = repr(self.tree)
        tree: Tree = without_comments(self.tree) if "'_" in written or '"_' in written else self.tree
        return tree


@dataclass(frozen=True)
class Job:
    """One new file, and what it is made of."""

    kind: Literal["experiment", "dataset", "pre_encode", "words"]
    """words: nothing to write, only another way to say it."""
    target: Path
    sources: tuple[Path, ...]
    command: OldCommand | None = None
    parts: dict[str, Part] = field(default_factory=dict)
    """Section (`model`, `dataset`, `val_dataset`) -> its file."""
    findings: tuple[Finding, ...] = ()
    call: ScriptCall | None = None
    """The command that it comes from."""


def jobs_of(gathered: Gathered, val_dataset: Path | None = None) -> list[Job]:
    """What is to be done, in the order of the files; no two jobs have one target.

    Raises:
        Refused: files that were named together contradict each other.
    """
    return _with_own_targets(list(_Grouping(gathered, val_dataset).jobs()))


class _Grouping:
    """Files are used up as jobs take them."""

    def __init__(self, gathered: Gathered, val_dataset: Path | None) -> None:
        self.sources = gathered.sources
        self.together = not gathered.folders
        self.val_dataset = val_dataset
        self.by_path = {source.file.resolve(): source for source in self.sources}
        self.used: set[Path] = set()

    def jobs(self) -> Iterator[Job]:
        """Commands first, since they name the others; then INI files that do; then what is left."""
        for source in self._of("calls"):
            for call in source.calls:
                yield self._of_call(source, call)
        for source in self._of("ini"):
            if source.ini is not None and source.file not in self.used and _names_files(source.ini):
                yield self._of_ini(source)
        yield from self._left()

    def _of(self, kind: str) -> list[Source]:
        return [source for source in self.sources if source.kind == kind]

    def _of_call(self, source: Source, call: ScriptCall) -> Job:
        folders = (source.file.parent, Path())
        try:
            command = read_command(call.words, call.script, ini=self._ini_beside(call), folders=folders)
        except Refused as refused:
            raise Refused(*(_at(finding, source, call) for finding in refused.findings)) from None
        if command.ini is not None:
            self.used.add(Path(command.ini.name))
        kind: Any = {"train": "experiment", "pre_encode": "pre_encode"}.get(call.script, "words")
        parts, findings = self._parts(command, source.file) if kind != "words" else ({}, ())
        findings = (*call.findings, *command.findings, *findings)
        name = command.value("name") if call.script == "train" else None
        stem = _file_name(name) if isinstance(name, str) and name else source.file.stem
        read = (Path(command.ini.name),) if command.ini is not None else ()
        files = (source.file, *read, *(part.file for part in parts.values()))
        return Job(kind, source.file.with_name(f"{stem}.yaml"), _each_once(files), command, parts, findings, call)

    def _ini_beside(self, call: ScriptCall) -> Ini | None:
        """The one INI file that was named with a script, where the script's own words name none."""
        files = self._of("ini")
        alone = self.together and len(files) == 1 and not any(word.startswith("--conf") for word in call.words)
        return files[0].ini if alone else None

    def _of_ini(self, source: Source) -> Job:
        command = read_command((), "train", ini=source.ini)
        self.used.add(source.file)
        parts, findings = self._parts(command, source.file)
        files = _each_once((source.file, *(part.file for part in parts.values())))
        target = source.file.with_suffix(".yaml")
        return Job("experiment", target, files, command, parts, (*command.findings, *findings))

    def _parts(self, command: OldCommand, beside: Path) -> tuple[dict[str, Part], tuple[Finding, ...]]:
        """The JSON files that a command names, and what is to be said about those that are not here."""
        parts: dict[str, Part] = {}
        findings: list[Finding] = []
        for key, section in PARTS.items():
            name = command.value(key)
            if not name:
                continue
            source = self._find(str(name), beside, section)
            if source is None:
                findings.append(_not_here(key, str(name), section, command, beside))
                continue
            parts[section] = Part(source.file, source.tree)
            self.used.add(source.file)
        against = self._contradictions(command, parts, beside) if self.together else []
        if against:
            raise Refused(*against)
        return parts, tuple(findings)

    def _find(self, name: str, beside: Path, section: str) -> Source | None:
        """The file of that name: where it says, beside the file that says so, or among those that were named."""
        from ..source.reading import read_text, tree_of

        for place in (Path(name), beside.parent / name):
            known = self.by_path.get(place.resolve())
            if known is not None:
                return known
            if place.is_file():
                kind: Any = "model" if section == "model" else "dataset"
                return Source(kind, place, tree_of(read_text(place), str(place), is_json=True))
        wanted = "model" if section == "model" else "dataset"
        alike = [source for source in self._of(wanted) if source.file.name == Path(name).name]
        return alike[0] if len(alike) == 1 else None

    def _contradictions(self, command: OldCommand, parts: dict[str, Part], beside: Path) -> list[Finding]:
        """A file that was named beside a command or INI file which names another one."""
        found = []
        for section, kind in (("model", "model"), ("dataset", "dataset")):
            others = [source for source in self._of(kind) if source.file not in self.used]
            if section in parts and others and (kind == "model" or self.val_dataset is None):
                key = f"{section}_config"
                line = command.values[key].line
                message = f"`{key}` in `{beside}` is `{parts[section].file}`, and `{others[0].file}` was named too"
                related = (Related(message=f"{key} = {command.value(key)}", path=(), source=str(beside), line=line),)
                help = "leave one of the two out"
                found.append(Finding(rule="contradiction", message=message, source=str(others[0].file), related=related, help=help))
        return found

    def _left(self) -> Iterator[Job]:
        """What no command and no INI file names."""
        left = [source for source in self.sources if source.file not in self.used and source.kind != "calls"]
        if self.together:
            if left and len(left) < len(self.sources) and not self._one_of_each(left):
                yield from (_alone(source) for source in left)
            elif left:
                yield from self._named_together(left)
            return
        folders = dict.fromkeys(source.file.parent for source in left)
        for folder in folders:
            group = [source for source in left if source.file.parent == folder]
            kinds = sorted(source.kind for source in group)
            if kinds == ["dataset", "ini", "model"]:
                yield self._combined(group)
            else:
                yield from (_alone(source) for source in group)

    def _one_of_each(self, left: Sequence[Source]) -> bool:
        kinds = [source.kind for source in left]
        return len(kinds) == len(set(kinds)) and len(kinds) > 1

    def _named_together(self, left: list[Source]) -> Iterator[Job]:
        kinds = [source.kind for source in left]
        if len(left) > 1 and (kinds.count("ini") > 1 and len(set(kinds)) > 1):
            files = [source for source in left if source.kind == "ini"]
            raise Refused(_several(files, "INI files", "name one of them at a time"))
        if kinds.count("model") > 1 and len(set(kinds)) > 1:
            files = [source for source in left if source.kind == "model"]
            raise Refused(_several(files, "model configs", "name one of them at a time"))
        if len(left) == 1 or len(set(kinds)) == 1:
            yield from (_alone(source) for source in left)
            return
        yield self._combined(left)

    def _combined(self, group: list[Source]) -> Job:
        """One experiment of an INI file, a model and its data."""
        ini = next((source for source in group if source.kind == "ini"), None)
        models = [source for source in group if source.kind == "model"]
        data = [source for source in group if source.kind == "dataset"]
        held_out = [source for source in data if self.val_dataset and source.file.resolve() == self.val_dataset.resolve()]
        training = [source for source in data if source not in held_out]
        if len(training) > 1:
            raise Refused(_several(training, "dataset configs", "say which one is for validation: --val-dataset FILE"))
        sections = {"model": models, "dataset": training, "val_dataset": held_out}
        parts = {name: Part(found[0].file, found[0].tree) for name, found in sections.items() if found}
        command = None if ini is None else read_command((), "train", ini=ini.ini)
        first = (models or ([ini] if ini else []) or training)[0]
        findings = () if command is None else command.findings
        files = tuple(source.file for source in group)
        return Job("experiment", first.file.with_suffix(".yaml"), files, command, parts, findings)


def _alone(source: Source) -> Job:
    """One file becomes one file."""
    target = source.file.with_suffix(".yaml")
    if source.kind == "ini":
        command = read_command((), "train", ini=source.ini)
        return Job("experiment", target, (source.file,), command, {}, command.findings)
    kind: Any = "experiment" if source.kind == "model" else "dataset"
    return Job(kind, target, (source.file,), None, {source.kind: Part(source.file, source.tree)})


def _names_files(ini: Ini) -> bool:
    return any(ini.entries[key].text.strip("\"' ") for key in PARTS if key in ini.entries)


def _not_here(key: str, name: str, section: str, command: OldCommand, beside: Path) -> Finding:
    message = f"`{key}` is `{name}`, which is not here: `{section}` is left to be chosen"
    help = f"name the file too, or choose when it runs: {section}={name}"
    line = command.values[key].line
    source = command.ini.name if line is not None and command.ini is not None else str(beside)
    return Finding(rule="no-equal", severity="warning", message=message, source=source, line=line, help=help)


def _several(files: list[Source], what: str, help: str) -> Finding:
    first, second, *_ = files
    message = f"`{first.file}` and `{second.file}` are both {what}, and one experiment has one"
    return Finding(rule="contradiction", message=message, source=str(second.file), help=help)


def _at(finding: Finding, source: Source, call: ScriptCall) -> Finding:
    return finding if finding.source else replace(finding, source=str(source.file), line=call.line)


def _each_once(files: Sequence[Path]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(files))


def _file_name(name: str) -> str:
    """A run's name as that of a file."""
    return re.sub(r"[^\w.\- ]+", "_", name).strip(" .") or Path(DEFAULTS_FILE).stem


def _with_own_targets(jobs: list[Job]) -> list[Job]:
    """Targets that two jobs would share get a number, or the old suffix."""
    taken: dict[Path, int] = {}
    named = []
    for job in jobs:
        target = job.target
        if target in taken and job.kind != "words":
            suffix = job.sources[0].suffix.lstrip(".")
            target = target.with_name(f"{target.stem}_{suffix}.yaml")
            number = 2
            while target in taken:
                target = target.with_name(f"{job.target.stem}_{number}.yaml")
                number += 1
        if job.kind != "words":
            taken[target] = 1
        named.append(replace(job, target=target))
    return named
