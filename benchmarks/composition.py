"""For information: what composing, checking and printing an experiment costs beside stock Hydra with pydantic."""

from __future__ import annotations

from pathlib import Path

from measure import PROGRAMS, Row, in_turns, python, run, sat, wall_time

REPEATS = 20


def rows(folder: Path, environment: dict[str, str], repeats: int) -> list[Row]:
    """One row; both sides print the same tree."""
    ours, stock = sat("train", "experiment=quick_test", "--cfg"), python(str(PROGRAMS / "stock_hydra.py"))
    assert run(ours, folder, environment=environment) == run(stock, folder, environment=environment), "the trees differ"
    samples = {name: wall_time(command, folder, environment=environment) for name, command in (("ours", ours), ("stock", stock))}
    found = in_turns(samples, repeats)
    return [Row("`sat train experiment=quick_test --cfg`", found["ours"], "stock Hydra and pydantic", found["stock"])]
