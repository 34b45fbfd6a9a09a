"""An INI file as prefigure reads it: every key becomes a flag, whose type and default go by what was written."""

from __future__ import annotations

import configparser
import re
import warnings
from ast import literal_eval
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..report.finding import Finding, Refused, Severity, refuse
from ..source.reading import read_text

SECTION = "DEFAULTS"
"""The one section that prefigure reads."""

ENDS = ("wandb_config", "config_file")
"""Keys at which prefigure stops reading."""

COMMENT = ("#", ";")

_KEY = re.compile(r"^\s*(?P<key>[^\s#;\[=:][^=:]*?)\s*[=:]\s*(?P<value>.*)$")


@dataclass(frozen=True)
class Entry:
    """One key of the file."""

    key: str
    """As written: prefigure does not change its case."""
    text: str
    """The value as `configparser` gives it."""
    value: Any
    """What the script gets where the flag is not typed."""
    kind: type
    """What argparse calls with a typed value: `int`, `str`, `bool`, ..."""
    read: bool = True
    """False where prefigure never makes a flag of it."""
    line: int | None = None
    """1-based."""
    comments: tuple[str, ...] = ()
    """The comment lines above it, without their `#`."""

    beside: str = ""
    """The comment behind the value, where prefigure takes it for one."""


@dataclass(frozen=True)
class Ini:
    """A whole file."""

    name: str
    """What messages call it."""
    entries: dict[str, Entry]
    """In the order of the file."""
    findings: tuple[Finding, ...] = ()
    """Where prefigure reads something else than was written."""
    last_comments: tuple[str, ...] = ()
    """Comments below the last key."""
    sections: tuple[str, ...] = ()
    """Other sections, which nothing reads."""


def evaluated(text: str) -> Any:
    """What prefigure takes a value for: a literal of Python where it is one, else the text itself.

    Raises:
        TypeError, MemoryError, RecursionError: it looks like a literal and is none; prefigure ends there.
    """
    try:
        with warnings.catch_warnings():  # Backslashes of a path are not always escapes.
            warnings.simplefilter("ignore")
            return literal_eval(text)
    except (SyntaxError, ValueError, AssertionError):
        return text


def read_ini(file: Path) -> Ini:
    """The file's keys and values.

    Raises:
        Refused: it cannot be read, or prefigure could not.
    """
    return ini_of(read_text(file), str(file))


