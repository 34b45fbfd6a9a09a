"""Command lines of the engine's own scripts: `sat train --model-config m.json ...`, and `sat-train` in the script's place.

They run as before, and one line shows the new spelling.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..migrate.flags import Script
    from ..report.finding import Finding

SCRIPTS: dict[str, Script] = {
    "train": "train",
    "pre-encode": "pre_encode",
    "unwrap": "unwrap_model",
    "generate": "run_gradio",
}
"""The command that does the work of each script."""

FORCED = "old-words"
"""Where a click context says that all words are of the old script, although no old flag may be among them."""

OURS = re.compile(r"[~+@\w./]+=.*", re.DOTALL)
"""`key=value`."""


class TakesOldFlags(click.Command):
    """A command that understands the flags of the engine's script, too."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The words of today."""
        forced = bool(ctx.obj == FORCED)
        if not ctx.resilient_parsing and not {"-h", "--help"} & set(args) and (forced or self._is_old(args)):
            args = self._today(args)
        return super().parse_args(ctx, args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The old flags, where the old script was called."""
        if ctx.obj != FORCED:
            return
        from ..migrate.flags import FLAGS

        rows = [
            (flag.option, f"is now {flag.becomes}" if flag.becomes else f"without effect: {flag.why}")
            for flag in FLAGS[SCRIPTS[str(self.name)]]
        ]
        with formatter.section("Flags of the engine's script"):
            formatter.write_dl(rows)

    def _own(self) -> dict[str, bool]:
        """Each option of the command itself, and whether a value follows it."""
        options = [param for param in self.params if isinstance(param, click.Option)]
        return {name: not option.is_flag for option in options for name in (*option.opts, *option.secondary_opts)}

    def _is_old(self, args: list[str]) -> bool:
        """Whether a flag of the script is among the words."""
        own = self._own()
        foreign = {word.partition("=")[0] for word in args if word.startswith("--")} - set(own)
        if not foreign:
            return False
        from ..migrate.flags import FLAGS, OLDER, PREFIGURE

        script = SCRIPTS[str(self.name)]
        known = (*FLAGS[script], *OLDER.get(script, ()), *(PREFIGURE if script == "train" else ()))
        return bool(foreign & {flag.option for flag in known})

    def _today(self, args: list[str]) -> list[str]:
        """The words as one would type them today; they are shown, and so is everything that became of no word."""
        from ..migrate.command_line import read_command
        from ..migrate.settings import new_words
        from ..report.text import print_findings

        old, new = self._apart(args)
        command = read_command(old, SCRIPTS[str(self.name)])
        if self.name == "unwrap" and not command.value("ckpt_path"):
            raise click.UsageError("--ckpt-path is missing: the checkpoint to take the model out of")
        words = [*new_words(command)[1:], *new]
        if self.name == "train":
            words += accepting([word for word in words if OURS.fullmatch(word)])
        if os.environ.get("LOCAL_RANK", "0") != "0":  # Lightning starts each further process with the words that were typed.
            return words
        found = _without_effect(command)
        if found:
            print_findings(found)
        click.echo(f"this is now: {' '.join(['sat', str(self.name), *map(typed, words)])}", err=True)
        return words

    def _apart(self, args: list[str]) -> tuple[list[str], list[str]]:
        """The script's words, and those of today among them: `key=value`, and options of the command itself."""
        own, switches = self._own(), _switches(SCRIPTS[str(self.name)])
        old: list[str] = []
        new: list[str] = []
        words = iter(args)
        waits = False
        for word in words:
            name, equals, _ = word.partition("=")
            if name in own:
                new += [word, *([next(words, "")] if own[name] and not equals else [])]
                waits = False
            elif not waits and not word.startswith("-") and OURS.fullmatch(word):
                new.append(word)
            else:
                old.append(word)
                waits = word.startswith("--") and not equals and name not in switches
        return old, new


def typed(word: str) -> str:
    """A word as one types it in a shell: in double quotes where it has single ones of its own."""
    from shlex import quote

    return f'"{word}"' if "'" in word and not set(word) & set('"$`\\!') else quote(word)


def _switches(script: Script) -> set[str]:
    from ..migrate.flags import FLAGS

    return {flag.option for flag in FLAGS[script] if flag.kind == "switch"}


def _without_effect(command: Any) -> list[Finding]:
    """Where a value was misread, and each flag that was typed and decides nothing."""
    from ..migrate.settings import fates
    from ..report.finding import Finding

    found = list(command.findings)
    for fate in fates(command):
        if fate.outcome in ("dropped", "decide", "kept") and fate.old is not None and fate.old.word is not None:
            option = f"--{fate.key.replace('_', '-')}"
            found.append(Finding(rule="no-equal", severity="warning", message=f"`{option}` has no effect: {fate.why}"))
    return found


def accepting(words: list[str]) -> list[str]:
    """The word that lets keys through which nobody knows, as the engine did; one that looks like a typo stays a mistake."""
    from ..validation.check import check_words

    sections = ("model", "training", "dataset", "val_dataset")
    unknown = [
        ".".join(map(str, finding.path))
        for finding in check_words(tuple(words))
        if finding.rule == "unknown-key" and finding.fix is None and len(finding.path) > 1 and finding.path[0] in sections
    ]
    return [f"accept_unknown=[{','.join(unknown)}]"] if unknown else []


def _run(name: str) -> None:
    """Runs `sat NAME` with the words of the engine's script."""
    from . import main

    main([name, *sys.argv[1:]], FORCED)


def train() -> None:
    """`sat-train`, for `train.py`."""
    _run("train")


def pre_encode() -> None:
    """`sat-pre-encode`, for `pre_encode.py`."""
    _run("pre-encode")


def unwrap() -> None:
    """`sat-unwrap`, for `unwrap_model.py`."""
    _run("unwrap")
