"""What becomes of every setting of an old command: its key and value here, or why it has none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from .command_line import OldCommand, OldValue
from .flags import COMMANDS, DEAD, FLAGS, OLDER, PREFIGURE, flag_of
from .ini import evaluated

Outcome = Literal["became", "default", "dropped", "decide", "kept"]
"""became: it has a key here; default: the same as leaving it out; dropped: it had no effect, or nothing here has one like it;
decide: a person should look at it; kept: nobody knows the key, so it stands under `_kept`."""

LOGGERS = ("wandb", "comet")
"""What the engine's script knows; with any other name it logged nowhere."""


@dataclass(frozen=True)
class Fate:
    """One old setting."""

    key: str
    """Its name in the INI file, or on the command line with `_` for `-`."""
    value: Any
    """What the script got."""
    outcome: Outcome
    new_key: str | None = None
    new_value: Any = None
    why: str = ""
    """Why it was dropped or changed, or what there is to decide."""
    old: OldValue | None = None
    """Where it was written."""

    @property
    def had_no_effect(self) -> bool:
        """Whether nothing read it."""
        return self.why.startswith((DEAD, "prefigure", "the script"))


def fates(command: OldCommand) -> list[Fate]:
    """What becomes of every value of a command, in the order of the script's flags; then those that no script knows."""
    known = (*PREFIGURE, *FLAGS[command.script], *OLDER.get(command.script, ()))
    first = [flag.key for flag in known if flag.key in command.values]
    found = [_fate(command, key, command.values[key]) for key in first]
    found += [_unknown(key, value) for key, value in command.values.items() if key not in first]
    return found + list(_unread(command))


def _unread(command: OldCommand) -> Iterator[Fate]:
    """Keys of the INI file that prefigure never looked at; `name` serves where none was typed."""
    entries = command.ini.entries.values() if command.ini is not None else ()
    for entry in entries:
        if entry.read or entry.key == "wandb_config":
            continue
        old, value = OldValue(None, None, entry.line), evaluated(entry.text)
        if entry.key != "name":
            yield Fate(entry.key, value, "dropped", why="prefigure never read it", old=old)
        elif command.value("name") is None and isinstance(value, str) and value:
            why = "prefigure ignored it; here it names the run's folder, and its project in the logger"
            yield Fate("name", None, "became", "name", value, why, old)
        else:
            yield Fate("name", value, "dropped", why="prefigure ignored it, and --name says another", old=old)


def _unknown(key: str, old: OldValue) -> Fate:
    return Fate(key, old.value, "kept", why="no version of the engine's script that we know reads it", old=old)


def _fate(command: OldCommand, key: str, old: OldValue) -> Fate:
    flag = flag_of(command.script, key)
    assert flag is not None
    value = old.value
    if key == "config_file":
        return Fate(key, value, "default", old=old)
    if flag.becomes is None:
        if not old.written or value == flag.default or value in (None, "", False):
            return Fate(key, value, "default", why=flag.why if old.written else "", old=old)
        return Fate(key, value, "decide" if key in ("wandb_config", "pretrained_name") else "dropped", why=flag.why, old=old)
    special = _SPECIAL.get((command.script, key)) or _SPECIAL.get(("any", key))
    if special is not None:
        fate = special(command, flag.becomes, old)
        if fate is not None:
            return fate
    value = str(value) if isinstance(value, Path) else value
    same = type(value) is type(flag.default) and value == flag.default
    if same or value in (None, ""):
        return Fate(key, value, "default", flag.becomes, old=old)
    return Fate(key, value, "became", flag.becomes, value, old=old)


def _strategy(command: OldCommand, becomes: str, old: OldValue) -> Fate | None:
    """An empty one meant: by the number of GPUs, where the INI file says that."""
    if old.value:
        return None
    gpus = command.value("num_gpus")
    several = isinstance(gpus, int) and gpus > 1
    why = f"empty, with num_gpus {gpus}" if gpus is not None else "empty: the script then looked for num_gpus, and failed"
    if several:
        return Fate("strategy", old.value, "became", becomes, "ddp_find_unused_parameters_true", why, old)
    return Fate("strategy", old.value, "default", becomes, "auto", why, old)


