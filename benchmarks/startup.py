"""Claim: `import stable_audio_config` and `sat --help` cost next to nothing, because nothing is imported before it is used."""

from __future__ import annotations

from pathlib import Path

from measure import PROGRAMS, Row, in_turns, python, sat, wall_time

REPEATS = 40


def rows(folder: Path, environment: dict[str, str], repeats: int) -> list[Row]:
    """One row for the help, one for the import."""
    commands = {
        "help": sat("--help"),
        "click": python(str(PROGRAMS / "empty_click.py"), "--help"),
        "import": python("-c", "import stable_audio_config"),
        "pass": python("-c", "pass"),
    }
    found = in_turns({name: wall_time(command, folder, environment=environment) for name, command in commands.items()}, repeats)
    return [
        Row("`sat --help`", found["help"], "`--help` of an empty click program", found["click"], at_most=1.5),
        Row("`import stable_audio_config`", found["import"], "`python -c pass`", found["pass"]),
    ]
