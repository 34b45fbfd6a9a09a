"""The rules of the house that no linter knows, checked over the tracked files: `python scripts/check_tree.py`.

It prints one line for each breach and ends with exit code 1 if there is one. The working tree is read, not the commit.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "src/stable_audio_config"
LARGEST_FILE = 1_000_000
LONGEST_MODULE = 400

# The brackets keep this file from matching itself.
FORBIDDEN = {
    "a package registry's host": re.compile(r"pythonhos[t]ed\.|py[p]i\.or[g]|npmj[s]\.|debia[n]\.or[g]|crate[s]\.io"),
    "a path of one machine": re.compile(
        r"/wor[k]/(?:main|shared|steering|\.)|/roo[t]/\.|/hom[e]/[a-z][\w-]*/|/User[s]/[A-Za-z][\w-]*/|[A-Z]:\\User[s]\\"
    ),
}


def tracked() -> list[Path]:
    """The tracked files that are there, and those that would be tracked next, relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True
    )
    names = listed.stdout.decode().split("\0")
    return sorted({Path(name) for name in names if name and (ROOT / name).is_file()})


def forbidden_text(files: list[Path]) -> Iterator[str]:
    """No registry host and no path of a machine stands in a text file."""
    for file in files:
        content = (ROOT / file).read_bytes()
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
            for what, pattern in FORBIDDEN.items():
                found = pattern.search(line)
                if found:
                    yield f"{file}:{number}: {what}: `{found.group()}`"


def large_files(files: list[Path]) -> Iterator[str]:
    """No file is larger than a megabyte."""
    for file in files:
        size = (ROOT / file).stat().st_size
        if size > LARGEST_FILE:
            yield f"{file}: {size} bytes; no file may have more than {LARGEST_FILE}"


def long_modules(files: list[Path]) -> Iterator[str]:
    """A long module says in its first line why it is one."""
    for file in files:
        if file.suffix != ".py" or not file.is_relative_to(PACKAGE):
            continue
        lines = len((ROOT / file).read_text(encoding="utf-8").splitlines())
        if lines > LONGEST_MODULE and "because" not in _docstring(file).partition("\n")[0]:
            yield f"{file}: {lines} lines; above {LONGEST_MODULE} the docstring's first line says why (`..., because ...`)"


def silent_rooms(files: list[Path]) -> Iterator[str]:
    """Every folder of modules says in its `__init__.py` what belongs there."""
    for room in sorted({file.parent for file in files if file.suffix == ".py" and file.is_relative_to(PACKAGE)}):
        init = room / "__init__.py"
        if init not in files:
            yield f"{room}: no __init__.py"
        elif not _docstring(init).strip():
            yield f"{init}: no docstring; it says what belongs in this room and what does not"


def wrong_files(files: list[Path]) -> Iterator[str]:
    """What must run can be run, and no lock file is tracked."""
    if not os.access(ROOT / ".ci/run", os.X_OK):
        yield ".ci/run: not executable; chmod +x .ci/run"
    for file in files:
        if file.name in ("uv.lock", "package-lock.json"):
            yield f"{file}: a lock file records download addresses; git rm --cached {file}"


def _docstring(file: Path) -> str:
    return ast.get_docstring(ast.parse((ROOT / file).read_text(encoding="utf-8"))) or ""


def main() -> int:
    """Runs every check; returns the exit code."""
    files = tracked()
    checks = (forbidden_text, large_files, long_modules, silent_rooms, wrong_files)
    breaches = [breach for check in checks for breach in check(files)]
    for breach in breaches:
        print(breach)
    print(
        f"tree: {len(files)} files, {len(breaches)} breaches of the rules"
        if breaches
        else f"tree: {len(files)} files, all in order"
    )
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
