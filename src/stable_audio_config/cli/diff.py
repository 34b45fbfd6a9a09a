"""`sat diff`"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from .completing import words_or_files

if TYPE_CHECKING:
    from ..inspect.given import Given
    from ..validation.compare import Difference, Side

LONGEST = 100
"""Letters of a value that are shown."""


@click.command("diff")
@click.argument("one", metavar="A", shell_complete=words_or_files)
@click.argument("other", metavar="B", shell_complete=words_or_files)
@click.option("--all", "everything", is_flag=True, help="Show defaults, too, that one side writes out and the other leaves out.")
@click.option("--config-dir", metavar="FOLDER", help="Folder of your own presets.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(one: str, other: str, everything: bool, config_dir: str | None, as_json: bool) -> None:
    """Say what makes two experiments different, and what that changes: weights, data, training, or only the run.

    A and B are files (experiments, model or dataset configs), runs' folders, checkpoints with their config inside, or presets.
    Exit code: 0 equal, 1 different, 2 when something cannot be read.

    \b
    sat diff runs/mine/2026-11-23_10-15-00 my_experiment.yaml
    sat diff model=stable_audio_1_0 model=stable_audio_2_0
    sat diff last.ckpt model_config.json
    """
    from ..inspect.fit import fingerprint
    from ..inspect.given import given
    from ..report.finding import Refused
    from ..validation.compare import compare, uncompared

    try:
        sides = given((one,), config_dir), given((other,), config_dir)
    except Refused as refused:
        from ..report.text import print_findings

        print_findings(refused.findings)
        sys.exit(2)
    found = compare(sides[0].tree, sides[1].tree, fingerprint)
    real = [difference for difference in found if difference.effect != "same"]
    shown = found if everything else real
    only = uncompared(sides[0].tree, sides[1].tree)
    if as_json:
        click.echo(json.dumps(_as_tree(shown, sides, not real, only), indent=2, ensure_ascii=False, default=str))
    else:
        click.echo(_as_text(shown, sides, not real))
        for part, side in only.items():
            click.echo(f"not compared: {part}, which only {sides[side].name} has", err=True)
    sys.exit(1 if real else 0)


def _as_text(found: list[Difference], sides: tuple[Given, Given], equal: bool) -> str:
    from ..report.finding import dotted
    from ..validation.compare import EFFECTS

    lines = ["no difference"] if equal else []
    for effect, words in EFFECTS.items():
        group = [difference for difference in found if difference.effect == effect]
        if not group:
            continue
        lines += [*([""] if lines else []), words]
        for difference in group:
            told = [_value(side) for side in (difference.one, difference.other)]
            width = max(map(len, told))
            places = (_place(given, side) for given, side in zip(sides, (difference.one, difference.other), strict=True))
            lines.append(f"  {dotted(difference.path)}")
            lines += [f"    {value.ljust(width)}  {place}".rstrip() for value, place in zip(told, places, strict=True)]
    return "\n".join(lines)


def _value(side: Side) -> str:
    from ..validation.compare import MISSING

    if side.value is MISSING:
        return "not there"
    text = json.dumps(side.value, ensure_ascii=False, default=str)
    text = text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
    return text if side.written else f"{text} (default)"


def _place(given: Given, side: Side) -> str:
    origin = given.origin(side.path) if side.written else None
    if origin is None:
        return given.name
    if origin.span is None:
        return f"{origin.source}: {origin.excerpt}" if origin.excerpt else origin.source
    return f"{origin.source}:{origin.span.line}:{origin.span.column}"


def _as_tree(found: list[Difference], sides: tuple[Given, Given], equal: bool, only: dict[str, int]) -> dict[str, Any]:
    from ..validation.compare import MISSING

    def half(given: Given, side: Side) -> dict[str, Any]:
        value = None if side.value is MISSING else side.value
        return {"value": value, "missing": side.value is MISSING, "written": side.written, "place": _place(given, side)}

    return {
        "equal": equal,
        "a": sides[0].name,
        "b": sides[1].name,
        "not_compared": {part: "ab"[side] for part, side in only.items()},
        "differences": [
            {
                "key": list(difference.path),
                "changes": difference.effect,
                "a": half(sides[0], difference.one),
                "b": half(sides[1], difference.other),
            }
            for difference in found
        ],
    }
