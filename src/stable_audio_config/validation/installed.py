"""Is the engine here, and new enough? The core is installed without it; the commands that compute need it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ..report.finding import Finding, Refused

if TYPE_CHECKING:
    from ..datamodels.experiment import ExperimentConfig


def engine_missing() -> Finding | None:
    """What to say where the extra `engine` is not installed, None where it is; nothing is imported to find out."""
    if find_spec("stable_audio_tools") is not None:
        return None
    return Finding(
        rule="not-installed",
        message="the engine (stable-audio-tools) is not installed: nothing can be trained, encoded or generated",
        help="install it: uv sync --extra engine (Python 3.10), or pip install 'stable-audio-config[engine]'",
    )


def require_engine() -> None:
    """The engine is installed.

    Raises:
        Refused: it is not.
    """
    missing = engine_missing()
    if missing is not None:
        raise Refused(missing)


def engine_version() -> str | None:
    """The version of the installed engine; None where it stands on the path without having been installed."""
    try:
        return version("stable-audio-tools")
    except PackageNotFoundError:
        return None


def engine_problems(experiment: ExperimentConfig) -> list[Finding]:
    """Why the engine cannot run this experiment: it is missing, or older than something that the experiment uses."""
    missing = engine_missing()
    if missing is not None:
        return [missing]
    from ..datamodels.base import plain
    from .versions import newer_than

    installed = engine_version()
    return [] if installed is None else newer_than(plain(experiment), installed)