def ini_of(text: str, name: str) -> Ini:
    """The keys and values in a text. `name` is what messages call it.

    Raises:
        Refused: prefigure could not read it; with the line.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    items, sections = _items(text, name, lines)
    places, last = _places(lines, items)
    entries: dict[str, Entry] = {}
    findings: list[Finding] = []
    ended: str | None = None
    for key, value in items.items():
        line, comments = places.get(key, (None, ()))
        ended = ended or (key if key in ENDS else None)
        entry = _entry(key, value, ended is None, line, comments, name, lines)
        entries[key] = entry
        findings += _misread(entry, ended, name, lines)
    options: dict[str, str] = dict.fromkeys(("help", "name", "config-file", "wandb-config"), "")
    for entry in entries.values():
        _check_option(entry, options, name, lines)
    findings += [_ignored_section(section, name, lines) for section in sections]
    return Ini(name, entries, tuple(findings), last, sections)


def _items(text: str, name: str, lines: list[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """What `configparser` reads, and the names of other sections."""
    parser = configparser.ConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(text, name)
        return dict(parser.items(SECTION)), tuple(section for section in parser.sections() if section != SECTION)
    except configparser.NoSectionError:
        help = f"write [{SECTION}] above the keys: prefigure reads no other section"
        raise refuse("old-ini", f"`{name}` has no section [{SECTION}]", help=help, source=name) from None
    except configparser.MissingSectionHeaderError as error:
        raise _refused("a key stands before the first section", error.lineno, name, lines, f"write [{SECTION}] above it") from None
    except configparser.DuplicateOptionError as error:
        message = f"`{error.option}` stands twice in section [{error.section}]"
        raise _refused(message, error.lineno, name, lines, "keep one of the two") from None
    except configparser.DuplicateSectionError as error:
        raise _refused(f"the section [{error.section}] stands twice", error.lineno, name, lines, "make them one") from None
    except configparser.ParsingError as error:
        line = error.errors[0][0] if error.errors else None
        raise _refused(
            "a line is neither `key = value` nor a comment", line, name, lines, "write a value, or # before it"
        ) from None
    except configparser.InterpolationError as error:
        line = next((at for at, text in enumerate(lines, 1) if text.lstrip().startswith(error.option)), None)
        raise _refused(f"`{error.option}` holds a `%` that means nothing", line, name, lines, "write %% for one %") from None


def _refused(message: str, line: int | None, name: str, lines: list[str], help: str | None = None) -> Refused:
    return Refused(_finding(message, line, name, lines, help=help))


def _finding(
    message: str,
    line: int | None,
    name: str,
    lines: list[str],
    *,
    help: str | None = None,
    rule: str = "old-ini",
    severity: Severity = "error",
) -> Finding:
    excerpt = lines[line - 1] if line is not None and 0 < line <= len(lines) else None
    found = Finding(rule=rule, message=message, severity=severity, source=name, line=line, help=help)
    return found if excerpt is None else replace(found, column=1, excerpt=excerpt, width=max(1, len(excerpt.rstrip())))


def _entry(key: str, text: str, read: bool, line: int | None, comments: tuple[str, ...], name: str, lines: list[str]) -> Entry:
    """One key with the value and the type that prefigure gives it."""
    if not read or key == "name":
        return Entry(key, text, None, str, False, line, comments)
    try:
        value = Path(text) if "_dir" in text else evaluated(text)
    except (TypeError, MemoryError, RecursionError):
        raise _refused(f"`{key}` is no value that prefigure can read", line, name, lines, "put it in quotes") from None
    if value is None:
        return Entry(key, text, None, str, True, line, comments)
    beside = _beside(text) if "#" in text and not isinstance(value, Path) else ""
    if isinstance(value, bool):
        return Entry(key, text, False, bool, True, line, comments, beside)
    return Entry(key, text, value, type(value), True, line, comments, beside)


def _check_option(entry: Entry, options: dict[str, str], name: str, lines: list[str]) -> None:
    """argparse knows each flag once, and by a name."""
    if not entry.read:
        return
    option = entry.key.replace("_", "-").lstrip("-")  # `_a` is the flag `---a`, whose value the script knows as `a` too.
    if not option:
        raise _refused(f"`{entry.key}` is no name for a flag", entry.line, name, lines)
    if option in options:
        other = options[option]
        what = f"`{other}` and `{entry.key}` are both the flag `--{option}`" if other else f"`--{option}` is prefigure's own flag"
        raise _refused(what, entry.line, name, lines, "rename the key")
    options[option] = entry.key


def _misread(entry: Entry, ended: str | None, name: str, lines: list[str]) -> list[Finding]:
    """What prefigure makes of an entry, where that is not what stands there."""
    said = _what_became(entry, ended)
    if said is None:
        return []
    message, severity = said
    return [_finding(message, entry.line, name, lines, rule="misread", severity=severity)]


def _what_became(entry: Entry, ended: str | None) -> tuple[str, Severity] | None:
    if entry.key == ended:
        return f"prefigure stops reading at `{entry.key}`: this key and all below it were ignored", "warning"
    if ended is not None:
        return f"`{entry.key}` stands below `{ended}`, where prefigure reads nothing: it was ignored", "warning"
    if entry.key == "name":
        return "`name` was ignored by prefigure, which takes it from --name only", "note"
    if entry.kind is bool and evaluated(entry.text) is True:
        return f"`{entry.key} = True` became False: prefigure reads every truth value of an INI file so", "warning"
    if isinstance(entry.value, Path) and entry.text[:1] in "\"'" and entry.text:
        return f"`{entry.key}` kept its quotes: prefigure takes any value with `_dir` in it for a path as it stands", "warning"
    if isinstance(entry.value, (str, Path)) and entry.value and re.search(r"\s[#;]", entry.text) and entry.text[:1] not in "\"'":
        return f"the comment behind `{entry.key}` is part of its value for prefigure: `{entry.text}`", "warning"
    if isinstance(entry.value, str) and entry.value == entry.text and entry.value.lower() in ("true", "false"):
        return f'`{entry.key} = {entry.value}` became the text "{entry.value}": prefigure knows True and False only', "note"
    return None


def _ignored_section(section: str, name: str, lines: list[str]) -> Finding:
    line = next((at for at, text in enumerate(lines, 1) if text.strip() == f"[{section}]"), None)
    message = f"the section [{section}] was ignored: prefigure reads [{SECTION}] only"
    return _finding(message, line, name, lines, rule="misread", severity="warning")


def _places(lines: list[str], items: dict[str, str]) -> tuple[dict[str, tuple[int, tuple[str, ...]]], tuple[str, ...]]:
    """Key -> its line and the comments above it; and the comments that no key is below."""
    found: dict[str, tuple[int, tuple[str, ...]]] = {}
    above: list[str] = []
    section = ""
    for number, line in enumerate(lines, 1):
        stripped = line.strip()
        if stripped.startswith(COMMENT):
            above.append(stripped[1:].strip())
        elif stripped.startswith("["):
            section = stripped.strip("[]")
        elif section in (SECTION, configparser.DEFAULTSECT) and (match := _KEY.match(line)) is not None:
            key = match["key"].strip()
            if key in items and key not in found:
                found[key] = (number, tuple(above))
                above = []
    return found, tuple(above)


def _beside(text: str) -> str:
    """The comment that Python sees behind a literal: prefigure's reading of `8  # per GPU`."""
    value = evaluated(text)
    if isinstance(value, str) and value == text:
        return ""
    for at in (match.start() for match in re.finditer("#", text)):
        if evaluated(text[:at].strip()) == value:
            return text[at + 1 :].strip()
    return ""
