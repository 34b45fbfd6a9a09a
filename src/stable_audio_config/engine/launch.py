"""What lies between a checked experiment and its first step: data and files are there, the run has a folder. Needs no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..datamodels.base import plain
from ..datamodels.experiment import ExperimentConfig
from ..report.finding import Finding, Refused, refuse
from .run_folder import RunFolder, begin, new_folder, newest_run, rank


@dataclass(frozen=True)
class Launch:
    """A run that can begin."""

    place: RunFolder
    resume: Path | None
    """The training checkpoint to go on from."""
    findings: tuple[Finding, ...]
    """Warnings and notes about files and this machine."""
    remark: str | None = None
    """What became of `recover`, where it found nothing to go on from."""


def launch(experiment: ExperimentConfig, overrides: tuple[str, ...], folder: Path | None = None) -> Launch:
    """The run's folder, made and filled by the first process. A `folder` that is given has been begun by who gives it.

    Raises:
        Refused: files are missing, or a checkpoint does not fit.
    """
    from ..synthetic.on_demand import ensure_for
    from ..validation.files import missing_files

    ensure_for(experiment.dataset, experiment.val_dataset)
    found = missing_files(experiment)
    if any(finding.severity == "error" for finding in found):
        raise Refused(*found)
    started_from, resume, remark = _where_to_go_on(experiment)
    place = started_from or (RunFolder(folder) if folder else new_folder(experiment))
    if rank() == 0 and folder is None:
        begin(place, experiment, overrides)
    return Launch(place, resume, tuple(found), remark)


def _where_to_go_on(experiment: ExperimentConfig) -> tuple[RunFolder | None, Path | None, str | None]:
    """An earlier run's folder and a checkpoint, as far as the experiment asks for them and they are there."""
    if experiment.ckpt_path:
        return None, Path(experiment.ckpt_path), None
    if not experiment.recover:
        return None, None, None
    earlier = newest_run(experiment)
    if earlier is None:
        name, place = experiment.name, experiment.save_dir
        return None, None, f"recover: no run of {name} in {place} has a complete checkpoint; starting afresh"
    _check_same_model(experiment, earlier.path)
    return earlier, earlier.complete_checkpoints()[-1], None


def _check_same_model(experiment: ExperimentConfig, earlier: Path) -> None:
    """Weights and optimizer of another model cannot be gone on with."""
    import yaml

    before = yaml.safe_load((earlier / "experiment.yaml").read_text(encoding="utf-8"))
    if before.get("model") != plain(experiment.model):
        message = f"`recover` found `{earlier}`, but that run trains another model"
        raise refuse("checkpoint", message, "recover", help="give this experiment another name, or write recover=false")
