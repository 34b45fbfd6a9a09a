"""What a run prints is kept in its folder too, without progress bars."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from stable_audio_config.report.log import logged_to


def test_both_streams_land_on_the_terminal_and_in_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "log.txt"
    before = sys.stdout, sys.stderr
    with logged_to(file):
        print("one")
        print("two", file=sys.stderr)
        sys.stdout.write("\rstep 1/60")
        sys.stdout.write("\x1b[1mbold\x1b[0m")
        sys.stdout.write("")
        assert file.read_text() == "one\ntwo\n", "written at once, so that a killed run keeps it"
        assert sys.stdout.isatty() is before[0].isatty()
    assert (sys.stdout, sys.stderr) == before
    assert capsys.readouterr() == ("one\n\rstep 1/60\x1b[1mbold\x1b[0m", "two\n")


def test_a_second_run_in_the_folder_adds_to_the_file(tmp_path: Path) -> None:
    for word in ("first", "Übung"):
        with logged_to(tmp_path / "log.txt"):
            print(word)
    assert (tmp_path / "log.txt").read_text(encoding="utf-8") == "first\nÜbung\n"


def test_the_streams_come_back_after_an_error(tmp_path: Path) -> None:
    before = sys.stdout, sys.stderr
    with pytest.raises(ValueError, match="broken"), logged_to(tmp_path / "log.txt"):
        raise ValueError("broken")
    assert (sys.stdout, sys.stderr) == before


def test_only_the_first_process_writes(tmp_path: Path) -> None:
    with logged_to(tmp_path / "log.txt", active=False):
        print("from another process")
    assert not (tmp_path / "log.txt").exists()
