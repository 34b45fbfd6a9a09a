"""One typed, composed, checked experiment file for training generative audio models.

    from stable_audio_config import load_experiment
    experiment = load_experiment("experiment=quick_test", "batch_size=8")

Nothing is imported before it is used: `import stable_audio_config` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import load_experiment, validate
    from .datamodels.experiment import ExperimentConfig
    from .report.finding import Finding, Refused

__version__ = "0.1.0"

__all__ = ["ExperimentConfig", "Finding", "Refused", "__version__", "load_experiment", "validate"]

_HOME = {
    "ExperimentConfig": ".datamodels.experiment",
    "Finding": ".report.finding",
    "Refused": ".report.finding",
    "load_experiment": ".api",
    "validate": ".api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name], __name__), name)
