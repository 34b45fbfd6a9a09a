"""`sat engine contract` where there is no engine to read."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from stable_audio_config.cli.engine_contract import command
from stable_audio_config.report.finding import Refused
from stable_audio_config.validation import installed


def refused(*arguments: str) -> tuple[str, str]:
    """Rule and message of the one finding that the command ends with."""
    result = CliRunner().invoke(command, ["contract", *arguments])
    assert isinstance(result.exception, Refused)
    (finding,) = result.exception.findings
    return finding.rule, finding.message


def test_without_the_engine_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "find_spec", lambda _name: None)
    rule, message = refused()
    assert (rule, message.partition(":")[0]) == ("not-installed", "the engine (stable-audio-tools) is not installed")


def test_a_folder_that_holds_no_engine_is_refused(tmp_path: Path) -> None:
    assert refused("--source", str(tmp_path)) == ("not-found", f"`{tmp_path}` holds no engine: it has no `models/factory.py`")
