"""A migration from the words of the command to new files: everything is made and compared before anything is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from ..report.finding import Finding, Refused, refuse
from ..source.new_file import create_whole
from ..source.reading import read_text
from .document import Document, document
from .equality import Equality, equality, unequal
from .jobs import PARTS, Job, jobs_of
from .settings import fates, new_words, spelled
from .sources import CHECKPOINTS, gather

MANY = 20
"""Jobs up to which every new experiment is composed by Hydra; of more each is read back."""

HELP = {
    "recover": "recover: true works here",
    "save_top_k": "save_top_k works here: it deletes older checkpoints",
    "project": "project works here",
    "limit_batches": "limit_batches works here",
}
"""Old settings that nothing read and something reads here."""

SIDE_BY_SIDE = 16
"""Files that are written at the same time."""

State = Literal["new", "done", "edited", "other", "words", "refused"]
"""new: to be written; done: the file stands there already; edited: it stands there in other words, and means the same;
other: another file stands there; words: there is nothing to write; refused: it cannot be migrated."""


@dataclass(frozen=True)
class Result:
    """What came of one job."""

    job: Job
    state: State
    document: Document | None = None
    equality: Equality | None = None
    findings: tuple[Finding, ...] = ()
    words: tuple[str, ...] = ()
    """The command that does now what the old one did, after `sat`."""


@dataclass(frozen=True)
class Migration:
    """Everything that was asked for."""

    results: tuple[Result, ...]
    findings: tuple[Finding, ...]
    """About files that nothing came of."""
    skipped: int
    """Files in folders that are nothing of the engine's."""


def migrate(names: Sequence[str], *, output: Path | None = None, val_dataset: Path | None = None) -> Migration:
    """The new files of all that is named, made and compared; nothing is written.

    Args:
        names: files and folders.
        output: the new file, where there is one only.
        val_dataset: which of two dataset configs is for validation.

    Raises:
        Refused: files that were named together contradict each other, or there is nothing to migrate.
    """
    gathered = gather([*names, *([str(val_dataset)] if val_dataset and str(val_dataset) not in names else [])])
    jobs = jobs_of(gathered, val_dataset)
    if not jobs and not gathered.findings:
        message = f"there is nothing of the engine's in {', '.join(f'`{name}`' for name in names)}"
        raise refuse("missing-file", message, help="name INI files, model and dataset JSON, scripts, or folders of them")
    if output is not None:
        files = [job for job in jobs if job.kind != "words"]
        if len(files) != 1:
            raise refuse("usage", f"--output names one file, and {len(files)} would be made", help="leave it out")
        jobs = [replace(job, target=output) for job in files]
    compose = len(jobs) <= MANY
    return Migration(tuple(_result(job, compose) for job in jobs), gathered.findings, gathered.skipped)


def _result(job: Job, compose: bool) -> Result:
    """One job, done in memory."""
    words = tuple(_words(job))
    job = replace(job, findings=(*job.findings, *_left_behind(job)))
    if job.kind == "words":
        return Result(job, "words", findings=job.findings, words=words)
    try:
        made = document(job)
        same = equality(job, made, compose=compose)
        if not same.holds and (made.model or made.training):  # A preset of the user's own may hide the one that was meant.
            made = document(job, presets=False)
            same = equality(job, made, compose=compose)
    except ValueError as error:
        found = Finding(rule="no-equal", message=f"a text cannot stand in an experiment: {error}", source=str(job.sources[0]))
        return Result(job, "refused", findings=(*job.findings, found))
    except Refused as refused:
        return Result(job, "refused", findings=(*job.findings, *refused.findings))
    findings = (*job.findings, *_unknown_keys(job, made))
    if not same.holds:
        return Result(job, "refused", made, same, (*findings, unequal(job, same)))
    return Result(job, _state(job, made), made, same, findings, words)


