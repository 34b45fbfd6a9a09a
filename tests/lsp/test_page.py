"""docs/06-editors.md says what is true: its settings can be read and start the server, its commands run."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from click.testing import CliRunner
from page_blocks import blocks_of, commands

from stable_audio_config.cli import cli

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PAGE = Path(__file__).parents[2] / "docs" / "06-editors.md"
BLOCKS = {block.language: block for block in blocks_of(PAGE)}


def test_the_settings_of_the_page_start_the_server_for_yaml_and_json() -> None:
    assert set(BLOCKS) == {"bash", "console", "json", "lua", "toml"}
    vscode = json.loads(BLOCKS["json"].text)
    assert [vscode["glspc.server.command"], *vscode["glspc.server.commandArguments"]] == ["sat", "lsp"]
    assert vscode["glspc.server.languageId"] == ["yaml", "json"]
    helix = tomllib.loads(BLOCKS["toml"].text)
    assert helix["language-server"]["sat"] == {"command": "sat", "args": ["lsp"]}
    assert [(one["name"], one["language-servers"][-1]) for one in helix["language"]] == [("yaml", "sat"), ("json", "sat")]
    assert 'cmd = { "sat", "lsp" }' in BLOCKS["lua"].text
    assert 'filetypes = { "yaml", "json" }' in BLOCKS["lua"].text


def test_the_command_of_the_page_runs(tmp_path: Path) -> None:
    [(_, *words)] = commands(BLOCKS["bash"])
    done = CliRunner().invoke(cli, [*words, str(tmp_path)], catch_exceptions=False)
    assert done.exit_code == 0
    assert (tmp_path / ".vscode/settings.json").is_file()
    assert list((tmp_path / ".sat/schemas").iterdir())
