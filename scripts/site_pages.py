"""The site's order, what it shows of the files outside docs/, and where links to them lead: a hook of mkdocs (see mkdocs.yml).

Pages are written for whoever reads them in the repository, with links like `../examples/README.md`. The site has no folder above
it: CONTRIBUTING.md becomes one of its pages, examples/ a folder of it, and links follow.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
PAGES = {"CONTRIBUTING.md": "contributing.md", "README.md": "index.md"}
"""Files of the repository -> the pages of the site that stand for them."""

BEHIND = [{"Rules": "rules/README.md"}, {"Reference": "reference/README.md"}, {"Examples": "examples/README.md"}]
"""What comes after the numbered pages: indexes of what is looked up."""

LOOKED_UP = ("rules/", "reference/")
"""Folders of pages that are named as they are looked up, and that a search puts behind the pages that are read."""

LINK = re.compile(r"(\]\()([^)\s#:]+)((?:#[^)\s]*)?\))")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The settings, with the numbered pages in the order of their numbers."""
    numbered = sorted(page.name for page in (ROOT / "docs").glob("[0-9][0-9]-*.md"))
    config.nav = [{"Start": "index.md"}, *numbered, PAGES["CONTRIBUTING.md"], *BEHIND]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The site's files, with those from outside docs/."""
    files.append(File.generated(config, PAGES["CONTRIBUTING.md"], abs_src_path=str(ROOT / "CONTRIBUTING.md")))
    for file in sorted((ROOT / "examples").rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            files.append(File.generated(config, file.relative_to(ROOT).as_posix(), abs_src_path=str(file)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001  mkdocs calls by name
    """The page's text, with links that lead to where things are in the site; its title and its weight in a search."""
    here = page.file.src_uri
    if here.startswith(LOOKED_UP) and not here.endswith("/README.md"):
        page.meta = {"title": Path(here).stem, **page.meta, "search": {"boost": 0.5}}

    def lead(link: re.Match[str]) -> str:
        before, target, after = link.groups()
        place = site_place(target, in_repository(here))
        return f"{before}{posixpath.relpath(place, posixpath.dirname(here) or '.')}{after}"

    return LINK.sub(lead, markdown)


def in_repository(page: str) -> str:
    """Where the source of a page of the site stands in the repository."""
    if page == PAGES["CONTRIBUTING.md"]:
        return "CONTRIBUTING.md"
    return page if page.startswith("examples/") else f"docs/{page}"


def site_place(target: str, source: str) -> str:
    """Where in the site a link leads that stands in a file of the repository."""
    place = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
    if place.startswith("docs/"):
        return place.removeprefix("docs/")
    if (ROOT / place).is_dir() and (ROOT / place / "README.md").is_file():
        return f"{place}/README.md"
    return PAGES.get(place, place)
