"""One typed, composed, checked experiment file for training generative audio models.

    from stable_audio_config import load_experiment
    experiment = load_experiment("experiment=quick_test", "batch_size=8")

Nothing is imported before it is used: `import stable_audio_config` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import load_experiment, validate
    from .asking import bug_report, check, compose_tree, diff, doctor, explain, inspect_model, json_schema, presets, rule, show
    from .datamodels.experiment import ExperimentConfig
    from .report.finding import Finding, Refused
    from .report.notebook import Findings
    from .running import Run, build_model, generate, pre_encode, train, unwrap
    from .writing import export_files, first_experiment, migrate_files, upgrade_file

__version__ = "0.1.0"

_HOME = {
    ".api": ("load_experiment", "validate"),
    ".asking": (
        "bug_report", "check", "compose_tree", "diff", "doctor", "explain", "inspect_model", "json_schema", "presets", "rule",
        "show",
    ),
    ".datamodels.experiment": ("ExperimentConfig",),
    ".report.finding": ("Finding", "Refused"),
    ".report.notebook": ("Findings",),
    ".running": ("Run", "build_model", "generate", "pre_encode", "train", "unwrap"),
    ".writing": ("export_files", "first_experiment", "migrate_files", "upgrade_file"),
}  # fmt: skip
"""Module -> what it gives. No name may be that of a room: importing the room would take its place."""

_PLACES = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "ExperimentConfig",
    "Finding",
    "Findings",
    "Refused",
    "Run",
    "__version__",
    "bug_report",
    "build_model",
    "check",
    "compose_tree",
    "diff",
    "doctor",
    "explain",
    "export_files",
    "first_experiment",
    "generate",
    "inspect_model",
    "json_schema",
    "load_experiment",
    "migrate_files",
    "pre_encode",
    "presets",
    "rule",
    "show",
    "train",
    "unwrap",
    "upgrade_file",
    "validate",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = globals()[name] = getattr(import_module(_PLACES[name], __name__), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
