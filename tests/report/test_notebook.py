"""Experiments and findings in a notebook: short, true, and with nothing in them that a page could take for its own."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from stable_audio_config import Findings, Refused, check, load_experiment
from stable_audio_config.report.finding import Finding

NASTY = "<script>alert('&')</script>"


class Tags(HTMLParser):
    """The elements of a text, and whether every one of them is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.seen.add(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_an_experiment_is_one_line_and_a_small_table() -> None:
    experiment = load_experiment("experiment=quick_test", "save_dir=out")
    text = repr(experiment)
    assert text.startswith("<ExperimentConfig quick_test: autoencoder; 32768 samples, 0.74 s at 44.1 kHz; 50 steps, 2 at a time")
    assert "\n" not in text
    assert str(experiment) == text
    page = experiment._repr_html_()
    assert Tags(page).seen == {"div", "table", "caption", "b", "tr", "th", "td", "details", "summary", "pre"}
    assert "save_dir: out" in page
    assert len(page) < 5000


def test_texts_of_a_config_are_escaped() -> None:
    experiment = load_experiment("experiment=quick_test", f'name="{NASTY}"', "max_steps=-1")
    page = experiment._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;alert(&#x27;&amp;&#x27;)&lt;/script&gt;" in page
    assert "script" not in Tags(page).seen
    findings = Findings([Finding(rule="wrong-value", message=NASTY, source=NASTY, line=1, column=1, excerpt=NASTY, help=NASTY)])
    assert Tags(findings._repr_html_()).seen == {"div", "b", "pre"}


def test_findings_are_shown_as_they_are_printed() -> None:
    found = check("experiment=quick_test", "batchsize=4")
    assert repr(found).startswith("error[unknown-key]: unknown key `batchsize` in an experiment\n")
    assert repr(found).endswith("\n\n1 error")
    assert str(found[0]) == repr(found).removesuffix("\n\n1 error")
    assert found[0]._repr_html_() == found._repr_html_()
    assert "#c62828" in found._repr_html_()
    assert repr(check("experiment=quick_test")) == "no findings"


def test_of_very_many_findings_some_are_shown_and_all_are_counted() -> None:
    page = Findings([Finding(rule="note", message=f"number {number}", severity="note") for number in range(2000)])._repr_html_()
    assert "number 49" in page
    assert "number 50" not in page
    assert "... and 1950 more" in page
    assert "2000 notes" in page


def test_a_notebook_shows_the_findings_in_the_place_of_a_traceback() -> None:
    with pytest.raises(Refused) as refused:
        load_experiment("experiment=quick_test", "batchsize=4", "seed=x")
    lines = refused.value._render_traceback_()
    assert lines[0] == "error[unknown-key]: unknown key `batchsize` in an experiment"
    assert lines[-1] == "2 errors"
