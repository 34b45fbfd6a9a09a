"""A command line of one of the engine's scripts, read exactly as argparse and prefigure read it, and the same in words of `sat`."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from ..report.finding import Finding, refuse
from .flags import FLAGS, OLDER, PREFIGURE, Flag, Script
from .ini import Ini, read_ini

SCRIPTS: dict[str, Script] = {
    "train.py": "train", "pre_encode.py": "pre_encode", "unwrap_model.py": "unwrap_model", "run_gradio.py": "run_gradio",
}  # fmt: skip

DEFAULTS_FILE = "defaults.ini"
"""What prefigure reads where no --config-file is given."""


@dataclass(frozen=True)
class OldValue:
    """What a script got for one flag, and where it was written."""

    value: Any
    word: int | None = None
    """Index of the word on the command line that holds it; None where it was not typed."""
    line: int | None = None
    """Line of the INI file, 1-based; None where it comes from elsewhere."""

    @property
    def written(self) -> bool:
        """Whether someone wrote it: it is not the script's own default."""
        return self.word is not None or self.line is not None


@dataclass(frozen=True)
class OldCommand:
    """A command line of a script, understood."""

    script: Script
    values: dict[str, OldValue]
    """Key (`batch_size`) -> value, defaults included; keys of the INI file that no version of the script knows are here too."""
    findings: tuple[Finding, ...] = ()
    """Where a value was read as something else than was written."""
    ini: Ini | None = None
    """The INI file that was read."""
    words: tuple[str, ...] = field(default=(), compare=False)
    """As typed."""

    def value(self, key: str) -> Any:
        """The value of a key; None where the script has none."""
        return self.values[key].value if key in self.values else None


def read_command(
    words: Sequence[str], script: Script, *, ini: Ini | None = None, folders: Sequence[Path] = (Path(),)
) -> OldCommand:
    """The words after `train.py`, as the script read them.

    Args:
        ini: the INI file, where it has been read; None reads what the words name, else `defaults.ini` where there is one.
        folders: where that file is looked for.

    Raises:
        Refused: the script would have refused the words, or the INI file.
    """
    tagged = [_Word(word, index) for index, word in enumerate(words)]
    if script != "train":
        flags = FLAGS[script]
        return _read(tagged, script, [_argument(flag) for flag in flags], OLDER.get(script, ()), None)
    ini = ini or _ini(tagged, folders)
    known = {flag.key for flag in PREFIGURE}
    arguments = [_argument(flag) for flag in PREFIGURE] + [_argument(FLAGS["train"][0])]
    if ini is None:
        arguments += [_argument(flag) for flag in FLAGS["train"][1:]]
        return _read(tagged, script, arguments, OLDER["train"], None)
    entries = [entry for entry in ini.entries.values() if entry.read and entry.key not in known]
    arguments += [_Argument(entry.key, entry.kind, entry.value, entry.kind is bool or entry.value is None) for entry in entries]
    given = {argument.key for argument in arguments}
    missing = [flag for flag in (*FLAGS["train"], *OLDER["train"]) if flag.key not in given]
    return _read(tagged, script, arguments, missing, ini)


class _Word(str):
    """A word that remembers where it stood."""

    place: int | None

    def __new__(cls, text: str, index: int | None = None) -> _Word:
        word = super().__new__(cls, text)
        word.place = index
        return word


@dataclass(frozen=True)
class _Argument:
    """One flag as argparse is told of it."""

    key: str
    convert: Callable[[str], Any]
    default: Any
    optional_value: bool = False
    switch: bool = False
    required: bool = False
    several: bool = False


_CONVERT: dict[str, Callable[[str], Any]] = {"text": str, "texts": str, "whole": int, "number": float, "switch": bool}


def _argument(flag: Flag) -> _Argument:
    switch = flag.kind == "switch"
    return _Argument(
        flag.key, _CONVERT[flag.kind], flag.default, switch=switch, required=flag.required, several=flag.kind == "texts"
    )


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _refused(message)


def _refused(message: str) -> Exception:
    text = re.sub(r"'([^' ]+)'", r"`\1`", message)
    return refuse("old-command", f"the script would refuse these words: {text}", help="compare with --help of the script")


