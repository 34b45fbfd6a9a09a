"""New files: all of them or none, and never in the place of somebody's."""

from __future__ import annotations

from pathlib import Path

import pytest

from stable_audio_config.report.finding import Refused
from stable_audio_config.starting import writing
from stable_audio_config.starting.writing import write_new


def test_all_files_are_written_with_their_folders(tmp_path: Path) -> None:
    write_new({tmp_path / "a" / "b" / "one.yaml": "1\n", tmp_path / "two.yaml": "2\n"})
    assert (tmp_path / "a" / "b" / "one.yaml").read_text() == "1\n"
    assert (tmp_path / "two.yaml").read_text() == "2\n"


def test_where_one_is_there_none_is_written(tmp_path: Path) -> None:
    (tmp_path / "two.yaml").write_text("mine")
    with pytest.raises(Refused, match="is there already"):
        write_new({tmp_path / "one.yaml": "1\n", tmp_path / "two.yaml": "2\n"})
    assert [file.name for file in tmp_path.iterdir()] == ["two.yaml"]
    assert (tmp_path / "two.yaml").read_text() == "mine"


def test_a_file_that_comes_in_between_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create = writing.create_whole

    def somebody_is_faster(file: Path, text: str) -> None:
        if file.name == "two.yaml":
            file.write_text("theirs")
        create(file, text)

    monkeypatch.setattr(writing, "create_whole", somebody_is_faster)
    with pytest.raises(Refused, match="is there already"):
        write_new({tmp_path / "one.yaml": "1\n", tmp_path / "two.yaml": "2\n"})
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"two.yaml": "theirs"}


def test_a_link_to_nowhere_counts_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").symlink_to(tmp_path / "gone")
    with pytest.raises(Refused, match="is there already"):
        write_new({tmp_path / "one.yaml": "1\n"})
    assert not (tmp_path / "gone").exists()


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("")
    with pytest.raises(Refused) as refused:
        write_new({tmp_path / "folder" / "one.yaml": "1\n"})
    assert [finding.rule for finding in refused.value.findings] == ["not-writable"]
