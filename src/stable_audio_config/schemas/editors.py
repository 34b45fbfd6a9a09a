"""What each editor must be told so that files without a modeline find their schemas: its settings file, and what belongs in it.

Paths are relative to the folder that is opened, so that the settings can be committed.
"""

from __future__ import annotations

import json
from typing import Any

from ..source.modeline import FILES, FOLDER

Tree = dict[str, Any]

GROUPS = ("experiment", "model", "training", "dataset", "pre_encode", "inference")

PATTERNS: dict[str, tuple[str, ...]] = {
    **{group: (f"**/{group}/*.yaml", f"**/{group}/*.yml") for group in GROUPS},
    "engine_model": ("*model_config*.json", "**/model/*.json"),
    "engine_dataset": ("*dataset_config*.json", "**/dataset/*.json"),
}
"""Kind of file -> where such files stand in a user's folder."""

YAML = [kind for kind in PATTERNS if not kind.startswith("engine_")]

JSON = [kind for kind in PATTERNS if kind.startswith("engine_")]

SETTINGS = {
    "vscode": ".vscode/settings.json",
    "jetbrains": ".idea/jsonSchemas.xml",
    "neovim": ".nvim.lua",
    "helix": ".helix/languages.toml",
}
"""Editor -> its settings for one folder."""


def path_to(kind: str) -> str:
    """The schema of a kind of file, from the folder that is opened."""
    return f"./{FOLDER}/{FILES[kind]}"


def yaml_schemas() -> Tree:
    """What yaml-language-server takes as `yaml.schemas`, in whichever editor."""
    return {path_to(kind): list(PATTERNS[kind]) for kind in YAML}


def json_schemas() -> list[Tree]:
    """What the JSON language server takes as `json.schemas`."""
    return [{"fileMatch": list(PATTERNS[kind]), "url": path_to(kind)} for kind in JSON]


def vscode() -> Tree:
    """The keys of `.vscode/settings.json`. The extension `redhat.vscode-yaml` reads the first one."""
    return {"yaml.schemas": yaml_schemas(), "json.schemas": json_schemas()}


def jetbrains() -> str:
    """The entries of the map in `.idea/jsonSchemas.xml`."""
    return "".join(_entry(kind) for kind in PATTERNS)


def _entry(kind: str) -> str:
    items = "".join(
        f"""                  <Item>
                    <option name="pattern" value="true" />
                    <option name="path" value="{pattern}" />
                    <option name="mappingKind" value="Pattern" />
                  </Item>
"""
        for pattern in PATTERNS[kind]
    )
    return f"""        <entry key="{jetbrains_name(kind)}">
          <value>
            <SchemaInfo>
              <option name="name" value="{jetbrains_name(kind)}" />
              <option name="relativePathToSchema" value="{FOLDER}/{FILES[kind]}" />
              <option name="patterns">
                <list>
{items}                </list>
              </option>
            </SchemaInfo>
          </value>
        </entry>
"""


def jetbrains_name(kind: str) -> str:
    """What the mapping is called in the IDE."""
    return f"sat {kind}"


JETBRAINS_FILE = """<?xml version="1.0" encoding="UTF-8"?>
<project version="4">
  <component name="JsonSchemaMappingsProjectConfiguration">
    <state>
      <map>
{}      </map>
    </state>
  </component>
</project>
"""
"""The whole file around the entries."""


def neovim() -> str:
    """Lua for `.nvim.lua`, which Neovim 0.11 reads where `exrc` is set, after asking once."""
    schemas = "".join(f"        [{_quoted(path)}] = {{ {_joined(patterns)} }},\n" for path, patterns in yaml_schemas().items())
    files = "".join(
        f"        {{ fileMatch = {{ {_joined(one['fileMatch'])} }}, url = here({_quoted(one['url'])}) }},\n"
        for one in json_schemas()
    )
    return f"""-- Schemas of stable-audio-config: sat schema install
local function here(path)
  return vim.uri_from_fname(vim.fs.normalize(vim.fn.getcwd() .. "/" .. path))
end

vim.lsp.config("yamlls", {{
  settings = {{
    yaml = {{
      schemas = {{
{schemas}      }},
    }},
  }},
}})
vim.lsp.config("jsonls", {{
  settings = {{
    json = {{
      schemas = {{
{files}      }},
    }},
  }},
}})
"""


def helix() -> str:
    """TOML for `.helix/languages.toml`, which Helix reads in a folder that it trusts.

    YAML only: the JSON language server wants whole addresses, which would hold the place of this folder; `sat lsp` needs none.
    """
    schemas = "".join(f"{_quoted(path)} = [{_joined(patterns)}]\n" for path, patterns in yaml_schemas().items())
    return f"""# Schemas of stable-audio-config: sat schema install
[language-server.yaml-language-server.config.yaml.schemas]
{schemas}"""


def _joined(patterns: list[str]) -> str:
    return ", ".join(map(_quoted, patterns))


def _quoted(text: str) -> str:
    return json.dumps(text)
