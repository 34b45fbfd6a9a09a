"""`sat lsp`"""

from __future__ import annotations

from importlib.util import find_spec

import click


@click.command("lsp")
@click.option("--config-dir", metavar="FOLDER", help="Folder of your own presets.")
@click.option("--plugins", is_flag=True, help="Import the modules that an experiment names in `plugins`.")
@click.option(
    "--stdio", is_flag=True, hidden=True, expose_value=False, help="What some editors add; there is no other way to talk."
)
def command(config_dir: str | None, plugins: bool) -> None:
    """Answer an editor: findings as you type, quick fixes, hover, completion, definitions, renaming of conditioner ids.

    An editor starts this by itself, in your project's folder, and talks to it over standard input and output. How to set up
    VS Code, Neovim, Helix and JetBrains stands in docs/06-editors.md.
    """
    if find_spec("pygls") is None:
        from ..report.finding import refuse

        help = "install it with the package: pip install 'stable-audio-config[editor]'"
        raise refuse("usage", "`sat lsp` needs `pygls`, which is not installed", help=help)
    from ..lsp.server import serve

    serve(config_dir, plugins=plugins)
