"""Completion as shells ask for it: by variables, and in a real Bash."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SAT = str(Path(sys.executable).with_name("sat"))
Sat = Callable[..., Any]


def asked(line: str, folder: Path, breaks: str = "=:") -> list[str]:
    """What Bash is answered with that line before the cursor."""
    environment = {**os.environ, "_SAT_COMPLETE": "bash_complete", "COMP_LINE": line, "COMP_WORDBREAKS": breaks}
    done = subprocess.run([SAT], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("sat tra", ["train"]),
        ("sat presets s", ["search", "show"]),
        ("sat train model=tiny_a", ["tiny_autoencoder"]),
        ("sat train batch", ["batch_size="]),
        ("sat train --multi", ["--multirun"]),
        ("sat generate inference=t", ["tiny"]),
        ("sat explain training.optim", ["training.optimizer_configs."]),
        ("sat rule latent-w", ["latent-width"]),
        ("sat presets show model/tiny_au", ["model/tiny_autoencoder"]),
        ("sat new dataset mine --type pre", ["pre_encoded"]),
        ("sat validate --format gi", ["github"]),
        ("sat train 'model=tiny_a", ["tiny_autoencoder"]),
        ("sat train nonsense.", []),
    ],
)
def test_bash_is_answered(tmp_path: Path, line: str, answer: list[str]) -> None:
    assert asked(line, tmp_path) == answer


def test_a_bash_that_does_not_break_words_gets_them_whole(tmp_path: Path) -> None:
    assert asked("sat train model=tiny_a", tmp_path, breaks=" ") == ["model=tiny_autoencoder"]


def test_a_program_in_the_shell_completes_what_is_typed(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    assert bash is not None, "this test needs bash"
    (tmp_path / "my_model.json").write_text("{}")
    session = f"""
        PATH={Path(SAT).parent}:$PATH
        eval "$(sat completion bash)"
        ask() {{
            COMP_LINE="$1" COMP_POINT=${{#1}} COMPREPLY=()
            $(complete -p sat | sed 's/.*-F \\([^ ]*\\) .*/\\1/') sat
            echo "${{COMPREPLY[*]}}"
        }}
        ask "sat train model=my"
        ask "sat train training.optimizer_c"
        ask "sat inspect my"
    """
    done = subprocess.run([bash, "--norc", "-c", session], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    answers = [line for line in done.stdout.splitlines() if line]
    assert answers == ["my_model.json", "training.optimizer_configs.", "my_model.json"], done.stderr


@pytest.mark.parametrize(("shell", "words"), [("zsh", "sat train model=tiny_a"), ("fish", "sat train model=tiny_a")])
def test_zsh_and_fish_are_answered_in_their_own_ways(tmp_path: Path, shell: str, words: str) -> None:
    environment = {**os.environ, "_SAT_COMPLETE": f"{shell}_complete", "COMP_WORDS": words}
    environment["COMP_CWORD"] = "2" if shell == "zsh" else "model=tiny_a"
    done = subprocess.run([SAT], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines() == [{"zsh": "model=tiny_autoencoder", "fish": "plain,model=tiny_autoencoder"}[shell]]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell_is_printed(sat: Sat, shell: str) -> None:
    result = sat("completion", shell)
    assert result.code == 0
    assert f"_SAT_COMPLETE={shell}_complete" in result.out


def test_installing_writes_where_the_shell_looks_and_over_nothing(
    sat: Sat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    file = tmp_path / "bash-completion" / "completions" / "sat"
    assert sat("completion", "bash", "--install").out == f"written: {file}\nopen a new shell to use it\n"
    assert file.read_text() == sat("completion", "bash").out
    assert sat("completion", "bash", "--install").out == f"is there already: {file}\n"
    file.write_text("mine\n")
    result = sat("completion", "bash", "--install")
    assert (result.code, file.read_text()) == (1, "mine\n")
    assert "error[file-exists]" in result.err
    assert "below compinit" in sat("completion", "zsh", "--install").err


PROGRAM = """
import contextlib, io, json, sys
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    from stable_audio_config.cli import main
    main()
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


@pytest.mark.parametrize(
    "line", ["sat ", "sat train model=", "sat train model=tiny_lm training.", "sat train model.model.encoder.type="]
)
def test_nothing_heavy_is_imported_for_a_suggestion(tmp_path: Path, line: str) -> None:
    environment = {**os.environ, "_SAT_COMPLETE": "bash_complete", "COMP_LINE": line}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert set(json.loads(done.stdout)) & {"torch", "numpy", "pydantic", "pydantic_core", "hydra", "omegaconf", "yaml"} == set()