def _state(job: Job, made: Document) -> State:
    """What stands at the place of the new file."""
    if not job.target.exists() and not job.target.is_symlink():
        return "new"
    try:
        there = read_text(job.target)
    except Refused:
        return "other"
    if there == made.text:
        return "done"
    try:
        return "edited" if equality(job, replace(made, text=there)).holds else "other"
    except (Refused, ValueError):
        return "other"


def _words(job: Job) -> list[str]:
    """The new command, for a file that will stand there."""
    if job.kind == "words":
        assert job.command is not None
        return new_words(job.command)
    if job.kind == "dataset":
        return ["train", "my_experiment.yaml", f"dataset={job.target}"]
    if job.kind == "pre_encode":
        return ["pre-encode", f"pre_encode={job.target}", *_chosen_later(job)]
    return ["train", str(job.target), *_chosen_later(job)]


def _chosen_later(job: Job) -> Iterator[str]:
    """What the command line has to say: the old path, where one was named that is not here."""
    for key, part in PARTS.items():
        old = None if job.command is None else job.command.value(key)
        needed = part == "dataset" or (part == "model" and job.kind == "experiment")
        if part not in job.parts and (old or needed):
            yield f"{part}={spelled(old) if old else '...'}"


def _left_behind(job: Job) -> Iterator[Finding]:
    """A finding for each setting that someone wrote and that has no key here."""
    for fate in fates(job.command) if job.command is not None else ():
        if fate.outcome not in ("dropped", "decide", "kept") or fate.old is None:
            continue
        line, ini = fate.old.line, job.command.ini if job.command is not None else None
        source = ini.name if line is not None and ini is not None else str(job.sources[0])
        kept = "; it is kept under `_kept`" if fate.outcome == "kept" and job.kind == "experiment" else ""
        yield Finding(
            rule="no-equal",
            severity="note" if fate.outcome == "dropped" and fate.had_no_effect else "warning",
            message=f"`{fate.key}` has no equal here: {fate.why}{kept}",
            source=source,
            line=line if line is not None or job.call is None else job.call.line,
            help=HELP.get(fate.key),
        )


def _unknown_keys(job: Job, made: Document) -> list[Finding]:
    """A warning for each key that was kept without being known, where it stands in the old file."""
    if not made.unknown:
        return []
    from ..report.locate import located
    from ..report.place import origin_in_text

    part = job.parts["model"]
    found = []
    for name in made.unknown:
        steps = tuple(int(step) if step.isdigit() else step for step in name.split("."))
        path = steps if steps[0] == "training" else steps[1:]
        message = f"`{path[-1]}` is no key that an engine we know reads: it is kept, and named in `accept_unknown`"
        found.append(
            Finding(rule="no-equal", severity="warning", message=message, path=path, help="take it out if nothing reads it")
        )
    if part.file.suffix in CHECKPOINTS:
        return [replace(finding, source=str(part.file)) for finding in found]
    return located(found, partial(origin_in_text, str(part.file), read_text(part.file), True))


def write(results: Sequence[Result]) -> dict[Path, Finding]:
    """The new files stand on the disk, each whole; those that could not be written are given back, with the reason.

    A disk takes its time to be sure of a file, and takes little more for many that are written side by side.
    """
    if len(results) == 1:
        outcomes = [_write(results[0])]
    else:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            outcomes = list(pool.map(_write, results))
    return {result.job.target: found for result, found in zip(results, outcomes, strict=True) if found is not None}


def _write(result: Result) -> Finding | None:
    assert result.document is not None
    target = result.job.target
    try:
        create_whole(target, result.document.text)
    except FileExistsError:
        help = "nothing was written; choose another --output"
        return Finding(rule="file-exists", message=f"`{target}` is there already", source=str(target), help=help)
    except OSError as error:
        message = f"`{target}` cannot be written: {error.strerror or error}"
        return Finding(rule="not-writable", message=message, source=str(target), help="choose another place with --output")
    return None
