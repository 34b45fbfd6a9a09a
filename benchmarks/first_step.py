"""Claim: `sat train` reaches its first training step about as soon as a bare script on the engine, and then trains as fast."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from measure import PROGRAMS, Row, in_turns, python, run
from quick_test import SHORT, STEPS, compose, write

REPEATS = 5
WARM_UP_STEPS = 10
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
"""For both sides: threads that wait for each other make the steps of a busy machine several times longer, and unevenly so."""


def rows(folder: Path, environment: dict[str, str], repeats: int) -> list[Row]:
    """Two rows from the same processes: seconds to the first step, and steps per second after the warm-up."""
    tree = compose(folder, environment, "experiment=quick_test", *SHORT)
    ours, bare = write(tree, folder, "quick_test")

    def trained(*program: str) -> Callable[[], tuple[float, float]]:
        def sample() -> tuple[float, float]:
            place = folder / "times.json"
            place.unlink(missing_ok=True)
            started = time.monotonic()
            run(python(str(PROGRAMS / "timed.py"), str(place), *program), folder, environment={**environment, **ONE_THREAD})
            times = json.loads(place.read_text(encoding="utf-8"))
            assert len(times) == STEPS, f"{len(times)} steps were made, {STEPS} were asked for"
            return times[0] - started, (STEPS - WARM_UP_STEPS) / (times[-1] - times[WARM_UP_STEPS - 1])

        return sample

    # The first pair loads 2 GB of libraries from the disk and counts for nothing.
    found = in_turns({"ours": trained("-m", "stable_audio_config", *ours), "bare": trained(*bare)}, repeats)
    (our_start, our_speed), (bare_start, bare_speed) = (list(zip(*found[side], strict=True)) for side in ("ours", "bare"))
    return [
        Row(
            "`sat train experiment=quick_test` (shrunk): process start to the first training step",
            list(our_start),
            "a bare script on the engine's factories",
            list(bare_start),
            at_most=1.10,
        ),
        Row(
            f"the same, speed over {STEPS - WARM_UP_STEPS} steps",
            list(our_speed),
            "the same script",
            list(bare_speed),
            unit="steps/s",
            at_least=0.97,
        ),
    ]
