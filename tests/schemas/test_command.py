"""`sat schema`: what it prints, whether files are current, and what it leaves in a user's folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator
from plugin_record import PACKAGE, write_record

from stable_audio_config.schemas import files
from stable_audio_config.schemas.editors import JSON, YAML, path_to
from stable_audio_config.source.modeline import FILES, FOLDER

Sat = Callable[..., Any]


# --- printing -------------------------------------------------------------------------------------------------------------


def test_without_a_name_the_kinds_of_file_are_listed(sat: Sat) -> None:
    shown = sat("schema")
    assert (shown.code, shown.err) == (0, "")
    assert [line.split()[0] for line in shown.out.splitlines()] == list(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_schema_is_printed_as_it_stands_in_its_file(sat: Sat, name: str) -> None:
    shown = sat("schema", name)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out == files.place(name, "strict").read_text(encoding="utf-8")


def test_the_flavour_for_people_is_printed_where_there_is_one(sat: Sat) -> None:
    assert sat("schema", "dataset", "--authoring").out == files.place("dataset", "authoring").read_text(encoding="utf-8")
    refused = sat("schema", "engine_dataset", "--authoring")
    assert refused.code == 2
    assert "engine_dataset has one schema" in refused.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("modell",), "modell"),
        (("--check", "--write"), "--check only looks"),
        (("--check", "model"), "name none"),
        (("install", "--editor", "ed"), "'ed' is not one of"),
    ],
    ids=["no such kind", "both", "with a name", "no such editor"],
)
def test_what_cannot_be_meant_is_a_mistake_of_usage(sat: Sat, words: tuple[str, ...], said: str) -> None:
    shown = sat("schema", *words)
    assert shown.code == 2
    assert said in shown.err


def test_the_types_of_an_installed_plugin_are_printed_when_asked_for_and_always_installed(tmp_path: Path) -> None:
    folders = [str(PACKAGE), str(write_record(tmp_path / "site"))]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}

    def run(*words: str) -> str:
        command = [sys.executable, "-m", "stable_audio_config", "schema", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True).stdout

    leaky, without_config = {"type": "leaky", "config": {"dim": 16}}, {"type": "leaky"}
    assert not bottleneck(files.place("model", "strict").read_text(encoding="utf-8")).is_valid(leaky)
    known = bottleneck(run("model", "--plugins"))
    assert known.is_valid(leaky) and not known.is_valid(without_config)
    run("install", str(tmp_path))
    written = bottleneck((tmp_path / FOLDER / FILES["model"]).read_text(encoding="utf-8"))
    assert written.is_valid(leaky) and not written.is_valid({**leaky, "laek": 1})


def bottleneck(text: str) -> Draft202012Validator:
    """A validator of bottlenecks alone."""
    return Draft202012Validator({"$ref": "#/$defs/bottleneck", "$defs": json.loads(text)["$defs"]})


# --- current or not -------------------------------------------------------------------------------------------------------


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package's schema files, in the place of its own."""
    folder = tmp_path / "package"
    for file in files.FOLDER.glob("*/*.json"):
        copy = folder / file.parent.name / file.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    monkeypatch.setattr(files, "FOLDER", folder)
    return folder


def test_old_missing_and_needless_files_are_told_and_mended(sat: Sat, own: Path) -> None:
    old, missing, needless = own / "strict" / FILES["model"], own / "authoring" / FILES["dataset"], own / "strict" / "old.json"
    old.write_text("{}")
    missing.unlink()
    needless.write_text("{}")
    shown = sat("schema", "--check")
    assert shown.code == 1
    assert shown.err.count("error[stale-schema]") == 3
    for file in (old, missing, needless):
        assert f"the schema `{file}` is out of date" in shown.err
    assert "help: sat schema --write brings it up to date" in shown.err
    assert sat("schema", "--write").code == 0
    assert missing.is_file() and not needless.exists()
    assert sat("schema", "--check").out == "all schemas are current\n"
    assert sat("schema", "--write").out == "all schemas are current\n"


def test_the_schemas_of_the_current_folder_are_looked_at_too(sat: Sat, tmp_path: Path) -> None:
    assert sat("schema", "--check").code == 0
    assert not (tmp_path / FOLDER).exists()
    sat("schema", "install")
    assert sat("schema", "--check").code == 0
    mine = Path(FOLDER) / FILES["experiment"]
    mine.write_text("{}")
    assert f"the schema `{mine}` is out of date" in sat("schema", "--check").err
    assert sat("schema", "--write").out == f"brought up to date: {mine}\n"
    assert sat("schema", "--check").code == 0


# --- installing -----------------------------------------------------------------------------------------------------------


def settings(tmp_path: Path) -> Path:
    folder = tmp_path / ".vscode"
    folder.mkdir(exist_ok=True)
    return folder / "settings.json"


def test_the_flavour_in_which_people_write_each_file_is_installed(sat: Sat, tmp_path: Path) -> None:
    shown = sat("schema", "install")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.count("written: ") == len(FILES)
    assert "for files without a modeline: sat schema install --editor" in shown.out
    flavours = {name: json.loads((tmp_path / FOLDER / file).read_text())["$id"].split(":")[-2] for name, file in FILES.items()}
    assert flavours == {**dict.fromkeys(YAML, "authoring"), **dict.fromkeys(JSON, "strict")}
    assert sorted(path.name for path in tmp_path.iterdir()) == [".sat"], "no editor is set up unasked"
    assert sat("schema", "install").out.count("as it was: ") == len(FILES)


