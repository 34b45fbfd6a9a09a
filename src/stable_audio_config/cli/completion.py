"""`sat completion`"""

from __future__ import annotations

import os
from pathlib import Path

import click

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.option("--install", is_flag=True, help="Write it to where the shell looks for it by itself (bash and fish).")
def command(shell: str, install: bool) -> None:
    """Print the script that completes presets, files, keys and types in your shell.

    \b
    eval "$(sat completion bash)"                       in ~/.bashrc
    eval "$(sat completion zsh)"                        in ~/.zshrc, below compinit
    sat completion fish --install
    """
    from . import cli

    script = script_for(shell, cli)
    if not install:
        click.echo(script, nl=False)
        return
    from ..starting.writing import write_new

    file = place_of(shell)
    if file.is_file() and file.read_text(encoding="utf-8") == script:
        click.echo(f"is there already: {file}")
        return
    write_new({file: script})
    click.echo(f"written: {file}\nopen a new shell to use it")


def script_for(shell: str, program: click.Command) -> str:
    """The script of that shell."""
    from click.shell_completion import get_completion_class

    from . import shells  # noqa: F401  Registers ours.

    found = get_completion_class(shell)
    assert found is not None
    return found(program, {}, "sat", "_SAT_COMPLETE").source()


def place_of(shell: str) -> Path:
    """Where the shell looks for completions of single programs in a user's home.

    Raises:
        Refused: zsh has no such place.
    """
    from ..report.finding import refuse

    if shell == "zsh":
        help = 'put this line into ~/.zshrc, below compinit: eval "$(sat completion zsh)"'
        raise refuse("usage", "zsh looks for completions where its own settings say", help=help)
    if shell == "bash":
        data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
        return Path(data) / "bash-completion" / "completions" / "sat"
    config = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(config) / "fish" / "completions" / "sat.fish"
