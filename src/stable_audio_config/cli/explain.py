"""`sat explain`"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from .completing import keys, words

if TYPE_CHECKING:
    from ..report.place import Origin
    from ..validation.explain import Explanation


@click.command("explain")
@click.argument("key", shell_complete=keys)
@click.argument("words", nargs=-1, metavar="[EXPERIMENT | KEY=VALUE ...]", shell_complete=words)
@click.option("--config-dir", metavar="FOLDER", help="Folder of your own presets.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(key: str, words: tuple[str, ...], config_dir: str | None, as_json: bool) -> None:
    """Say what one key means, what it is set to, where that was written, and which values it beat.

    \b
    sat explain batch_size experiment=quick_test
    sat explain latent_dim my_experiment.yaml
    sat explain training.learning_rate my_experiment.yaml training.learning_rate=3e-5
    """
    from ..compose.composer import Request, compose
    from ..validation.explain import explain

    found = explain(compose(Request(words, "config", config_dir)), key)
    click.echo(json.dumps(_as_tree(found), indent=2, ensure_ascii=False) if as_json else _as_text(found))


def _place(origin: Origin) -> str:
    if origin.span is None:
        return f"{origin.source}: {origin.excerpt}" if origin.excerpt else origin.source
    return f"{origin.source}:{origin.span.line}:{origin.span.column}"


LONGEST = 200
"""Letters of a value that are shown; of a larger group its keys are."""


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    if len(text) <= LONGEST:
        return text
    return f"a group of {', '.join(value)}" if isinstance(value, dict) else f"{text[: LONGEST - 3]}..."


def _as_text(found: Explanation) -> str:
    from pydantic_core import PydanticUndefined

    from ..report.finding import dotted

    name = dotted(found.path)
    if found.value is PydanticUndefined:
        lines = [f"{name}: not written, so its default holds: {found.default}"]
    else:
        lines = [f"{name}: {_shown(found.value)}"]
    if found.written is not None:
        lines.append(f"  written   {_place(found.written)}")
        if isinstance(found.written.value, str) and "${" in found.written.value:
            lines.append(f"            as {found.written.value}")
    lines += [f"  beats     {_place(origin)}: {_shown(origin.value)}" for origin in found.beaten]
    if found.meaning:
        lines += ["", *(f"  {line}" for line in click.wrap_text(" ".join(found.meaning.split()), 100).splitlines())]
    facts = [
        ("takes", found.accepts),
        ("default", found.default),
        ("read by", found.reader and f"stable_audio_tools.{found.reader}"),
    ]
    facts += [("since", f"engine {found.since}" if found.since else "")]
    told = [f"  {label:<9} {text}" for label, text in facts if text]
    return "\n".join([*lines, *([""] if told else []), *told])


def _as_tree(found: Explanation) -> dict[str, Any]:
    from pydantic_core import PydanticUndefined

    def origin(place: Origin) -> dict[str, Any]:
        span = place.span
        line, column = (span.line, span.column) if span else (None, None)
        return {"file": place.source, "line": line, "column": column, "argument": place.excerpt, "value": place.value}

    return {
        "key": list(found.path),
        "value": None if found.value is PydanticUndefined else found.value,
        "is_default": found.value is PydanticUndefined,
        "written": None if found.written is None else origin(found.written),
        "beats": [origin(place) for place in found.beaten],
        "meaning": " ".join(found.meaning.split()),
        "takes": found.accepts,
        "default": found.default,
        "read_by": found.reader,
        "since": found.since,
    }
