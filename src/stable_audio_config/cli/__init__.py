"""The command `sat`: one small file per command, imported only when it is called.

What belongs here: arguments, what is printed, exit codes (0 done, 1 errors in what was asked, 2 usage, 3 our own bug, 128 + signal
when stopped). What does not: work.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # Looking for them reads the metadata of every installed package.

COMMANDS = {
    "init": ("init", "Write a first experiment from what you have."),
    "new": ("new", "Write a preset of your own."),
    "presets": ("presets", "List, show, find and copy presets."),
    "train": ("train", "Train a model from one experiment."),
    "validate": ("validate", "Check configuration without loading the engine."),
    "explain": ("explain", "Say where a value comes from and what it means."),
    "inspect": ("inspect", "Show how a model is made, and how large it is."),
    "diff": ("diff", "Say what makes two experiments different."),
    "rule": ("rule", "Say what a finding means."),
    "doctor": ("doctor", "Say what this machine has, and what is wrong with it."),
    "pre-encode": ("pre_encode", "Turn a dataset into latents with an autoencoder."),
    "generate": ("generate", "Make sounds with a trained model."),
    "unwrap": ("unwrap", "Take the model out of a training checkpoint."),
    "show": ("show", "Print the experiment inside a checkpoint or run."),
    "migrate": ("migrate", "Turn the engine's old files into experiments."),
    "export": ("export", "Write an experiment as the engine's own files."),
    "upgrade": ("upgrade", "Carry files from one version to another."),
    "schema": ("schema", "Print JSON Schemas, or bring them to an editor."),
    "lsp": ("lsp", "Answer an editor, which starts this by itself."),
    "report": ("report_bug", "Collect what a bug report needs, without secrets."),
    "completion": ("completion", "Print the script that completes words in your shell."),
    "engine": ("engine_contract", "Look at the engine itself: what our data models say otherwise."),
}
"""Command -> (module, help line). The help line stands here so that `sat --help` imports no command."""


COMPLETING = "_SAT_COMPLETE"
"""The variable by which a shell asks what may be typed next."""


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of a day's work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f".{COMMANDS[cmd_name][0]}", __package__)
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from `COMMANDS` alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """The names of commands, from `COMMANDS` alone."""
        from click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [CompletionItem(name, help=line) for name, (_, line) in COMMANDS.items() if name.startswith(incomplete)]

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Says which command a misspelt one resembles."""
        from difflib import get_close_matches

        name = args[0] if args else ""
        near = get_close_matches(name, COMMANDS, n=1)
        if name not in COMMANDS and near:
            ctx.fail(f"No such command '{name}'. Did you mean '{near[0]}'?")
        return super().resolve_command(ctx, args)


def _print_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from .. import __version__

        click.echo(f"sat {__version__}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Print the version.")
def cli() -> None:
    """Train generative audio models from one typed, composed, checked experiment file.

    \b
    sat train experiment=quick_test            a real model on real sound, in about a minute
    sat train model=model.json dataset=data.json name=mine
    sat train experiment=quick_test --cfg      print the composed experiment
    """


def _print_anything() -> None:
    """No character of a file or its name ends a command: what the terminal cannot show is escaped."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def main(words: list[str] | None = None, obj: object = None) -> None:
    """Runs `sat` with the words that were typed, or with others; `obj` is what its commands find in their context."""
    from ..report.finding import Refused

    _print_anything()
    if COMPLETING in os.environ:
        from . import shells  # noqa: F401  Registers what we say to shells.
    try:
        code = cli.main(words, prog_name="sat", standalone_mode=False, obj=obj)
        sys.exit(code if isinstance(code, int) else 0)
    except click.Abort:
        click.echo("stopped", err=True)
        sys.exit(130)
    except click.ClickException as mistake:
        mistake.show()
        sys.exit(mistake.exit_code)
    except Refused as refused:
        from ..report.text import print_findings

        print_findings(refused.placed())
        sys.exit(2 if all(finding.rule == "usage" for finding in refused.findings) else 1)
    except Exception:
        import traceback

        traceback.print_exc()
        click.echo(
            "\nThis is a bug of stable-audio-config, not a mistake of yours. Please report it with the lines "
            "above; `sat report` and the words of your command collect the rest.",
            err=True,
        )
        sys.exit(3)
