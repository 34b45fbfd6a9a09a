"""`sat migrate`"""

from __future__ import annotations

import gc
import shlex
import sys
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .schemas_beside import tell_schemas

if TYPE_CHECKING:
    from ..migrate.migration import Migration, Result
    from ..migrate.settings import Fate
    from ..report.finding import Finding

TOLD = {
    "done": "{file}: migrated already",
    "edited": "{file}: migrated already, and edited since; it means the same",
    "other": "{file}: another file stands there, and means something else; choose another name with --output",
}


@click.command("migrate")
@click.argument("names", nargs=-1, metavar="FILES_OR_FOLDERS...")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="The new file, where one is made.")
@click.option("--val-dataset", type=click.Path(path_type=Path), metavar="FILE", help="Which dataset config is for validation.")
@click.option("--write", is_flag=True, help="Write the new files. Old ones are neither changed nor deleted.")
@click.option("--stdout", "to_stdout", is_flag=True, help="Print the new file, and nothing else.")
@click.option("--check", is_flag=True, help="For CI: exit code 1 where something would be migrated.")
@click.option("--prove", is_flag=True, help="Build the old and the new model with the engine, and compare.")
def command(
    names: tuple[str, ...],
    output: Path | None,
    val_dataset: Path | None,
    write: bool,
    to_stdout: bool,
    check: bool,
    prove: bool,
) -> None:
    """Turn the engine's old files into experiments: INI files, model and dataset JSON, scripts with its commands, whole folders.

    Shows what it would write, what became of every setting, and whether the engine gets the same as before. Nothing is written
    without --write, nothing is written over, nothing is deleted.

    \b
    sat migrate defaults.ini model_config.json dataset_config.json
    sat migrate train.sh --write
    sat migrate configs/ --check
    """
    from ..migrate.migration import migrate
    from ..report.text import print_findings

    if not names:
        raise click.UsageError("name old files, or folders of them: sat migrate defaults.ini model_config.json dataset_config.json")
    if write + to_stdout + check > 1:
        raise click.UsageError("--write, --stdout and --check exclude each other")
    gc.disable()  # What is read stays to the end: looking through it for garbage would take a fifth of the time.
    try:
        done = migrate(names, output=output, val_dataset=val_dataset)
    finally:
        gc.enable()
    failed = _to_stdout(done) if to_stdout else _tell(done, write=write, check=check, prove=prove)
    found = [*done.findings, *(finding for result in done.results for finding in result.findings)]
    if found:
        print_findings(found)
    sys.exit(1 if failed or any(finding.severity == "error" for finding in found) else 0)


def _to_stdout(done: Migration) -> bool:
    files = [result for result in done.results if result.state != "words"]
    if len(files) > 1:
        raise click.UsageError(f"--stdout prints one file, and {len(files)} would be made")
    for result in files:
        if result.document is not None and result.state != "refused":
            click.echo(result.document.text, nl=False)
    return False


def _tell(done: Migration, *, write: bool, check: bool, prove: bool) -> bool:
    """Prints what becomes of everything; True where something is wrong, or left to do in a check."""
    failed = False
    new = [result for result in done.results if result.state == "new"]
    not_written = _write(new) if write and new else {}
    for index, result in enumerate(done.results):
        if index and not write:
            click.echo("")
        if result.job.target not in not_written:
            failed |= _tell_result(result, write=write, check=check)
        if prove and result.equality is not None and result.equality.holds:
            failed |= not _prove(result)
    if write:
        tell_schemas(result.job.target for result in new if result.job.target not in not_written)
    if done.skipped:
        click.echo(f"{done.skipped} other files were not looked at")
    if check:
        click.echo(f"{len(new)} to migrate" if new else "nothing to migrate")
    elif new and not write:
        click.echo("\nnothing was written; --write does it")
    return failed or bool(not_written) or (check and bool(new))


def _write(new: list[Result]) -> dict[Path, Finding]:
    """The files that could not be written, with a message for each."""
    from ..migrate.migration import write
    from ..report.text import print_findings

    not_written = write(new)
    if not_written:
        print_findings(not_written.values())
    return not_written


def _tell_result(result: Result, *, write: bool, check: bool) -> bool:
    file = str(result.job.target)
    if result.state == "words":
        assert result.job.call is not None
        click.echo(f"{result.job.sources[0]}:{result.job.call.line} is now: {_typed(result.words)}")
        return False
    if result.state == "refused":
        click.echo(f"{file}: not migrated")
        return True
    if result.state in TOLD:
        click.echo(TOLD[result.state].format(file=file))
        return result.state == "other"
    assert result.equality is not None
    sources = ", ".join(map(str, result.job.sources))
    if check:
        click.echo(f"{file}: to be made of {sources}")
    elif write:
        click.echo(f"{file}: written, from {sources}; the engine gets the same {result.equality.told()}")
        click.echo(f"  {_typed(result.words)}")
    else:
        _show(result, file)
    return False


def _show(result: Result, file: str) -> None:
    """The new file as a diff, what became of every setting, and what was compared."""
    assert result.document is not None and result.equality is not None
    lines = result.document.text.splitlines(keepends=True)
    click.echo("".join(unified_diff([], lines, "/dev/null", file)), nl=False)
    fates = [fate for fate in result.document.fates if fate.old is None or fate.old.written]
    if fates:
        click.echo("\nwhat became of each setting:")
        width = max(len(fate.key) for fate in fates)
        for fate in fates:
            click.echo(f"  {fate.key.ljust(width)}  {_fate(fate)}")
    click.echo(f"\nequal: the engine gets the same {result.equality.told()}")
    for words in result.equality.on_purpose:
        click.echo(f"meant to differ: {words}")
    click.echo(f"then: {_typed(result.words)}")


def _fate(fate: Fate) -> str:
    why = f" ({fate.why})" if fate.why else ""
    if fate.outcome == "kept":
        return f"kept under _kept: {fate.why}"
    if fate.outcome == "default":
        return f"{fate.new_key}, at its default{why}" if fate.new_key else f"left out{why}"
    if fate.outcome != "became":
        return f"{'dropped' if fate.outcome == 'dropped' else 'for you to decide'}{why}"
    if fate.new_key in ("model", "dataset", "val_dataset"):
        return f"section {fate.new_key}"
    return f"{fate.new_key} = {fate.new_value}{why}"


def _typed(words: tuple[str, ...]) -> str:
    return f"sat {' '.join(shlex.quote(word) for word in words)}"


def _prove(result: Result) -> bool:
    """Builds both sides; True where they are the same, or there is no model to build."""
    from ..validation.installed import require_engine

    part = result.job.parts.get("model")
    if part is None or result.job.kind != "experiment":
        return True
    assert result.equality is not None and result.equality.tree is not None
    require_engine()
    from ..engine.same_model import same_model

    tree = result.equality.tree
    training = {"training": tree["training"]} if tree.get("training") is not None else {}
    proof = same_model(part.tree, {**tree["model"], **training})
    click.echo(proof.told())
    return proof.holds
