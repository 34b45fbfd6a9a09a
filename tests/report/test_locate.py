"""Findings with key paths become findings with file, line and column."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from stable_audio_config.report.finding import Edit, Finding, Fix, Related
from stable_audio_config.report.locate import located, refused_in
from stable_audio_config.report.place import SHIPPED, Origin, origin_in_text, own, shown
from stable_audio_config.source.positions import Span

TEXT = "a: 1\nb:\n  c: [x, yy]\n  d: {e: 5}\n"
HERE = partial(origin_in_text, "mine.yaml", TEXT, False)


def place_of(finding: Finding) -> tuple[object, ...]:
    (found,) = located([finding], HERE)
    return found.source, found.line, found.column, found.width, found.excerpt


def about(*path: str | int, rule: str = "wrong-value") -> Finding:
    return Finding(rule=rule, message="m", path=path)


def test_a_finding_about_a_value_points_at_the_value() -> None:
    assert place_of(about("b", "c", 1)) == ("mine.yaml", 3, 10, 2, "  c: [x, yy]")


def test_a_finding_about_a_key_points_at_the_key() -> None:
    for rule in ("unknown-key", "removed-key", "missing-key"):
        assert place_of(about("a", rule=rule)) == ("mine.yaml", 1, 1, 1, "a: 1")


def test_a_group_is_shown_by_its_key() -> None:
    assert place_of(about("b", "d")) == ("mine.yaml", 4, 3, 1, "  d: {e: 5}")


def test_what_is_missing_is_shown_by_the_group_that_misses_it() -> None:
    assert place_of(about("b", "d", "missing", rule="missing-key")) == ("mine.yaml", 4, 3, 1, "  d: {e: 5}")
    assert place_of(about("nothing", rule="missing-key"))[:3] == ("mine.yaml", 1, 1)
    assert origin_in_text("empty.yaml", "", False, ("a",)) == Origin(
        source="empty.yaml", value={}, key=Span(1, 1, 1), span=Span(1, 1, 1), excerpt="", file="empty.yaml"
    )


def test_what_has_a_place_keeps_it_and_what_has_none_gets_none() -> None:
    placed = replace(about("a"), source="other.yaml", line=7)
    pathless = Finding(rule="r", message="m")
    assert located([placed, pathless], HERE) == [placed, pathless]
    assert located([about("a")], lambda _path: None) == [about("a")]


def test_the_other_place_and_the_cure_are_placed_too() -> None:
    finding = replace(
        about("a"),
        related=(Related(message="e: 5", path=("b", "d", "e")), Related(message="gone", path=())),
        fix=Fix(edits=(Edit(op="set", path=("b", "d", "new"), value=1),)),
    )
    (found,) = located([finding], HERE)
    assert [(other.source, other.line, other.column) for other in found.related] == [("mine.yaml", 4, 10), ("mine.yaml", 1, 1)]
    assert found.fix is not None
    assert (found.fix.edits[0].file, found.fix.edits[0].local) == ("mine.yaml", ("b", "d", "new"))


def test_a_file_that_lands_deeper_in_an_experiment() -> None:
    origin = Origin(
        source="m.json", value=1, span=Span(2, 3, 1), lines=("{", "  1"), file="/m.json", local=("x",), path=("model", "x")
    )
    finding = replace(about("model", "x"), fix=Fix(edits=(Edit(op="rename", path=("model", "x"), value="y"),)))
    (found,) = located([finding], lambda _path: origin)
    assert (found.source, found.line, found.excerpt) == ("m.json", 2, "  1")
    assert found.fix is not None
    assert (found.fix.edits[0].file, found.fix.edits[0].local) == ("/m.json", ("x",))


def test_an_argument_shows_its_value() -> None:
    origin = Origin(source="command line", value=0, excerpt="batch_size=00")
    (found,) = located([about("batch_size")], lambda _path: origin)
    assert (found.source, found.line, found.column, found.width, found.excerpt) == ("command line", None, 12, 2, "batch_size=00")
    (found,) = located([about("x")], lambda _path: Origin(source="command line", value=0, excerpt="sounds"))
    assert (found.column, found.width) == (1, 6)


def test_a_preset_of_ours_is_shown_by_its_name_and_not_changed(tmp_path: Path) -> None:
    ours = SHIPPED / "model" / "tiny_autoencoder.yaml"
    assert (shown(ours), own(ours)) == ("preset model/tiny_autoencoder.yaml", None)
    assert (shown(tmp_path / "a.yaml"), own(tmp_path / "a.yaml")) == (str(tmp_path / "a.yaml"), str(tmp_path / "a.yaml"))
    assert shown(Path("a.yaml")) == "a.yaml"


def test_a_file_is_refused_at_the_place_of_its_mistake(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": 1,\n "b": [5]}')
    (found,) = refused_in(tmp_path / "a.json", about("b", 0)).findings
    assert (found.source, found.line, found.column, found.path) == (str(tmp_path / "a.json"), 2, 8, ())
