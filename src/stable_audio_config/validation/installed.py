"""Is the engine here at all? The core is installed without it; the commands that compute need it."""

from __future__ import annotations

from importlib.util import find_spec

from ..report.finding import Finding, Refused


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
