"""Claim: a data model costs nothing before it is used, and little when it is (issue 3)."""

from __future__ import annotations

from pathlib import Path

from measure import PROGRAMS, Row, in_turns, python, run, wall_time
from published import LARGEST

REPEATS = 25
WARM = 0.0001
"""Seconds that one validation of the largest published model may take."""


def rows(folder: Path, environment: dict[str, str], repeats: int) -> list[Row]:
    """One row for the whole process, one for a single validation."""
    program = str(PROGRAMS / "model_config.py")
    samples = {
        "ours": wall_time(python(program, LARGEST), folder, environment=environment),
        "small": wall_time(python(str(PROGRAMS / "small_pydantic.py")), folder, environment=environment),
    }
    found = in_turns(samples, repeats)

    def warm() -> float:
        return float(run(python(program, LARGEST, "--warm"), folder, environment=environment))

    calls = in_turns({"warm": warm}, max(3, repeats // 5))["warm"]
    return [
        Row("first validated model config, whole process", found["ours"], "one small Pydantic model", found["small"], at_most=1.8),
        Row("one validation of it, warm", calls, "0.1 ms", [WARM] * len(calls), at_most=1.0),
    ]
