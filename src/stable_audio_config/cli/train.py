"""`sat train`"""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .composing import composing, print_tree
from .legacy import TakesOldFlags

if TYPE_CHECKING:
    from ..compose.composer import Composition
    from ..datamodels.experiment import ExperimentConfig
    from ..report.finding import Finding


@click.command("train", cls=TakesOldFlags)
@composing
@click.option("-m", "--multirun", is_flag=True, help="Train once for every combination: batch_size=2,4 seed=1,2,3.")
@click.option("--from-run", metavar="FOLDER", help="Run again what a run's folder holds; overrides change single values.")
@click.option("--run-folder", hidden=True, type=click.Path(path_type=Path))  # How a sweep says where one of its runs goes.
def command(
    words: tuple[str, ...],
    config_name: str | None,
    config_dir: str | None,
    show_config: bool,
    multirun: bool,
    from_run: str | None,
    run_folder: Path | None,
) -> None:
    """Train a model from one experiment.

    Everything is composed and checked before the engine is loaded. The run's folder is SAVE_DIR/NAME/<when>.

    \b
    sat train experiment=quick_test
    sat train model=model.json dataset=/data/music name=mine batch_size=8
    sat train my_experiment.yaml training.learning_rate=3e-5
    sat train experiment=production_run name=mine recover=true
    sat train --from-run runs/mine/2026-11-23_10-15-00 seed=43
    """
    from ..compose.composer import Request, compose

    if multirun and show_config:
        raise click.UsageError("--cfg prints one experiment, and a sweep is several: leave --multirun out, give one value")
    if from_run is not None:
        if config_name or config_dir:
            raise click.UsageError("--from-run brings its own configuration; leave --config-name and --config-dir out")
        config_dir, config_name = run_folder_of(from_run), "experiment"
        if not any(word.startswith("recover=") for word in words):  # To run again is not to go on.
            words = (*words, "recover=false")
    request = Request(words, config_name or "config", config_dir)
    if multirun:
        from ..compose.sweep import sweep
        from .sweep_point import run_apart

        sys.exit(sweep(request, check, run_apart))
    composition = compose(request)
    if show_config:
        print_tree(composition.tree)
    experiment = check(composition)
    if not show_config:
        sys.exit(run(experiment, composition.overrides, run_folder, composition))


def run_folder_of(place: str) -> str:
    """The folder itself, once it is known to hold an experiment."""
    from ..report.finding import refuse

    folder = Path(place)
    if folder.name == "experiment.yaml":
        folder = folder.parent
    if not (folder / "experiment.yaml").is_file():
        raise refuse(
            "missing-file",
            f"`{place}` holds no experiment.yaml: it is not a run's folder",
            help="it is SAVE_DIR/NAME/<when>",
        )
    return str(folder)


def check(composition: Composition) -> ExperimentConfig:
    """The typed experiment; warnings and notes are printed.

    Raises:
        Refused: with every error found.
    """
    from ..api import judged
    from ..report.text import print_findings

    experiment, found = judged(composition)
    if found:
        print_findings(found)
    return experiment


def run(
    experiment: ExperimentConfig, overrides: tuple[str, ...], folder: Path | None = None, composition: Composition | None = None
) -> int:
    """One training run; returns the exit code. A `folder` that is given has been begun by who gives it. The `composition`
    tells where everything was written, and so the places of what is found wrong on disk.

    Raises:
        Refused: files are missing, or a checkpoint does not fit.
    """
    from ..engine.launch import launch
    from ..engine.run_folder import rank
    from ..report.finding import Refused
    from ..report.log import logged_to
    from ..report.text import print_findings

    try:
        ready = launch(experiment, overrides, folder)
    except Refused as refused:
        raise Refused(*_placed(refused.findings, composition)) from None
    if ready.findings and rank() == 0:
        print_findings(_placed(ready.findings, composition))
    if ready.remark is not None:
        _say(ready.remark)
    with logged_to(ready.place.path / "log.txt", active=rank() == 0):
        _say(f"run folder: {ready.place.path}")
        if ready.resume is not None:
            _say(f"going on from {ready.resume}")
        return _train(experiment, ready.place, ready.resume)


def _placed(found: tuple[Finding, ...], composition: Composition | None) -> list[Finding]:
    if composition is None:
        return list(found)
    from ..compose.origins import origins_of
    from ..report.locate import located

    return located(found, origins_of(composition).of)


def _train(experiment: ExperimentConfig, place: Any, resume: Path | None) -> int:
    from ..engine.run_folder import rank
    from ..report.finding import Refused

    _say("loading the engine ...")
    gc.disable()  # Loading makes millions of objects that stay; collecting among them would cost a second. Training turns it on.
    try:
        from ..engine.train import train

        outcome = train(experiment, place, resume)
    except (Refused, KeyboardInterrupt):
        raise
    except Exception as error:
        return _failed(error, place)
    finally:
        gc.enable()
    _say(f"{outcome.state} after {outcome.step} steps ({outcome.seconds:.0f} s): {place.path}")
    if outcome.signal is None or rank() > 0:  # Lightning kills the first process when another ends with a code.
        return 0
    return 128 + outcome.signal


def _say(line: str) -> None:
    """Printed once, however many processes train."""
    from ..engine.run_folder import rank

    if rank() == 0:
        click.echo(line)


def _failed(error: Exception, place: Any) -> int:
    """The engine, torch or the machine ended the run: one finding here, the traceback in the log."""
    import traceback

    from ..report.finding import Finding
    from ..report.text import print_findings

    place.path.mkdir(parents=True, exist_ok=True)  # On another machine than the first there may be none.
    with (place.path / "log.txt").open("a", encoding="utf-8") as log:
        traceback.print_exception(error, file=log)
    text = " ".join(str(error).split()) or "no message"
    memory = "out of memory" in text.lower()
    help = "lower batch_size, or sample_size" if memory else f"the traceback is in {place.path / 'log.txt'}"
    print_findings([Finding(rule="run-failed", message=f"the run ended with {type(error).__name__}: {text[:400]}", help=help)])
    return 1
