"""The documentation as a site: it is built without a warning, and whoever opens it needs no server and no network."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
AWAY = r'="(?:https?:)?//'
FETCHED = re.compile(rf'<(?:script|img|iframe)\b[^>]*\bsrc{AWAY}|<link\b(?![^>]*rel="canonical")[^>]*\bhref{AWAY}|@import')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, as `just docs` builds it: a link that leads nowhere, or a page that no index names, ends the build."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_in_the_site(site: Path) -> None:
    pages = [page.relative_to(ROOT / "docs").with_suffix(".html") for page in (ROOT / "docs").rglob("*.md")]
    missing = [page for page in pages if page.name != "README.html" and not (site / page).is_file()]
    assert not missing
    assert all((site / folder / "index.html").is_file() for folder in ("rules", "reference", "examples"))
    assert "uv sync --extra engine" in (site / "contributing.html").read_text(encoding="utf-8")


def test_the_numbered_pages_stand_in_their_order(site: Path) -> None:
    start = (site / "index.html").read_text(encoding="utf-8")
    named = re.findall(r'href="(\d\d-[\w-]+\.html)" class="md-nav__link"', start)
    assert named == sorted(named)
    assert {"01-tour.html", "04-cookbook.html"} <= set(named)
    assert start.index(named[-1]) < start.index('href="contributing.html"') < start.index('href="rules/index.html"')


def test_no_page_fetches_anything(site: Path) -> None:
    fetching = [str(page.relative_to(site)) for page in site.rglob("*.html") if FETCHED.search(page.read_text(encoding="utf-8"))]
    assert not fetching


def test_the_search_works_without_a_server(site: Path) -> None:
    assert 'src="assets/iframe-worker.js"' in (site / "index.html").read_text(encoding="utf-8")
    assert (site / "assets" / "iframe-worker.js").is_file()
    text = (site / "search" / "search_index.js").read_text(encoding="utf-8")
    entries = {entry["location"]: entry for entry in json.loads(text.removeprefix("var __index = "))["docs"]}
    assert entries["rules/latent-width.html"]["title"] == "latent-width"
    assert entries["rules/latent-width.html"]["boost"] < 1
    assert "04-cookbook.html#fit-into-little-memory" in entries


def test_links_out_of_the_folder_of_pages_lead_into_the_site(site: Path) -> None:
    python = (site / "examples" / "compose_and_check.py").read_text(encoding="utf-8")
    assert python == (ROOT / "examples" / "compose_and_check.py").read_text(encoding="utf-8")
    for page in site.glob("*.html"):
        assert 'href="../' not in page.read_text(encoding="utf-8"), page.name
