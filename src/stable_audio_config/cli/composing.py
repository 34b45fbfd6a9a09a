"""What the commands that compose something share: their arguments, and the way from them to a checked object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from .completing import words

F = TypeVar("F", bound=Callable[..., Any])


def composing(function: F) -> F:
    """Adds the arguments of composition: overrides, `--config-name`, `--config-dir`, `--cfg`."""
    for decorate in (
        click.option("--cfg", "show_config", is_flag=True, help="Print the composed configuration and do nothing else."),
        click.option("--config-dir", metavar="DIR", help="Your folder of presets (default: beside the experiment, or ./conf)."),
        click.option("--config-name", metavar="NAME", help="The root config, or experiments/NAME."),
        click.argument("words", metavar="[FILE.yaml] [KEY=VALUE]...", nargs=-1, type=click.UNPROCESSED, shell_complete=words),
    ):
        function = decorate(function)
    return function


def print_tree(tree: dict[str, Any]) -> None:
    """The composed tree as YAML on stdout."""
    from ..source.writing import as_yaml

    click.echo(as_yaml(tree), nl=False)
