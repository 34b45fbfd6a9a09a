"""`sat` itself: help, version, exit codes, and what is said about a command that is not there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from stable_audio_config import __version__, api
from stable_audio_config.cli import COMMANDS

Sat = Callable[..., Any]


def test_help_names_every_command_with_its_line(sat: Sat) -> None:
    for arguments in (("--help",), ("-h",)):
        result = sat(*arguments)
        assert (result.code, result.err) == (0, "")
        for name, (_, line) in COMMANDS.items():
            assert f"  {name} " in result.out and line in result.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(sat: Sat, name: str) -> None:
    result = sat(name, "--help")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"Usage: sat {name} ")
    assert "Options:" in result.out
    if name in ("train", "pre-encode", "generate"):
        assert f"  sat {name} " in result.out, "an example that can be copied"
        assert "--config-dir" in result.out and "--cfg" in result.out


def test_no_arguments_show_the_help(sat: Sat) -> None:
    result = sat()
    assert result.code == 2
    assert "Commands:" in result.out + result.err


def test_version(sat: Sat) -> None:
    result = sat("--version")
    assert (result.code, result.out, result.err) == (0, f"sat {__version__}\n", "")


def test_a_misspelt_command_gets_a_suggestion(sat: Sat) -> None:
    result = sat("tran", "experiment=quick_test")
    assert (result.code, result.out) == (2, "")
    assert result.err.endswith("Error: No such command 'tran'. Did you mean 'train'?\n")
    assert "Did you mean" not in sat("zzzz").err


def test_an_unknown_option_is_a_usage_error(sat: Sat) -> None:
    result = sat("train", "--nope")
    assert result.code == 2
    assert "No such option '--nope'" in result.err


def test_an_unexpected_exception_is_our_bug(sat: Sat, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_composition: Any) -> None:
        raise RuntimeError("something nobody thought of")

    monkeypatch.setattr(api, "judged", broken)
    result = sat("train", "experiment=quick_test", "--cfg")
    assert result.code == 3
    assert result.err.startswith("Traceback (most recent call last):\n")
    assert result.err.endswith(
        "RuntimeError: something nobody thought of\n\n"
        "This is a bug of stable-audio-config, not a mistake of yours. Please report it with the lines "
        "above; `sat report` and the words of your command collect the rest.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "out", "err"),
    [
        (["--version"], 0, f"sat {__version__}\n", ""),
        (["train", "foo"], 2, "", "error[usage]: `foo` is neither `key=value` nor an experiment file (.yaml)\n"),
        (["show", "gone.ckpt"], 1, "", "error[checkpoint]: `gone.ckpt` is not a readable checkpoint: no such file\n"),
    ],
)
def test_the_program_in_a_process_of_its_own(arguments: list[str], code: int, out: str, err: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "stable_audio_config", *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout, done.stderr[: len(err)]) == (code, out, err)
    assert done.stderr.count("\x1b") == 0, "no colour when piped"