def _parser(arguments: Sequence[_Argument], abbreviations: bool) -> _Parser:
    parser = _Parser(prog="script", add_help=False, allow_abbrev=abbreviations)
    parser.add_argument("-h", "--help", action="store_true", dest="\0help")
    for argument in arguments:
        option, dest = f"--{argument.key.replace('_', '-')}", f"\0{argument.key}"
        if argument.switch:
            parser.add_argument(option, dest=dest, action="store_true", default=argument.default)
        elif argument.several:
            parser.add_argument(option, dest=dest, nargs="+", type=_kept, default=None)
        elif argument.optional_value:
            const = True if argument.convert is bool else None
            parser.add_argument(option, dest=dest, nargs="?", const=const, default=_UNSET, type=_kept)
        else:
            parser.add_argument(option, dest=dest, type=_kept, default=_UNSET, required=argument.required)
    return parser


_UNSET = object()


def _kept(word: str) -> str:
    """What argparse calls with a typed value: the conversion comes later, so that the word keeps its place."""
    return word


def _read(words: list[_Word], script: Script, arguments: Sequence[_Argument], also: Sequence[Flag], ini: Ini | None) -> OldCommand:
    """Parses with the script's own flags first: abbreviations go by those. What is left may be flags of other versions."""
    found, left = _parser(arguments, True).parse_known_args(words)
    later = [_argument(flag) for flag in also]
    more, unknown = _parser(later, False).parse_known_args(left) if left else (argparse.Namespace(), [])
    if unknown:
        raise _refused(f"unrecognized arguments: {' '.join(unknown)}")
    if getattr(found, "\0help", False):
        raise refuse("old-command", "`--help` asks the script for its flags, and starts nothing", help="leave it out")
    lines = {} if ini is None else {entry.key: entry.line for entry in ini.entries.values() if entry.read}
    values = {argument.key: _value(argument, found, words, lines.get(argument.key)) for argument in arguments}
    for argument, flag in zip(later, also, strict=True):
        value = _value(argument, more, words, None)
        if value.word is not None or flag not in OLDER.get(script, ()):
            values[argument.key] = value
    return OldCommand(script, values, () if ini is None else ini.findings, ini, tuple(map(str, words)))


def _value(argument: _Argument, found: argparse.Namespace, words: list[_Word], line: int | None) -> OldValue:
    typed = getattr(found, f"\0{argument.key}", _UNSET)
    option = f"--{argument.key.replace('_', '-')}"
    if argument.switch:
        word = _place(option, words)
        return OldValue(typed is True if typed is not _UNSET else argument.default, word, line)
    if typed is _UNSET or (typed is None and argument.several):
        return OldValue(argument.default, None, line)
    if typed is None or typed is True:  # A flag without its value.
        return OldValue(typed, _place(option, words), None)
    if isinstance(typed, list):
        return OldValue([str(word) for word in typed], getattr(typed[0], "place", None))
    text = str(typed)
    index = typed.place if isinstance(typed, _Word) else _place_of_value(text, words)
    try:
        return OldValue(argument.convert(text), index)
    except (TypeError, ValueError):
        kind = getattr(argument.convert, "__name__", "value")
        raise _refused(f"argument {option}: invalid {kind} value: '{text}'") from None


def _place(option: str, words: list[_Word]) -> int | None:
    """The last word that is this flag, or the beginning of its name."""
    return next((word.place for word in reversed(words) if len(word) > 2 and option.startswith(word)), None)


def _place_of_value(value: str, words: list[_Word]) -> int | None:
    """The last word of the form `--flag=value`."""
    return next((word.place for word in reversed(words) if word.startswith("--") and word.partition("=")[2] == value), None)


def _ini(words: list[_Word], folders: Sequence[Path]) -> Ini | None:
    """The INI file that prefigure would read: looked for first, as prefigure does, before any other flag is known."""
    parser = _Parser(prog="script", add_help=False)
    parser.add_argument("--config-file", default=None)
    name = parser.parse_known_args(words)[0].config_file
    if name is not None and name.endswith(".gin"):
        message = f"`{name}` is a gin file: prefigure then reads nothing else"
        raise refuse("old-ini", message, help="write its values as key=value")
    for folder in folders:
        file = folder / (name or DEFAULTS_FILE)
        if file.is_file():
            return read_ini(file)
    if name is None:
        return None
    raise refuse("missing-file", f"the file `{name}` does not exist", help="check the path after --config-file")