def _num_gpus(_command: OldCommand, becomes: str, old: OldValue) -> Fate:
    why = "scripts before 0.0.19 took so many; that of 0.0.19 takes every GPU"
    return Fate("num_gpus", old.value, "became", becomes, old.value, why, old)


def _precision(_command: OldCommand, becomes: str, old: OldValue) -> Fate | None:
    if isinstance(old.value, int) and not isinstance(old.value, bool):
        return Fate("precision", old.value, "became", becomes, str(old.value), old=old)
    return None


def _logger(_command: OldCommand, becomes: str, old: OldValue) -> Fate | None:
    if old.value in LOGGERS:
        return None
    why = "" if old.value in ("none", "None", None, "") else "the script knew wandb and comet, and logged nowhere else"
    return Fate("logger", old.value, "became", becomes, "none", why, old)


def _weight_norm(_command: OldCommand, _becomes: str, old: OldValue) -> Fate | None:
    if old.value in ("", None, "pre_load", "post_load"):
        return None
    why = "the script knew pre_load and post_load, and did nothing for anything else"
    return Fate("remove_pretransform_weight_norm", old.value, "dropped", why=why, old=old)


def _clip(_command: OldCommand, becomes: str, old: OldValue) -> Fate | None:
    """A whole number is one with a fraction here."""
    value = old.value
    if isinstance(value, int) and not isinstance(value, bool):
        return Fate("gradient_clip_val", value, "became" if value else "default", becomes, float(value), old=old)
    return None


def _half(_command: OldCommand, becomes: str, old: OldValue) -> Fate:
    why = "the script computed in 16 bit whatever was typed; not possible on a CPU"
    return Fate("model_half", old.value, "became", becomes, True, why, old)


_SPECIAL: dict[tuple[str, str], Callable[[OldCommand, str, OldValue], Fate | None]] = {
    ("train", "strategy"): _strategy,
    ("any", "num_gpus"): _num_gpus,
    ("train", "precision"): _precision,
    ("train", "logger"): _logger,
    ("train", "remove_pretransform_weight_norm"): _weight_norm,
    ("train", "gradient_clip_val"): _clip,
    ("run_gradio", "model_half"): _half,
}


def to_overrides(command: OldCommand) -> list[str]:
    """The same settings as overrides of `sat train`, `sat pre-encode` or `sat generate`: what differs from their defaults."""
    return [f"{fate.new_key}={spelled(fate.new_value)}" for fate in fates(command) if fate.outcome == "became"]


def new_words(command: OldCommand) -> list[str]:
    """The whole command after `sat`."""
    verb = COMMANDS[command.script]
    if command.script != "unwrap_model":
        return [verb, *to_overrides(command)]
    safe = bool(command.value("use_safetensors"))
    output = f"{command.value('name')}.{'safetensors' if safe else 'ckpt'}"
    return [verb, str(command.value("ckpt_path")), "-o", output, *(["--safetensors"] if safe else [])]


_PLAIN = re.compile(r"[A-Za-z_./~][\w./:@+\-]*")
"""Texts that Hydra's grammar takes without quotes. What it would read as a number, true, false or null is not among them."""


def spelled(value: Any) -> str:
    """A value in Hydra's grammar."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return str(value)
    text = str(value)
    special = text.lower() in ("true", "false", "null", "nan", "inf")
    if _PLAIN.fullmatch(text) and not special and not re.fullmatch(r"\.[\d_.e+\-]*", text):
        return text
    doubled = re.sub(r"(\\*)('|$)", lambda found: found[1] * 2 + found[2].replace("'", "\\'"), text)
    return f"'{doubled}'"
