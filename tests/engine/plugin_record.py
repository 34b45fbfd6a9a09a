"""The plugin package of the tests, and what pip would write down about it: nothing is installed."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "plugin_package"


def write_record(folder: Path) -> Path:
    """`folder` holds a `gentle_parts-1.0.dist-info` with the entry points of the package; on the import path it makes the package
    look installed."""
    record = folder / "gentle_parts-1.0.dist-info"
    record.mkdir(parents=True)
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: gentle-parts\nVersion: 1.0\n", encoding="utf-8")
    _, _, group = (PACKAGE / "pyproject.toml").read_text(encoding="utf-8").partition("[project.entry-points.")
    (record / "entry_points.txt").write_text("[" + group.replace('"', ""), encoding="utf-8")
    return folder