def test_another_folder_is_set_up(sat: Sat, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    assert sat("schema", "install", "there").code == 0
    assert (tmp_path / "there" / FOLDER / FILES["model"]).is_file()
    missing = sat("schema", "install", "nowhere")
    assert missing.code == 1
    assert "error[missing-folder]: the folder `nowhere` does not exist" in missing.err


def test_the_editors_that_were_here_are_set_up(sat: Sat, tmp_path: Path) -> None:
    (tmp_path / ".idea").mkdir()
    (tmp_path / ".helix").mkdir()
    shown = sat("schema", "install")
    assert "written: .idea/jsonSchemas.xml" in shown.out and "written: .helix/languages.toml" in shown.out
    assert not (tmp_path / ".vscode").exists()


def test_every_path_in_the_settings_of_every_editor_is_a_file_that_was_installed(sat: Sat, tmp_path: Path) -> None:
    editors = ("vscode", "jetbrains", "neovim", "helix")
    assert sat("schema", "install", *(word for editor in editors for word in ("--editor", editor))).code == 0
    texts = [(tmp_path / name).read_text() for name in (".vscode/settings.json", ".nvim.lua", ".helix/languages.toml")]
    for kind in FILES:
        assert (tmp_path / path_to(kind)).is_file()
        assert all(f'"{path_to(kind)}"' in text for text in (texts if kind in YAML else texts[:2])), kind
    mapped = ElementTree.parse(tmp_path / ".idea" / "jsonSchemas.xml").getroot()
    paths = [option.get("value") for option in mapped.iter("option") if option.get("name") == "relativePathToSchema"]
    assert [f"./{path}" for path in paths] == [path_to(kind) for kind in [*YAML, *JSON]]
    again = sat("schema", "install", *(word for editor in editors for word in ("--editor", editor)))
    assert again.out.count("as it was: ") == len(FILES) + len(editors)


def test_what_stands_in_the_settings_of_vscode_stays_as_it_was(sat: Sat, tmp_path: Path) -> None:
    file = settings(tmp_path)
    before = '{\n  "editor.rulers": [ 100 ],\n  "yaml.schemas": {\n    "mine.json": "a.yaml"\n  }\n}\n'
    file.write_text(before)
    assert "added to: .vscode/settings.json" in sat("schema", "install", "--editor", "vscode").out
    after = file.read_text()
    tree = json.loads(after)
    assert '  "editor.rulers": [ 100 ],\n' in after, "byte for byte"
    assert tree["yaml.schemas"]["mine.json"] == "a.yaml" and path_to("model") in tree["yaml.schemas"]
    assert [one["url"] for one in tree["json.schemas"]] == [path_to(kind) for kind in JSON]


@pytest.mark.parametrize("text", ["", "{}", "{\n}\n"], ids=["empty", "braces", "braces on two lines"])
def test_empty_settings_are_filled(sat: Sat, tmp_path: Path, text: str) -> None:
    settings(tmp_path).write_text(text)
    sat("schema", "install")
    assert json.loads(settings(tmp_path).read_text()).keys() == {"yaml.schemas", "json.schemas"}


@pytest.mark.parametrize(
    "text",
    [
        '{\n  // mine\n  "editor.rulers": [100],\n}\n',
        '{"json.schemas": [{"fileMatch": ["a.json"], "url": "./mine.json"}]}\n',
        '{"yaml.schemas": 3}\n',
    ],
    ids=["comments", "a list of schemas", "not a mapping"],
)
def test_settings_that_cannot_be_added_to_are_left_alone_and_the_lines_are_shown(sat: Sat, tmp_path: Path, text: str) -> None:
    settings(tmp_path).write_text(text)
    shown = sat("schema", "install")
    assert shown.code == 0
    assert settings(tmp_path).read_text() == text
    assert "left alone: .vscode/settings.json\nadd this to it:\n{" in shown.out
    assert path_to("engine_model") in shown.out or path_to("model") in shown.out


def test_mappings_of_jetbrains_are_added_beside_those_that_were_there(sat: Sat, tmp_path: Path) -> None:
    sat("schema", "install", "--editor", "jetbrains")
    file = tmp_path / ".idea" / "jsonSchemas.xml"
    whole = file.read_text()
    head, _, rest = whole.partition('        <entry key="sat experiment">')
    _, _, tail = rest.rpartition("        </entry>\n")
    file.write_text(f'{head}        <entry key="mine"><value /></entry>\n{tail}')
    assert "added to: .idea/jsonSchemas.xml" in sat("schema", "install").out
    keys = [entry.get("key") for entry in ElementTree.parse(file).getroot().iter("entry")]
    assert keys == ["mine", *(f"sat {kind}" for kind in [*YAML, *JSON])]
    file.write_text("<project />")
    assert "left alone: .idea/jsonSchemas.xml" in sat("schema", "install").out
    assert file.read_text() == "<project />"


def test_other_settings_of_helix_and_neovim_are_left_alone(sat: Sat, tmp_path: Path) -> None:
    (tmp_path / ".helix").mkdir()
    for name in (".helix/languages.toml", ".nvim.lua"):
        (tmp_path / name).write_text("mine\n")
    shown = sat("schema", "install")
    assert "left alone: .helix/languages.toml\nadd this to it:\n# Schemas" in shown.out
    assert "left alone: .nvim.lua\nadd this to it:\n-- Schemas" in shown.out
    assert (tmp_path / ".nvim.lua").read_text() == "mine\n"


def test_a_folder_that_cannot_be_written_to_is_told(sat: Sat, tmp_path: Path) -> None:
    (tmp_path / ".sat").write_text("a file")
    shown = sat("schema", "install")
    assert shown.code == 1
    assert "error[not-writable]" in shown.err
