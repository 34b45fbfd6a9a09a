"""What commands that write files with a modeline say of the schemas that those name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click


def tell_schemas(files: Iterable[Path]) -> None:
    """The schemas of new files are there after the call, and whoever reads along knows what for."""
    from ..schemas.beside import bring

    for schema in bring(files):
        click.echo(f"written: {schema} (for editors; sat schema install keeps it up to date)")
