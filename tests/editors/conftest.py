"""The yaml-language-server of package.json, installed once beside it, and a user's folder with our schemas in it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from editors.mistakes import FILES
from editors.yaml_server import YamlServer

from stable_audio_config.schemas.editors import PATTERNS, path_to
from stable_audio_config.schemas.install import copy_schemas

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def program() -> Path:
    """The server's JavaScript file. The first time it is fetched with npm, in the version that package.json names."""
    wanted = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]["yaml-language-server"]
    home = HERE / "node_modules" / "yaml-language-server"
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("needs node and npm, which are not on this machine: the tests drive the real yaml-language-server")
    manifest = home / "package.json"
    if not manifest.is_file() or json.loads(manifest.read_text(encoding="utf-8"))["version"] != wanted:
        arguments = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(arguments, cwd=HERE, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, f"npm could not install yaml-language-server {wanted}:\n{done.stderr}"
    return home / "bin" / "yaml-language-server"


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder with one file of each kind, and the schemas beside them."""
    folder = tmp_path_factory.mktemp("project")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    copy_schemas(folder)
    return folder


@pytest.fixture(scope="session")
def server(program: Path, project: Path) -> Iterator[YamlServer]:
    """The server in that folder, with the settings that `sat schema install` writes, for JSON files too."""
    with YamlServer(program, project, {path_to(kind): list(patterns) for kind, patterns in PATTERNS.items()}) as running:
        yield running
