"""Claim: pressing Tab costs hardly more than starting the program, because suggestions come from tables, not from data models."""

from __future__ import annotations

from pathlib import Path

from measure import Row, in_turns, sat, wall_time

REPEATS = 40

LINES = {
    "a preset": "sat train model=",
    "a key": "sat train model=tiny_diffusion_cond training.opt",
    "a type": "sat train model=tiny_autoencoder model.model.encoder.type=",
}
"""What is completed -> what was typed, as Bash hands it over."""


def rows(folder: Path, environment: dict[str, str], repeats: int) -> list[Row]:
    """One row for each thing that is completed."""
    samples = {"help": wall_time(sat("--help"), folder, environment=environment)}
    for name, line in LINES.items():
        asking = {**environment, "_SAT_COMPLETE": "bash_complete", "COMP_LINE": line}
        samples[name] = wall_time(sat(), folder, environment=asking)
    found = in_turns(samples, repeats)
    return [Row(f"Tab behind `{line}`", found[name], "`sat --help`", found["help"], at_most=1.3) for name, line in LINES.items()]
