"""Custom metadata modules are read as text: what they return, or that it cannot be told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stable_audio_config.api import validate
from stable_audio_config.validation.files import missing_files
from stable_audio_config.validation.metadata import missing_metadata, returned_by, sources_in

KNOWN = {
    "a dictionary": ("return {'prompt': 'a', 'bpm': 120}", {"prompt", "bpm"}),
    "a call": ("return dict(prompt='a', **{'bpm': 1})", {"prompt", "bpm"}),
    "a variable": ("md = {}\n    md['prompt'] = 'a'\n    return md", {"prompt"}),
    "an update": ("md = dict()\n    md.update({'prompt': 'a'}, bpm=1)\n    return md", {"prompt", "bpm"}),
    "several returns": (
        "if audio is None:\n        return {'__reject__': True}\n    return {'prompt': 'a'}",
        {"__reject__", "prompt"},
    ),
    "what is written into info": ("info['prompt'] = info['path']\n    return {}", {"prompt"}),
    "info itself": ("info.setdefault('prompt', 'a')\n    return info", {"prompt"}),
    "sounds": ("return {'__audio__': {'melody': audio}, 'prompt': info.get('path')}", {"__audio__", "melody", "prompt"}),
    "a lambda that has nothing to do with it": ("best = max([1], key=lambda x: x)\n    return {'bpm': best}", {"bpm"}),
}

SOURCES = {
    "a dictionary": ("return {'stems': {'voice': audio, 'drums': audio}}", {"voice", "drums"}),
    "a call": ("return dict(stems={'voice': audio})", {"voice"}),
    "several": ("if audio is None:\n        return {'stems': {}}\n    return {'stems': {'voice': audio}}", {"voice"}),
    "keys that are computed": ("return {'stems': {key: audio for key in 'ab'}}", None),
    "something else": ("return {'stems': load(info)}", None),
    "nothing of that name": ("return {'other': {'voice': audio}}", None),
    "what is put in later": ("md = {}\n    md['stems'] = {'voice': audio}\n    return md", None),
}


@pytest.mark.parametrize(("body", "keys"), SOURCES.values(), ids=SOURCES)
def test_the_sources_that_a_module_returns(tmp_path: Path, body: str, keys: set[str] | None) -> None:
    module = tmp_path / "metadata.py"
    module.write_text(f"def get_custom_metadata(info, audio):\n    {body}\n", encoding="utf-8")
    assert sources_in(str(module), "stems") == keys


UNKNOWN = {
    "a call of something else": "return json.loads(info['path'])",
    "keys that are computed": "return {key: 1 for key in 'ab'}",
    "a key that is computed": "md = {}\n    md[info['path']] = 1\n    return md",
    "a variable that is handed on": "md = {}\n    fill(md)\n    return md",
    "info that is handed on": "fill(info)\n    return {}",
    "a variable from elsewhere": "return LABELS",
    "a variable that is bound in a loop": "for md in [1]:\n        pass\n    return md",
    "a variable that grows": "md = {}\n    md |= other()\n    return md",
    "an inner function": "def inner():\n        return {'a': 1}\n    return inner()",
    "a dictionary unpacked": "return {**other(), 'prompt': 'a'}",
    "nothing": "return",
}


def module(folder: Path, body: str, before: str = "", after: str = "") -> str:
    file = folder / "metadata.py"
    file.write_text(f"{before}\ndef get_custom_metadata(info, audio):\n    {body}\n{after}\n", encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("name", KNOWN)
def test_keys_that_can_be_told(tmp_path: Path, name: str) -> None:
    body, keys = KNOWN[name]
    assert returned_by(module(tmp_path, body)) == keys


@pytest.mark.parametrize("name", UNKNOWN)
def test_keys_that_cannot_be_told(tmp_path: Path, name: str) -> None:
    assert returned_by(module(tmp_path, UNKNOWN[name])) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("@decorated", ""),
        ("", "get_custom_metadata = wrapped(get_custom_metadata)"),
        ("", "from other import get_custom_metadata"),
        ("", "from other import *"),
        ("", "def get_custom_metadata(info, audio):\n    return {}"),
    ],
)
def test_a_function_that_may_be_another(tmp_path: Path, before: str, after: str) -> None:
    assert returned_by(module(tmp_path, "return {'prompt': 'a'}", before, after)) is None


@pytest.mark.parametrize("text", ["def (", "", "\0", "get_custom_metadata = 5"])
def test_a_file_that_is_no_such_module(tmp_path: Path, text: str) -> None:
    file = tmp_path / "metadata.py"
    file.write_text(text, encoding="utf-8")
    assert returned_by(str(file)) is None
    assert returned_by(str(tmp_path)) is None


def test_a_module_is_never_run(tmp_path: Path) -> None:
    assert returned_by(module(tmp_path, "return {'a': 1}", before="raise SystemExit")) == {"a"}


def test_what_the_conditioners_miss(tmp_path: Path, diffusion_tree: dict[str, Any]) -> None:
    place = module(tmp_path, "return {'kinds': 1}")
    entry = {"id": "a", "path": "a", "custom_metadata_module": place}
    diffusion_tree["dataset"] = {"dataset_type": "audio_dir", "datasets": [entry]}
    diffusion_tree["training"]["pre_encoded"] = False
    (finding,) = missing_metadata(validate(diffusion_tree))
    assert finding.message == "a conditioner reads `kind`, which the metadata module does not return: the first step would fail"
    assert finding.help == "there is `kinds`: rename it, or write default_keys: {kind: kinds}"
    assert finding.path == ("dataset", "datasets", 0, "custom_metadata_module")
    diffusion_tree["model"]["model"]["conditioning"]["default_keys"] = {"kind": "kinds"}
    assert missing_metadata(validate(diffusion_tree)) == []
    module(tmp_path, "return {'kind': 1}")
    del diffusion_tree["model"]["model"]["conditioning"]["default_keys"]
    assert missing_metadata(validate(diffusion_tree)) == []


def test_what_stands_beside_latents(tmp_path: Path, diffusion_tree: dict[str, Any]) -> None:
    folder = tmp_path / "latents"
    folder.mkdir()
    diffusion_tree["dataset"]["datasets"][0]["path"] = str(folder)
    assert missing_metadata(validate(diffusion_tree)) == [], "without latents nothing can be told"
    for number, kinds in enumerate(({"sort": 1}, {})):
        (folder / f"{number}.npy").write_bytes(b"")
        about = {"padding_mask": [1], "seconds_total": 1, "seconds_start": 0, **kinds}
        (folder / f"{number}.json").write_text(json.dumps(about), encoding="utf-8")
    (finding,) = missing_metadata(validate(diffusion_tree))
    assert finding.message == "a conditioner reads `kind`, which the metadata of this data do not have: the first step would fail"
    assert finding.path == ("dataset", "datasets", 0)
    assert "missing-metadata" in [finding.rule for finding in missing_files(validate(diffusion_tree))]
    diffusion_tree["dataset"]["datasets"][0]["custom_metadata_module"] = module(tmp_path, "return {'kind': 1}")
    assert missing_metadata(validate(diffusion_tree)) == []


def test_what_stands_beside_latents_must_be_what_conditioners_read() -> None:
    from stable_audio_config.compose.composer import Request, compose
    from stable_audio_config.validation.metadata_values import values_of_a_wrong_type
    from stable_audio_config.validation.setup import experiment_setup
    from stable_audio_config.validation.view import Broken

    words = "model=tiny_diffusion_cond dataset=pre_encoded dataset.datasets.0.path=latents training.pre_encoded=true"
    setup = experiment_setup(compose(Request(tuple(words.split()))).tree, Broken())
    assert values_of_a_wrong_type(setup, lambda _: [{"kind": 1, "seconds_start": 0, "seconds_total": 0.5}]) == []
    (finding,) = values_of_a_wrong_type(setup, lambda _: [{"kind": 1}, {"kind": 0.5}, {"kind": "drums"}])
    assert (finding.rule, finding.severity, finding.path[-1]) == ("condition-type", "error", "type")
    assert finding.message.startswith("`kind` is 0.5 in the metadata of the data, but its `int` conditioner reads a whole number")
