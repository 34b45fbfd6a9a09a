"""The commands of the engine's scripts in a shell script, or in a line that someone saved."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from pathlib import PurePath

from ..report.finding import Finding, Refused
from .command_line import SCRIPTS
from .flags import Script

ENDS = frozenset({"&&", "||", ";", "|", "&", "|&", "(", ")", "{", "}", ";;"})
"""Words between two commands."""

_ASSIGNMENT = re.compile(r"(?:export\s+|readonly\s+|local\s+)?([A-Za-z_]\w*)=(.*)", re.S)
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)(?::-([^}]*))?\}|([A-Za-z_]\w*))")


@dataclass(frozen=True)
class ScriptCall:
    """One command that starts a script of the engine."""

    script: Script
    words: tuple[str, ...]
    """What stands behind the script's name; variables of the shell are filled in."""
    line: int
    """Where it begins, 1-based."""
    findings: tuple[Finding, ...] = ()
    """What could not be filled in."""


def calls_in(text: str, name: str) -> list[ScriptCall]:
    """Every call of `train.py`, `pre_encode.py`, `unwrap_model.py` and `run_gradio.py`, in order.

    Assignments (`DATA=/data/music`) are followed as far as they are plain; nothing is run.

    Raises:
        Refused: a line with such a call cannot be taken apart.
    """
    variables: dict[str, str] = {}
    found: list[ScriptCall] = []
    for number, line in _logical_lines(text):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        words = _split(line, number, name)
        for command in _commands(words):
            command = _without_assignments(command, variables)
            call = _call(command, number, variables, name, text)
            if call is not None:
                found.append(call)
    return found


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Lines with those that a backslash continues, and without a prompt before them."""
    lines: list[tuple[int, str]] = []
    begun: tuple[int, str] | None = None
    for number, raw in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        line = raw.rstrip()
        line = re.sub(r"^\s*[$>]\s+", "", line) if begun is None else line
        start, before = begun or (number, "")
        if line.endswith("\\"):
            begun = (start, f"{before}{line[:-1]} ")
        else:
            lines.append((start, f"{before}{line}"))
            begun = None
    return [*lines, begun] if begun is not None else lines


def _split(line: str, number: int, name: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="();|&<>")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    try:
        return list(lexer)
    except ValueError as error:
        if not any(script in line for script in SCRIPTS):
            return []
        message = f"the words of this line cannot be told apart: {str(error).lower()}"
        found = Finding(rule="old-command", message=message, source=name, line=number, column=1, excerpt=line, width=len(line))
        raise Refused(replace(found, help="close its quotes")) from None


def _commands(words: list[str]) -> list[list[str]]:
    """Each command's words, without where its output goes."""
    commands: list[list[str]] = [[]]
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in ENDS:
            commands.append([])
        elif set(word) & set("<>") and set(word) <= set("<>&|"):
            if commands[-1] and commands[-1][-1] in ("1", "2"):  # The number of a stream, as in `2>&1`.
                commands[-1].pop()
            skip = True
        else:
            commands[-1].append(word)
    return [command for command in commands if command]


def _without_assignments(command: list[str], variables: dict[str, str]) -> list[str]:
    """The command, its leading assignments noted."""
    rest = list(command)
    while rest and rest[0] in ("export", "readonly", "local"):
        rest.pop(0)
    while rest and (found := _ASSIGNMENT.fullmatch(rest[0])) is not None:
        value = found[2]
        if "$(" not in value and "`" not in value:
            variables[found[1]] = _filled(value, variables)[0]
        else:
            variables.pop(found[1], None)
        rest.pop(0)
    return rest


def _call(command: list[str], line: int, variables: dict[str, str], name: str, text: str) -> ScriptCall | None:
    at = next((index for index, word in enumerate(command) if PurePath(word).name in SCRIPTS), None)
    if at is None or command[0] in ("echo", "cd", "cp", "cat", "vim", "sed", "grep", "chmod", "ls", "rm", "mv"):
        return None
    filled = [_filled(word, variables) for word in command[at + 1 :]]
    missing = [variable for _, left in filled for variable in left]
    findings = tuple(_not_filled(variable, line, name, text) for variable in dict.fromkeys(missing))
    words = tuple(word for word, _ in filled if word)
    return ScriptCall(SCRIPTS[PurePath(command[at]).name], words, line, findings)


def _filled(word: str, variables: dict[str, str]) -> tuple[str, list[str]]:
    """The word with its variables filled in, and those that nothing says anything about."""
    left: list[str] = []

    def value(found: re.Match[str]) -> str:
        variable = found[1] or found[3]
        if variable in variables:
            return variables[variable]
        if found[2] is not None:
            return found[2]
        left.append(variable)
        return found[0]

    return _VARIABLE.sub(value, word), left


def _not_filled(variable: str, line: int, name: str, text: str) -> Finding:
    excerpt = text.replace("\r\n", "\n").split("\n")[line - 1]
    message = f"`${variable}` is set outside of this script: its value is not known here"
    help = f"write the value, or ${{oc.env:{variable}}} in the experiment"
    column = max(0, excerpt.find(f"${variable}"), excerpt.find(f"${{{variable}")) + 1
    return Finding(
        rule="no-equal", severity="warning", message=message, source=name, line=line, column=column, excerpt=excerpt,
        width=len(variable) + 1, help=help,
    )  # fmt: skip
